"""Acts on a request after it was handed in: every one a row of the transition table, with its event and its message."""

from collections.abc import Callable, Sequence

from auth.actors import Actor
from config import clock
from config.database import db
from config.errors import Conflict
from config.settings import current_settings
from services import changes, deadlines, decisions, notices, queries, submission, trail, versions
from services.attachments import CleanFile
from services.commands import Act
from services.lifecycle import DECISIONS, Action, RequestStatus
from services.models import AttachmentKind, RequestEvent, ServiceRequest
from services.rights import check, party_of

Tell = Callable[[ServiceRequest, str, str], None]

MESSAGES: dict[Action, tuple[Tell, str]] = {
    Action.ASK: (notices.tell_applicant, "question"),
    Action.ANSWER: (notices.tell_office, "answered"),
    Action.APPROVE: (notices.tell_applicant, "decided"),
    Action.REJECT: (notices.tell_applicant, "decided"),
    Action.WITHDRAW: (notices.tell_office, "withdrawn"),
}


def act(
    reference: str,
    command: Act,
    actor: Actor,
    decision: decisions.Prepared | None = None,
    files: Sequence[CleanFile] = (),
) -> ServiceRequest:
    """Carry out one action. Call inside `transaction()`; a decision needs its paper (`decisions.prepare`).

    `files` come with an answer. Raises NotFound, InvalidTransition, Forbidden, RuleViolation, and Conflict when the
    request has changed since the paper was rendered.
    """
    request = queries.get_for_update(actor, reference)
    to = check(request, command, actor)
    if command.action in DECISIONS and versions.of(request).decision is not None:
        if decision is None:
            raise ValueError("a decision needs its paper")
        if decision.revision != request.revision:
            raise Conflict()
        decisions.attach(request, decision)
    for file in files:
        submission.add_file(request, file, AttachmentKind.UPLOAD)
    event = _move(request, to, command, actor)
    db.session.flush()
    changes.tell(request, event)
    if command.action in MESSAGES:
        tell, template = MESSAGES[command.action]
        tell(request, template, str(event.id))
    trail.record(actor, f"request.{command.action}", request, status=to.value)
    return request


def _move(request: ServiceRequest, to: RequestStatus, command: Act, actor: Actor) -> RequestEvent:
    before, now = request.status, clock.now()
    event = RequestEvent(
        request=request,
        request_id=request.id,
        action=command.action,
        from_status=before,
        to_status=to,
        by=party_of(request, actor),
        actor_id=actor.id,
        at=now,
        message=command.message or None,
    )
    db.session.add(event)
    _keep_clock(request, to)
    request.status = to
    request.revision += 1
    request.changed_at = now
    if command.action is Action.TAKE:
        request.assignee_id = actor.user_id
    if command.action in DECISIONS:
        request.decided_at = now
    if to in (RequestStatus.CLOSED, RequestStatus.WITHDRAWN):
        request.closed_at = now
    return event


def _keep_clock(request: ServiceRequest, to: RequestStatus) -> None:
    """The deadline stands still while the office waits for the applicant."""
    today = clock.today(current_settings().zone)
    if to is RequestStatus.NEEDS_INFORMATION:
        request.clock_stopped_on = today
    elif request.clock_stopped_on is not None:
        if to is RequestStatus.IN_REVIEW and request.due_on is not None:
            request.due_on = deadlines.due_after_pause(request.due_on, request.clock_stopped_on, today)
        request.clock_stopped_on = None
