"""Delivery: claim a batch, send it with no open transaction, settle it; several batches at once.

A claim is a lease. Whoever dies with claims leaves them to `recovery`, which first finds out what became of them.
"""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import structlog
from flask import Flask, current_app
from sqlalchemy import ColumnElement, select, update

from config import clock, scopes
from config.database import claimable, db, transaction
from config.rowsets import among
from notifications import senders
from notifications.celery_app import wake
from notifications.channels.base import Channel as Way, Crashed, Lost, Outcome, Temporary
from notifications.channels.registry import configured_channels
from notifications.claiming import BEGIN_WITHIN, MOST_OF_BATCH, PENDING, anything, claim, due, outgoing
from notifications.models import DeliveryAttempt, Notification, Receipt
from notifications.putting_off import put_off
from notifications.receipts import OPEN
from notifications.schedule import Queue
from notifications.settling import finish, settle
from notifications.statuses import AttemptState, Channel, Priority, Status

log = structlog.get_logger(__name__)
EXPIRE_AT_ONCE = 200
LONGEST_ROUND_S = 20.0  # then the queue's other jobs get their turn
PAUSE_S = 0.2


def deliver(channel: Channel) -> int:
    """Hand over what is due by `channel`, for twenty seconds at most. Returns how many messages were dealt with."""
    done = _expire_all(channel)
    way = configured_channels().get(channel)
    put_off(channel)
    if way is None or not anything(due(channel)):
        return done
    deadline = time.monotonic() + LONGEST_ROUND_S
    first = _batch(channel, way)
    many = first >= way.batch_size * MOST_OF_BATCH[Priority.URGENT]
    lanes = way.lanes if many and db.engine.dialect.name == "postgresql" else 1
    if lanes == 1:
        return done + first + _lane(channel, way, deadline)
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    with ThreadPoolExecutor(lanes, thread_name_prefix=f"{channel}-lane") as pool:
        running = [pool.submit(_lane_of, app, scopes.current_scope(), channel, way, deadline) for _ in range(lanes)]
    return done + first + sum(lane.result() for lane in running)


def _lane_of(app: Flask, scope: scopes.Scope, channel: Channel, way: Way, deadline: float) -> int:
    with app.app_context(), scopes.within(scope):
        return _lane(channel, way, deadline)


def _lane(channel: Channel, way: Way, deadline: float) -> int:
    done = 0
    while time.monotonic() < deadline:
        handled = _batch(channel, way)
        if not handled:
            if not anything(due(channel)):
                break
            time.sleep(PAUSE_S)  # the pace is used up, nobody of the batch wanted it, or others have it in hand
        done += handled
    return done


def _batch(channel: Channel, way: Way) -> int:
    with transaction():
        started = clock.wall()
        claimed = claim(channel, way)
    if not claimed:
        return 0
    batch = outgoing(claimed, started, started + BEGIN_WITHIN)
    if len(batch) < len(claimed):
        opened = {message.attempt_id for message in batch}
        shut = [(row.id, attempt, Crashed("unreadable")) for row, attempt, _ in claimed if attempt not in opened]
        settle_outcomes(shut, way)
    results = []
    for message, outcome in way.send(batch, handing):
        results.append((message, outcome))
        if not way.can_look_up:  # at once: whatever is not written down when we die stays unknown for ever
            settle_outcomes([(message.notification_id, message.attempt_id, outcome)], way)
    if way.can_look_up:
        settle_outcomes([(message.notification_id, message.attempt_id, outcome) for message, outcome in results], way)
    senders.watch.note(channel, [(message.sender, outcome) for message, outcome in results])
    return len(claimed)


def _expire_all(channel: Channel) -> int:
    done, deadline = 0, time.monotonic() + LONGEST_ROUND_S
    while time.monotonic() < deadline and (expired := _expire(channel)):
        done += expired
    return done


def _expire(channel: Channel) -> int:
    overdue: list[ColumnElement[bool]] = [
        Notification.channel == channel,
        PENDING,  # type: ignore[list-item]
        Notification.expires_at <= clock.now(),
    ]
    if not anything(overdue):
        return 0
    with transaction():
        messages = db.session.scalars(
            claimable(select(Notification).where(*overdue).order_by(Notification.id).limit(EXPIRE_AT_ONCE))
        ).all()
        for message in messages:
            finish(message, Status.EXPIRED)
        return len(messages)


def handing(attempt_id: UUID) -> bool:
    """Write down that the point of no return is now; False when the claim is no longer ours."""
    with transaction():
        done = db.session.execute(
            update(DeliveryAttempt)
            .where(
                DeliveryAttempt.id == attempt_id,
                DeliveryAttempt.state == AttemptState.CLAIMED,
                DeliveryAttempt.handed_at.is_(None),
            )
            .values(handed_at=clock.wall())
            .execution_options(synchronize_session=False)
        )
        return int(done.rowcount) == 1  # type: ignore[attr-defined]


def settle_outcomes(outcomes: Sequence[tuple[UUID, UUID, Outcome]], way: Way) -> None:
    """Write (message id, attempt id, outcome) down, in a transaction of its own."""
    with transaction():
        learnt = settle(outcomes, way.lease if way.can_look_up else None)
        early = select(Receipt.id).where(among(Receipt.provider_id, learnt), OPEN).limit(1)
        if learnt and db.session.scalar(early):
            wake(Queue.INBOUND)  # receipts that were faster than our commit
    postponed = sum(isinstance(outcome, Temporary | Lost) for _, _, outcome in outcomes)
    if postponed:
        log.info("delivery_postponed", messages=postponed)
