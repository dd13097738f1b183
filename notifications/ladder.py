"""The ladder: by which channel next, when one does not reach the person in time."""

from sqlalchemy import ColumnElement, select, text

from config import clock
from config.database import claimable, db, transaction
from notifications.models import Notification
from notifications.settling import begin_next_rung, finish
from notifications.statuses import Status

CLIMBING = text("notification.status IN ('pending', 'sent') AND notification.next_rung_at IS NOT NULL")
AT_ONCE = 200


def climb() -> int:
    """Begin the next rung of messages that have not been delivered in time; one batch. Returns how many.

    A message that is with the provider may still arrive; one that has not left us is taken back, so that the person
    does not get both.
    """
    now = clock.now()
    late: list[ColumnElement[bool]] = [CLIMBING, Notification.next_rung_at <= now]  # type: ignore[list-item]
    if db.session.scalar(select(Notification.id).where(*late).limit(1)) is None:
        db.session.rollback()
        return 0
    with transaction():
        messages = db.session.scalars(
            claimable(select(Notification).where(*late).order_by(Notification.id).limit(AT_ONCE))
        ).all()
        for message in messages:
            if message.expires_at is not None and message.expires_at <= now:
                message.next_rung_at = None
            elif message.status is Status.PENDING:
                finish(message, Status.EXPIRED)
            else:
                begin_next_rung(message)
        return len(messages)
