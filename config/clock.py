"""The two clocks of the house.

`now()` is the domain's clock: tests, the sandbox and the demo may move it. `wall()` is the clock of tokens, sessions,
leases, signatures and rate limits, which nothing moves. Both give aware datetimes in UTC.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

Source = Callable[[], datetime]


def wall() -> datetime:
    """The real time, aware UTC."""
    return datetime.now(UTC)


_source: Source = wall


def now() -> datetime:
    """The domain's time, aware UTC."""
    return _source().astimezone(UTC)


def today(zone: ZoneInfo) -> date:
    """The domain's calendar day in `zone`."""
    return now().astimezone(zone).date()


def use(source: Source) -> None:
    """Let `now()` read `source`, for this whole process; it must give aware datetimes."""
    global _source
    _source = source


def reset() -> None:
    """Let `now()` be the real time again."""
    use(wall)


_when_set_back: list[Callable[[], None]] = []


def when_set_back(act: Callable[[], None]) -> None:
    """Let `act` be called after `now()` was moved to an earlier time: what was worked out for later holds no more."""
    if act not in _when_set_back:
        _when_set_back.append(act)


def set_back() -> None:
    """Whoever has moved `now()` to an earlier time calls this."""
    for act in _when_set_back:
        act()


class Steadiness:
    """Notices, from one look to the next, that the wall clock was set, or stood still while the machine slept.

    Ends of leases and waits that were written before mean nothing for a while then.
    """

    JUMP_S = 5.0  # more than a clock that is being corrected runs away within a minute or so

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._ahead = time.time() - time.monotonic()
        self._jumped_at: float | None = None

    def seconds(self) -> float:
        """Since when the wall clock has gone on evenly, in seconds of real time; infinite if it always has."""
        with self._guard:
            ahead, before = time.time() - time.monotonic(), self._ahead
            self._ahead = ahead
            if abs(ahead - before) > self.JUMP_S:
                self._jumped_at = time.monotonic()
            return float("inf") if self._jumped_at is None else time.monotonic() - self._jumped_at


@contextmanager
def frozen(at: datetime) -> Iterator[None]:
    """Hold the domain's clock at `at` (aware) within the block."""
    previous = _source
    use(lambda: at)
    try:
        yield
    finally:
        use(previous)
