"""Acts on a request after it was handed in: every one a row of the transition table, with its event and its message."""

from collections.abc import Callable, Sequence

from auth.actors import Actor
from config import clock, scopes
from config.announcement import Way
from config.database import db
from config.errors import Conflict
from config.settings import current_settings
from notifications.handing_over import hand_over as messages_follow
from services import (
    announcements,
    deadlines,
    decisions,
    files,
    followers,
    notices,
    office_acts,
    proposals,
    queries,
    survey,
    trail,
    versions,
)
from services.attachments import CleanFile
from services.commands import Act
from services.lifecycle import AT_THE_OFFICE, DECISIONS, INTERNAL, Action, Party, RequestStatus
from services.models import Attachment, AttachmentKind, RequestEvent, ServiceRequest
from services.rights import check, party_of

Tell = Callable[[ServiceRequest, str, str], None]

MESSAGES: dict[Action, tuple[Tell, str]] = {
    Action.ASK: (notices.tell_question, "question"),
    Action.ANSWER: (notices.tell_office, "answered"),
    Action.WITHDRAW: (notices.tell_office, "withdrawn"),
    Action.WRITE: (notices.tell_applicant, "message"),
    Action.REPLY: (notices.tell_office, "replied"),
    Action.CLOSE: (survey.tell_closed, "closed"),
    Action.REOPEN: (notices.tell_applicant, "reopened"),
    Action.PROPOSE_APPROVE: (notices.tell_office, "proposed"),
    Action.PROPOSE_REJECT: (notices.tell_office, "proposed"),
    Action.ANSWER_DUPLICATE: (notices.tell_applicant, "answered_together"),
}
UNREAD_AFTER = INTERNAL | {Action.TAKE, Action.ASK, Action.CLOSE, Action.ANSWER_DUPLICATE}
"""What colleagues do (with many at once, too) without having read what the applicant sent."""
HOUSE = Actor.system("services.casework")


def act(
    reference: str,
    command: Act,
    actor: Actor,
    decision: decisions.Prepared | None = None,
    uploads: Sequence[CleanFile] = (),
) -> ServiceRequest:
    """Carry out one action. Call inside `transaction()`; a decision needs its paper (`decisions.prepare`).

    `uploads` come with a message. Raises NotFound, InvalidTransition, Forbidden, RuleViolation, and Conflict when the
    request has changed since the actor saw it or the paper was rendered.
    """
    request = queries.get_for_update(actor, reference)
    command = proposals.completed(request, command)
    to = check(request, command, actor)
    _carry_out(request, to, command, actor, decision, uploads)
    if command.action is Action.HAND_ON:
        _hand_on(request, command, actor)
    return request


def mark_read(reference: str, actor: Actor) -> None:
    """What the applicant sent has been read. Inside `transaction()`. Raises NotFound."""
    request = queries.get_for_update(actor, reference)
    if party_of(request, actor) is not Party.APPLICANT:
        request.news_at = None


def _carry_out(
    request: ServiceRequest,
    to: RequestStatus,
    command: Act,
    actor: Actor,
    decision: decisions.Prepared | None = None,
    uploads: Sequence[CleanFile] = (),
) -> None:
    paper = _paper(request, command, decision)
    event = _move(request, to, command, actor)
    for upload in uploads:
        files.add(request, upload, AttachmentKind.UPLOAD, event)
    if command.action in DECISIONS:
        way = announcements.issue(request, command, actor, paper).way
        template = "answer_given" if way is None else "decided" if way is Way.PORTAL else "decided_on_paper"
        notices.tell_applicant(request, template, str(event.id))
    db.session.flush()
    _tell(request, event)
    proof = {"proof": "pin"} if queries.is_by_pin(event) else {}
    trail.record(actor, f"request.{command.action}", request, status=to.value, **proof)
    followers.tell(request, event, actor)
    if command.action in DECISIONS:
        _answer_duplicates(request)
    if command.action is Action.WITHDRAW:
        with scopes.within(HOUSE.scope):
            office_acts.free_duplicates(request, HOUSE)


def _tell(request: ServiceRequest, event: RequestEvent) -> None:
    if event.action is Action.WITHDRAW and event.by is Party.APPLICANT:
        notices.tell_applicant(request, "withdrawal_confirmed", str(event.id))
    if event.action in MESSAGES and event.from_status is not RequestStatus.AWAITING_PAYMENT:
        tell, template = MESSAGES[event.action]
        tell(request, template, str(event.id))


def _paper(request: ServiceRequest, command: Act, decision: decisions.Prepared | None) -> Attachment | None:
    if command.action not in DECISIONS or versions.of(request).decision is None:
        return None
    if decision is None:
        raise ValueError("a decision needs its paper")
    if decision.revision != request.revision:
        raise Conflict()
    return decisions.attach(request, decision)


def _move(request: ServiceRequest, to: RequestStatus, command: Act, actor: Actor) -> RequestEvent:
    before, now, message = request.status, clock.now(), command.message or None
    effect = office_acts.EFFECTS.get(command.action)
    if effect is not None:
        message = effect(request, command, actor)
    event = RequestEvent(
        request=request,
        request_id=request.id,
        action=command.action,
        from_status=before,
        to_status=to,
        by=party_of(request, actor),
        actor_id=actor.id,
        at=now,
        message=message,
    )
    db.session.add(event)
    if proposals.lapses(request, command.action, to):
        proposals.drop(request, actor, command.action)
    if to is not before:
        _keep_clock(request, to)
    _keep_answer_day(request, to, command)
    _keep_news(request, event)
    request.status = to
    request.revision += 1
    request.changed_at = now
    if command.action is Action.TAKE:
        request.assignee_id, request.assignee_name = actor.user_id, actor.name or None
    if command.action in DECISIONS:
        request.decided_at = now
    if command.action is Action.REOPEN:
        request.decided_at = request.closed_at = None
        days = versions.of(request).deadline.working_days
        request.due_on = deadlines.due_on(clock.today(current_settings().zone), days)
    if to in (RequestStatus.CLOSED, RequestStatus.WITHDRAWN):
        request.closed_at = now
    return event


def _keep_news(request: ServiceRequest, event: RequestEvent) -> None:
    """What an applicant does waits to be read; a colleague who answers it has read it."""
    if event.by is Party.APPLICANT:
        if event.from_status is not RequestStatus.AWAITING_PAYMENT:  # as long as it is not paid, it has not come
            request.news_at = request.news_at or event.at
    elif event.action not in UNREAD_AFTER:
        request.news_at = None


def _keep_clock(request: ServiceRequest, to: RequestStatus) -> None:
    """The deadline stands still while the office waits for the applicant."""
    today = clock.today(current_settings().zone)
    if to is RequestStatus.NEEDS_INFORMATION:
        request.clock_stopped_on = today
    elif request.clock_stopped_on is not None:
        if to is RequestStatus.IN_REVIEW and request.due_on is not None:
            request.due_on = deadlines.due_after_pause(request.due_on, request.clock_stopped_on, today)
        request.clock_stopped_on = None


def _keep_answer_day(request: ServiceRequest, to: RequestStatus, command: Act) -> None:
    """Until when an answer is wanted: from the question until the request moves on."""
    if to is not RequestStatus.NEEDS_INFORMATION:
        request.answer_due_on = request.answer_notice_on = None
    elif command.action is Action.ASK:
        today = clock.today(current_settings().zone)
        due = command.answer_due_on or deadlines.due_on(today, deadlines.ANSWER_DAYS)
        request.answer_due_on = due
        request.answer_notice_on = deadlines.next_notice_of_answer(due, today)


def _hand_on(request: ServiceRequest, command: Act, actor: Actor) -> None:
    """The last of it: from here on the actor may not see the request any more, unless they work there, too."""
    department, before = office_acts.target_of(request, command), request.department_code
    with scopes.within(HOUSE.scope):
        office_acts.move(request, department)
        db.session.flush()
        followers.tell_moved(request)
        messages_follow(request.reference, before=f"department:{before}", after=f"department:{department.code}")
        notices.tell_office(request, "received", f"handed-on:{request.revision}")
        trail.record(actor, "request.taken_over", request, department=before)


def _answer_duplicates(original: ServiceRequest) -> None:
    """Whoever said the same hears that it has been answered; never what another applicant was told."""
    with scopes.within(HOUSE.scope):
        for one in office_acts.duplicates_of(original):
            duplicate = queries.locked_request(one.id)
            if duplicate is not None and duplicate.status in AT_THE_OFFICE:
                command = Act(action=Action.ANSWER_DUPLICATE)
                _carry_out(duplicate, check(duplicate, command, HOUSE), command, HOUSE)
