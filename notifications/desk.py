"""What is recorded when staff look at messages."""

from collections.abc import Iterable

from auth.policies import Actor
from notifications import trail
from notifications.query_log import Line


def note_text_seen(actor: Actor, line: Line) -> None:
    """Record that somebody looked at a message's text, inside the caller's transaction."""
    trail.looked(actor, "message.text_seen", [line], subject=f"message:{line.id}")


def note_viewed(actor: Actor, line: Line) -> None:
    """Record that somebody looked at a message's way."""
    trail.looked(actor, "message.viewed", [line], subject=f"message:{line.id}")


def note_listed(actor: Actor, lines: Iterable[Line], *, searched: bool) -> None:
    """Record that somebody looked through the log. `searched`: for one number or address."""
    trail.looked(actor, "messages.listed", lines, searched=searched)
