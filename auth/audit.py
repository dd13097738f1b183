"""The audit trail: who did what to which record. Append-only, pseudonymous, chained.

Events are appended unchained inside the acting transaction, so that the trail never makes writers wait for each
other. A sealer links them afterwards, in batches, into a chain of keyed hashes: each seal covers the one before it
and its event. Facts are codes, numbers and ids; a name, a phone number or a symptom has no place here.
"""

import hmac
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, text

from auth.actors import Actor
from auth.models import AuditEvent, AuditPending, AuditSeal
from config import clock
from config.database import claimable, db, in_transaction, transaction
from config.encryption import blind_index
from config.errors import N_, FieldError

BATCH = 500
HOUSE_CHAIN = "house"
SEALER_LOCK = 0x6F626875  # PostgreSQL advisory lock: one sealer at a time
FACT_LENGTH = 200
UNSEALED_FOR_TOO_LONG = timedelta(minutes=5)
Fact = str | int | float | bool | None


def record(actor: Actor, action: str, subject: str, *, chain: str = HOUSE_CHAIN, **facts: Any) -> AuditEvent:
    """Append an event. Call inside `transaction()`; raises RuntimeError elsewhere.

    `action` is a code such as `case.closed`; `subject` a record such as `case:K7NPX3RB`; `facts` are codes, numbers,
    ids and dates. `chain` names the chain (an office's code).
    """
    if not in_transaction():
        raise RuntimeError("audit.record() outside a transaction")
    found = AuditEvent(
        at=clock.wall(),
        domain_at=clock.now(),
        chain=chain,
        actor_kind=actor.kind,
        actor=actor.id,
        action=action,
        subject=subject,
        facts={name: _fact(value) for name, value in facts.items()},
    )
    db.session.add(found)
    db.session.flush()
    db.session.add(AuditPending(event_id=found.id))
    return found


def seal() -> int:
    """Link events that wait into their chains, one batch; how many. Two at once do no harm."""
    if db.session.scalar(select(AuditPending.event_id).limit(1)) is None:
        db.session.rollback()
        return 0
    with transaction():
        _one_sealer_at_a_time()
        pending = list(
            db.session.scalars(claimable(select(AuditPending.event_id).order_by(AuditPending.event_id).limit(BATCH)))
        )
        events = db.session.scalars(select(AuditEvent).where(AuditEvent.id.in_(pending)).order_by(AuditEvent.id))
        ends: dict[str, tuple[int, bytes]] = {}
        for found in events:
            number, previous = ends.get(found.chain) or _end_of(found.chain)
            link = _seal_of(found, number + 1, previous)
            db.session.add(AuditSeal(chain=found.chain, number=number + 1, event_id=found.id, seal=link))
            ends[found.chain] = number + 1, link
        db.session.execute(delete(AuditPending).where(AuditPending.event_id.in_(pending)))
    return len(pending)


@dataclass(frozen=True)
class Verdict:
    """What `verify` found: how many events are sealed or wait, and the first fault of each kind."""

    sealed: int
    waiting: int
    faults: tuple[FieldError, ...]


def verify() -> Verdict:
    """Recompute every chain and compare. Reads all events once, in batches."""
    sealed, faults = 0, []
    for chain in db.session.scalars(select(AuditSeal.chain).distinct().order_by(AuditSeal.chain)).all():
        count, fault = _verify_chain(chain)
        sealed += count
        if fault:
            faults.append(fault)
    waiting = db.session.scalar(select(func.count()).select_from(AuditPending)) or 0
    stray = db.session.scalar(
        select(AuditEvent.id)
        .where(~select(AuditSeal.event_id).where(AuditSeal.event_id == AuditEvent.id).exists())
        .where(
            (AuditEvent.at < clock.wall() - UNSEALED_FOR_TOO_LONG)
            | ~select(AuditPending.event_id).where(AuditPending.event_id == AuditEvent.id).exists()
        )
        .order_by(AuditEvent.id)
        .limit(1)
    )
    if stray:
        faults.append(FieldError(str(stray), N_("Event {event} is in no chain."), {"event": stray}))
    return Verdict(sealed, waiting, tuple(faults))


def _fact(value: Any) -> Fact | list[Fact]:
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in value]
    return _plain(value)


def _plain(value: Any) -> Fact:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, str):
        return str(value)[:FACT_LENGTH]
    return value if value is None or isinstance(value, int | float) else str(value)[:FACT_LENGTH]


def _one_sealer_at_a_time() -> None:
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": SEALER_LOCK})


def _end_of(chain: str) -> tuple[int, bytes]:
    links = select(AuditSeal.number, AuditSeal.seal).where(AuditSeal.chain == chain)
    last = db.session.execute(links.order_by(AuditSeal.number.desc()).limit(1)).first()
    return (last.number, last.seal) if last else (0, b"")


def _seal_of(found: AuditEvent, number: int, previous: bytes) -> bytes:
    row = {
        "id": str(found.id),
        "at": found.at.isoformat(),
        "domain_at": found.domain_at.isoformat(),
        "chain": found.chain,
        "actor_kind": found.actor_kind,
        "actor": found.actor,
        "action": found.action,
        "subject": found.subject,
        "facts": found.facts,
    }
    canonical = json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return blind_index("audit seal", f"{number}\0{previous.hex()}\0{canonical}")


def _verify_chain(chain: str) -> tuple[int, FieldError | None]:
    expected, previous = 0, b""
    for found, event in _links(chain):
        expected += 1
        if found.number != expected:
            return expected - 1, _fault(N_("Chain {chain}: link {number} is missing."), chain, expected)
        if event is None:
            return expected - 1, _fault(N_("Chain {chain}: the event of link {number} is missing."), chain, expected)
        if not hmac.compare_digest(found.seal, _seal_of(event, expected, previous)):
            return expected - 1, _fault(
                N_("Chain {chain}: link {number} (event {event}) was changed."), chain, expected, event=event.id
            )
        previous = found.seal
    return expected, None


def _links(chain: str) -> Iterator[tuple[AuditSeal, AuditEvent | None]]:
    after = 0
    while True:
        rows = db.session.execute(
            select(AuditSeal, AuditEvent)
            .outerjoin(AuditEvent, AuditEvent.id == AuditSeal.event_id)
            .where(AuditSeal.chain == chain, AuditSeal.number > after)
            .order_by(AuditSeal.number)
            .limit(BATCH)
        ).all()
        if not rows:
            return
        yield from ((row[0], row[1]) for row in rows)
        after = rows[-1][0].number
        db.session.expunge_all()


def _fault(message: str, chain: str, number: int, event: uuid.UUID | None = None) -> FieldError:
    return FieldError(f"{chain}/{number}", message, {"chain": chain, "number": number, "event": event})
