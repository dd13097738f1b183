"""A case goes to another health office: with its person, papers, tasks and messages, and with its key.

Values stay as they are; only the person's data key is wrapped anew, with the key of the office that takes the case.
"""

from collections.abc import Sequence

import structlog
from sqlalchemy import select, update

from auth import audit
from auth.actors import Actor
from auth.models import Office
from auth.roles import Permission
from care import case_management, follow_up, household_heads, support, timeline
from care.commands import TransferCase
from care.course_models import Handover
from care.lifecycle import Action, after
from care.models import Case, OfficeTask
from care.queries import case_for
from care.vocabulary import TaskKind
from config import clock, scopes
from config.database import db, transaction
from config.errors import N_, Forbidden, NotFound, RuleViolation
from notifications.handing_over import hand_over as messages_follow

log = structlog.get_logger(__name__)


def destinations(case: Case) -> list[tuple[str, str]]:
    """Code and name of the offices to which `case` can go, by name."""
    others = select(Office.code, Office.name).where(Office.id != case.office_id).order_by(Office.name)
    return [(code, name) for code, name in db.session.execute(others)]


def hand_over(command: TransferCase, *, reference: str, actor: Actor) -> None:
    """Move the open case `reference` to another office, in a transaction of its own.

    It runs as the house itself, since nobody may write into an office that is not theirs; `actor` must see the case and
    may hand it over. Raises NotFound, Forbidden, InvalidTransition for a closed case, RuleViolation for the office.
    """
    found = case_for(actor, reference)
    if not actor.is_system and found.office_id not in actor.offices_for(Permission.CASES_TRANSFER):
        raise Forbidden()
    with scopes.within(scopes.system("care.transfer")), transaction():
        case = case_management.locked_case(found.id)
        if case.office_id != found.office_id:  # somebody was faster
            raise NotFound()
        _move(case, _office(command.office, case), command.note or None, actor)


def _office(code: str, case: Case) -> Office:
    office = db.session.scalar(select(Office).where(Office.code == code.strip().lower()))
    if office is None:
        raise RuleViolation("office", N_("There is no health office “{code}”."), code=code)
    if office.id == case.office_id:
        raise RuleViolation("office", N_("The case is in this health office already."))
    return office


def _move(case: Case, to: Office, note: str | None, actor: Actor) -> None:
    after(case.status, Action.TRANSFER)  # a closed case stays where it was closed
    origin = db.session.get_one(Office, case.office_id)
    every = db.session.scalars(select(Case).where(Case.person_id == case.person_id).order_by(Case.id)).all()
    _refuse_twice(every, to)
    for one in every:
        household_heads.leave(one, with_person=case.person_id)  # a household is looked after by one office
        _remember(one, origin, to, actor)
        one.office_id = to.id
        one.touched_at = clock.now()
        messages_follow(one.reference, before=f"office:{origin.id}", after=f"office:{to.id}")
    moved = [one.id for one in every]
    db.session.execute(update(OfficeTask).where(OfficeTask.case_id.in_(moved)).values(office_id=to.id))
    support.disown(moved)
    case.person.office_id = to.id
    case.person.rewrap_key()
    task = follow_up.open_task(case, TaskKind.TAKEN_OVER)
    if task is not None:
        task.note = note
    timeline.add(case, "transferred", actor, from_office=origin.code, to_office=to.code, note=note)
    audit.record(actor, "case.handed_over", f"case:{case.reference}", chain=f"office:{origin.code}", office=to.code)
    audit.record(actor, "case.taken_over", f"case:{case.reference}", chain=f"office:{to.code}", office=origin.code)
    log.info("case_transferred", case=case.reference, origin=origin.code, office=to.code)


def _refuse_twice(cases: Sequence[Case], to: Office) -> None:
    identities = [case.identity_index for case in cases if case.identity_index]
    there = select(Case.id).where(Case.office_id == to.id, Case.identity_index.in_(identities))
    if identities and db.session.scalar(there.limit(1)) is not None:
        raise RuleViolation("office", N_("This health office has this case already."))


def _remember(case: Case, origin: Office, to: Office, actor: Actor) -> None:
    """So that the same row of a file that the first office imports again does not become a second case."""
    db.session.add(
        Handover(
            case_id=case.id,
            from_office_id=origin.id,
            to_office_id=to.id,
            identity_index=case.identity_index,
            at=clock.now(),
            actor_id=actor.id,
        )
    )
