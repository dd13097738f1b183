"""The audit trail as a file: the auditor's, as CSV or JSON, bit by bit."""

import json
from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from auth import audit
from auth.actors import Actor
from auth.audit_queries import EventFilter, EventRow, events_to_export
from config.exports import Cell, stream_csv

HEADERS = ("id", "at", "chain", "number", "actor_kind", "actor", "action", "subject", "seen", "facts")


def note(actor: Actor, wanted: EventFilter, kind: str) -> None:
    """Record that the trail leaves the house, and which part of it. Call inside `transaction()`."""
    filters = {f"filter_{name}": value for name, value in wanted.in_address().items()}
    audit.record(actor, "audit.exported", "audit", format=kind, **filters)


def as_csv(wanted: EventFilter, zone: ZoneInfo) -> Iterator[bytes]:
    """A table; no cell of it is a formula. Times in `zone`."""
    return stream_csv(HEADERS, map(_cells, events_to_export(wanted)), zone=zone)


def as_json(wanted: EventFilter) -> Iterator[bytes]:
    """One object `{"items": […]}`, newest first. Times with their zone."""
    yield b'{"items":['
    yield from _separated(json.dumps(_json(row), ensure_ascii=False).encode() for row in events_to_export(wanted))
    yield b"]}\n"


def _separated(items: Iterable[bytes]) -> Iterator[bytes]:
    for number, item in enumerate(items):
        yield b",\n" + item if number else item


def _cells(row: EventRow) -> tuple[Cell, ...]:
    return (
        str(row.id),
        row.at,
        row.chain,
        row.number,
        row.actor_kind,
        row.actor,
        row.action,
        row.subject,
        " ".join(row.seen),
        json.dumps(row.facts, sort_keys=True, ensure_ascii=False),
    )


def _json(row: EventRow) -> dict[str, object]:
    values = {name: getattr(row, name) for name in HEADERS}
    return values | {"id": str(row.id), "at": row.at.isoformat(), "seen": list(row.seen)}
