"""What became of attempts, written down: the one place where attempts and messages change after a claim."""

import random
from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import groupby
from uuid import UUID

import structlog
from sqlalchemy import Update, func, select, update

from config import clock
from config.database import db, locked
from config.rowsets import among, update_many
from config.settings import current_settings
from notifications import metrics, redaction
from notifications.celery_app import wake
from notifications.channels.base import Crashed, Lost, NotBegun, OptedOut, Outcome, Permanent, Sent, Temporary, Unknown
from notifications.models import DeliveryAttempt, Notification
from notifications.operation_models import BulkSend, BulkState
from notifications.preferences import suppress
from notifications.rows import store, successor
from notifications.schedule import Queue
from notifications.statuses import (
    DECISIONS,
    FINAL,
    KEEP_TEXT,
    REACHED,
    TOLD,
    WITHDRAWN,
    AttemptState,
    Channel,
    Meaning,
    Status,
    backoff,
    message_status,
)

log = structlog.get_logger(__name__)
UNREACHABLE_WAIT = timedelta(minutes=30)
RESENDS_WHEN_UNKNOWN = 2
WIPED = {"subject_sealed": None, "body_sealed": None, "html_sealed": None, "fallbacks_sealed": None, "has_text": False}
Result = tuple[UUID, UUID, Outcome]


def settle(outcomes: Sequence[Result], look_up_after: timedelta | None) -> list[str]:
    """Write (message id, attempt id, outcome) down, inside the caller's transaction; all of one channel.

    Returns the providers' new ids. An attempt that somebody else has settled meanwhile is left alone. `look_up_after`:
    the wall time after which an unknown outcome may be looked up; None when the provider cannot be asked.
    """
    ids = [message_id for message_id, _, _ in outcomes]
    channel = db.session.scalars(
        locked(select(Notification.channel).where(among(Notification.id, ids)).order_by(Notification.id))
    ).first()
    sent = [(message_id, attempt_id, each) for message_id, attempt_id, each in outcomes if isinstance(each, Sent)]
    others = [result for result in outcomes if not isinstance(result[2], Sent)]
    _settle_others(others, look_up_after)
    return _settle_sent(sent, channel) if sent and channel else []


def _settle_sent(sent: Sequence[tuple[UUID, UUID, Sent]], channel: Channel) -> list[str]:
    """By far the most frequent outcome, for all messages in a few statements."""
    ours = set(
        db.session.scalars(
            select(DeliveryAttempt.id).where(
                among(DeliveryAttempt.id, [attempt_id for _, attempt_id, _ in sent]),
                DeliveryAttempt.state == AttemptState.CLAIMED,
            )
        )
    )
    attempts = [
        {
            "id": attempt_id,
            "provider_id": outcome.provider_id,
            "sender": outcome.sender[:80],
            "state": AttemptState.SENT,
            "settled_at": clock.wall(),
        }
        for _, attempt_id, outcome in sent
        if attempt_id in ours
    ]
    update_many(DeliveryAttempt, attempts)
    ids = [message_id for message_id, attempt_id, _ in sent if attempt_id in ours]
    metrics.reached(channel, Status.SENT, _become_sent(ids, channel))
    return [outcome.provider_id for _, attempt_id, outcome in sent if attempt_id in ours]


def _become_sent(ids: Sequence[UUID], channel: Channel) -> int:
    values = {
        "status": Status.SENT,
        "changed_at": clock.now(),
        "sent_at": func.coalesce(Notification.sent_at, clock.now()),
        "lease_until": None,
    }
    statement = update(Notification).where(among(Notification.id, ids), Notification.status == Status.SENDING)
    count = 0
    if channel is Channel.EMAIL and not current_settings().bounces_are_read:
        # It ends here unless there is a further rung; an SMS may still come back, and staff want to read it then.
        is_last_word = Notification.__table__.c.fallbacks_sealed.is_(None)
        count = _rows(statement.where(is_last_word).values({**values, **WIPED}))
    return count + _rows(statement.values(values))


def _rows(statement: Update) -> int:
    done = db.session.execute(statement, execution_options={"synchronize_session": False})
    return int(done.rowcount)  # type: ignore[attr-defined]


def _settle_others(outcomes: Sequence[Result], look_up_after: timedelta | None) -> None:
    if not outcomes:
        return
    by_attempt = {attempt_id: outcome for _, attempt_id, outcome in outcomes}
    for message, attempts in locked_histories({message_id for message_id, _, _ in outcomes}):
        for attempt in attempts:
            outcome = by_attempt.get(attempt.id)
            if outcome is None or attempt.state is not AttemptState.CLAIMED:
                continue
            if isinstance(outcome, Unknown) and look_up_after is not None:
                attempt.code = outcome.code[:40]
                message.lease_until = clock.wall() + look_up_after
                continue
            if isinstance(outcome, Lost) and attempt.handed_at is not None:
                outcome = Unknown("interrupted")  # its sender went on just when we had given it up
            _note(attempt, outcome)
            if isinstance(outcome, OptedOut):
                suppress(message.channel, message.recipient or "", "provider")
        follow(message, attempts)


def locked_histories(message_ids: Iterable[UUID]) -> list[tuple[Notification, list[DeliveryAttempt]]]:
    """The messages, locked in the order of their ids, each with its attempts, oldest first."""
    wanted = list(message_ids)
    messages = db.session.scalars(
        locked(select(Notification).where(Notification.id.in_(wanted)).order_by(Notification.id)).execution_options(
            populate_existing=True
        )
    ).all()
    # Locked, too: who is about to hand one over (`delivery.handing`) asks for the attempt alone.
    attempts = db.session.scalars(
        locked(
            select(DeliveryAttempt)
            .where(DeliveryAttempt.notification_id.in_(wanted))
            .order_by(DeliveryAttempt.notification_id, DeliveryAttempt.number)
        ).execution_options(populate_existing=True)
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
    if status is Status.PENDING and (message.cause in DECISIONS or not _retry_later(message, attempts[-1])):
        status = Status.UNDELIVERED if attempts[-1].state is AttemptState.UNDELIVERED else Status.FAILED
    if status is Status.PENDING and _is_held(message):
        status = Status.PAUSED
    if status is message.status:
        return  # a late receipt for what has ended: the wings know
    message.cause_code = attempts[-1].code
    if message.cause not in DECISIONS or status in REACHED:  # what staff have decided outlives a late receipt
        message.cause = attempts[-1].meaning
    if message.cause is Meaning.BLOCKED:
        log.error("message_blocked_by_the_network", message=str(message.id), code=message.cause_code)
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
        if message.attempts_made:
            db.session.execute(redaction.plan(DeliveryAttempt.notification_id == message.id))
        if status not in {Status.DELIVERED, Status.CANCELLED}:
            begin_next_rung(message)
        message.untold = status in TOLD
    elif status is Status.SENT and message.channel is Channel.EMAIL:
        message.untold = True  # that is all that will ever be heard of a mail that arrives
    if message.untold:
        wake(Queue.INBOUND)
    if status not in {Status.PENDING, Status.SENDING, Status.PAUSED} and _text_is_done_with(message):
        message.wipe()
    metrics.reached(message.channel, status)


def begin_next_rung(message: Notification) -> bool:
    """Put the message for the next rung of `message` into the outbox; inside the caller's transaction."""
    message.next_rung_at = None
    following = successor(message)
    if following is None:
        return False
    message.fallbacks = None
    stored = store(following)
    if stored is not None and _is_held(message):
        db.session.execute(update(Notification).where(Notification.id == stored.id).values(status=Status.PAUSED))
    wake(Queue.DELIVERY)
    return True


def _is_held(message: Notification) -> bool:
    """Whether the bulk send of the message is paused; what was under way then comes back and has to wait, too."""
    if message.bulk_id is None:
        return False
    state = db.session.scalar(select(BulkSend.state).where(BulkSend.id == message.bulk_id))
    return state is BulkState.PAUSED


def _text_is_done_with(message: Notification) -> bool:
    if message.status is Status.SENT and message.channel is Channel.EMAIL:
        return message.fallbacks is None and not current_settings().bounces_are_read
    return message.status not in KEEP_TEXT


def _retry_later(message: Notification, last: DeliveryAttempt) -> bool:
    """Plan the next attempt; False when the message would be useless by then, so that another channel begins in time.

    Waiting for a person's phone is domain time, waiting for a provider wall time.
    """
    if not message.has_text:
        return False  # it bounced so late that there is nothing left to send
    wait = timedelta(0)
    message.next_attempt_at = None
    if last.state is AttemptState.UNDELIVERED:  # the handset was off: a matter of the person's time, not of ours
        wait = UNREACHABLE_WAIT
        message.not_before = clock.now() + wait
    elif last.state not in (AttemptState.RELEASED, AttemptState.LOST):
        wait = backoff(last.number, random.random())
        message.next_attempt_at = clock.wall() + wait
    return message.expires_at is None or not wait or clock.now() + wait < message.expires_at


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
