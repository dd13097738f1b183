"""Messages for tests. Numbers are of the range that the Bundesnetzagentur keeps for films and books."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from config import clock
from config.database import db, transaction
from notifications.models import DeliveryAttempt, Notification
from notifications.outbox import enqueue
from notifications.statuses import Channel

PHONE = "+4915735990001"
EMAIL = "mira.beispiel@example.org"


def put_sms(key: str = "one", *, to: str = PHONE, text: str | None = None, **more: Any) -> UUID:
    """Put an SMS into the outbox and commit; its id."""
    return _put(key, Channel.SMS, to, {"text": text or f"Text {key}"}, more)


def put_email(key: str = "one", *, to: str = EMAIL, text: str | None = None, **more: Any) -> UUID:
    """Put an e-mail into the outbox and commit; its id."""
    return _put(key, Channel.EMAIL, to, {"subject": "Betreff", "text": text or f"Text {key}"}, more)


def _put(key: str, channel: Channel, to: str, variables: dict[str, str], more: dict[str, Any]) -> UUID:
    values = {"template": "notifications.plain", "locale": "de", "about": "test", "variables": variables} | more
    with transaction():
        stored = enqueue(channel=channel, to=to, key=key, **values)
        assert stored is not None, "the key was used before"
        return stored.id


def statuses() -> dict[str, str]:
    """Status of every message, by key."""
    found = {row.key: row.status.value for row in _fresh(select(Notification))}
    db.session.rollback()
    return found


def message(key: str) -> Notification:
    """The message as it is now, detached."""
    return _detached(_fresh(select(Notification).where(Notification.key == key)))[0]


def attempts(key: str) -> list[DeliveryAttempt]:
    """The attempts of a message, oldest first, detached."""
    wanted = select(DeliveryAttempt).join(Notification, Notification.id == DeliveryAttempt.notification_id)
    return _detached(_fresh(wanted.where(Notification.key == key).order_by(DeliveryAttempt.number)))


def age_claims() -> None:
    """Let every lease have ended, and every wait for a retry too, as if time had passed."""
    past = clock.wall() - timedelta(minutes=10)
    with transaction():
        db.session.execute(update(Notification).where(Notification.lease_until.is_not(None)).values(lease_until=past))
        db.session.execute(update(Notification).values(next_attempt_at=None))


def _fresh(statement: Any) -> Iterable[Any]:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(statement).all()


def _detached(rows: Iterable[Any]) -> list[Any]:
    found = list(rows)
    for row in found:
        db.session.expunge(row)
    db.session.rollback()
    return found
