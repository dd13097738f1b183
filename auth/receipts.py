"""Receipts of what the time limits erased: how much of what, where, and under which pseudonyms.

A receipt names records as the audit trail does. The event in the trail holds the receipt's digest, so that the seals of
the trail vouch for the receipt, too.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, func, select

from auth import audit
from auth.actors import Actor
from auth.archive import Due
from auth.models import AuditEvent, Department, Office
from auth.privacy_models import RetentionReceipt
from auth.records import owners_for
from auth.roles import Permission
from config import clock, scopes
from config.database import db
from config.errors import NotFound

ERASED = "retention.erased"
PAGE = 50
A_MOMENT = timedelta(minutes=10)
LOOKING = scopes.system("receipts")  # whoever asks whether the trail knows a receipt need not be able to read the trail


@dataclass(frozen=True)
class Run:
    """One run as its page shows it: when it began to erase, and how much of each type it erased and found on hold."""

    id: UUID
    at: datetime
    erased: dict[str, int]
    held: int

    @property
    def total(self) -> int:
        return sum(self.erased.values())


@dataclass(frozen=True)
class Line:
    """One line of a receipt. `owner` is the name of the place.

    `reference` is "" for records that have none of their own; then `number` says how many.
    """

    at: datetime
    record_type: str
    owner: str
    reference: str
    number: int
    digest: str
    in_trail: bool


def write(actor: Actor, run_id: UUID, record_type: str, erased: Sequence[Due], number: int, held: int) -> None:
    """Note what a batch erased, a receipt for each place, in the batch's transaction.

    `number`: how much was erased if the records have no place of their own; `held`: how many holds kept.
    """
    now, places = clock.now(), sorted({each.owner for each in erased})
    for place in places:
        of_place = [each for each in erased if each.owner == place]
        receipt = RetentionReceipt(
            run_id=run_id, at=now, record_type=record_type, owner=place or None,
            number=len(of_place) if place else number, held=held if place == places[0] else 0,
            subjects=sorted(each.subjects[0] for each in of_place) if place else [],
        )  # fmt: skip
        receipt.digest = digest(receipt)
        db.session.add(receipt)
        audit.record(
            actor, ERASED, f"retention:{record_type}",
            count=receipt.number, held=receipt.held, receipt=receipt.id, digest=receipt.digest,
        )  # fmt: skip


def digest(receipt: RetentionReceipt) -> str:
    """SHA-256 over everything that the receipt says, in hex."""
    told = [
        str(receipt.id), str(receipt.run_id), receipt.at.isoformat(), receipt.record_type, receipt.owner,
        receipt.number, receipt.held, receipt.subjects,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()


def runs(actor: Actor) -> list[Run]:
    """The newest runs that erased something in the actor's places, the last first."""
    began = func.min(RetentionReceipt.at)
    newest = (
        _of(actor)
        .with_only_columns(RetentionReceipt.run_id, began.label("at"))
        .group_by(RetentionReceipt.run_id)
        .order_by(began.desc())
        .limit(PAGE)
    )
    found = {row.run_id: Run(row.run_id, row.at, {}, 0) for row in db.session.execute(newest)}
    sums = (
        _of(actor)
        .where(RetentionReceipt.run_id.in_(found))
        .with_only_columns(
            RetentionReceipt.run_id,
            RetentionReceipt.record_type,
            func.sum(RetentionReceipt.number).label("number"),
            func.sum(RetentionReceipt.held).label("held"),
        )
        .group_by(RetentionReceipt.run_id, RetentionReceipt.record_type)
    )
    for row in db.session.execute(sums):
        run = found[row.run_id]
        found[row.run_id] = Run(run.id, run.at, {**run.erased, row.record_type: row.number}, run.held + row.held)
    return list(found.values())


def lines(actor: Actor, run_id: UUID) -> Iterator[Line]:
    """What one run erased in the actor's places, record by record. Raises NotFound."""
    rows = db.session.scalars(
        _of(actor).where(RetentionReceipt.run_id == run_id).order_by(RetentionReceipt.record_type, RetentionReceipt.id)
    ).all()
    if not rows:
        raise NotFound()
    places = _names_of_places()
    known = _in_trail([row for row in rows if digest(row) == row.digest])
    for row in rows:
        for subject in row.subjects or [""]:
            reference, number = str(subject).partition(":")[2], 1 if subject else row.number
            is_known = row.id in known
            place = places.get(row.owner or "", row.owner or "")
            yield Line(row.at, row.record_type, place, reference, number, row.digest, is_known)


def _names_of_places() -> dict[str, str]:
    offices = {f"office:{row.id}": row.name for row in db.session.execute(select(Office.id, Office.name))}
    departments = select(Department.code, Department.name)
    return offices | {f"department:{row.code}": row.name for row in db.session.execute(departments)}


def _in_trail(receipts: Sequence[RetentionReceipt]) -> set[UUID]:
    """Those of which the audit trail has the same digest."""
    if not receipts:
        return set()
    # The event is written in the same transaction, a moment after the receipt.
    first, last = min(one.at for one in receipts), max(one.at for one in receipts) + A_MOMENT
    events = select(AuditEvent.facts).where(
        AuditEvent.action == ERASED, AuditEvent.domain_at >= first, AuditEvent.domain_at <= last
    )
    with scopes.within(LOOKING):
        told = {(facts.get("receipt"), facts.get("digest")) for facts in db.session.scalars(events)}
    return {one.id for one in receipts if (str(one.id), one.digest) in told}


def _of(actor: Actor) -> Select[RetentionReceipt]:
    """The house's own records (messages, accounts) have no place; whoever runs the time limits sees their numbers."""
    if actor.is_system:
        return select(RetentionReceipt)
    ours = RetentionReceipt.owner.in_(owners_for(actor, Permission.RETENTION_RUN))
    return select(RetentionReceipt).where(ours | RetentionReceipt.owner.is_(None))
