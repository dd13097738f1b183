"""Forgetting texts that nobody needs any more, and counting what waits."""

from sqlalchemy import and_, or_, select

from config import clock
from config.database import claimable, db, transaction
from notifications import metrics, redaction
from notifications.models import DeliveryAttempt, Notification
from notifications.query_queue import flows
from notifications.statuses import KEEP_TEXT

AT_ONCE = 200


def forget_texts() -> int:
    """Wipe the texts of messages that ended long enough ago. Returns how many."""
    now = clock.now()
    ripe = or_(
        *(
            and_(Notification.status == status, Notification.changed_at < now - kept)
            for status, kept in KEEP_TEXT.items()
        )
    )
    oldest = [Notification.has_text, Notification.changed_at < now - min(KEEP_TEXT.values())]
    wanted = select(Notification).where(*oldest, ripe).order_by(Notification.changed_at).limit(AT_ONCE)
    with transaction():
        messages = db.session.scalars(claimable(wanted)).all()
        for message in messages:
            message.wipe()
        db.session.execute(redaction.plan(DeliveryAttempt.notification_id.in_([each.id for each in messages])))
        return len(messages)


def measure_queues() -> None:
    """Put what waits into the metrics of this process; ends its own read transaction."""
    for flow in flows():
        metrics.queued(
            flow.channel,
            due=flow.due,
            later=flow.later + flow.retries,
            in_flight=flow.in_flight,
            oldest_s=flow.oldest_s,
            left_s=flow.left_s,
        )
    db.session.rollback()
