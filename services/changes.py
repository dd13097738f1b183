"""Who wants to know when something happens to a request: told in the same transaction, right after the fact.

What a listener writes stands or falls with the fact itself. Rooms register by a name, so that nobody is told twice.
"""

from collections.abc import Callable

from services.models import RequestEvent, ServiceRequest

Listener = Callable[[ServiceRequest, RequestEvent], None]
_listeners: dict[str, Listener] = {}


def register_listener(name: str, listener: Listener) -> None:
    """Let `listener` hear of every event of every request from now on."""
    _listeners[name] = listener


def tell(request: ServiceRequest, event: RequestEvent) -> None:
    """`event` has just been added to `request`, and both are flushed. Inside the caller's `transaction()`."""
    for listener in _listeners.values():
        listener(request, event)
