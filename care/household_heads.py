"""Who answers for a household from now on. The callers hold its locks; all run inside their `transaction()`."""

from collections.abc import Sequence
from uuid import UUID

from auth.actors import Actor
from care import follow_up, household_rows, phones, timeline
from care.assessments import address_of, zone_of
from care.guardianship import of_age_on
from care.local_days import local_day
from care.models import Case
from care.vocabulary import Status, TaskKind
from config import clock
from config.database import db

HOUSE = Actor.system("care.households")


def leave(case: Case, *, with_person: UUID | None = None) -> None:
    """Take the locked `case` out of its household. Cases of `with_person` go along.

    Those who stay keep one head: somebody who is looked after and can be written to, if there is one.
    """
    rest = [member for member in household_rows.members_of(case) if member.person_id != with_person]
    household_rows.point(case, None)
    case.number_at_head = None
    if rest:
        put_under(max(rest, key=_can_answer), rest)  # of equals the oldest
    db.session.flush()


def _can_answer(case: Case) -> tuple[bool, bool]:
    person = case.person
    return case.is_open, address_of(person) is not None and person.opted_out_at is None


def hand_on(case: Case) -> None:
    """The person of the locked `case` came to hospital: let another adult answer for those whom they answered for.

    When there is none who can be written to, nobody is asked, and the office has to find a way.
    """
    members = household_rows.members_of(case)
    if not any(member.is_open for member in members):
        return
    others = [member for member in members if _is_adult(member) and all(_can_answer(member))]
    if others:
        put_under(others[0], [case, *members])
        return
    follow_up.open_task(case, TaskKind.HEAD_IN_HOSPITAL)
    household_rows.look_again_at(case)


def _is_adult(case: Case) -> bool:
    born, status = case.person.birth_date, case.status
    today = local_day(clock.now(), zone_of(case.person))
    return status is not Status.HOSPITALISED and born is not None and of_age_on(born) <= today


def put_under(head: Case, household: Sequence[Case]) -> None:
    """Let `head`, one of the locked `household`, answer for all the others."""
    household_rows.point(head, None)
    head.number_at_head = None
    timeline.add(head, "household_headed", HOUSE)
    for member in household:
        if member is not head:
            answer_through(member, head)
    for member in household:
        member.assessed_revision = 0


def answer_through(member: Case, head: Case) -> None:
    """Let `head` answer for `member`, under a number of their own. Both are locked."""
    household_rows.point(member, head)
    db.session.flush()
    member.number_at_head = phones.number_at_head(member, head)
