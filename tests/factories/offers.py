"""Services as their files could say: the parking permit with other keys, for as long as a block lasts."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from services.definitions import ServiceDefinition, catalogue
from tests.factories import services as given


@contextmanager
def on_offer(**changes: Any) -> Iterator[ServiceDefinition]:
    """The parking permit with these keys of its file changed."""
    offered = catalogue()
    before = offered[given.SLUG]
    offered[given.SLUG] = before.model_copy(update=changes)
    try:
        yield offered[given.SLUG]
    finally:
        offered[given.SLUG] = before
