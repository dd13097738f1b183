"""What became of messages, told to the wings that wrote them."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy import exists, select, text
from sqlalchemy.orm import aliased

from config.database import db, locked, transaction
from notifications.models import DeliveryAttempt, Notification
from notifications.statuses import Channel, Meaning, Status

log = structlog.get_logger(__name__)
UNTOLD = text("notification.untold")
AT_ONCE = 100
TELL_AT_MOST = 3


@dataclass(frozen=True)
class Outcome:
    """A message's end. `more_to_come`: the next rung of the ladder is under way, so the person may yet be reached."""

    about: str
    key: str
    channel: Channel
    status: Status
    meaning: Meaning
    correlation: str | None = None
    more_to_come: bool = False
    recipient_index: bytes | None = None  # whose wish it is, where the meaning is one


OutcomeHandler = Callable[[Outcome], None]
_handlers: list[OutcomeHandler] = []


def register_outcome_handler(handler: OutcomeHandler) -> None:
    """Tell `handler` of every message that was delivered, or never will be, and of every opting out.

    It is called inside a transaction of ours (it must not open its own), together with the note that it was told.
    """
    if handler not in _handlers:
        _handlers.append(handler)


def tell(outcome: Outcome) -> None:
    """Tell all handlers, inside the caller's transaction."""
    for handler in _handlers:
        handler(outcome)


def tell_outcomes() -> int:
    """Tell what nobody was told yet, each message in a transaction of its own. Returns how many."""
    untold = select(Notification.id).where(UNTOLD).order_by(Notification.id).limit(AT_ONCE)
    ids = db.session.scalars(untold).all()
    db.session.rollback()
    return sum(_tell(message_id) for message_id in ids)


def _tell(message_id: UUID) -> int:
    try:
        with transaction():
            message = db.session.scalars(
                locked(select(Notification).where(Notification.id == message_id, UNTOLD))
            ).first()
            if message is None:
                return 0
            message.untold = False
            tell(_outcome(message))
            return 1
    except Exception:  # one message that a wing cannot deal with must not keep the others from being told
        log.exception("outcome_not_told", message=str(message_id))
        with transaction():
            message = db.session.get(Notification, message_id)
            if message is not None:
                message.tell_failures += 1
                message.untold = message.tell_failures < TELL_AT_MOST
        return 0


def _outcome(message: Notification) -> Outcome:
    last = (
        select(DeliveryAttempt.meaning)
        .where(DeliveryAttempt.notification_id == message.id)
        .order_by(DeliveryAttempt.number.desc())
    )
    meaning = db.session.scalar(last.limit(1)) or Meaning.NONE
    if message.status is Status.SUPPRESSED:
        meaning = Meaning.OPTED_OUT
    following = aliased(Notification)
    more = bool(db.session.scalar(select(exists().where(following.fallback_for == message.id))))
    return Outcome(
        message.about,
        message.key,
        message.channel,
        message.status,
        meaning,
        message.correlation,
        more,
        message.recipient_index,
    )
