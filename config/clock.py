"""The two clocks of the house.

`now()` is the domain's clock: tests, the sandbox and the demo may move it. `wall()` is the clock of tokens, sessions,
leases, signatures and rate limits, which nothing moves. Both give aware datetimes in UTC.
"""

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


@contextmanager
def frozen(at: datetime) -> Iterator[None]:
    """Hold the domain's clock at `at` (aware) within the block."""
    previous = _source
    use(lambda: at)
    try:
        yield
    finally:
        use(previous)
