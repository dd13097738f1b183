"""The words of acts on many cases."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _

from care import words
from care.bulk_act_queries import ActShown
from care.bulk_act_rules import ActKind, ActState, RowState
from care.page_words import care_words, said
from care.protocol import all_protocols
from config.errors import N_
from config.localisation import local_date, page_locale

KINDS: dict[str, str] = {
    ActKind.ASSIGN: N_("Assign"),
    ActKind.FOLLOW_UP: N_("Set a day to look again"),
    ActKind.RISK: N_("Set the risk"),
    ActKind.EXTEND: N_("Extend monitoring"),
    ActKind.ORDER: N_("Order: issue, change or lift"),
    ActKind.PROTOCOL: N_("Move to a protocol"),
    ActKind.OCCASION: N_("Put on the list of an occasion"),
    ActKind.CLOSE: N_("Close cases"),
    ActKind.MESSAGE: N_("Write a message"),
    ActKind.EXPORT: N_("Export"),
}
STATES: dict[str, tuple[str, str]] = {
    ActState.READING: (N_("being prepared"), "info"),
    ActState.PREPARING: (N_("being prepared"), "info"),
    ActState.PREVIEWED: (N_("waits for you"), "warning"),
    ActState.RUNNING: (N_("being carried out"), "info"),
    ActState.DONE: (N_("carried out"), "success"),
    ActState.UNDOING: (N_("being taken back"), "info"),
    ActState.UNDONE: (N_("taken back"), "neutral"),
    ActState.DISCARDED: (N_("discarded"), "neutral"),
}
ROWS: dict[str, tuple[str, str]] = {
    RowState.NEW: (N_("not looked at yet"), "neutral"),
    RowState.READY: (N_("will change"), "info"),
    RowState.SAME: (N_("is so already"), "neutral"),
    RowState.REFUSED: (N_("not possible"), "warning"),
    RowState.DONE: (N_("changed"), "success"),
    RowState.CHANGED: (N_("passed over"), "warning"),
    RowState.FAILED: (N_("not possible"), "warning"),
    RowState.LEFT: (N_("not done"), "neutral"),
    RowState.UNDONE: (N_("put back"), "neutral"),
    RowState.KEPT: (N_("not put back"), "warning"),
}
# What a page of an act lists under one heading.
GROUPS: dict[str, tuple[str, tuple[RowState, ...]]] = {
    "all": (N_("All cases"), ()),
    "change": (N_("Will change"), (RowState.READY,)),
    "done": (N_("Changed"), (RowState.DONE,)),
    "undone": (N_("Put back"), (RowState.UNDONE,)),
    "kept": (N_("Not put back"), (RowState.KEPT,)),
    "skipped": (N_("Passed over"), (RowState.CHANGED, RowState.FAILED, RowState.LEFT)),
    "refused": (N_("Not possible"), (RowState.REFUSED,)),
    "same": (N_("Is so already"), (RowState.SAME,)),
}
FIELDS: dict[str, str] = words.FIELDS | {
    "status": N_("Status"),
    "monitoring_ends_on": N_("Last day of monitoring"),
    "protocol": N_("Protocol"),
    "occasion": N_("Occasion"),
    "order_state": N_("Order"),
    "order_starts_on": N_("First day of the order"),
    "order_ends_on": N_("Last day of the order"),
}
TABLES = {"risk_level": "RISKS", "status": "STATUSES", "order_state": "ORDER_STATES", "monitoring_plan": "PLANS"}


def changes_in_words(changes: Mapping[str, Sequence[Any]]) -> list[tuple[str, str, str]]:
    """Field, what stands there, and what will: as the page's language writes them."""
    return [(_(FIELDS[name]), _value(name, before), _value(name, after)) for name, (before, after) in changes.items()]


def _value(name: str, value: Any) -> str:
    if value is None or value == "":
        return "–"
    if name == "protocol":
        code, _space, version = str(value).partition(" ")
        known = all_protocols().get((code, int(version)))
        return f"{known.name.in_(page_locale())}, {_('version %(number)s', number=version)}" if known else str(value)
    return care_words(TABLES[name], value) if name in TABLES else str(said(value))


def act_in_words(act: ActShown) -> str:
    """What is to be done, in one line."""
    command = act.command
    told = [_(KINDS[act.kind])]
    if "assigned_to" in command:
        told.append(act.names.get(command["assigned_to"] or "", "") or _("nobody"))
    if "risk_level" in command:
        told.append(care_words("RISKS", command["risk_level"]) if command["risk_level"] else _("not judged"))
    if "reason" in command:
        told.append(care_words("CLOSE_REASONS", command["reason"]))
    if "event" in command:
        told.append(care_words("ORDER_EVENTS", command["event"]))
    if "occasion" in command:
        told.append(command["occasion"])
    if "code" in command:
        told.append(command["code"])
    days = [command[name] for name in ("follow_up_on", "until", "starts_on", "ends_on") if command.get(name)]
    told += [local_date(date.fromisoformat(day)) for day in days]
    return ": ".join((told[0], ", ".join(told[1:]))) if told[1:] else told[0]
