"""Quiet hours: when an SMS that can wait must wait. Pure.

What goes before quiet hours, strongest first: a legal notice; the window that the person chose; the slot of a
protocol; and whatever is urgent (logins, what an officer writes). Only the rest is held until they end. A time of day
that a change of clocks leaves out is read with the offset before the change, one that comes twice as its first
occurrence: the same reading as that of check-in windows.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from notifications.statuses import Priority, Purpose

DAY = timedelta(days=1)


def is_held(purpose: Purpose, priority: int) -> bool:
    """Whether quiet hours apply to such a message at all."""
    return purpose is Purpose.GENERAL and priority != Priority.URGENT


def earliest(
    at: datetime,
    *,
    quiet: tuple[time, time] | None,
    zone: ZoneInfo,
    purpose: Purpose,
    priority: int,
    expires_at: datetime | None = None,
) -> datetime:
    """The first moment, from `at` on, at which the message may go: `at`, or the end of the quiet hours around it.

    `quiet`: from when to when (not included) in `zone`, over midnight if the end is the earlier one; None: never.
    A message that would be useless by then goes at `at` after all: its author said until when it is needed, and held
    back it would never come. All moments are aware; the result is UTC where it differs from `at`.
    """
    if quiet is None or not is_held(purpose, priority):
        return at
    ends = next((ends for begins, ends in _around(at, quiet, zone) if begins <= at < ends), None)
    if ends is None or (expires_at is not None and ends >= expires_at):
        return at
    return ends


def _around(at: datetime, quiet: tuple[time, time], zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """The quiet hours that begin the day before, and on the day, on which `at` lies."""
    today = at.astimezone(zone).date()
    for day in (today - DAY, today):
        last = day if quiet[0] < quiet[1] else day + DAY
        yield _instant(day, quiet[0], zone), _instant(last, quiet[1], zone)


def _instant(day: date, clock_time: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock_time, zone).astimezone(UTC)
