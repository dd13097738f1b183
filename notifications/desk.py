"""What staff do with messages that went out: send a failed one again, look at a text."""

from uuid import UUID

from sqlalchemy import select

from auth import audit
from auth.policies import Actor
from config.database import db, locked
from config.errors import InvalidTransition, NotFound
from notifications.celery_app import wake
from notifications.models import Notification
from notifications.queries import messages_visible_to
from notifications.rows import again, store
from notifications.schedule import Queue
from notifications.statuses import TRY_AGAIN


def try_again(actor: Actor, message_id: UUID) -> UUID:
    """Send the text of a failed or unknown message once more, as a successor; inside the caller's transaction.

    Pressing twice sends once. Raises NotFound; InvalidTransition when it did not fail or its text is wiped.
    """
    row = db.session.scalars(locked(messages_visible_to(actor).where(Notification.id == message_id))).first()
    if row is None:
        raise NotFound()
    if row.status not in TRY_AGAIN or not row.has_text:
        raise InvalidTransition("try_again", row.status.value)
    key = f"again:{row.id}"
    stored = store(again(row, key))
    if stored is None:
        return db.session.scalars(select(Notification.id).where(Notification.key == key)).one()
    audit.record(actor, "message.tried_again", f"message:{row.id}", successor=str(stored.id))
    wake(Queue.DELIVERY)
    return stored.id


def note_text_seen(actor: Actor, message_id: UUID) -> None:
    """Record that somebody looked at a message's text, inside the caller's transaction."""
    audit.record(actor, "message.text_seen", f"message:{message_id}")
