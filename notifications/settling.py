"""What became of attempts, written down: the one place where attempts and messages change after a claim."""

import random
from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import groupby
from uuid import UUID

from sqlalchemy import select

from config import clock
from config.database import db, locked
from config.settings import current_settings
from notifications import metrics
from notifications.celery_app import wake
from notifications.channels.base import Crashed, Lost, NotBegun, OptedOut, Outcome, Permanent, Sent, Temporary, Unknown
from notifications.models import DeliveryAttempt, Notification
from notifications.preferences import suppress
from notifications.rows import insert_once, successor
from notifications.schedule import Queue
from notifications.statuses import (
    FINAL,
    KEEP_TEXT,
    TOLD,
    AttemptState,
    Channel,
    Meaning,
    Status,
    backoff,
    message_status,
)

UNREACHABLE_WAIT = timedelta(minutes=30)
RESENDS_WHEN_UNKNOWN = 2
WITHDRAWN = frozenset({Status.CANCELLED, Status.EXPIRED, Status.SUPPRESSED})
REACHED = frozenset({Status.SENT, Status.DELIVERED})


def settle(outcomes: Sequence[tuple[UUID, UUID, Outcome]], look_up_after: timedelta | None) -> list[str]:
    """Write (message id, attempt id, outcome) down, inside the caller's transaction. Returns the providers' new ids.

    An attempt that somebody else has settled meanwhile is left alone. `look_up_after`: the wall time after which an
    unknown outcome may be looked up; None when the provider cannot be asked.
    """
    by_attempt = {attempt_id: outcome for _, attempt_id, outcome in outcomes}
    histories = locked_histories({message_id for message_id, _, _ in outcomes})
    learnt = []
    for message, attempts in histories:
        for attempt in attempts:
            outcome = by_attempt.get(attempt.id)
            if outcome is None or attempt.state is not AttemptState.CLAIMED:
                continue
            if isinstance(outcome, Unknown) and look_up_after is not None:
                attempt.code = outcome.code[:40]
                message.lease_until = clock.wall() + look_up_after
                continue
            _note(attempt, outcome)
            if isinstance(outcome, OptedOut):
                suppress(message.channel, message.recipient or "", "provider")
            if attempt.provider_id:
                learnt.append(attempt.provider_id)
        follow(message, attempts)
    return learnt


def locked_histories(message_ids: Iterable[UUID]) -> list[tuple[Notification, list[DeliveryAttempt]]]:
    """The messages, locked in the order of their ids, each with its attempts, oldest first."""
    wanted = list(message_ids)
    messages = db.session.scalars(
        locked(select(Notification).where(Notification.id.in_(wanted)).order_by(Notification.id)).execution_options(
            populate_existing=True
        )
    ).all()
    attempts = db.session.scalars(
        select(DeliveryAttempt)
        .where(DeliveryAttempt.notification_id.in_(wanted))
        .order_by(DeliveryAttempt.notification_id, DeliveryAttempt.number)
        .execution_options(populate_existing=True)
    ).all()
    found = {key: list(group) for key, group in groupby(attempts, key=lambda attempt: attempt.notification_id)}
    return [(message, found.get(message.id, [])) for message in messages]


def follow(message: Notification, attempts: Sequence[DeliveryAttempt]) -> None:
    """Let the message's status follow from its attempts, and what hangs on it: retry, next rung, wiping, telling."""
    status = message_status([(attempt.state, attempt.meaning) for attempt in attempts])
    if status is message.status or (message.status in WITHDRAWN and status not in REACHED):
        return
    unknowns = sum(1 for attempt in attempts if attempt.state is AttemptState.UNKNOWN)
    if status is Status.UNKNOWN and message.resend_when_unknown and unknowns <= RESENDS_WHEN_UNKNOWN:
        status = Status.PENDING
    if status is Status.PENDING and not message.has_text:
        status = Status.UNDELIVERED  # bounced so late that there is nothing left to send again
    if status is Status.PENDING:
        _retry_later(message, attempts[-1])
    finish(message, status)


def finish(message: Notification, status: Status) -> None:
    """Give the message its status. A final one is told to the wings, wipes the text, and starts the next rung."""
    message.status, message.changed_at = status, clock.now()
    if status is not Status.SENDING:
        message.lease_until = None
    if status in REACHED:
        message.sent_at = message.sent_at or message.changed_at
    if status is Status.DELIVERED:
        message.delivered_at = message.changed_at
    if status in FINAL:
        message.untold = status in TOLD
        if message.untold:
            wake(Queue.INBOUND)
        if status not in {Status.DELIVERED, Status.CANCELLED, Status.UNKNOWN}:
            _next_rung(message)
    if status not in {Status.PENDING, Status.SENDING, Status.PAUSED} and _text_is_done_with(message):
        message.wipe()
    metrics.reached(message.channel, status)


def _text_is_done_with(message: Notification) -> bool:
    if message.status is Status.SENT and message.channel is Channel.EMAIL:
        return not current_settings().bounces_are_read  # else it may come back, and then has to go out another way
    return message.status not in KEEP_TEXT


def _next_rung(message: Notification) -> None:
    following = successor(message)
    if following is not None:
        message.fallbacks = None
        insert_once(following)
        wake(Queue.DELIVERY)


def _retry_later(message: Notification, last: DeliveryAttempt) -> None:
    if last.state is AttemptState.UNDELIVERED:  # the handset was off: a matter of the person's time, not of ours
        message.not_before = clock.now() + UNREACHABLE_WAIT
        message.next_attempt_at = None
    elif last.state in (AttemptState.RELEASED, AttemptState.LOST):
        message.next_attempt_at = None
    else:
        message.next_attempt_at = clock.wall() + backoff(last.number, random.random())


def _note(attempt: DeliveryAttempt, outcome: Outcome) -> None:
    attempt.settled_at = clock.wall()
    match outcome:
        case Sent(provider_id, sender):
            attempt.state, attempt.provider_id, attempt.sender = AttemptState.SENT, provider_id, sender[:80]
        case Temporary(code, meaning):
            attempt.state, attempt.code, attempt.meaning = AttemptState.TEMPORARY, code[:40], meaning
        case Permanent(code, meaning):
            attempt.state, attempt.code, attempt.meaning = AttemptState.FAILED, code[:40], meaning
        case OptedOut(code):
            attempt.state, attempt.code, attempt.meaning = AttemptState.FAILED, code[:40], Meaning.OPTED_OUT
        case Unknown(code):
            attempt.state, attempt.code = AttemptState.UNKNOWN, code[:40]
        case NotBegun():
            attempt.state = AttemptState.RELEASED
        case Lost():
            attempt.state = AttemptState.LOST
        case Crashed(code):
            attempt.state, attempt.code = AttemptState.CRASHED, code[:40]
