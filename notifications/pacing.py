"""How much each sender gets: its pace, its share beside others, and how trouble moves the share. Pure.

A sender's share changes step by step, never all at once: a provider that stumbles keeps a part of the traffic, by which
we learn that it is well again, and the others are not hit by everything in one moment.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

SMALLEST_WEIGHT = 0.05
STEP_DOWN, STEP_UP = 0.75, 0.1  # a quarter of its share away, a tenth of the full share back
ZERO = timedelta(0)  # less has passed when the clock was set back
MOVE_EVERY = timedelta(seconds=10)
QUIET_BEFORE_BACK = timedelta(seconds=60)
TROUBLED_SHARE = 0.1
SLOW_S = 5.0
BURST_S = 2.0  # tokens are kept for this long, so that a pause is made up for, but not a night


@dataclass(frozen=True)
class Share:
    """What a sender may have now: `tokens` segments (infinite where there is no pace), by `weight` beside others."""

    name: str
    weight: float = 1.0
    tokens: float = math.inf


@dataclass(frozen=True)
class Observed:
    """What became of the messages of one sender in a while."""

    well: int = 0
    badly: int = 0  # errors that are the provider's, and answers slower than SLOW_S


def refilled(tokens: float, pace: float, elapsed: timedelta) -> float:
    """The tokens after `elapsed` wall time at `pace` segments a second; infinite without a pace."""
    if not pace:
        return math.inf
    return min(tokens + pace * max(elapsed.total_seconds(), 0.0), max(pace * BURST_S, 1.0))


def chosen(shares: Sequence[Share], recipient: bytes) -> Share | None:
    """The sender for this recipient among those that may send now; None when none may.

    Weighted rendezvous hashing: as long as weights stay, one person always hears from one number; as they move, just
    the part of the people moves along that the weights say.
    """
    able = [share for share in shares if share.tokens > 0]
    return max(able, key=lambda share: _score(share, recipient), default=None)


def _score(share: Share, recipient: bytes) -> float:
    digest = blake2b(recipient + share.name.encode(), digest_size=8).digest()
    point = (int.from_bytes(digest, "big") + 1) / (2**64 + 1)
    return -share.weight / math.log(point)


def moved(
    weight: float, observed: Observed, now: datetime, moved_at: datetime | None, troubled_at: datetime | None
) -> float:
    """The weight after what was observed: a step down for trouble, a step up after quiet time, at most one in 10 s."""
    if moved_at is not None and ZERO <= now - moved_at < MOVE_EVERY:
        return weight
    if is_troubled(observed):
        return max(weight * STEP_DOWN, SMALLEST_WEIGHT)
    if troubled_at is None or not ZERO <= now - troubled_at < QUIET_BEFORE_BACK:
        return min(weight + STEP_UP, 1.0)
    return weight


def is_troubled(observed: Observed) -> bool:
    """Whether more than a tenth went badly."""
    return observed.badly > TROUBLED_SHARE * (observed.well + observed.badly)


def seconds_until_through(waiting: int, per_second: float) -> float | None:
    """How long the backlog of `waiting` segments takes at the rate seen lately; None when nothing moves."""
    if not waiting:
        return 0.0
    return waiting / per_second if per_second > 0 else None
