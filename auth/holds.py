"""Legal holds: while one stands, neither the time limits nor anybody's wish erase the record.

Grounds are lawsuits, audits, claims (Art. 17 (3) (e) GDPR, Art. 18 (1) (c) GDPR). The reason is sealed.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError

from auth import audit
from auth.actors import Actor
from auth.holdings import subjects_of
from auth.identities import display_name
from auth.models import User
from auth.privacy_models import LegalHold
from auth.records import Record, owners_for
from auth.roles import Permission
from config import clock, scopes
from config.database import db, locked
from config.errors import N_, Forbidden, InvalidTransition, NotFound, RuleViolation
from config.rowsets import among
from config.scopes import Scope

REASON_LENGTH = 500
PAGE = 200
AT_ONCE = 500
PERSON = "user:"
EVERYBODYS = scopes.system("holds")  # whoever placed one: it stands for all


@dataclass(frozen=True)
class Shown:
    """A hold as pages show it. `by` and `lifted_by` name colleagues.

    One that another office or department has placed (`is_ours` is False) shows that it stands, but not why.
    """

    id: UUID
    subject: str
    reason: str
    since: datetime
    by: str
    lifted_at: datetime | None
    lifted_by: str
    is_ours: bool


@scopes.within(EVERYBODYS)
def held(subjects: Collection[str]) -> frozenset[str]:
    """Those of `subjects` ("case:K7NPX3RB", "user:<id>") on which a hold stands, or on the person whose they are."""
    wanted, found = sorted(set(subjects)), set[str]()
    for start in range(0, len(wanted), AT_ONCE):
        part = among(LegalHold.subject, wanted[start : start + AT_ONCE])
        found |= set(db.session.scalars(select(LegalHold.subject).where(part, LegalHold.lifted_at.is_(None))))
    return frozenset(found | _of_held_people(set(wanted) - found))


def _of_held_people(subjects: Collection[str]) -> set[str]:
    """Those of `subjects` that belong to somebody on all of whose records a hold stands; of these there are few."""
    if not subjects:
        return set()
    people = select(LegalHold.subject).where(LegalHold.subject.startswith(PERSON), LegalHold.lifted_at.is_(None))
    held_people = {UUID(subject.removeprefix(PERSON)) for subject in db.session.scalars(people.distinct())}
    return {subject for user_id in held_people for subject in subjects_of(user_id)} & set(subjects)


def refuse_if_held(subjects: Collection[str]) -> None:
    """Raises RuleViolation when a hold stands on one of `subjects`."""
    if held(subjects):
        raise RuleViolation("", N_("A legal hold stands on this. Nothing is erased until it is lifted."))


def place(actor: Actor, record: Record, reason: str) -> None:
    """Put a hold on a record, in the caller's transaction. Raises RuleViolation; `records.find` has said who may."""
    reason = reason.strip()
    if not 3 <= len(reason) <= REASON_LENGTH:
        raise RuleViolation("reason", N_("Please give the reason in a few words."))
    hold = LegalHold(subject=record.subject, owner=record.owner, reason=reason, since=clock.now(), by=actor.id[:80])
    try:
        with db.session.begin_nested():
            db.session.add(hold)
    except IntegrityError:
        raise RuleViolation("reason", N_("A legal hold stands on this already.")) from None
    chain = audit.chain_of_owner(record.owner)
    audit.record(actor, "hold.placed", record.subject, chain=chain, hold=hold.id)


def lift(actor: Actor, hold_id: UUID) -> None:
    """End a hold, inside the caller's transaction. Raises NotFound, or InvalidTransition when it was lifted before."""
    hold = db.session.scalar(locked(_visible_to(actor).where(LegalHold.id == hold_id)))
    if hold is None:
        raise NotFound()
    if hold.lifted_at is not None:
        raise InvalidTransition("lift", "lifted")
    hold.lifted_at, hold.lifted_by = clock.now(), actor.id[:80]
    chain = audit.chain_of_owner(hold.owner)
    audit.record(actor, "hold.lifted", hold.subject, chain=chain, hold=hold.id)


def on(subjects: Collection[str]) -> list[Shown]:
    """The holds that stand on these records, for the page of a record that the reader may see."""
    asking = scopes.current_scope()
    wanted = select(LegalHold).where(LegalHold.subject.in_(list(subjects)), LegalHold.lifted_at.is_(None))
    with scopes.within(EVERYBODYS):
        rows = db.session.scalars(wanted.order_by(LegalHold.since)).all()
        return _shown(rows, asking)


def page(actor: Actor, *, standing: bool = True) -> list[Shown]:
    """The holds of the actor's offices and departments, newest first: those that stand, or those that were lifted."""
    state = LegalHold.lifted_at.is_(None) if standing else LegalHold.lifted_at.is_not(None)
    wanted = _visible_to(actor).where(state).order_by(LegalHold.since.desc(), LegalHold.id.desc()).limit(PAGE)
    rows = db.session.scalars(wanted).all()
    asking = scopes.current_scope()
    with scopes.within(EVERYBODYS):
        return _shown(rows, asking)


def _visible_to(actor: Actor) -> Select[LegalHold]:
    if not actor.may(Permission.HOLDS_MANAGE):
        raise Forbidden()
    if actor.is_system:
        return select(LegalHold)
    return select(LegalHold).where(LegalHold.owner.in_(owners_for(actor, Permission.HOLDS_MANAGE)))


def _shown(rows: Sequence[LegalHold], asking: Scope) -> list[Shown]:
    found = []
    for row in rows:
        ours = asking.covers(row.owner)
        reason, by, lifted_by = (row.reason or "", _name(row.by), _name(row.lifted_by or "")) if ours else ("", "", "")
        found.append(Shown(row.id, row.subject, reason, row.since, by, row.lifted_at, lifted_by, ours))
    return found


def _name(actor_id: str) -> str:
    try:
        user = db.session.get(User, UUID(actor_id))
    except ValueError:
        return actor_id
    return display_name(user) if user else ""
