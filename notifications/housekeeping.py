"""Forgetting texts that nobody needs any more, and counting what waits."""

from sqlalchemy import and_, func, or_, select, text

from config import clock
from config.database import db, transaction
from notifications import metrics, redaction
from notifications.models import DeliveryAttempt, Notification
from notifications.statuses import KEEP_TEXT, Channel

AT_ONCE = 200
PENDING = text("notification.status = 'pending'")


def forget_texts() -> int:
    """Wipe the texts of messages that ended long enough ago. Returns how many."""
    now = clock.now()
    ripe = or_(
        *(
            and_(Notification.status == status, Notification.changed_at < now - kept)
            for status, kept in KEEP_TEXT.items()
        )
    )
    wanted = select(Notification).where(Notification.has_text, ripe).order_by(Notification.id).limit(AT_ONCE)
    with transaction():
        messages = db.session.scalars(wanted.with_for_update(skip_locked=True)).all()
        for message in messages:
            message.wipe()
        db.session.execute(redaction.plan(DeliveryAttempt.notification_id.in_([each.id for each in messages])))
        return len(messages)


def count_waiting() -> int:
    """Measure the queues for /metrics. Does no work, so it answers 0."""
    counted = select(Notification.channel, func.count()).where(PENDING).group_by(Notification.channel)
    found: dict[Channel, int] = dict(db.session.execute(counted).all())
    db.session.rollback()
    for channel in Channel:
        metrics.waiting(channel, found.get(channel, 0))
    return 0
