"""Throughput, delivery rates and times of the last hours or days.

One pass over the period's messages, found by the range of their ids; what took long to count is kept a while, so that
no more than a thirtieth of the time goes into counting.
"""

import time as stopwatch
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from flask import current_app
from sqlalchemy import BigInteger, ColumnElement, Float, Integer, Select, case, cast, extract, func, select

from auth.actors import Actor
from config import clock
from config.database import db
from config.settings import current_settings
from notifications.models import DeliveryAttempt, Notification
from notifications.queries import visible
from notifications.statuses import TROUBLE, AttemptState, Channel
from notifications.time_ranges import created_between, first_id

EXTENSION = "obhut.message_statistics"
KEPT_PER_SECOND_OF_WORK = 30.0
LONGEST_KEPT_S = 600.0
SETTLED_KEPT_S = 3600.0
TIMED = 20_000  # of so many of the newest messages it is looked at how long they took
EARLIER = timedelta(days=3)  # what is sent now may have been written days ago
HOUR_S, DAY_S = 3600, 86_400.0
EPOCH_DAY = 2_440_587.5  # 1970-01-01 as a Julian day, which is what SQLite counts in
MINUTE_S, TENTHS = 60, 10
LAST_ID = UUID(int=2**128 - 1)
SENT_STATES = (AttemptState.SENT, AttemptState.DELIVERED, AttemptState.UNDELIVERED)


Event = tuple[Channel, int, tuple[int | None, ...]]
Tried = tuple[Channel, str, tuple[int, ...]]
Found = TypeVar("Found")


class Period(StrEnum):
    """What the page looks back on."""

    DAY = "day"
    MONTH = "month"


LENGTHS = {Period.DAY: timedelta(hours=1), Period.MONTH: timedelta(days=1)}


@dataclass(frozen=True)
class Slot:
    """An hour or a day (`begins` is its beginning in the jurisdiction's zone) and what happened in it."""

    begins: datetime
    created: int
    sent: int
    delivered: int
    failed: int


@dataclass(frozen=True)
class Rate:
    """Of the messages by one channel or from one sender: handed over, and what is known of their end."""

    channel: Channel
    name: str
    handed: int
    delivered: int
    failed: int

    @property
    def delivered_share(self) -> float | None:
        """In per cent of those whose end is known; e-mails count as arrived unless they come back. None: of none."""
        if self.channel is Channel.EMAIL:
            all_ = max(self.handed, self.failed)
            return round(100 * (all_ - self.failed) / all_, 1) if all_ else None
        known = self.delivered + self.failed
        return round(100 * self.delivered / known, 1) if known else None


@dataclass(frozen=True)
class Times:
    """Seconds from when messages were due: half of them, and 95 of 100, took at most so long. None: there were none."""

    channel: Channel
    to_sent: tuple[float, float] | None
    to_delivered: tuple[float, float] | None


@dataclass(frozen=True)
class Statistics:
    """All numbers of the page, as of `at`."""

    period: Period
    at: datetime
    slots: Sequence[Slot]
    channels: Sequence[Rate]
    senders: Sequence[Rate]
    times: Sequence[Times]


def statistics(actor: Actor, period: Period) -> Statistics:
    """The numbers of this actor's messages in the last 24 hours or 30 days."""
    scope = (actor.is_system, actor.office_ids, actor.department_codes, actor.permissions)
    return _kept((period, scope), lambda: _counted(actor, period, scope))


def _kept(key: Any, count: Callable[[], Found], lifetime_s: float | None = None) -> Found:
    """What `count` gave last, while it still counts: for `lifetime_s`, or in proportion to how long it took."""
    kept: dict[Any, tuple[float, Any]] = current_app.extensions.setdefault(EXTENSION, {})
    begun = stopwatch.monotonic()
    for each in [each for each, (until, _) in list(kept.items()) if until < begun]:
        kept.pop(each, None)
    found = kept.get(key)
    if found is not None:
        kept_value: Found = found[1]
        return kept_value
    fresh = count()
    ended = stopwatch.monotonic()
    lasts = min((ended - begun) * KEPT_PER_SECOND_OF_WORK, LONGEST_KEPT_S) if lifetime_s is None else lifetime_s
    kept[key] = (ended + lasts, fresh)
    return fresh


def _counted(actor: Actor, period: Period, scope: Any) -> Statistics:
    now = clock.now()
    begins = _beginnings(now, period)
    seen = visible(actor)
    since = begins[0] - EARLIER
    # What was written days ago hardly changes any more: counted once an hour, it need not be read each time.
    settled = begins[-4] if period is Period.MONTH else since
    events = _events([seen, *created_between(Notification, settled, None)])
    lag = clock.wall() - now  # attempts have wall time, and so have their ids
    tried = _attempts(first_id(max(settled, begins[0]) + lag), LAST_ID)
    if period is Period.MONTH:
        earlier = [seen, *created_between(Notification, since, settled)]
        events += _kept(("events", settled, scope), lambda: _events(earlier), SETTLED_KEPT_S)
        span = first_id(begins[0] + lag), first_id(settled + lag)
        tried += _kept(("attempts", settled), lambda: _attempts(*span), SETTLED_KEPT_S)
    slots, channels = _slots(events, begins, LENGTHS[period])
    newest = _newest([seen, *created_between(Notification, since, None)])
    return Statistics(period, now, slots, channels, _senders(tried), _times(newest, begins[0]))


def _beginnings(now: datetime, period: Period) -> list[datetime]:
    """When each hour or day of the period begins, in the jurisdiction's zone; the last one is still going on."""
    zone = current_settings().zone
    if period is Period.DAY:
        hour = now.replace(minute=0, second=0, microsecond=0)
        return [(hour - timedelta(hours=back)).astimezone(zone) for back in range(23, -1, -1)]
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    # Local days are subtracted, not 24 hours: two days of the year are longer or shorter.
    return [midnight - timedelta(days=back) for back in range(29, -1, -1)]


def _events(conditions: Sequence[ColumnElement[bool]]) -> list[Event]:
    """Messages by channel and by the hours in which they were created, sent, delivered and failed: one pass."""
    failed_at = case((Notification.status.in_(TROUBLE), Notification.changed_at))
    hours = [_hour(at) for at in (Notification.created_at, Notification.sent_at, Notification.delivered_at, failed_at)]
    grouped = select(Notification.channel, func.count(), *hours).where(*conditions)
    rows = db.session.execute(grouped.group_by(Notification.channel, *hours))
    return [(channel, count, tuple(found)) for channel, count, *found in rows]


def _slots(events: Sequence[Event], begins: Sequence[datetime], length: timedelta) -> tuple[list[Slot], list[Rate]]:
    place = _places(begins, length)
    counted: list[Counter[int]] = [Counter() for _ in range(4)]
    by_channel: dict[Channel, Counter[str]] = {channel: Counter() for channel in Channel}
    for channel, count, hours in events:
        for counter, hour in zip(counted, hours, strict=True):
            if hour in place:
                counter[place[hour]] += count
        _, sent, delivered, failed = (hour in place for hour in hours)
        by_channel[channel].update({"handed": count * sent, "delivered": count * delivered, "failed": count * failed})
    slots = [Slot(at, *(counter[number] for counter in counted)) for number, at in enumerate(begins)]
    return slots, [
        Rate(channel, "", found["handed"], found["delivered"], found["failed"])
        for channel, found in by_channel.items()
        if found.total()
    ]


def _places(begins: Sequence[datetime], length: timedelta) -> dict[int, int]:
    """Hours since 1970 (UTC), each with the number of the slot that it lies in."""
    ends = [*begins[1:], begins[-1] + length]
    return {
        hour: number
        for number, (begin, end) in enumerate(zip(begins, ends, strict=True))
        for hour in range(int(begin.timestamp()) // HOUR_S, -(-int(end.timestamp()) // HOUR_S))
    }


def _attempts(since: UUID, until: UUID) -> list[Tried]:
    """Attempts by sender in a range of ids, of the whole house: handed over, delivered, failed."""
    arrived = func.count().filter(DeliveryAttempt.state == AttemptState.DELIVERED)
    missed = func.count().filter(DeliveryAttempt.state.in_((AttemptState.UNDELIVERED, AttemptState.FAILED)))
    handed = func.count().filter(DeliveryAttempt.state.in_(SENT_STATES))
    by_sender = (
        select(DeliveryAttempt.channel, DeliveryAttempt.sender, handed, arrived, missed)
        .where(DeliveryAttempt.id >= since, DeliveryAttempt.id < until, DeliveryAttempt.sender != "")
        .group_by(DeliveryAttempt.channel, DeliveryAttempt.sender)
    )
    return [(channel, sender, (*numbers,)) for channel, sender, *numbers in db.session.execute(by_sender)]


def _senders(tried: Sequence[Tried]) -> list[Rate]:
    summed: dict[tuple[Channel, str], Counter[int]] = {}
    for channel, sender, numbers in tried:
        summed.setdefault((channel, sender), Counter()).update(dict(enumerate(numbers)))
    return [
        Rate(channel, sender, *(found[each] for each in range(3)))
        for (channel, sender), found in sorted(summed.items())
    ]


def _newest(conditions: Sequence[ColumnElement[bool]]) -> Any:
    """The newest messages, enough of them to tell how long things take."""
    columns = (Notification.channel, Notification.created_at, Notification.not_before)
    wanted = select(*columns, Notification.sent_at, Notification.delivered_at).where(*conditions)
    return wanted.order_by(Notification.id.desc()).limit(TIMED).subquery("newest").c


def _times(newest: Any, since: datetime) -> list[Times]:
    sent, delivered = _spread(newest, since, newest.sent_at), _spread(newest, since, newest.delivered_at)
    return [
        Times(channel, _quantiles(sent[channel]), _quantiles(delivered[channel]))
        for channel in Channel
        if sent[channel] or delivered[channel]
    ]


def _spread(newest: Any, since: datetime, end: Any) -> dict[Channel, Counter[float]]:
    """How many messages took how long, in tenths of a second up to a minute, in seconds up to an hour, in minutes."""
    due = case((newest.not_before.between(newest.created_at, end), newest.not_before))
    seconds = _seconds(end) - _seconds(func.coalesce(due, newest.created_at))
    rounded = case(
        (seconds < MINUTE_S, cast(seconds * TENTHS, Integer) / float(TENTHS)),
        (seconds < HOUR_S, cast(cast(seconds, Integer), Float)),
        else_=cast(cast(seconds / MINUTE_S, Integer) * MINUTE_S, Float),
    )
    wanted: Select[Any] = select(newest.channel, rounded, func.count()).where(end >= since)
    found: dict[Channel, Counter[float]] = {channel: Counter() for channel in Channel}
    for channel, took, count in db.session.execute(wanted.group_by(newest.channel, rounded)):
        found[channel][max(float(took), 0.0)] += count
    return found


def _quantiles(spread: Counter[float]) -> tuple[float, float] | None:
    total = spread.total()
    if not total:
        return None
    found: list[float] = []
    passed = 0
    wanted = [0.5 * total, 0.95 * total]
    for took, count in sorted(spread.items()):
        passed += count
        while len(found) < len(wanted) and passed >= wanted[len(found)]:
            found.append(took)
    return found[0], found[1]


def _hour(at: Any) -> ColumnElement[Any]:
    """Hours since 1970, rounded down; NULL for NULL."""
    hours = _seconds(at) / HOUR_S
    return cast(func.floor(hours), BigInteger) if _is_postgresql() else cast(hours, Integer)


def _seconds(at: Any) -> ColumnElement[Any]:
    """Seconds since 1970 with fractions."""
    return cast(extract("epoch", at), Float) if _is_postgresql() else (func.julianday(at) - EPOCH_DAY) * DAY_S


def _is_postgresql() -> bool:
    return db.session.get_bind().dialect.name == "postgresql"
