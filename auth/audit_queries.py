"""What the auditor sees of the trail: pseudonyms, codes and references; and whether it is whole."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, String, cast, func, literal, or_, select, type_coerce

from auth.audit import HOUSE_CHAIN, VERIFIED
from auth.audit_seals import chains
from auth.models import AuditAnchor, AuditEvent, AuditPending, AuditSeal
from config.database import db
from config.settings import current_settings

PAGE = 100
READ_AT_ONCE = 1000
MOST_EXPORTED = 50_000


class Only(StrEnum):
    """Which events by what they are."""

    ALL = ""
    LOOKS = "looks"
    ACTS = "acts"


@dataclass(frozen=True)
class EventFilter:
    """Which events. Texts are the beginning of a code or reference; days are those of the city, both inclusive."""

    action: str = ""
    actor: str = ""
    kind: str = ""
    subject: str = ""
    chain: str = ""
    only: Only = Only.ALL
    since: date | None = None
    until: date | None = None
    before: uuid.UUID | None = None

    def in_address(self) -> dict[str, Any]:
        """The filters that are set, as an address names them."""
        named = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: str(value) for name, value in named.items() if value}


@dataclass(frozen=True)
class EventRow:
    """An event as the auditor sees it. `number`: its link in its chain, None while it waits for the sealer."""

    id: uuid.UUID
    at: datetime
    actor_kind: str
    actor: str
    action: str
    subject: str
    seen: Sequence[str]
    facts: dict[str, Any]
    chain: str
    number: int | None

    @property
    def others(self) -> list[str]:
        """The records that were seen besides the one that was opened."""
        return [record for record in self.seen if record != self.subject]

    @property
    def facts_in_short(self) -> str:
        """Codes and numbers: `format=csv, rows=12`."""
        known = {name: value for name, value in sorted(self.facts.items()) if value not in (None, [], False)}
        return ", ".join(f"{name}={_short(value)}" for name, value in known.items())


@dataclass(frozen=True)
class TrailState:
    """How the trail stands: links of each chain, events that wait, the last verification, the last anchor."""

    chains: Sequence[tuple[str, int]]
    waiting: int
    verified_at: datetime | None
    was_whole: bool
    anchored_at: datetime | None

    @property
    def sealed(self) -> int:
        return sum(number for _, number in self.chains)


def events(wanted: EventFilter) -> tuple[list[EventRow], uuid.UUID | None]:
    """One page of the trail, newest first, and the id from which the next page goes on."""
    rows = _read(wanted, PAGE + 1)
    return rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else None


def events_to_export(wanted: EventFilter) -> Iterator[EventRow]:
    """The same for a file, read bit by bit, at most 50,000."""
    left = MOST_EXPORTED
    while left:
        rows = _read(wanted, min(READ_AT_ONCE, left))
        db.session.rollback()  # between two bits nothing is held
        yield from rows
        left -= len(rows)
        if len(rows) < READ_AT_ONCE:
            return
        wanted = replace(wanted, before=rows[-1].id)


def state() -> TrailState:
    """How the trail stands."""
    verified = select(AuditEvent.at, AuditEvent.facts).where(AuditEvent.action == VERIFIED)
    last = db.session.execute(verified.order_by(AuditEvent.id.desc()).limit(1)).first()
    return TrailState(
        chains=[(chain, number) for chain, number, *_ in chains()] or [(HOUSE_CHAIN, 0)],
        waiting=db.session.scalar(select(func.count()).select_from(AuditPending)) or 0,
        verified_at=last.at if last else None,
        was_whole=bool(last and last.facts.get("whole")),
        anchored_at=db.session.scalar(select(func.max(AuditAnchor.at))),
    )


def has_seen(records: Sequence[str]) -> ColumnElement[bool]:
    """The condition that an event is a look at one of these records; found by an index."""
    if db.engine.dialect.name == "postgresql":
        return AuditEvent.seen.op("?|")(cast(literal(list(records), ARRAY(String)), ARRAY(String)))
    written = type_coerce(AuditEvent.seen, String)
    return AuditEvent.seen.is_not(None) & or_(*(func.instr(written, f'"{record}"') > 0 for record in records))


def _read(wanted: EventFilter, limit: int) -> list[EventRow]:
    statement = select(AuditEvent, AuditSeal.number).outerjoin(AuditSeal, AuditSeal.event_id == AuditEvent.id)
    chosen = statement.where(*_conditions(wanted))
    rows = db.session.execute(chosen.order_by(AuditEvent.id.desc()).limit(limit)).all()
    found = [_row(row[0], row[1]) for row in rows]
    db.session.expunge_all()
    return found


def _conditions(wanted: EventFilter) -> Iterator[ColumnElement[bool]]:
    for column, code in ((AuditEvent.action, wanted.action), (AuditEvent.actor, wanted.actor)):
        if code:
            yield column.startswith(code, autoescape=True)
    if wanted.subject:
        yield AuditEvent.subject.startswith(wanted.subject, autoescape=True) | has_seen([wanted.subject])
    for column, exact in ((AuditEvent.actor_kind, wanted.kind), (AuditEvent.chain, wanted.chain)):
        if exact:
            yield column == exact
    if wanted.only is not Only.ALL:
        looks = AuditEvent.seen.is_not(None)
        yield looks if wanted.only is Only.LOOKS else ~looks
    zone = current_settings().zone
    if wanted.since:
        yield AuditEvent.at >= datetime.combine(wanted.since, time.min, zone)
    if wanted.until:
        yield AuditEvent.at < datetime.combine(wanted.until + timedelta(days=1), time.min, zone)
    if wanted.before:
        yield AuditEvent.id < wanted.before


def _row(event: AuditEvent, number: int | None) -> EventRow:
    return EventRow(
        id=event.id,
        at=event.at,
        actor_kind=event.actor_kind,
        actor=event.actor,
        action=event.action,
        subject=event.subject,
        seen=event.seen or (),
        facts=event.facts,
        chain=event.chain,
        number=number,
    )


def _short(value: Any) -> str:
    return "+".join(map(str, value)) if isinstance(value, list) else str(value).lower() if value is True else str(value)
