"""One line of a case's timeline in the language of the page: what happened, by whom, and what was said of it."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _, ngettext

from care import bulk_act_words, order_words, person_words, words
from care.duplicate_words import MERGE_FIELDS
from care.page_words import said
from config.errors import N_
from config.localisation import local_date

CODES: dict[str, dict[str, str]] = {
    "from_kind": words.KINDS,
    "to_kind": words.KINDS,
    "to_list": words.LINE_LISTS,
    "reason": words.CLOSE_REASONS,
    "outcome": words.REVIEWS,
    "event": words.ORDER_EVENTS,
    "channel": words.REPORT_CHANNELS | words.CHANNELS,
    "test": words.LAB_KINDS,
    "result": words.LAB_OUTCOMES,
    "task": words.TASKS,
    "means": words.MEANS,
    "reached": words.ATTEMPTS,
    "setting": words.EXPOSURE_SETTINGS,
    "support": words.SUPPORT_KINDS,
    "support_action": words.SUPPORT_ACTIONS,
    "contact_action": words.NAMED_ACTIONS,
    "basis": words.LINK_BASES,
    "way": words.CODE_WAYS,
    "bulk": bulk_act_words.KINDS,
    "given_way": order_words.ORDER_WAYS,
    "court_action": order_words.COURT_ACTIONS,
    "told_by": words.SOURCES,
}
FIELDS = MERGE_FIELDS | words.FIELDS
CHOSEN: dict[str, dict[str, str]] = {
    "risk_level": words.RISKS,
    "monitoring_plan": words.PLANS,
    "setting": words.EXPOSURE_SETTINGS,
}
PAUSED = {True: N_("paused"), False: N_("goes on")}
WISHES = ("contact_window", "locale")
AS_THEY_ARE = (
    "legal_basis",
    "vaccine",
    "place",
    "action",
    "head",
    "note",
    "from_protocol",
    "to_protocol",
    "with_case",
    "to_office",
    "occasion",
)
SPANS = (("from_on", "until_on"), ("starts_on", "ends_on"))
WITHOUT_ITS_DAY = ("asked",)  # it was asked on the day on which it stands


def line(event: Any) -> dict[str, Any]:
    """The event, for `ui.timeline`."""
    details = event.details or {}
    shown = [_(table[details[name]]) for name, table in CODES.items() if details.get(name) in table]
    shown += [_(PAUSED[details["paused"]])] if details.get("paused") in PAUSED else []
    shown += [person_words.told(name, details[name]) for name in WISHES if details.get(name)]
    shown += [_changed(name, value) for name, value in (details.get("changes") or {}).items()]
    shown += [str(details[name]) for name in AS_THEY_ARE if details.get(name)]
    shown += [ngettext("%(num)d person", "%(num)d people", details["number"])] if "number" in details else []
    shown += _days({} if event.kind in WITHOUT_ITS_DAY else details)
    return {
        "at": event.occurred_at,
        "title": _(words.EVENTS.get(event.kind, event.kind)),
        "text": " · ".join(shown),
        "by": event.actor_name or "",
        "tone": words.TONES.get(details.get("to_list", ""), "neutral"),
    }


def _days(details: Mapping[str, Any]) -> Iterator[str]:
    """The days that were said: those of a sample, a vaccination, a journey, an order, the end of something."""
    if details.get("on"):
        yield _day(details["on"])
    for begins, ends in SPANS:
        span = [_day(details[name]) for name in (begins, ends) if details.get(name)]
        if span:
            yield " – ".join(span)
    if details.get("until"):
        yield _day(details["until"])


def _day(written: str) -> str:
    return local_date(date.fromisoformat(written))


def _changed(name: str, value: Any) -> str:
    """One field and what became of it; a correction has what stood there before, too."""
    before_and_after = value if isinstance(value, list) else [value]
    return f"{_(FIELDS[name])}: {' → '.join(_told(name, one) for one in before_and_after)}"


def _told(name: str, value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if name in person_words.PARTS:
        return person_words.told(name, value)
    return str(_(CHOSEN[name][value]) if value in CHOSEN.get(name, ()) else said(value))
