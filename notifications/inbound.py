"""Messages that come in: understood by a wing's handler, a wish to stop, or something for a person to read."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import select, text

from config import clock
from config.database import db, locked, transaction
from config.ids import new_id
from config.rowsets import insert_for
from notifications.confirmations import fulfil, wish_of
from notifications.models import InboundMessage, Notification
from notifications.preferences import address_index
from notifications.statuses import Channel, InboxState
from notifications.wishes import Wish, wish_in

log = structlog.get_logger(__name__)
NEW = text("inbound_message.state = 'new'")
AT_ONCE = 50
POISONED_AFTER = 3


@dataclass(frozen=True)
class InboundReply:
    """What came in: the sender's number in E.164, the text, and when (domain time, UTC)."""

    id: UUID
    from_phone: str
    body: str
    received_at: datetime


ReplyHandler = Callable[[InboundReply], bool]
_handlers: list[ReplyHandler] = []


def register_reply_handler(handler: ReplyHandler) -> None:
    """Offer every reply to `handler`, inside a transaction of ours (it must not open its own); True: understood.

    The first handler that understands ends the round. A reply is offered again only if the transaction failed.
    """
    if handler not in _handlers:
        _handlers.append(handler)


def store(provider_id: str, from_phone: str, body: str, opt_out_type: str = "") -> bool:
    """Keep a message that came in, inside the caller's transaction. False when it is a repetition."""
    row = InboundMessage(
        id=new_id(),
        provider_id=provider_id,
        sender_index=address_index(Channel.SMS, from_phone),
        sender=from_phone,
        body=body,
        opt_out_type=opt_out_type,
        received_at=clock.now(),
        state=InboxState.NEW,
        failures=0,
    )
    values = {name: value for name, value in row.__dict__.items() if not name.startswith("_")}
    statement = insert_for(InboundMessage).values(values).on_conflict_do_nothing(index_elements=["provider_id"])
    return db.session.scalar(statement.returning(InboundMessage.id)) is not None


def process_inbound() -> int:
    """Deal with what came in, in order, each message in a transaction of its own. Returns how many."""
    ids = db.session.scalars(select(InboundMessage.id).where(NEW).order_by(InboundMessage.id).limit(AT_ONCE)).all()
    db.session.rollback()
    return sum(_process(message_id) for message_id in ids)


def _process(message_id: UUID) -> int:
    try:
        with transaction():
            message = db.session.scalars(
                locked(select(InboundMessage).where(InboundMessage.id == message_id, NEW))
            ).first()
            if message is None:
                return 0
            message.state = _understood(message)
            message.handled_at = None if message.state is InboxState.INBOX else clock.now()
            if message.state is not InboxState.INBOX:
                message.body = None  # what it said is recorded by the wing that understood it
            return 1
    except Exception:
        log.exception("inbound_failed", message=str(message_id))
        return _failed(message_id)


def _failed(message_id: UUID) -> int:
    """Count a failure; the third puts the message before a person. Returns 1 when it is out of the way."""
    with transaction():
        message = db.session.scalars(locked(select(InboundMessage).where(InboundMessage.id == message_id, NEW))).first()
        if message is None:
            return 0
        message.failures += 1
        if message.failures >= POISONED_AFTER:
            message.state = InboxState.INBOX
        return int(message.state is InboxState.INBOX)


def _understood(message: InboundMessage) -> InboxState:
    conversation = conversation_with(message.sender_index)
    if conversation is not None:
        # Kept with the message, so that the inbox need not look for it: row by row it would take longer and longer.
        message.about, message.owner, message.locale = conversation
    wish = wish_of(message)
    otherwise = InboxState.INBOX
    if wish is not None:
        otherwise = fulfil(message, wish)
        # The provider takes YES for START: here it may well be the answer to a question.
        if wish.wish is not Wish.START or wish_in(message.body or "") is not None:
            return otherwise
    reply = InboundReply(message.id, message.sender or "", message.body or "", message.received_at)
    return InboxState.UNDERSTOOD if any(handler(reply) for handler in _handlers) else otherwise


def conversation_with(sender_index: bytes) -> tuple[str, str | None, str] | None:
    """About, owner and locale of the newest message to this number: what a reply from it is probably about."""
    newest = select(Notification.about, Notification.owner, Notification.locale).where(
        Notification.recipient_index == sender_index, Notification.channel == Channel.SMS
    )
    found = db.session.execute(newest.order_by(Notification.id.desc()).limit(1)).first()
    return None if found is None else (found.about, found.owner, found.locale)
