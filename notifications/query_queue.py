"""The queue: what waits and since when, how fast it goes, when it will be through, and who sends. No personal data."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, func, select, text

from config import clock
from config.database import db
from config.settings import Settings, current_settings
from notifications.channels.registry import configured_channels
from notifications.models import DeliveryAttempt, Notification
from notifications.operation_models import Heartbeat, Sender
from notifications.schedule import Queue
from notifications.statuses import AttemptState, Channel, Priority
from notifications.time_ranges import first_id

# Spelt out: only so can the planner see that the partial indexes hold these rows.
PENDING, SENDING = text("notification.status = 'pending'"), text("notification.status = 'sending'")
RATE_OVER = timedelta(minutes=2)
SHORTEST_SPAN_S = 10.0
SILENT_AFTER = timedelta(minutes=3)
HANDED = (AttemptState.SENT, AttemptState.DELIVERED, AttemptState.UNDELIVERED)


@dataclass(frozen=True)
class Waiting:
    """What waits by one channel with one priority. `oldest`: since when the oldest that is due has waited."""

    channel: Channel
    priority: Priority
    due: int
    later: int
    retries: int
    oldest: datetime | None


@dataclass(frozen=True)
class Flow:
    """One channel: what is due, what is on its way, how fast it goes, and when it will be through.

    `per_minute` is what was handed over lately; `through_at` (wall time) is None when nothing can be said.
    `next_due` is when the next message that still waits becomes due.
    """

    channel: Channel
    is_configured: bool
    due: int
    later: int
    retries: int
    in_flight: int
    oldest: datetime | None
    next_due: datetime | None
    per_minute: float
    through_at: datetime | None

    @property
    def oldest_s(self) -> float:
        """Seconds that the oldest due message has waited; 0 when none does."""
        return max((clock.now() - self.oldest).total_seconds(), 0.0) if self.oldest else 0.0

    @property
    def left_s(self) -> float | None:
        """Seconds until the backlog is through, 0 when it is; None when nothing can be said."""
        if not self.due and not self.in_flight:
            return 0.0
        return max((self.through_at - clock.wall()).total_seconds(), 0.0) if self.through_at else None


@dataclass(frozen=True)
class SenderState:
    """A sender as it stands. Times are wall time; `per_minute` is what it handed over lately."""

    channel: Channel
    name: str
    weight: float
    pace: float
    per_minute: float
    troubled_at: datetime | None
    moved_at: datetime | None


@dataclass(frozen=True)
class Pulse:
    """When a worker of this queue last answered (wall time); `is_silent` when it should have since."""

    name: str
    answered_at: datetime | None
    is_silent: bool


@dataclass(frozen=True)
class QueueState:
    at: datetime
    flows: Sequence[Flow]
    waiting: Sequence[Waiting]
    senders: Sequence[SenderState]
    pulses: Sequence[Pulse]


def queue_state() -> QueueState:
    """The queue as it is now."""
    settings, now = current_settings(), clock.wall()
    waiting, rates = _waiting(), _rates(now)
    return QueueState(now, _flows(waiting, rates, settings), waiting, _senders(rates, settings), _pulses(now))


def flows() -> list[Flow]:
    """The channels alone, for /metrics."""
    return _flows(_waiting(), _rates(clock.wall()), current_settings())


def _waiting() -> list[Waiting]:
    now, wall = clock.now(), clock.wall()
    later = Notification.due_from > now
    retry = Notification.next_attempt_at > wall
    is_due = ~later & ~func.coalesce(retry, False)
    since = case((is_due, func.coalesce(Notification.not_before, Notification.created_at)))
    counted = (
        select(
            Notification.channel,
            Notification.priority,
            func.count().filter(is_due),
            func.count().filter(later),
            func.count().filter(~later, retry),
            func.min(since),
        )
        .where(PENDING)
        .group_by(Notification.channel, Notification.priority)
        .order_by(Notification.channel, Notification.priority)
    )
    return [
        Waiting(channel, Priority(priority), due, ahead, retries, oldest)
        for channel, priority, due, ahead, retries, oldest in db.session.execute(counted)
    ]


def _rates(now: datetime) -> dict[tuple[Channel, str], float]:
    """Messages a minute by channel and sender, over the last two minutes or since they began to flow."""
    begun = now - RATE_OVER
    counted = (
        select(
            DeliveryAttempt.channel,
            DeliveryAttempt.sender,
            func.count(),
            func.min(DeliveryAttempt.started_at),
        )
        .where(DeliveryAttempt.id >= first_id(begun), DeliveryAttempt.state.in_(HANDED))
        .group_by(DeliveryAttempt.channel, DeliveryAttempt.sender)
    )
    rows = db.session.execute(counted).all()
    first: dict[Channel, datetime] = {}
    for channel, _, _, started in rows:
        first[channel] = min(started, first.get(channel, started))
    spans = {channel: max((now - at).total_seconds(), SHORTEST_SPAN_S) for channel, at in first.items()}
    return {(channel, sender): count * 60 / spans[channel] for channel, sender, count, _ in rows}


def _flows(waiting: Sequence[Waiting], rates: dict[tuple[Channel, str], float], settings: Settings) -> list[Flow]:
    in_flight: dict[Channel, int] = dict(
        db.session.execute(
            select(Notification.channel, func.count()).where(SENDING).group_by(Notification.channel)
        ).all()
    )
    return [
        _flow(
            channel,
            [each for each in waiting if each.channel is channel],
            in_flight.get(channel, 0),
            sum(rate for (of, _), rate in rates.items() if of is channel),
            _pace(channel, settings) * _sender_count(channel),
        )
        for channel in Channel
    ]


def _flow(channel: Channel, waiting: Sequence[Waiting], in_flight: int, per_minute: float, pace: float) -> Flow:
    due = sum(each.due for each in waiting)
    is_configured = channel in configured_channels()
    # What went out lately says most; before anything has, the configured pace has to do.
    expected = per_minute or (pace * 60 if is_configured else 0.0)
    left = due + in_flight
    through = clock.wall() + timedelta(minutes=left / expected) if left and expected else None
    return Flow(
        channel=channel,
        is_configured=is_configured,
        due=due,
        later=sum(each.later for each in waiting),
        retries=sum(each.retries for each in waiting),
        in_flight=in_flight,
        oldest=min((each.oldest for each in waiting if each.oldest), default=None),
        next_due=_next_due(channel) if any(each.later for each in waiting) else None,
        per_minute=per_minute,
        through_at=through,
    )


def _next_due(channel: Channel) -> datetime | None:
    """The earliest hour that messages wait for; one look into the index per priority."""
    found: list[datetime | None] = [
        db.session.scalar(
            select(func.min(Notification.due_from)).where(
                PENDING,
                Notification.channel == channel,
                Notification.priority == priority,
                Notification.due_from > clock.now(),
            )
        )
        for priority in Priority
    ]
    return min((at for at in found if at), default=None)


def _senders(rates: dict[tuple[Channel, str], float], settings: Settings) -> list[SenderState]:
    rows: Sequence[Any] = db.session.scalars(select(Sender).order_by(Sender.channel, Sender.name)).all()
    return [
        SenderState(
            channel=row.channel,
            name=row.name,
            weight=row.weight,
            pace=_pace(row.channel, settings),
            per_minute=rates.get((row.channel, row.name), 0.0),
            troubled_at=row.troubled_at,
            moved_at=row.moved_at,
        )
        for row in rows
    ]


def _pace(channel: Channel, settings: Settings) -> float:
    """Messages or segments a second that one sender may send; 0: as fast as it goes."""
    return settings.sms_segments_per_second if channel is Channel.SMS else settings.mails_per_second


def _sender_count(channel: Channel) -> int:
    return int(db.session.scalar(select(func.count()).select_from(Sender).where(Sender.channel == channel)) or 1)


def _pulses(now: datetime) -> list[Pulse]:
    rows = {row.name: row for row in db.session.scalars(select(Heartbeat).order_by(Heartbeat.name))}
    found = []
    for name in [*(queue.value for queue in Queue), *(name for name in rows if name not in set(Queue))]:
        row = rows.get(name)
        answered = row.answered_at if row else None
        is_silent = row is not None and (answered is None or now - answered > SILENT_AFTER)
        found.append(Pulse(name, answered, is_silent))
    return found
