"""What reference and PIN have opened in this browser, for a quarter of an hour.

So the page of a request is one of its own, which the browser's "back" and reload ask for again without the PIN. Its
address has a random mark, and only the session of this browser says which request that is, by an id that opens nothing:
reference and PIN stand in neither. To whom the address is sent, it opens nothing.
"""

from datetime import timedelta
from uuid import UUID

from flask import session

from config import clock
from config.ids import new_token
from services import queries
from services.models import ServiceRequest

LASTS = timedelta(minutes=15)
MOST = 3
OPENED = "opened_by_pin"  # of the session: by mark the id of the request, and until when (seconds) it is open


def note(request: ServiceRequest) -> str:
    """Let this browser look at `request` for a while, since its PIN has just been shown; the mark of its page."""
    open_ones, until = _open_ones(), int((clock.wall() + LASTS).timestamp())
    mark = next((one for one, (request_id, _) in open_ones.items() if request_id == str(request.id)), new_token())
    rest = [item for item in open_ones.items() if item[0] != mark]
    session[OPENED] = dict([*rest, (mark, (str(request.id), until))][-MOST:])
    return mark


def behind(mark: str) -> ServiceRequest | None:
    """The request that this mark stands for in this browser; None when it is none of ours, or was open long enough."""
    request_id, _ = _open_ones().get(mark, ("", 0))
    return queries.handed_in(UUID(request_id)) if request_id else None


def close_all() -> None:
    """Let this browser look at none of them any more: others may use it, too."""
    session.pop(OPENED, None)


def _open_ones() -> dict[str, tuple[str, int]]:
    now = clock.wall().timestamp()
    return {mark: (one[0], one[1]) for mark, one in session.get(OPENED, {}).items() if one[1] > now}
