"""Are the chains whole? Every link is computed again and compared, with the next one, the event, and the anchors.

Chains are read in batches by their key, so that memory stays flat however long they are.
"""

import hmac
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.exc import DataError

from auth import audit_anchors
from auth.audit_keys import TrailKey, TrailKeys, trail_keys
from auth.audit_seals import EVENT, chains, first_link_of, link_of
from auth.models import AuditEvent, AuditPending, AuditSeal, Department, Office
from config import clock
from config.database import db

READ_AT_ONCE = 2000
UNSEALED_FOR_TOO_LONG = timedelta(minutes=5)
# What drivers and types raise for a value that is no time, no id or no JSON.
SPOILT = (ValueError, TypeError, AttributeError, DataError)
Progress = Callable[[int], None]
Anchored = Mapping[int, audit_anchors.Head]


class Unreadable(Exception):
    """A row holds what cannot be a value of its column."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with the trail, and where: the first bad link of a chain, with its event and that one's time."""

    text: str
    chain: str = ""
    number: int | None = None
    event: UUID | None = None
    at: datetime | None = None

    @property
    def field(self) -> str:
        """The place as `chain/number`."""
        return f"{self.chain}/{self.number}"

    def __str__(self) -> str:
        return self.text

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        found = {"text": self.text, "chain": self.chain or None, "number": self.number}
        return found | {"event": self.event and str(self.event), "at": self.at and self.at.isoformat()}


@dataclass(frozen=True)
class Verdict:
    """What `verify` found: how many links are good, how many events wait, and the first fault of each chain."""

    sealed: int
    waiting: int
    faults: tuple[Fault, ...]
    chains: Mapping[str, int] = field(default_factory=dict)
    anchors: int = 0

    @property
    def is_whole(self) -> bool:
        return not self.faults


def verify(chain: str | None = None, *, progress: Progress = lambda _: None, with_anchors: bool = True) -> Verdict:
    """Compute every link of all chains, or of one, again. `progress` is told how many links each batch had."""
    known, faults = audit_anchors.read() if with_anchors else ({}, [])
    found = [Fault(text) for text in faults]
    there = [name for name, *_ in chains()] if chain is None else [chain]
    lost = [] if chain else [name for name in known if name not in there]
    counted: dict[str, int] = {}
    for name in [*there, *lost]:
        counted[name], fault = _verify_chain(name, known.get(name, {}), progress)
        found += [fault] if fault else []
    found += _strays(chain)
    waiting = db.session.scalar(select(func.count()).select_from(AuditPending)) or 0
    if with_anchors and chain is None:
        found += [Fault(text) for text in audit_anchors.missing()]
    db.session.rollback()
    return Verdict(sum(counted.values()), waiting, tuple(found), counted, len(known) and sum(map(len, known.values())))


def names_of_chains() -> list[str]:
    """The chains that there are or can be: those with links or anchors, the house's, and that of each place."""
    found = {"house", *(name for name, *_ in chains()), *audit_anchors.read()[0]}
    found |= {f"office:{code}" for code in db.session.scalars(select(Office.code))}
    found |= {f"department:{code}" for code in db.session.scalars(select(Department.code))}
    return sorted(found)


def links_in_all() -> int:
    """How many links `verify` will read."""
    return sum(number for _, number, *_ in chains())


def _verify_chain(chain: str, anchored: Anchored, progress: Progress) -> tuple[int, Fault | None]:
    keys = trail_keys()
    expected, previous, age = 0, b"", keys.age(None)
    try:
        for batch in _batches(chain):
            for row in batch:
                fault = _fault_of(row, chain, expected + 1, previous, keys, age) or _fault_of_anchor(row, anchored)
                if fault:
                    return expected, fault
                expected, previous, age = row.number, row.seal, keys.age(row.key_id)
            progress(len(batch))
    except Unreadable:
        text = f"Chain {chain}: link {expected + 1} or its event was changed into what cannot be read."
        return expected, Fault(text, chain, expected + 1)
    beyond = [head for number, head in anchored.items() if number > expected]
    if beyond:
        last = max(beyond, key=lambda head: head.number)
        text = (
            f"Chain {chain}: it ends at link {expected}, but at {_time(last.at)} the anchors knew {last.number} links:"
            " its end was cut off."
        )
        return expected, Fault(text, chain, expected + 1, at=last.at)
    return expected, None


def _fault_of(row: Any, chain: str, expected: int, previous: bytes, keys: TrailKeys, age: int) -> Fault | None:
    if row.number < expected:
        return Fault(f"Chain {chain}: link {row.number} does not belong to it.", chain, row.number, row.event_id)
    if row.number > expected:
        return Fault(f"Chain {chain}: link {expected} is missing.", chain, expected)
    if row.id is None:
        at = _time_of_id(row.event_id)
        text = f"Chain {chain}: the event {row.event_id} of link {expected}, of {_time(at)}, is missing."
        return Fault(text, chain, expected, row.event_id, at)
    key, is_younger = keys.get(row.key_id), keys.age(row.key_id) <= age
    if is_younger and row.chain == chain and _is_right(row, expected, previous, key):
        return None
    where = (chain, expected, row.id, row.at)
    what = f"link {expected} (event {row.id} of {_time(row.at)})"
    if row.key_id and key is None:
        text = f"Chain {chain}: {what} was sealed with the key {row.key_id}, which is not in OBHUT_AUDIT_KEY."
        return Fault(text, *where)
    if not is_younger:
        return Fault(f"Chain {chain}: {what} was sealed with an older key than the link before it.", *where)
    return Fault(f"Chain {chain}: {what} was changed.", *where)


def _is_right(row: Any, expected: int, previous: bytes, key: TrailKey | None) -> bool:
    if key is not None:
        return hmac.compare_digest(row.seal, link_of(row, expected, previous, key))
    # From before the trail had keys of its own, and knew who looked.
    is_old = row.key_id is None and row.seen is None
    return is_old and hmac.compare_digest(row.seal, first_link_of(row, expected, previous))


def _fault_of_anchor(row: Any, anchored: Anchored) -> Fault | None:
    head = anchored.get(row.number)
    if head is None or hmac.compare_digest(head.seal, row.seal):
        return None
    text = (
        f"Chain {head.chain}: link {row.number} (event {row.id} of {_time(row.at)}) is not the one that the anchors"
        f" knew at {_time(head.at)}: the chain was made anew."
    )
    return Fault(text, head.chain, row.number, row.id, row.at)


def _batches(chain: str) -> Iterator[Sequence[Any]]:
    links = (
        select(AuditSeal.number, AuditSeal.event_id, AuditSeal.seal, AuditSeal.key_id, *EVENT)
        .outerjoin(AuditEvent, AuditEvent.id == AuditSeal.event_id)
        .where(AuditSeal.chain == chain)
        .order_by(AuditSeal.number)
    )
    rows = _read(links, READ_AT_ONCE)
    while rows:
        yield rows
        rows = _read(links.where(AuditSeal.number > rows[-1].number), READ_AT_ONCE)


def _read(links: Select[Any], most: int) -> Sequence[Any]:
    """At most so many rows; fewer before one that no longer can be read. Where that is the first: Unreadable."""
    try:
        return db.session.execute(links.limit(most)).all()
    except SPOILT:
        if most == 1:
            raise Unreadable from None
    return _read(links, most // 2)


def _strays(chain: str | None) -> list[Fault]:
    """The first event that no chain has and no sealer will come to, or has not come to for minutes."""
    sealed = select(AuditSeal.event_id).where(AuditSeal.event_id == AuditEvent.id).exists()
    waits = select(AuditPending.event_id).where(AuditPending.event_id == AuditEvent.id).exists()
    too_old = AuditEvent.at < clock.wall() - UNSEALED_FOR_TOO_LONG
    wanted = select(AuditEvent.id, AuditEvent.at, AuditEvent.chain).where(~sealed, too_old | ~waits)
    if chain is not None:
        wanted = wanted.where(AuditEvent.chain == chain)
    try:
        stray = db.session.execute(wanted.order_by(AuditEvent.id).limit(1)).first()
    except SPOILT:
        return [Fault("An event that is in no chain cannot be read.", chain or "")]
    if stray is None:
        return []
    text = f"Event {stray.id} of {_time(stray.at)} (chain {stray.chain}) is in no chain."
    return [Fault(text, stray.chain, None, stray.id, stray.at)]


def _time(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds") if at else "an unknown time"


def _time_of_id(event_id: UUID) -> datetime | None:
    """When an event was recorded, of which only its id (UUIDv7) is left; None for an id that is none of ours."""
    return datetime.fromtimestamp((event_id.int >> 80) / 1000, UTC) if event_id.version == 7 else None
