"""Messages as they stand some time after, written straight into the tables: nothing is sent for them."""

import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from config import clock
from config.database import db, transaction
from config.ids import new_id
from notifications.models import DeliveryAttempt, Notification
from notifications.preferences import address_index
from notifications.statuses import AttemptState, Channel, Meaning, Status
from notifications.time_ranges import first_id
from tests.factories.notifications import EMAIL, PHONE

STATES = {
    Status.SENT: AttemptState.SENT,
    Status.DELIVERED: AttemptState.DELIVERED,
    Status.FAILED: AttemptState.FAILED,
    Status.UNDELIVERED: AttemptState.UNDELIVERED,
    Status.UNKNOWN: AttemptState.UNKNOWN,
}


def put_row(status: Status, **more: Any) -> UUID:
    """One message with this status, in a transaction of its own; its id. See `add_row`."""
    with transaction():
        return add_row(status, **more)


def add_row(
    status: Status,
    *,
    channel: Channel = Channel.SMS,
    created: datetime | None = None,
    took: timedelta = timedelta(seconds=2),
    cause: Meaning = Meaning.NONE,
    code: str | None = None,
    sender: str = "+4915735990090",
    **more: Any,
) -> UUID:
    """Add a message, with one attempt where it had one, inside the caller's transaction.

    It was handed over `took` after `created` (domain time), and delivered after the same time once more.
    """
    message_id = id_of(created) if created else new_id()
    created = created or clock.now()
    to = more.pop("to", PHONE if channel is Channel.SMS else EMAIL)
    reached = status in (Status.SENT, Status.DELIVERED, Status.UNDELIVERED)
    row = Notification(
        id=message_id,
        **{
            "key": f"row:{message_id}",
            "template": "notifications.plain",
            "template_version": "0123456789ab",
            "channel": channel,
            "locale": "de",
            "recipient": to,
            "recipient_index": address_index(channel, to),
            "body": "Text",
            "about": "test",
            "status": status,
            "cause": cause,
            "cause_code": code,
            "created_at": created,
            "changed_at": created + took,
            "sent_at": created + took if reached else None,
            "delivered_at": created + 2 * took if status is Status.DELIVERED else None,
        }
        | more,
    )
    db.session.add(row)
    db.session.flush()
    if status in STATES:
        db.session.add(_attempt(row, STATES[status], cause, code, sender))
    return message_id


def id_of(at: datetime) -> UUID:
    """A UUIDv7 as it would have been made at `at`."""
    return UUID(int=first_id(at).int | 7 << 76 | 2 << 62 | secrets.randbits(62))


def _attempt(
    row: Notification, state: AttemptState, meaning: Meaning, code: str | None, sender: str
) -> DeliveryAttempt:
    return DeliveryAttempt(
        notification_id=row.id,
        number=1,
        channel=row.channel,
        sender=sender,
        provider_id=f"SM{row.id.hex}" if state is not AttemptState.FAILED else None,
        state=state,
        meaning=meaning,
        code=code,
        started_at=clock.wall(),
        settled_at=clock.wall(),
    )
