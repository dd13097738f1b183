"""Work of this room that is due now and then. The roof registers it, since this room may not know the queues."""

from auth import idempotency, kept_forms, logins, logouts, readers, sessions
from config.database import transaction


def tidy() -> int:
    """Delete logins past their limit, logins never completed, forms never fetched, and what was kept long enough.

    And who had a record open that they left some time ago.
    """
    with transaction():
        ended = sessions.forget_expired() + logins.forget_expired() + kept_forms.forget_expired()
        ended += readers.forget_gone()
        return ended + logouts.forget_used() + idempotency.forget_old()
