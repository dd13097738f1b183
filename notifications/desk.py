"""What is recorded when staff look at messages."""

from uuid import UUID

from auth import audit
from auth.policies import Actor


def note_text_seen(actor: Actor, message_id: UUID) -> None:
    """Record that somebody looked at a message's text, inside the caller's transaction."""
    audit.record(actor, "message.text_seen", f"message:{message_id}")
