"""Households: one person answers for several. Moving, leaving, changing the head, and pausing all of them.

A household is looked after by one office. Its head's case carries no head; all others point at it. A head whose case
is closed goes on being asked for those whose cases are open. Functions run inside the caller's `transaction()`.
"""

from uuid import UUID

from sqlalchemy import select

from auth.actors import Actor
from care import case_management, household_rows, timeline, trail
from care.course_commands import JoinHousehold
from care.household_heads import answer_through, leave, put_under
from care.lifecycle import Action, after
from care.models import Case
from care.vocabulary import Status
from config import clock
from config.database import db


def locked_case(command: JoinHousehold, case_id: UUID) -> Case:
    """The case that is to move, with the locks of both households, taken in one order."""
    head = select(Case.id).where(Case.reference == (command.head or "").strip().upper())
    head_id = db.session.scalar(head)
    household_rows.lock([case_id] if head_id is None else [case_id, head_id])
    return case_management.locked_case(case_id)


def move(command: JoinHousehold, *, case: Case, actor: Actor) -> None:
    """Let another case answer for this one, this one for its household, or each for themselves (`head` null).

    `case` comes from `locked_case`. Whoever leaves others behind leaves them a head. Raises
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


def _becomes_head(case: Case, actor: Actor) -> bool:
    if case.household_head_id is None:
        return False
    after(case.status, Action.CLOSE)
    former = case_management.loaded(case.household_head_id)
    household = [former, *household_rows.members_of(former)]
    put_under(case, household)
    return True


def _joins(case: Case, reference: str, actor: Actor) -> bool:
    after(case.status, Action.CLOSE)
    head = household_rows.head_for(reference, case.office_id, field="head")
    if head.id == case.household_head_id:
        return False
    leave(case)
    answer_through(case, head)
    if head.status is Status.PAUSED and case.status is not Status.HOSPITALISED:
        case.status = after(case.status, Action.PAUSE) if case.status is not Status.PAUSED else case.status
    timeline.add(case, "household_joined", actor, head=head.reference)
    return True
