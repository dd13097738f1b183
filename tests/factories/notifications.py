"""Messages for tests. Numbers are of the range that the Bundesnetzagentur keeps for films and books."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from config import clock
from config.database import db, transaction
from notifications.models import DeliveryAttempt, Notification
from notifications.outbox import NewMessage, enqueue, enqueue_many
from notifications.receipts import process_receipts, store
from notifications.statuses import Channel

PHONE = "+4915735990001"
EMAIL = "mira.beispiel@example.org"


def put_sms(key: str = "one", *, to: str = PHONE, text: str | None = None, **more: Any) -> UUID:
    """Put an SMS into the outbox and commit; its id."""
    return _put(key, Channel.SMS, to, {"text": text or f"Text {key}"}, more)


def put_many_sms(keys: Iterable[str], *, to: Sequence[str] = (PHONE,)) -> None:
    """Put an SMS for each key into the outbox, to the numbers in turn, in a few transactions."""
    _put_many(Channel.SMS, list(keys), to, lambda key: {"text": f"Text {key}"})


def put_many_emails(keys: Iterable[str]) -> None:
    """Put an e-mail for each key into the outbox, in a few transactions."""
    _put_many(Channel.EMAIL, list(keys), (EMAIL,), lambda key: {"subject": f"Betreff {key}", "text": f"Text {key}"})


def _put_many(
    channel: Channel, keys: Sequence[str], to: Sequence[str], variables: Callable[[str], dict[str, str]]
) -> None:
    for start in range(0, len(keys), 1000):
        made = [
            NewMessage("notifications.plain", channel, to[number % len(to)], "de", variables(key), key, "test")
            for number, key in enumerate(keys[start : start + 1000], start)
        ]
        with transaction():
            assert enqueue_many(made) == len(made), "a key was used before"


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
        waiting = update(Notification).where(Notification.next_attempt_at.is_not(None))
        db.session.execute(waiting.values(next_attempt_at=None))


def receipt(key: str, word: str, code: str | None = None) -> None:
    """The provider reports on the newest attempt of a message, and the report is applied."""
    with transaction():
        store(attempts(key)[-1].provider_id or "", word, code)
    process_receipts()


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
