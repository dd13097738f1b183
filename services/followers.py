"""What else follows from something that happened to a request: rooms register here, so that its course knows none."""

from collections.abc import Callable

from auth.actors import Actor
from services.models import RequestEvent, ServiceRequest

Follower = Callable[[ServiceRequest, RequestEvent, Actor], None]
_followers: dict[str, Follower] = {}


def register_follower(name: str, follower: Follower) -> None:
    """Let `follower` hear of every event, inside its transaction. The same name again replaces it."""
    _followers[name] = follower


def tell(request: ServiceRequest, event: RequestEvent, actor: Actor) -> None:
    """`event` has been written and flushed. Call inside `transaction()`; what a follower raises undoes the event."""
    for follower in list(_followers.values()):
        follower(request, event, actor)
