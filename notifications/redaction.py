"""The provider's copies of our texts are wiped, too, once nobody needs them there: after the message's end.

While a message may still be looked up or tried again, its text stays where it is. Times are wall time.
"""

import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, Update, select, text, update

from config import clock
from config.database import claimable, db, transaction
from config.rowsets import update_many
from config.settings import current_settings
from notifications.channels.redaction import Answer, Copy, Redactor
from notifications.models import DeliveryAttempt, Notification
from notifications.statuses import KEEP_TEXT, AttemptState, Channel, Status

log = structlog.get_logger(__name__)
DUE = text("delivery_attempt.redact_at IS NOT NULL")
SETTLE_FIRST = timedelta(minutes=1)  # the last receipts come in meanwhile, and sending goes before
LEASE = timedelta(minutes=5)  # longer than one batch can take
AT_ONCE = 100
SHORTEST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)
GIVE_UP_AFTER = timedelta(days=3)
STILL_NEEDED = (Status.PENDING, Status.SENDING, Status.PAUSED)


def plan(messages: ColumnElement[bool]) -> Update:
    """The statement that lets the provider's copies be wiped of messages that have come to their end.

    `messages`: a condition on `DeliveryAttempt.notification_id`.
    """
    copies = update(DeliveryAttempt).where(
        messages,
        DeliveryAttempt.channel == Channel.SMS,
        DeliveryAttempt.provider_id.is_not(None),
        DeliveryAttempt.redacted_at.is_(None),
        DeliveryAttempt.redact_at.is_(None),
    )
    return copies.values(redact_at=clock.wall() + SETTLE_FIRST).execution_options(synchronize_session=False)


def redact() -> int:
    """Wipe one batch of what is due at the provider. Returns how many texts are dealt with for good."""
    due = (
        select(DeliveryAttempt.id, DeliveryAttempt.provider_id, DeliveryAttempt.sender)
        .add_columns(DeliveryAttempt.state, DeliveryAttempt.settled_at, DeliveryAttempt.started_at)
        .join(Notification, Notification.id == DeliveryAttempt.notification_id)
        .where(DUE, DeliveryAttempt.redact_at <= clock.wall(), Notification.status.not_in(STILL_NEEDED))
        .order_by(DeliveryAttempt.redact_at)
    )
    if not current_settings().twilio_accounts or db.session.execute(due.limit(1)).first() is None:
        db.session.rollback()
        return 0
    db.session.rollback()
    with transaction():
        rows = db.session.execute(claimable(due.limit(AT_ONCE), of=DeliveryAttempt)).all()
        mine = update(DeliveryAttempt).where(DeliveryAttempt.id.in_([row.id for row in rows]))
        leased = mine.values(redact_at=clock.wall() + LEASE)
        db.session.execute(leased.execution_options(synchronize_session=False))
    copies = [Copy(row.id, row.provider_id or "", row.sender) for row in rows]
    answers = Redactor(current_settings()).wipe(copies)
    since = {row.id: _due_since(row.state, row.settled_at or row.started_at) for row in rows}
    with transaction():
        update_many(DeliveryAttempt, [_result(copy.attempt_id, answers, since[copy.attempt_id]) for copy in copies])
    return sum(answer is not Answer.NOT_NOW for answer in answers.values())


def _due_since(state: AttemptState, settled_at: datetime) -> datetime:
    # What nobody ever reported on is kept as long as our own copy.
    return settled_at + (KEEP_TEXT[Status.SENT] if state is AttemptState.SENT else timedelta(0))


def _result(attempt_id: UUID, answers: Any, since: datetime) -> dict[str, Any]:
    now = clock.wall()
    if answers[attempt_id] is not Answer.NOT_NOW:
        return {"id": attempt_id, "redacted_at": now, "redact_at": None}
    age = now - since
    if age > GIVE_UP_AFTER:
        log.error("redaction_given_up", attempt=str(attempt_id))
        return {"id": attempt_id, "redacted_at": None, "redact_at": None}
    wait = min(max(age, SHORTEST_WAIT), LONGEST_WAIT) * random.uniform(0.75, 1.25)
    return {"id": attempt_id, "redacted_at": None, "redact_at": now + wait}
