"""When hand-overs begin and end with the course of a request, and what staff can do about one."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Exists, select

from auth.actors import Actor
from auth.roles import Permission
from config import clock
from config.database import db, locked
from config.encryption import DecryptionError
from config.errors import N_, NotFound, RuleViolation
from notifications.celery_app import wake
from notifications.schedule import Queue
from services import trail, versions
from services.handover.models import HandOverRow
from services.handover.states import CAME_BACK_LATE, UNSETTLED, Event, State, follows, next_state
from services.lifecycle import DECISIONS, Action, RequestStatus
from services.models import RequestEvent, ServiceRequest

ANSWERING = DECISIONS | {Action.CLOSE}
KEPT = frozenset({"turn", "submission", "case"})
"""What of a way's progress outlives a new beginning."""


def follow(request: ServiceRequest, event: RequestEvent, actor: Actor) -> None:
    """For `services.followers`: what comes to the office is handed over, what is decided is answered."""
    if event.to_status is RequestStatus.SUBMITTED:
        _begin(request)
    elif event.action is Action.WITHDRAW:
        _move_all(request, Event.DROP)
    elif event.action is Action.REOPEN:
        _move_all(request, Event.REOPEN)
    elif event.action in ANSWERING:
        _move_all(request, Event.ANSWER)
    elif event.action is Action.ANSWER_DUPLICATE:
        _move_all(request, Event.ANSWER, Event.DROP)


def rows_of(request: ServiceRequest) -> Sequence[HandOverRow]:
    """The hand-overs of a request, in the order of the service's file."""
    rows = select(HandOverRow).where(HandOverRow.request_id == request.id).order_by(HandOverRow.position)
    return db.session.scalars(rows).all()


def is_unsettled(request: ServiceRequest) -> bool:
    """Whether a receiver has not accepted `request` yet: then it must stay, however old it is."""
    return any(row.state in UNSETTLED for row in rows_of(request))


def unsettled() -> Exists:
    """The same as a condition of a query for requests."""
    return (
        select(HandOverRow.id)
        .where(HandOverRow.request_id == ServiceRequest.id, HandOverRow.state.in_(UNSETTLED))
        .exists()
    )


def came_back() -> Exists:
    """Whether the mail of one came back after its answer, and nobody has looked yet, as a condition of such a query."""
    late = HandOverRow.state == State.ANSWERED, HandOverRow.problem == CAME_BACK_LATE
    return select(HandOverRow.id).where(HandOverRow.request_id == ServiceRequest.id, *late).exists()


def accepted_since(moment: datetime) -> Exists:
    """Whether a receiver has accepted the request of a statement at `moment` or later."""
    return (
        select(HandOverRow.id)
        .where(HandOverRow.request_id == ServiceRequest.id, HandOverRow.accepted_at >= moment)
        .exists()
    )


def accepted_at(request: ServiceRequest) -> datetime | None:
    """When the last receiver accepted `request`; None when it was handed to nobody. Its time begins there."""
    return max((row.accepted_at for row in rows_of(request) if row.accepted_at), default=None)


def try_again(row_id: UUID, actor: Actor) -> HandOverRow:
    """Try once more. Inside `transaction()`. Raises NotFound, InvalidTransition.

    What the carrier has taken is asked for again; what was refused, or never arrived, is handed over anew.
    """
    row = _held(row_id, actor)
    if row.state is State.FAILED and row.handed_over_at is not None:
        row.state = next_state(row.state, Event.RESUME)
    else:
        if row.state is State.REJECTED:
            row.attempt += 1
            row.progress = {}
            row.handed_over_at = None
        row.state = next_state(row.state, Event.RETRY)
        _from_the_beginning(row)
    row.changed_at, row.settled_by = clock.now(), None  # what counts again is what the carrier says
    _is_due(row)
    trail.record(actor, "handover.retried", row.request, way=row.plugin)
    return row


def settle(row_id: UUID, reason: str, actor: Actor) -> HandOverRow:
    """The receiver has it in another way. Inside `transaction()`. Raises NotFound, RuleViolation, InvalidTransition.

    Of one that came back after its answer the reason is noted; it stays answered.
    """
    if not reason.strip():
        raise RuleViolation("reason", N_("Please write how it was handed over."))
    row = _held(row_id, actor)
    if row.state is not State.ANSWERED or row.problem != CAME_BACK_LATE:
        row.state = next_state(row.state, Event.SETTLE)
        row.accepted_at = clock.now()
        row.handed_over_at = row.handed_over_at or row.accepted_at
    row.problem, row.changed_at = None, clock.now()
    row.remark, row.settled_by, row.next_try_at, row.lease = reason.strip(), actor.id, None, None
    trail.record(actor, "handover.settled", row.request, way=row.plugin)
    return row


def _held(row_id: UUID, actor: Actor) -> HandOverRow:
    wanted = select(HandOverRow).join(ServiceRequest).where(HandOverRow.id == row_id)
    if not actor.is_system:
        codes = actor.departments_for(Permission.REQUESTS_WORK) | actor.departments_for(Permission.SERVICES_MANAGE)
        wanted = wanted.where(ServiceRequest.department_code.in_(codes))
    row = db.session.scalar(locked(wanted, HandOverRow).execution_options(populate_existing=True))
    if row is None:
        raise NotFound()
    return row


def _begin(request: ServiceRequest) -> None:
    ways = versions.of(request).hand_over
    if not ways:
        return
    there, now = {row.position for row in rows_of(request)}, clock.now()
    for position, entry in enumerate(ways):
        if position in there:
            continue
        db.session.add(
            HandOverRow(
                request=request,
                request_id=request.id,
                position=position,
                plugin=entry.to,
                state=State.WAITING,
                created_at=now,
                changed_at=now,
                next_try_at=clock.wall(),
            )
        )
        wake(Queue.SERVICES)


def _from_the_beginning(row: HandOverRow) -> None:
    """Forget what was begun, but not by what a receiver would know that it has arrived after all."""
    try:
        row.progress = {name: value for name, value in (row.progress or {}).items() if name in KEPT}
    except DecryptionError:
        return  # the job says that nobody can read it


def _is_due(row: HandOverRow) -> None:
    row.problem, row.tries, row.lease = None, 0, None
    row.next_try_at = clock.wall()
    wake(Queue.SERVICES)


def _move_all(request: ServiceRequest, *events: Event) -> None:
    """Move each hand-over by the first of `events` that leads anywhere for it."""
    rows = select(HandOverRow).where(HandOverRow.request_id == request.id).order_by(HandOverRow.id)
    for row in db.session.scalars(locked(rows).execution_options(populate_existing=True)):
        to = next(filter(None, (follows(row.state, event) for event in events)), None)
        if to is None:
            continue
        row.state, row.changed_at, row.next_try_at, row.lease = to, clock.now(), None, None
        if to is State.ANSWERED:
            row.answered_at = row.changed_at
        elif to is State.WAITING:
            _from_the_beginning(row)
            _is_due(row)
