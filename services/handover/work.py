"""The job of hand-overs: takes what is due under a lease, goes step by step, and writes each step down before the next.

Several workers share the rows. One that is killed leaves a lease that runs out, and the next goes on from the last step
that was written; what it may have done beyond that, the receiver knows by its key.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import select

from auth.actors import Actor
from config import clock
from config.database import claimable, db, locked, transaction
from config.encryption import DecryptionError
from config.ids import new_id
from config.waits import growing
from services import trail
from services.handover import registry
from services.handover.base import Outcome, Progress, Step, Unavailable
from services.handover.models import HandOverRow
from services.handover.parcels import files_wait, parcel_of
from services.handover.states import WORKED_ON, Event, State, follows
from services.lifecycle import RequestStatus

log = structlog.get_logger(__name__)
SYSTEM = Actor.system("services.handover")
BATCH = 10
MOST_STEPS = 60
LEASE = timedelta(minutes=5)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)
TRIES_TO_LONGEST = 9
MOST_TRIES = 24
"""With these waits, each twice the one before, more than four days: longer than a weekend with holidays around it."""
UNREADABLE = "unreadable"
EVENTS = {
    Outcome.HANDED_OVER: Event.HAND_OVER,
    Outcome.ACCEPTED: Event.ACCEPT,
    Outcome.REJECTED: Event.REJECT,
    Outcome.FAILED: Event.GIVE_UP,
    Outcome.ANSWERED: Event.ANSWER,
}


def hand_over() -> int:
    """Deal with one batch of hand-overs that are due; how many."""
    lease = new_id()
    with transaction():
        due = _claim(lease)
    for row_id in due:
        try:
            _go(row_id, lease)
        except DecryptionError:  # one that nobody can read must not stop all the others
            db.session.rollback()
            log.error("handover_unreadable", handover=str(row_id))
    return len(due)


def _claim(lease: UUID) -> Sequence[UUID]:
    now = clock.wall()
    rows = (
        select(HandOverRow)
        .where(HandOverRow.next_try_at <= now, HandOverRow.state.in_(WORKED_ON))
        .order_by(HandOverRow.next_try_at)
        .limit(BATCH)
    )
    found = db.session.scalars(claimable(rows)).all()
    for row in found:
        row.lease, row.next_try_at = lease, now + LEASE
    return [row.id for row in found]


def _go(row_id: UUID, lease: UUID) -> None:
    for _ in range(MOST_STEPS):
        row = db.session.get(HandOverRow, row_id, populate_existing=True)
        if row is None or row.lease != lease:
            return
        step = _step(row)
        with transaction():
            goes_on = _settle(row_id, lease, step)
        if not goes_on:
            return


def _step(row: HandOverRow) -> Step:
    plugin = registry.plugin_named(row.plugin)
    progress: Progress = {}
    if plugin is None:
        return Step(Outcome.FAILED, progress, "no_such_way")
    try:
        progress = row.progress or {}
        if row.state is State.WAITING and files_wait(row.request):
            return Step(Outcome.WAIT, progress, "files_checked")
        parcel = parcel_of(row)
        handed_over_at = row.handed_over_at
        db.session.rollback()
        step = plugin.advance(parcel, progress)
    except Unavailable as error:
        log.warning("handover_unavailable", plugin=plugin.name, reason=str(error))
        return Step(Outcome.WAIT, progress, "unavailable")
    except DecryptionError:
        return Step(Outcome.FAILED, {}, UNREADABLE)
    except Exception as error:  # a fault of ours in one request must not stop all the others
        log.exception("handover_failed", plugin=plugin.name, error=type(error).__name__)
        return Step(Outcome.WAIT, progress, "fault")
    finally:
        db.session.rollback()
    if step.outcome is Outcome.WAIT and handed_over_at and handed_over_at + plugin.patience < clock.now():
        return Step(Outcome.FAILED, step.progress, "no_answer")
    return step


def _settle(row_id: UUID, lease: UUID, step: Step) -> bool:
    """Write the step down; whether the next may follow at once. Nothing is written by who has lost the lease."""
    row = db.session.scalar(
        locked(select(HandOverRow).where(HandOverRow.id == row_id)).execution_options(populate_existing=True)
    )
    if row is None or row.lease != lease:
        return False
    if step.problem != UNREADABLE:  # what cannot be opened cannot be sealed anew either
        row.progress = dict(step.progress)
        row.remark = step.remark or row.remark
    if step.outcome is Outcome.GO_ON:
        row.next_try_at = clock.wall() + LEASE
        return True
    row.lease = None
    if step.outcome is Outcome.WAIT:
        _wait(row, step)
        return False
    move(row, step)
    return False


def _wait(row: HandOverRow, step: Step) -> None:
    row.problem = step.problem or None
    if step.problem and row.tries >= MOST_TRIES:
        move(row, Step(Outcome.FAILED, step.progress, step.problem))
        return
    row.next_try_at = clock.wall() + (step.wait or growing(row.tries, FIRST_WAIT, LONGEST_WAIT))
    # Waiting for a receiver that takes its time uses no tries up.
    row.tries = row.tries + 1 if step.problem else min(row.tries + 1, TRIES_TO_LONGEST)


def move(row: HandOverRow, step: Step) -> None:
    """Where the step's outcome takes the hand-over, noted and told. The caller holds its lock."""
    now = clock.now()
    if step.outcome is Outcome.ANSWERED and row.state in WORKED_ON:
        _reach(row, State.ACCEPTED, now)
    to = follows(row.state, EVENTS[step.outcome])
    if to is None:
        row.next_try_at = None
        return
    row.problem = step.problem or None
    row.tries = 0
    _reach(row, to, now)
    if to is State.HANDED_OVER:
        row.next_try_at = clock.wall() + (step.wait or FIRST_WAIT)
    elif to in (State.FAILED, State.REJECTED):
        log.error("handover_given_up", plugin=row.plugin, problem=row.problem)
        trail.record(SYSTEM, "handover.failed", row.request, way=row.plugin, problem=row.problem or "")
    elif to is State.ACCEPTED:
        trail.record(SYSTEM, "handover.accepted", row.request, way=row.plugin)
        # Decided, or answered with another request, before the receiver had said that it has it.
        if row.request.decided_at is not None or row.request.status is RequestStatus.CLOSED:
            _reach(row, State.ANSWERED, now)


def _reach(row: HandOverRow, to: State, now: datetime) -> None:
    row.state, row.changed_at, row.next_try_at = to, now, None
    if to in (State.HANDED_OVER, State.ACCEPTED):
        row.handed_over_at = row.handed_over_at or now
    if to is State.ACCEPTED:
        row.accepted_at = row.accepted_at or now
    if to is State.FAILED:
        row.accepted_at = None  # a mail that came back late
    if to is State.ANSWERED:
        row.answered_at = row.answered_at or now
