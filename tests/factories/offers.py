"""Services as their files could say: with other keys, for as long as a block lasts."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from services.definitions import ServiceDefinition, catalogue
from tests.factories import services as given


@contextmanager
def on_offer(slug: str = given.SLUG, **changes: Any) -> Iterator[ServiceDefinition]:
    """A service (the parking permit) with these keys of its file changed."""
    offered = catalogue()
    before = offered[slug]
    offered[slug] = before.model_copy(update=changes)
    try:
        yield offered[slug]
    finally:
        offered[slug] = before
