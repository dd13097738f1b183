"""Messages that come in: understood by a wing's handler, a wish to stop, or something for a person to read."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import select, text

from config import clock
from config.database import db, locked, transaction
from config.ids import new_id
from notifications.models import InboundMessage, Notification
from notifications.outcomes import Outcome, tell
from notifications.preferences import address_index, lift, suppress
from notifications.rows import insert_for
from notifications.settling import finish
from notifications.statuses import Channel, InboxState, Meaning, Status

log = structlog.get_logger(__name__)
NEW = text("inbound_message.state = 'new'")
AT_ONCE = 50
POISONED_AFTER = 3
CONVERSATIONS_TOLD = 20
STOP_WORDS = frozenset({"stop", "stopp", "abmelden", "ende", "stopall", "unsubscribe", "cancel", "end", "quit"})
START_WORDS = frozenset({"start", "anmelden", "unstop"})
WORD = re.compile(r"\w+", re.UNICODE)


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
    body = message.body or ""
    wish = _wish(body, message.opt_out_type)
    if wish == "stop":
        suppress(Channel.SMS, message.sender or "", "reply")
        _withdraw(message.sender_index)
        _tell_wish(message.sender_index, Meaning.OPTED_OUT)
        return InboxState.DONE
    if wish == "start":
        lift(Channel.SMS, message.sender_index)
        _tell_wish(message.sender_index, Meaning.OPTED_IN)
        return InboxState.DONE
    reply = InboundReply(message.id, message.sender or "", body, message.received_at)
    return InboxState.UNDERSTOOD if any(handler(reply) for handler in _handlers) else InboxState.INBOX


def _wish(body: str, opt_out_type: str) -> str:
    # Only a message that is nothing but the word: "Das Fieber geht zu Ende" is no wish to stop.
    words = WORD.findall(body.casefold())
    if opt_out_type == "STOP" or (len(words) == 1 and words[0] in STOP_WORDS):
        return "stop"
    if opt_out_type == "START" or (len(words) == 1 and words[0] in START_WORDS):
        return "start"
    return ""


def _withdraw(sender_index: bytes) -> None:
    waiting = select(Notification).where(
        Notification.recipient_index == sender_index,
        Notification.channel == Channel.SMS,
        Notification.status == Status.PENDING,
    )
    for message in db.session.scalars(locked(waiting.order_by(Notification.id))):
        finish(message, Status.SUPPRESSED)
        message.untold = False  # told below, once for each conversation


def _tell_wish(sender_index: bytes, meaning: Meaning) -> None:
    newest = (
        select(Notification.about, Notification.key, Notification.correlation)
        .where(Notification.recipient_index == sender_index, Notification.channel == Channel.SMS)
        .order_by(Notification.id.desc())
        .limit(CONVERSATIONS_TOLD)
    )
    told: set[str] = set()
    for about, key, correlation in db.session.execute(newest):
        if about not in told:
            told.add(about)
            tell(Outcome(about, key, Channel.SMS, Status.SUPPRESSED, meaning, correlation))
