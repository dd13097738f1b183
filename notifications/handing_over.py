"""Messages follow what they are about: to another office or department, or into another record."""

from sqlalchemy import update

from config.database import db
from notifications.models import InboundMessage, Notification


def hand_over(about: str, *, before: str, after: str) -> int:
    """Let the messages to and from people about `about` belong to `after`; inside the caller's transaction. How many.

    Those of other owners stay. What waits goes out as it is: a message is never written or sent anew by this.
    """
    changed = 0
    for table in (Notification, InboundMessage):
        mine = update(table).where(table.about == about, table.owner == before)
        changed += db.session.execute(mine.values(owner=after)).rowcount  # type: ignore[attr-defined]
    return changed


def tell_of(after: str, *, before: str) -> int:
    """Let the messages to and from people about `before` be about `after`, which took its place. How many."""
    changed = 0
    for table in (Notification, InboundMessage):
        moved = update(table).where(table.about == before).values(about=after)
        changed += db.session.execute(moved).rowcount  # type: ignore[attr-defined]
    return changed
