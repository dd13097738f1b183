"""Work of this room that is due now and then. The roof registers it, since this room may not know the queues."""

from auth import idempotency, logins, sessions
from config.database import transaction


def tidy() -> int:
    """Delete logins past their limit, logins never completed and answers kept long enough; how many."""
    with transaction():
        return sessions.forget_expired() + logins.forget_expired() + idempotency.forget_old()
