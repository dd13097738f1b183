"""Care's codes and rules in the words of a page: its language, its way to write numbers and days."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from auth.actors import Actor
from care import order_words, queries, words
from care.facts import UNSPECIFIED
from care.protocol import Protocol
from config.error_pages import filled
from config.errors import NotFound
from config.localisation import local_date, local_number


def care_words(table: str, code: str | None) -> str:
    """The word of one of care's codes in the language of this page."""
    known: dict[str, str] = getattr(order_words if hasattr(order_words, table) else words, table)
    return _(known[code]) if code in known else code or ""


def care_reason(because: dict[str, Any]) -> str:
    """Why a case is listed, as a sentence."""
    text = words.RULES.get(because.get("rule", ""))
    inputs = {name: said(value) for name, value in (because.get("inputs") or {}).items()}
    return filled(text, inputs) if text else str(because.get("rule", ""))


def care_finding(found: dict[str, Any], protocol: Protocol, locale: str) -> str:
    """Why there is this finding, as a sentence; nothing for those that speak for themselves."""
    inputs = dict(found.get("inputs") or {})
    text = words.FINDING_REASONS.get(".".join(filter(None, (found["code"], inputs.pop("in", None)))))
    if not text or not inputs:
        return ""
    named = {
        "symptoms": lambda key: _symptom(key, protocol, locale),
        "details": lambda code: care_words("DETAILS", code),
        "slots": _slot,
    }
    shown = {
        name: ", ".join(map(named[name], value)) if isinstance(value, list) else said(value)
        for name, value in inputs.items()
    }
    return filled(text, shown)


def care_symptoms(keys: Iterable[str], protocol: Protocol, locale: str) -> list[str]:
    """Symptoms by name."""
    return [_symptom(key, protocol, locale) for key in keys]


def _symptom(key: str, protocol: Protocol, locale: str) -> str:
    return str(_("not specified")) if key == UNSPECIFIED else protocol.symptom_name(key, locale)


def _slot(text: str) -> str:
    day, _space, slot = text.partition(" ")
    return " ".join(filter(None, (str(said(day)), care_words("SLOTS", slot) if slot in words.SLOTS else "")))


def link_to_case(actor: Actor, about: str) -> str | None:
    """Where a message about a case leads: to the case, if there is one that the actor may see."""
    try:
        return url_for("care.case", reference=queries.case_for(actor, about).reference)
    except NotFound:
        return None


def said(value: Any) -> Any:
    """A rule's input as the page's language writes it; days are stored as ISO 8601."""
    if isinstance(value, float):
        return local_number(value)
    if isinstance(value, str):
        with suppress(ValueError):
            return local_date(date.fromisoformat(value))
    return value
