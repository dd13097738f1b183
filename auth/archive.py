"""Offers to the archive: files whose time is over go only when the archive has answered, or has not for half a year.

Source: § 3 (1), § 7 NArchG (files are offered before they are destroyed); § 3 (2) NArchG leaves the form to an
agreement: here a ZIP with JSON and PDF files. The length of the wait is the setting OBHUT_ARCHIVE_ANSWER_DAYS.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from uuid import UUID

from sqlalchemy import Select, func, select

from auth import audit
from auth.actors import Actor
from auth.privacy_models import ArchiveOffer
from auth.records import owners_for
from auth.roles import Permission
from config import clock
from config.database import db, locked
from config.encryption import DecryptionError
from config.errors import N_, Conflict, DomainError, Forbidden, NotFound, RuleViolation
from config.rowsets import among, insert_many
from config.settings import current_settings

PAGE = 100
UNREADABLE = N_("It cannot be read: its key is gone.")
ERASED = N_("It has been erased since it was offered.")


@dataclass(frozen=True)
class Due:
    """A record whose time is over. `subjects`: what a hold could stand on, its own name first; `owner`: whose it is.

    `stage`: what it came to, where that decides how long it is kept (`RecordType.stages`).
    """

    id: UUID
    since: datetime
    subjects: tuple[str, ...]
    owner: str = ""
    stage: str = ""


Files = Callable[[UUID], Iterable[tuple[str, bytes]]]


@dataclass(frozen=True)
class LeftOut:
    """An offer whose record cannot be handed out now: its folder in the ZIP, and what its wing says of it."""

    id: UUID
    folder: str
    why: DomainError


@dataclass(frozen=True)
class Offer:
    """One offer as its page shows it."""

    id: UUID
    record_type: str
    reference: str
    offered_at: datetime
    fetched_at: datetime | None
    wanted: bool | None
    ends_at: datetime


def ready(record_type: str, found: Sequence[Due], now: datetime) -> list[Due]:
    """Those that may go: declined, taken and fetched, or unanswered for too long. What is new is offered.

    Inside the caller's transaction. A file that was in use again since is offered anew.
    """
    wanted = {each.id: each for each in found}
    offers = {
        offer.record_id: offer
        for offer in db.session.scalars(
            select(ArchiveOffer).where(
                ArchiveOffer.record_type == record_type, among(ArchiveOffer.record_id, list(wanted))
            )
        )
    }
    for record_id, offer in offers.items():
        if offer.since != wanted[record_id].since:
            offer.since, offer.offered_at = wanted[record_id].since, now
            offer.fetched_at = offer.decided_at = offer.decided_by = offer.wanted = None
    db.session.flush()
    new = [each for record_id, each in wanted.items() if record_id not in offers]
    insert_many(ArchiveOffer, [_row(record_type, each, now) for each in new], unless_taken=("record_type", "record_id"))
    unanswered_since = now - timedelta(days=current_settings().archive_answer_days)
    return [wanted[record_id] for record_id, offer in offers.items() if _may_go(offer, unanswered_since)]


def _row(record_type: str, due: Due, now: datetime) -> dict[str, object]:
    offer = ArchiveOffer(
        record_type=record_type, record_id=due.id, subject=due.subjects[0], owner=due.owner, since=due.since,
        offered_at=now, fetched_at=None, wanted=None, decided_at=None, decided_by=None, erased_at=None,
    )  # fmt: skip
    return {name: value for name, value in offer.__dict__.items() if not name.startswith("_")}


def _may_go(offer: ArchiveOffer, unanswered_since: datetime) -> bool:
    if offer.wanted is None:
        return offer.offered_at < unanswered_since
    return not offer.wanted or offer.fetched_at is not None


def gone(record_type: str, ids: Sequence[UUID], now: datetime) -> None:
    """Note that these files have been erased; the offer stays as proof that it was made."""
    rows = select(ArchiveOffer).where(ArchiveOffer.record_type == record_type, among(ArchiveOffer.record_id, ids))
    for offer in db.session.scalars(rows):
        offer.erased_at = now


def open_offers(actor: Actor, after: UUID | None = None) -> tuple[list[Offer], UUID | None]:
    """A page of the offers of the actor's offices and departments, oldest first, and where the next page begins."""
    wanted = _of(actor).where(ArchiveOffer.erased_at.is_(None)).order_by(ArchiveOffer.id)
    if after:
        wanted = wanted.where(ArchiveOffer.id > after)
    rows = db.session.scalars(wanted.limit(PAGE + 1)).all()
    wait = timedelta(days=current_settings().archive_answer_days)
    shown = [
        Offer(
            row.id, row.record_type, row.subject.partition(":")[2], row.offered_at, row.fetched_at, row.wanted,
            row.offered_at + wait,
        )
        for row in rows[:PAGE]
    ]  # fmt: skip
    return shown, rows[PAGE - 1].id if len(rows) > PAGE else None


def count_open(actor: Actor) -> int:
    """How many offers wait for an answer."""
    waiting = _of(actor).where(ArchiveOffer.erased_at.is_(None), ArchiveOffer.wanted.is_(None))
    return db.session.scalar(select(func.count()).select_from(waiting.subquery())) or 0


def decide(actor: Actor, offer_ids: Sequence[UUID], wanted: bool) -> int:
    """Note the archive's answer for these offers, inside the caller's transaction; how many.

    Raises RuleViolation when it wants a file that nobody has fetched yet: it would go before the archive has it.
    """
    rows = db.session.scalars(
        locked(_of(actor).where(ArchiveOffer.id.in_(list(offer_ids)), ArchiveOffer.erased_at.is_(None)))
    ).all()
    if wanted and any(row.fetched_at is None for row in rows):
        raise RuleViolation("", N_("Please download the files first: they are erased soon after this answer."))
    for row in rows:
        row.wanted, row.decided_at, row.decided_by = wanted, clock.now(), actor.id[:80]
        audit.record(actor, "archive.answered", row.subject, chain=audit.chain_of_owner(row.owner), wanted=wanted)
    return len(rows)


def files(
    actor: Actor, offer_ids: Sequence[UUID], of_type: Callable[[str], Files], left_out: list[LeftOut]
) -> Iterator[tuple[str, bytes]]:
    """The files of these offers, each in a folder of its own. `of_type` gives the writer of a type of record.

    A record that is held back, unreadable or gone stops no other: once all has been read, `left_out` says which are
    missing.
    """
    for row in db.session.scalars(_of(actor).where(ArchiveOffer.id.in_(list(offer_ids)))).all():
        offer_id, folder = row.id, f"{row.record_type}-{row.subject.partition(':')[2]}"
        record = iter(of_type(row.record_type)(row.record_id))
        try:
            first = _first(record)
        except DomainError as error:
            left_out.append(LeftOut(offer_id, folder, error))
            continue
        for name, content in chain([first], record):
            yield f"{folder}/{name}", content


def _first(record: Iterator[tuple[str, bytes]]) -> tuple[str, bytes]:
    """The first file of a record; a writer refuses before it has written anything. Raises DomainError."""
    try:
        first = next(record, None)
    except DecryptionError:
        raise Conflict(UNREADABLE) from None
    if first is None:
        raise NotFound(ERASED)
    return first


def note_fetched(actor: Actor, offer_ids: Sequence[UUID]) -> None:
    """Note that these files were handed out, inside the caller's transaction."""
    for row in db.session.scalars(_of(actor).where(ArchiveOffer.id.in_(list(offer_ids)))):
        row.fetched_at = clock.now()
        chain = audit.chain_of_owner(row.owner)
        audit.record(actor, "archive.fetched", row.subject, chain=chain, seen=[row.subject])


def _of(actor: Actor) -> Select[ArchiveOffer]:
    if not actor.may(Permission.RETENTION_RUN):
        raise Forbidden()
    if actor.is_system:
        return select(ArchiveOffer)
    return select(ArchiveOffer).where(ArchiveOffer.owner.in_(owners_for(actor, Permission.RETENTION_RUN)))
