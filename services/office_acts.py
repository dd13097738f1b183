"""What the office does among itself with a request: who has it, what is urgent, what repeats another.

Each function is called by `casework.act` on a locked request, inside the caller's `transaction()`, after the rules have
allowed the act; it says what the event tells colleagues. The applicant sees none of it.
"""

from collections.abc import Callable
from uuid import UUID

from sqlalchemy import ColumnElement, select

from auth import colleagues
from auth.actors import Actor
from auth.models import Department
from auth.roles import Permission
from config.database import db, locked
from config.errors import N_, RuleViolation
from services import places, proposals, queries, trail
from services.commands import Act
from services.lifecycle import OPEN, Action
from services.models import ServiceRequest

Effect = Callable[[ServiceRequest, Act, Actor], str | None]


def assign(request: ServiceRequest, command: Act, actor: Actor) -> str | None:
    """Give it to somebody who works in the department, or to nobody. Raises RuleViolation."""
    if command.to == "nobody":
        request.assignee_id = request.assignee_name = None
        return None
    own = str(actor.user_id or "")
    wanted = own if command.to == "me" else command.to
    people = colleagues.of_department(request.department_code, Permission.REQUESTS_WORK)
    if not wanted or (wanted not in people and wanted != own):
        raise RuleViolation("to", N_("Please choose somebody who works in this department."))
    request.assignee_id = UUID(wanted)
    request.assignee_name = (actor.name if wanted == own else people[wanted]) or None
    return request.assignee_name


def hand_on(request: ServiceRequest, command: Act, actor: Actor) -> str | None:
    """Another department takes it from here; its key opens what was said, this one's no longer. Raises RuleViolation.

    `casework.act` moves the row at the end, when everything else has been written.
    """
    target_of(request, command)
    request.assignee_id = request.assignee_name = None
    request.is_priority = False
    return command.message


def target_of(request: ServiceRequest, command: Act) -> Department:
    """The department that it is handed to. Raises RuleViolation."""
    found = db.session.scalar(select(Department).where(Department.code == command.to))
    if found is None or found.code == request.department_code:
        raise RuleViolation("to", N_("Please choose another department."))
    return found


def move(request: ServiceRequest, department: Department) -> None:
    """Let it belong to `department`. The caller's scope must cover both."""
    request.department_code = department.code
    request.rewrap_key()
    places.mark(request)


def _flag(is_priority: bool) -> Effect:
    def effect(request: ServiceRequest, command: Act, _: Actor) -> str | None:
        request.is_priority = is_priority
        return command.message or None

    return effect


def propose(request: ServiceRequest, command: Act, actor: Actor) -> str | None:
    proposals.propose(request, command, actor)
    return command.message or None


def send_back(request: ServiceRequest, command: Act, actor: Actor) -> str | None:
    proposals.drop(request, actor, command.action)
    return command.message


def mark_duplicate(request: ServiceRequest, command: Act, actor: Actor) -> str | None:
    """It says the same as another request of its service, and is answered with that one. Raises RuleViolation."""
    original = _locked(actor, ServiceRequest.reference == command.to[:8].upper())
    if original.duplicate_of_id is not None:
        original = _locked(actor, ServiceRequest.id == original.duplicate_of_id)
    if original.id == request.id or original.slug != request.slug:
        raise RuleViolation("to", N_("Please choose another request of the same service."))
    if original.status not in OPEN:
        raise RuleViolation("to", N_("This request has been answered already."))
    request.duplicate_of_id = original.id
    for one in duplicates_of(request):  # they now repeat the same original
        one.duplicate_of_id = original.id
    return original.reference


def _locked(actor: Actor, condition: ColumnElement[bool]) -> ServiceRequest:
    wanted = locked(queries.work_of(actor).where(condition)).execution_options(populate_existing=True)
    found = db.session.scalar(wanted)
    if found is None:
        raise RuleViolation("to", N_("There is no such request in your departments."))
    return found


def unmark_duplicate(request: ServiceRequest, command: Act, _: Actor) -> str | None:
    request.duplicate_of_id = None
    return command.message or None


def duplicates_of(request: ServiceRequest) -> list[ServiceRequest]:
    """The requests that were marked as saying the same as this one."""
    wanted = select(ServiceRequest).where(ServiceRequest.duplicate_of_id == request.id)
    return list(db.session.scalars(wanted.order_by(ServiceRequest.reference)))


def free_duplicates(original: ServiceRequest, house: Actor) -> None:
    """The original was withdrawn: nothing will be answered with it. The scope must cover its duplicates."""
    for one in duplicates_of(original):
        one.duplicate_of_id = None
        trail.record(house, "request.unmark_duplicate", one)
    db.session.flush()


EFFECTS: dict[Action, Effect] = {
    Action.ASSIGN: assign,
    Action.HAND_ON: hand_on,
    Action.PRIORITISE: _flag(True),
    Action.UNPRIORITISE: _flag(False),
    Action.PROPOSE_APPROVE: propose,
    Action.PROPOSE_REJECT: propose,
    Action.SEND_BACK: send_back,
    Action.MARK_DUPLICATE: mark_duplicate,
    Action.UNMARK_DUPLICATE: unmark_duplicate,
}
