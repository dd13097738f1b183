"""How a list's filters are shown: the groups of the form, and what was chosen as chips that can be taken away."""

from collections.abc import Iterator, Mapping
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from auth.actors import Actor
from auth.roles import Permission
from care import course, list_words, person_words, queries
from care.list_filters import FILTERS, Filter, ListCases
from care.protocol import current_protocol
from config import filter_words
from config.filter_words import day_in_words, label_of
from config.localisation import LANGUAGE_NAMES, page_locale

ENDPOINT = "care.cases"
OF_CLOSED = ("line_list", "status", "close_reason", "closed_from", "closed_to")


def with_defaults(given: Mapping[str, Any]) -> dict[str, Any]:
    """What was chosen; open cases, unless something is chosen that closed ones can be."""
    return dict(given) if any(name in given for name in OF_CLOSED) else {"status": "open", **given}


def chips(wanted: ListCases, given: Mapping[str, str]) -> list[dict[str, str]]:
    """What was chosen: in words, and the address of the list without it."""
    return [
        {"text": _in_words(name, value), "url": url_for(ENDPOINT, **wanted_without(wanted, given, name))}
        for name, value in wanted.values().items()
        if name in given and name != "sort" and (name, value) != ("status", "open")
    ]


def wanted_without(wanted: ListCases, given: Mapping[str, str], name: str) -> dict[str, Any]:
    """What stands in the address of the list without this filter."""
    return {key: value for key, value in wanted.without(name).items() if key in given}


def in_words(values: Mapping[str, str]) -> list[tuple[str, str]]:
    """Each chosen filter as label and value."""
    return [(label_of(FILTERS[name]), _value(name, value)) for name, value in values.items() if name in FILTERS]


def _in_words(name: str, value: str) -> str:
    return f"{label_of(FILTERS[name])}: {_value(name, value)}"


def _value(name: str, value: str) -> str:
    one = FILTERS[name]
    match one.ask:
        case "choice":
            return person_words.told(name, value) if name == "contact_window" else str(_(one.options[value]))
        case "yes_no":
            return str(_("yes") if value == "1" else _("no"))
        case "day":
            return day_in_words(value)
        case "protocol":
            return dict(_protocols()).get(value, value)
        case "language":
            return LANGUAGE_NAMES.get(value, value)
        case "person":
            return {"me": str(_("me")), "nobody": str(_("nobody"))}.get(value, str(_("a colleague")))
        case _:
            return value


def _protocols() -> list[tuple[str, str]]:
    return [(code, current_protocol(code).name.in_(page_locale())) for code in queries.protocol_codes()]


def groups(actor: Actor, wanted: ListCases, given: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """The groups of the form with their fields, the two ends of a range side by side; which of them something is
    chosen in."""
    values = {name: value for name, value in wanted.values().items() if name in given}
    return filter_words.groups(
        list_words.GROUPS, FILTERS, values, lambda name, one, value: _options(actor, name, one, value)
    )


def _options(actor: Actor, name: str, one: Filter, value: str) -> list[tuple[str, str]]:
    match one.ask:
        case "choice":
            if name == "contact_window":
                return person_words.windows()
            return [(str(code), str(_(text))) for code, text in one.options.items()]
        case "yes_no":
            return filter_words.yes_or_no()
        case "protocol":
            return _protocols()
        case "language":
            return list(LANGUAGE_NAMES.items())
        case "person":
            return _people(actor, value)
        case _:
            return []


def _people(actor: Actor, value: str) -> list[tuple[str, str]]:
    known = [("me", str(_("me"))), ("nobody", str(_("nobody")))]
    known += [one for one in course.colleagues(*actor.offices_for(Permission.CASES_SEE)) if one[0] != actor.id]
    if value and value not in dict(known):
        known.append((value, str(_("a colleague"))))
    return known


def sorts() -> list[tuple[str, str]]:
    """The orders, for a select."""
    return [(code, str(_(text))) for code, text in list_words.SORTS.items()]
