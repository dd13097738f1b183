"""How long a login lasts: without a click, and at all. One table, pure.

The more a login can prove, the shorter it lasts, for what is open in a browser that somebody walked away from is worth
more. Staff log in for a working day and are asked again soon after they have left their desk.
"""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Limits:
    """How long a login lasts without a click, and at all."""

    idle: timedelta
    absolute: timedelta


STAFF = Limits(timedelta(minutes=15), timedelta(hours=10))
BY_ASSURANCE: dict[str, Limits] = {
    "high": Limits(timedelta(minutes=5), timedelta(minutes=30)),
    "substantial": Limits(timedelta(minutes=30), timedelta(hours=2)),
    "basic": Limits(timedelta(minutes=60), timedelta(hours=12)),
}
STRICTEST = BY_ASSURANCE["high"]
WARNED_BEFORE = timedelta(minutes=2)
NOTED_AT_LEAST_EVERY = timedelta(minutes=1)


def limits(assurance: str, *, is_staff: bool) -> Limits:
    """The limits of a login. A level that is not in the table gets the strictest."""
    return STAFF if is_staff else BY_ASSURANCE.get(assurance, STRICTEST)


def noted_every(idle: timedelta) -> timedelta:
    """How old the note of the last click may get: writing it with every click would cost each page a transaction."""
    return min(NOTED_AT_LEAST_EVERY, idle / 20)
