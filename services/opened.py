"""What reference and PIN have opened in this browser, for half an hour.

So the page of a request is one of its own, which the browser's "back" and reload ask for again, and what is done there
needs the PIN no more. Its address has a random mark, and only the session of this browser says which request that is,
by an id that opens nothing: reference and PIN stand in neither, nor in the page. To whom the address is sent, it opens
nothing. Two tabs that open something at once may lose one of the two: its PIN is entered anew.
"""

from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from flask import session

from config import clock
from config.encryption import blind_index
from config.ids import new_token
from services import queries
from services.models import ServiceRequest

LASTS = timedelta(minutes=30)
MOST = 3
OPENED = "opened_by_pin"  # of the session: by mark an `Open` as a list
PIN_BYTES = 8


class Open(NamedTuple):
    """A request that may be looked at until then (seconds since 1970), as long as it has the PIN that was entered."""

    request_id: str
    until: int
    pin: str


def note(request: ServiceRequest) -> str:
    """Let this browser look at `request` for a while, since its PIN has just been entered; the mark of its page."""
    marks, until = _open_ones(), int((clock.wall() + LASTS).timestamp())
    mark = next((one for one, open_ in marks.items() if open_.request_id == str(request.id)), new_token())
    marks[mark] = Open(str(request.id), until, _pin_of(request))
    latest = sorted(marks, key=lambda one: marks[one].until)[-MOST:]
    session[OPENED] = {one: list(marks[one]) for one in latest}
    return mark


def behind(mark: str) -> ServiceRequest | None:
    """The request that this mark stands for in this browser; None when it is none of ours, or was open long enough."""
    open_ = _open_ones().get(mark)
    found = queries.handed_in(UUID(open_.request_id)) if open_ else None
    return found if found and open_ and _pin_of(found) == open_.pin else None


def whose(mark: str) -> str:
    """The id of that request, by which its acts are counted; "" for none."""
    open_ = _open_ones().get(mark)
    return open_.request_id if open_ else ""


def close_all() -> None:
    """Let this browser look at none of them any more: others may use it, too."""
    session.pop(OPENED, None)


def _open_ones() -> dict[str, Open]:
    now = clock.wall().timestamp()
    kept = {mark: Open(*one) for mark, one in session.get(OPENED, {}).items()}
    return {mark: one for mark, one in kept.items() if one.until > now}


def _pin_of(request: ServiceRequest) -> str:
    return blind_index("opened-by-pin", f"{request.id}\0{request.pin}")[:PIN_BYTES].hex()
