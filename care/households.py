"""Households: one person answers for several. Moving, leaving, changing the head, and pausing all of them.

A household is looked after by one office. Its head's case carries no head; all others point at it. A head whose case
is closed goes on being asked for those whose cases are open. Functions run inside the caller's `transaction()`.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from auth.actors import Actor
from care import case_management, household_rows, phones, timeline, trail
from care.course_commands import JoinHousehold
from care.lifecycle import Action, after
from care.models import Case
from care.vocabulary import Status
from config import clock
from config.database import db

HOUSE = Actor.system("care.households")


def locked_case(command: JoinHousehold, case_id: UUID) -> Case:
    """The case that is to move, with the locks of both households, taken in one order."""
    head = select(Case.id).where(Case.reference == (command.head or "").strip().upper())
    head_id = db.session.scalar(head)
    household_rows.lock([case_id] if head_id is None else [case_id, head_id])
    return case_management.locked_case(case_id)


def move(command: JoinHousehold, *, case: Case, actor: Actor) -> None:
    """Let another case answer for this one, this one for its household, or each for themselves (`head` null).

    `case` comes from `locked_case`. Whoever leaves others behind leaves them the oldest open case as head. Raises
    RuleViolation on `head`, InvalidTransition for a closed case that should be answered for.
    """
    if command.head is None:
        changed = _leaves(case, actor)
    elif command.head.strip().upper() == case.reference:
        changed = _becomes_head(case, actor)
    else:
        changed = _joins(case, command.head.strip().upper(), actor)
    if changed:
        trail.record(actor, "case.household", case, head=command.head)
        case_management.settled(case, actor, clock.now())


def _leaves(case: Case, actor: Actor) -> bool:
    if case.household_head_id is None and not household_rows.members_of(case):
        return False
    leave(case)
    timeline.add(case, "household_left", actor)
    return True


def leave(case: Case, *, with_person: UUID | None = None) -> None:
    """Take the locked `case` out of its household; those who stay keep one head. Cases of `with_person` go along."""
    rest = [member for member in household_rows.members_of(case) if member.person_id != with_person]
    household_rows.point(case, None)
    case.number_at_head = None
    if rest:
        _put_under(next((one for one in rest if one.is_open), rest[0]), rest)
    db.session.flush()


def _put_under(head: Case, household: Sequence[Case]) -> None:
    household_rows.point(head, None)
    head.number_at_head = None
    timeline.add(head, "household_headed", HOUSE)
    for member in household:
        if member is not head:
            _point(member, head)
    for member in household:
        member.assessed_revision = 0


def _point(member: Case, head: Case) -> None:
    household_rows.point(member, head)
    db.session.flush()
    member.number_at_head = phones.number_at_head(member, head)


def _becomes_head(case: Case, actor: Actor) -> bool:
    if case.household_head_id is None:
        return False
    after(case.status, Action.CLOSE)
    former = case_management.loaded(case.household_head_id)
    household = [former, *household_rows.members_of(former)]
    _put_under(case, household)
    return True


def _joins(case: Case, reference: str, actor: Actor) -> bool:
    after(case.status, Action.CLOSE)
    head = household_rows.head_for(reference, case.office_id, field="head")
    if head.id == case.household_head_id:
        return False
    leave(case)
    _point(case, head)
    if head.status is Status.PAUSED and case.status is not Status.HOSPITALISED:
        case.status = after(case.status, Action.PAUSE) if case.status is not Status.PAUSED else case.status
    timeline.add(case, "household_joined", actor, head=head.reference)
    return True
