"""Tables of what follows from what: `(state, event) → state`, as payments and hand-overs have them. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from config.errors import InvalidTransition

StateT = TypeVar("StateT", bound=StrEnum)
EventT = TypeVar("EventT", bound=StrEnum)


def wanted(table: Mapping[tuple[StateT, EventT], StateT], state: StateT, event: EventT) -> StateT:
    """Where `event`, which somebody wants, takes something in `state`. Raises InvalidTransition: nowhere."""
    to = table.get((state, event))
    if to is None:
        raise InvalidTransition(event.value, state.value)
    return to
