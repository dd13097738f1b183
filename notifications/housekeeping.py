"""Forgetting texts that nobody needs any more, and counting what waits."""

from sqlalchemy import and_, or_, select

from config import clock
from config.database import db, transaction
from notifications import metrics
from notifications.models import Notification
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
    wanted = select(Notification).where(Notification.has_text, ripe).order_by(Notification.id).limit(AT_ONCE)
    with transaction():
        messages = db.session.scalars(wanted.with_for_update(skip_locked=True)).all()
        for message in messages:
            message.wipe()
        return len(messages)


def count_waiting() -> int:
    """Measure the queues for /metrics. Does no work, so it answers 0."""
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
    return 0
