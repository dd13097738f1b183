"""The rows of households: whoever acts on one member holds the locks of all, taken in the order of their ids.

So two people who act on one household wait for each other, and never for ever. `asking.send_due` is the one that
takes what it can get and waits for nobody.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.attributes import set_committed_value

from care.assessment_models import WITH_FACTS
from care.models import Case
from care.vocabulary import OPEN_STATUSES
from config.database import another, db, locked
from config.errors import N_, RuleViolation
from config.rowsets import among


def lock(case_ids: Iterable[UUID]) -> None:
    """Lock the households of these cases until the transaction ends; a case that lives alone is one of its own.

    Of a case that has gone into another one that one's household is locked, too: it is the one to act on.
    Somebody may have moved while we waited. Whoever then took the rows that are missing would take them out of order,
    and two of that kind would wait for each other: all are given back, and taken anew.
    """
    wanted = list(case_ids)
    if db.engine.dialect.name != "postgresql":  # there the whole database is locked already
        return
    db.session.flush()  # what the session holds back must not be given back with the locks
    connection = db.session.connection()
    while True:
        attempt = connection.begin_nested()
        mine = in_households(_heads_to_lock(wanted))
        held = db.session.scalars(locked(select(Case.id).where(mine).order_by(Case.id))).all()
        now = select(Case.id).where(in_households(_heads_to_lock(wanted))).order_by(Case.id)
        if db.session.scalars(now).all() == held:
            attempt.commit()
            return
        attempt.rollback()


def _heads_to_lock(case_ids: Collection[UUID]) -> list[UUID]:
    into = another(Case, "into")
    heads = [func.coalesce(one.household_head_id, one.id) for one in (Case, into)]
    wanted = select(*heads).outerjoin(into, into.id == Case.merged_into_id).where(Case.id.in_(case_ids))
    return sorted({head for row in db.session.execute(wanted) for head in row if head is not None})


def heads_of(case_ids: Collection[UUID]) -> list[UUID]:
    """Who answers for these cases: the heads of their households, or they themselves."""
    head = func.coalesce(Case.household_head_id, Case.id)
    return sorted(set(db.session.scalars(select(head).where(Case.id.in_(case_ids)))))


def in_households(head_ids: Collection[UUID]) -> ColumnElement[bool]:
    """Whether a case belongs to one of the households with these heads; by index, on both sides."""
    return or_(among(Case.id, head_ids), among(Case.household_head_id, head_ids))


def all_of(case: Case) -> Sequence[Case]:
    """Everybody in the household of `case`, by id: the case alone when it has none. Takes no locks."""
    head_id = case.household_head_id or case.id
    return db.session.scalars(select(Case).where(in_households([head_id])).order_by(Case.id)).all()


def in_common(head: Case) -> dict[str, Any]:
    """What somebody else of the household is likely to share with whoever answers, under the names of `EnrolCase`."""
    person = head.person
    shared = {"family_name": person.family_name, "locale": person.locale, "address": person.address or {}}
    return {"household_of": head.reference, "protocol": head.protocol_code, "person": shared}


def answered_for_by(head: Case) -> Sequence[Case]:
    """All others for whom this case answers, open or not, by id, to be named: takes no locks, and reads no facts."""
    return db.session.scalars(select(Case).where(Case.household_head_id == head.id).order_by(Case.id)).all()


def members_of(head: Case) -> Sequence[Case]:
    """All others for whom this case answers, open or not, with their facts, by id. The caller holds the locks."""
    wanted = select(Case).options(*WITH_FACTS).where(Case.household_head_id == head.id).order_by(Case.id)
    return db.session.scalars(wanted).all()


def open_members_of(head: Case) -> list[Case]:
    """Those of them whose cases are open."""
    return [case for case in members_of(head) if case.is_open]


def point(member: Case, head: Case | None) -> None:
    """Let `head` answer for `member` from now on; None: they themselves."""
    member.household_head_id = head.id if head is not None else None
    set_committed_value(member, "head", head)  # by the column alone: two who change places would be a circle


def look_again_at(head: Case) -> None:
    """How the head can be reached has changed: let the members be assessed anew, by the next sweep."""
    mine = update(Case).where(Case.household_head_id == head.id, Case.status.in_(OPEN_STATUSES))
    db.session.execute(mine.values(assessed_revision=0), execution_options={"synchronize_session": False})


def head_for(reference: str, office_id: UUID, *, field: str) -> Case:
    """The case that can answer for others: open, or closed with others who are still looked after.

    Raises RuleViolation on `field`, naming the head where the case is answered for by somebody else.
    """
    return heads_for([reference], office_id, field=field)[reference]


def heads_for(references: Collection[str], office_id: UUID, *, field: str) -> dict[str, Case]:
    """The same for many, by reference, as they are now: whoever holds their locks can go by it."""
    wanted = select(Case).where(among(Case.reference, references), Case.office_id == office_id)
    fresh = wanted.options(selectinload(Case.head)).execution_options(populate_existing=True)
    found = {case.reference: case for case in db.session.scalars(fresh)}
    for reference in references:
        head = found.get(reference)
        if head is None:
            raise RuleViolation(field, N_("There is no case {reference} in this office."), reference=reference)
        if head.head is not None:
            raise RuleViolation(
                field, N_("Case {head} answers for {reference}; please name that one."),
                head=head.head.reference, reference=reference,
            )  # fmt: skip
        if not head.is_open and not open_members_of(head):
            raise RuleViolation(field, N_("Case {reference} is closed and answers for nobody."), reference=reference)
    return found
