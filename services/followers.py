"""What else follows from something that happened to a request: rooms register here, so that its course knows none."""

from collections.abc import Callable

from auth.actors import Actor
from services.models import RequestEvent, ServiceRequest

Follower = Callable[[ServiceRequest, RequestEvent, Actor], None]
Mover = Callable[[ServiceRequest], None]
_followers: dict[str, Follower] = {}

_movers: dict[str, Mover] = {}


def register_follower(name: str, follower: Follower) -> None:
    """Let `follower` hear of every event, inside its transaction. The same name again replaces it."""
    _followers[name] = follower


def tell(request: ServiceRequest, event: RequestEvent, actor: Actor) -> None:
    """`event` has been written. Call inside `transaction()`; what a follower raises undoes the event.

    A request that came whole is not in the session: followers read it, and may store rows that refer to it.
    """
    for follower in list(_followers.values()):
        follower(request, event, actor)


def register_mover(name: str, mover: Mover) -> None:
    """Let `mover` hear of every request that belongs to another department now. The same name again replaces it."""
    _movers[name] = mover


def tell_moved(request: ServiceRequest) -> None:
    """`request` has been handed on, and flushed. Call inside `transaction()`, in a scope over both departments."""
    for mover in list(_movers.values()):
        mover(request)
