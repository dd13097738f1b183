"""The queue: what waits and since when, how fast it goes, when it will be through, and who sends. No personal data."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, func, select, text

from config import clock
from config.database import db
from notifications.channels.registry import configured_channels
from notifications.heartbeats import Pulse, overdue_jobs, pulses
from notifications.models import DeliveryAttempt, Notification
from notifications.operation_models import Sender
from notifications.pacing import seconds_until_through
from notifications.senders import pace_of
from notifications.statuses import AttemptState, Channel, Priority
from notifications.time_ranges import first_id

# Spelt out: only so can the planner see that the partial indexes hold these rows.
PENDING, SENDING = text("notification.status = 'pending'"), text("notification.status = 'sending'")
RATE_OVER = timedelta(minutes=2)
SHORTEST_SPAN_S = 10.0
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
    is_configured: bool
    weight: float
    pace: float
    per_minute: float
    troubled_at: datetime | None


@dataclass(frozen=True)
class QueueState:
    at: datetime
    flows: Sequence[Flow]
    waiting: Sequence[Waiting]
    senders: Sequence[SenderState]
    pulses: Sequence[Pulse]
    overdue: Sequence[str]


def queue_state() -> QueueState:
    """The queue as it is now."""
    now = clock.wall()
    waiting, rates = _waiting(), _rates(now)
    return QueueState(now, _flows(waiting, rates), waiting, _senders(rates), pulses(), overdue_jobs())


def flows() -> list[Flow]:
    """The channels alone, for /metrics."""
    return _flows(_waiting(), _rates(clock.wall()))


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


def _flows(waiting: Sequence[Waiting], rates: dict[tuple[Channel, str], float]) -> list[Flow]:
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
        )
        for channel in Channel
    ]


def _flow(channel: Channel, waiting: Sequence[Waiting], in_flight: int, per_minute: float) -> Flow:
    due = sum(each.due for each in waiting)
    way = configured_channels().get(channel)
    # What went out lately says most; before anything has, the pace of the senders has to do.
    a_second = per_minute / 60 or (pace_of(channel) * len(way.sender_names) if way else 0.0)
    left = due + in_flight
    seconds = seconds_until_through(left, a_second)
    through = clock.wall() + timedelta(seconds=seconds) if left and seconds is not None else None
    return Flow(
        channel=channel,
        is_configured=way is not None,
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


def _senders(rates: dict[tuple[Channel, str], float]) -> list[SenderState]:
    """All that the settings name, and those of the past that still stand in the table."""
    rows = {(row.channel, row.name): row for row in db.session.scalars(select(Sender))}
    configured = {(channel, name) for channel, way in configured_channels().items() for name in way.sender_names}
    return [
        SenderState(
            channel=channel,
            name=name,
            is_configured=(channel, name) in configured,
            weight=row.weight if row else 1.0,
            pace=pace_of(channel),
            per_minute=rates.get((channel, name), 0.0),
            troubled_at=row.troubled_at if row else None,
        )
        for channel, name in sorted(rows.keys() | configured)
        for row in [rows.get((channel, name))]
    ]
