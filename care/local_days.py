"""Instants and the days that they are in a person's zone. Pure.

A time of day that a change of clocks leaves out is read as the same instant counted with the offset before the change,
one that comes twice as its first occurrence.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

KEPT = 20_000  # days and times of day of a wave: thousands of people share them, and a zone's rules are slow to look up


@lru_cache(maxsize=KEPT)
def at(day: date, clock_time: time, zone: ZoneInfo) -> datetime:
    """The instant, aware UTC, at which clocks in `zone` show `clock_time` on `day`."""
    return datetime.combine(day, clock_time, zone).astimezone(UTC)


def local_midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant, aware UTC, at which `day` begins in `zone`."""
    return at(day, time.min, zone)


@lru_cache(maxsize=KEPT)
def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """The calendar day of `moment` in `zone`."""
    return moment.astimezone(zone).date()


def passed(moment: datetime, hours: int) -> datetime:
    """The first instant, aware UTC, at which `moment` is more than `hours` ago: until then it is within them.

    It is the next one after the hours are full, by the smallest step that is stored.
    """
    return moment + timedelta(hours=hours) + datetime.resolution
