"""What staff note of a case's course: how it is worked on, vaccinations, travel, hospital, death, loss.

Functions run inside the caller's `transaction()`, on a locked case.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Select, func, select

from auth import colleagues as people_of
from auth.actors import Actor
from auth.roles import Permission
from care import case_management, follow_up, household_heads, household_rows, messages, timeline, trail
from care.assessments import Change, zone_of
from care.case_dates import check_days
from care.commands import CloseCase
from care.course_commands import ChangeCourse, RecordTravel, RecordVaccination, SetDetails
from care.course_models import Travel, Vaccination
from care.lifecycle import Action, after
from care.local_days import local_day
from care.models import Case
from care.vocabulary import OPEN_STATUSES, CloseReason, CourseAction, Status, TaskKind
from config import clock
from config.database import db
from config.errors import N_, InvalidTransition, RuleViolation

log = structlog.get_logger(__name__)
ME = "me"
MOVES: dict[CourseAction, Action] = {
    CourseAction.HOSPITALISE: Action.HOSPITALISE,
    CourseAction.DISCHARGE: Action.RESUME,
    CourseAction.DIE: Action.DIE,
    CourseAction.LOSE: Action.LOSE,
    CourseAction.REOPEN: Action.REOPEN,
}
CLOSES: dict[CourseAction, CloseReason] = {
    CourseAction.DIE: CloseReason.DECEASED,
    CourseAction.LOSE: CloseReason.NOT_REACHABLE,
}
PLAIN = ("risk_level", "monitoring_plan", "follow_up_on", "follow_up_note")


def possible_moves(status: Status) -> list[CourseAction]:
    """What the table of transitions allows now; pages offer these only."""
    return [move for move in CourseAction if _is_possible(move, status)]


def _is_possible(move: CourseAction, status: Status) -> bool:
    if move is CourseAction.DISCHARGE and status is not Status.HOSPITALISED:
        return False  # a paused case is resumed, not discharged
    try:
        after(status, MOVES[move])
    except InvalidTransition:
        return False
    return True


def change(command: ChangeCourse, *, case: Case, actor: Actor) -> None:
    """Note that the person is in hospital or home again, has died or is lost; or take a closed case up again.

    Raises InvalidTransition for what the table of transitions does not allow, RuleViolation for a day to come.
    """
    if not _is_possible(command.action, case.status):
        raise InvalidTransition(command.action.value, case.status.value)
    now = clock.now()
    check_days(case, {"on": command.on}, now)
    on = command.on or local_day(now, zone_of(case.person))
    timeline.add(case, f"course_{command.action.value}", actor, on=on, note=command.note or None)
    trail.record(actor, "case.course", case, move=command.action.value)
    log.info("case_course", case=case.reference, action=command.action.value)
    if command.action in CLOSES:
        case_management.close(CloseCase(reason=CLOSES[command.action]), case=case, actor=actor)
    elif command.action is CourseAction.REOPEN:
        case_management.reopen(case, actor)
    else:
        case.status = after(case.status, MOVES[command.action])
        messages.withdraw(case)
        messages.withdraw(case, messages.FOR_HOUSEHOLD)
        if case.status is Status.HOSPITALISED:
            household_heads.hand_on(case)
        else:
            household_rows.look_again_at(case)
            follow_up.finish_tasks(case, {TaskKind.HEAD_IN_HOSPITAL}, follow_up.RULES)
        case_management.settled(case, actor, now)


def record_vaccination(command: RecordVaccination, *, case: Case, actor: Actor) -> Change:
    """Note a dose that the person has had. Raises RuleViolation, InvalidTransition."""
    after(case.status, Action.CLOSE)
    now = clock.now()
    check_days(case, {"given_on": command.given_on}, now)
    row = Vaccination(case=case, recorded_at=now, actor_id=actor.id, details=command.model_dump(mode="json"))
    db.session.add(row)
    timeline.add(case, "vaccination", actor, vaccine=command.vaccine, on=command.given_on, dose=command.dose)
    return case_management.settled(case, actor, now)


def record_travel(command: RecordTravel, *, case: Case, actor: Actor) -> Change:
    """Note where the person has been or will go. Raises InvalidTransition."""
    after(case.status, Action.CLOSE)
    now = clock.now()
    row = Travel(
        case=case,
        recorded_at=now,
        actor_id=actor.id,
        place=command.place,
        from_on=command.from_on,
        until_on=command.until_on,
        note=command.note or None,
    )
    db.session.add(row)
    told = command.model_dump(mode="json") | {"note": command.note or None}
    timeline.add(case, "travel", actor, **told)
    return case_management.settled(case, actor, now)


def foreseen(command: SetDetails, *, case: Case, actor: Actor) -> dict[str, Any]:
    """What `set_details` would change, by field; nothing is written. Raises InvalidTransition for a closed case.

    `assigned_to` is not looked up: whether somebody of that name works here is for the caller to know.
    """
    after(case.status, Action.CLOSE)
    wanted = {name: getattr(command, name) or None for name in PLAIN if name in command.model_fields_set}
    if "assigned_to" in command.model_fields_set:
        wanted["assigned_to"] = actor.id if command.assigned_to == ME else command.assigned_to
    return {name: value for name, value in wanted.items() if value != getattr(case, name)}


def set_details(
    command: SetDetails, *, case: Case, actor: Actor, names: Mapping[str, str] | None = None
) -> Change | None:
    """Change how the open case is worked on: only what is given; None when nothing changes. Raises RuleViolation.

    `names`: colleagues by id, for whoever has looked them up already.
    """
    changed = foreseen(command, case=case, actor=actor)
    if "assigned_to" in changed:
        _assign(case, changed["assigned_to"], actor, names)
        changed["assigned_to"] = case.assigned_name or case.assigned_to
    for name in PLAIN:
        if name in changed:
            setattr(case, name, changed[name])
    if case.follow_up_on is None:
        case.follow_up_note = None
    if not changed:
        return None
    timeline.add(case, "details", actor, changes=changed)
    trail.record(actor, "case.details_set", case, fields=",".join(sorted(changed)))
    return case_management.settled(case, actor, clock.now())


def _assign(case: Case, to: str | None, actor: Actor, names: Mapping[str, str] | None) -> None:
    if to == actor.id:
        name = actor.name
    elif to is None:
        name = ""
    else:
        name = (dict(assignable(case.office_id)) if names is None else names).get(to, "")
        if not name:
            raise RuleViolation("assigned_to", N_("Nobody of this health office is known by this name."))
    case.assigned_to, case.assigned_name = to, name or None


def assignable(office_id: UUID) -> list[tuple[str, str]]:
    """Id and name of everybody who may be given a case of this office, by name: who works on its cases, or has some."""
    names = dict(colleagues(office_id)) | people_of.of_office(office_id, Permission.CASES_CONTACT)
    return sorted(names.items(), key=lambda one: one[1].casefold())


def colleagues(*office_ids: UUID) -> list[tuple[str, str]]:
    """Id and name of everybody to whom an open case of these offices is assigned, by name."""
    case_ids = [case_id for office_id in office_ids for case_id in db.session.scalars(_one_of_each(office_id))]
    if not case_ids:
        return []
    found = db.session.scalars(select(Case).where(Case.id.in_(case_ids)))
    names = {case.assigned_to or "": case.assigned_name or case.assigned_to or "" for case in found}
    return sorted(names.items(), key=lambda one: one[1].casefold())


def _one_of_each(office_id: UUID) -> Select[UUID]:
    """An open case of each who has one. From one assigned person to the next by index, past all of their cases."""
    assigned = Case.office_id == office_id, Case.assigned_to.is_not(None)
    first = select(func.min(Case.assigned_to).label("who")).where(*assigned).cte("assigned", recursive=True)
    following = select(func.min(Case.assigned_to)).where(*assigned, Case.assigned_to > first.c.who)
    people = first.union_all(select(following.scalar_subquery()).where(first.c.who.is_not(None)))
    theirs = select(Case.id).where(Case.office_id == office_id, Case.assigned_to == people.c.who)
    one = theirs.where(Case.status.in_(OPEN_STATUSES)).limit(1).correlate(people).scalar_subquery()
    found = select(one.label("case_id")).where(people.c.who.is_not(None)).subquery()
    return select(found.c.case_id).where(found.c.case_id.is_not(None))
