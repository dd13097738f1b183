"""How long to wait before another system is asked again: the one rule of all queues. Pure."""

from datetime import timedelta

EVEN = 0.5
"""The chance that changes nothing."""


def growing(
    tries: int, first: timedelta, longest: timedelta, *, factor: float = 2.0, chance: float = EVEN
) -> timedelta:
    """The wait after so many tries before this one: `first`, then `factor` times as long each time, at most `longest`.

    `chance` in [0, 1) spreads it over 50 % to 150 %, so that a system that has recovered is not asked by all at once.
    """
    seconds = min(first.total_seconds() * factor ** min(tries, 20), longest.total_seconds())
    return timedelta(seconds=seconds * (0.5 + chance))
