"""What staff do with messages that came in: answer them, put them aside."""

from uuid import UUID

from sqlalchemy import select

from auth import audit
from auth.policies import Actor
from config import clock
from config.database import db, locked
from config.errors import N_, InvalidTransition, RuleViolation
from notifications.models import InboundMessage
from notifications.outbox import enqueue
from notifications.queries import conversation_of, owners_of, received
from notifications.statuses import Channel, InboxState

ANSWER = "notifications.answer"
LONGEST_ANSWER = 480


def answer(actor: Actor, inbound_id: UUID, text: str) -> None:
    """Answer a message of the inbox by SMS, inside the caller's transaction. Raises NotFound, RuleViolation."""
    row = _of_inbox(actor, inbound_id)
    text = text.strip()
    if not text:
        raise RuleViolation("text", N_("Please write an answer."))
    if len(text) > LONGEST_ANSWER:
        raise RuleViolation("text", N_("An answer has at most {most} characters."), most=LONGEST_ANSWER)
    conversation = conversation_of(row)
    enqueue(
        template=ANSWER,
        channel=Channel.SMS,
        to=row.sender or "",
        locale=conversation.locale if conversation else "de",
        variables={"text": text},
        key=f"answer:{row.id}:{clock.wall().timestamp()}",
        about=conversation.about if conversation else f"inbox:{row.id}",
        owner=conversation.owner if conversation else next(iter(owners_of(actor)), None),
    )
    _settle(actor, row, InboxState.ANSWERED)


def put_aside(actor: Actor, inbound_id: UUID) -> None:
    """Take a message out of the inbox without an answer, inside the caller's transaction. Raises NotFound."""
    _settle(actor, _of_inbox(actor, inbound_id), InboxState.DONE)


def note_text_seen(actor: Actor, message_id: UUID) -> None:
    """Record that somebody looked at a message's text, inside the caller's transaction."""
    audit.record(actor, "message.text_seen", f"message:{message_id}")


def _of_inbox(actor: Actor, inbound_id: UUID) -> InboundMessage:
    received(actor, inbound_id)
    row = db.session.scalars(locked(select(InboundMessage).where(InboundMessage.id == inbound_id))).one()
    if row.state is not InboxState.INBOX:
        raise InvalidTransition("answer", row.state.value)
    return row


def _settle(actor: Actor, row: InboundMessage, state: InboxState) -> None:
    row.state, row.handled_at, row.handled_by = state, clock.now(), actor.id[:80]
    audit.record(actor, f"inbound.{state.value}", f"inbound:{row.id}")
