"""The log of messages: filters, pages both ways, counts.

However many messages there are, a page reads few of them. Filters with an index of their own (about, recipient, bulk
send, open or troubled status) use it; the others look through the newest `WINDOW` messages of the chosen days, and
where that was not enough the page says how far it looked and goes on from there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select, text
from sqlalchemy.orm import aliased

from auth.actors import Actor
from config.database import db
from config.settings import current_settings
from notifications.addresses import masked
from notifications.channels.registry import configured_channels
from notifications.models import IN_TROUBLE, DeliveryAttempt, Notification
from notifications.operation_models import Sender
from notifications.queries import visible
from notifications.statuses import TROUBLE, WITHDRAWN, Channel, Status
from notifications.time_ranges import created_between

PAGE = 50
WINDOW = 20_000
# Statuses as the tabs above the log sum them up.
GROUPS: dict[str, tuple[Status, ...]] = {
    "open": (Status.PENDING, Status.SENDING, Status.PAUSED),
    "out": (Status.SENT,),
    "arrived": (Status.DELIVERED,),
    "trouble": TROUBLE,
    "withheld": WITHDRAWN,
}
# Those with a partial index; spelt out, for only so can the planner see that the index holds these rows.
_INDEXED_STATUS = {
    "pending": text("notification.status = 'pending'"),
    "sending": text("notification.status = 'sending'"),
    "trouble": text(f"notification.status IN {IN_TROUBLE}"),
    **{
        status.value: text(f"notification.status IN {IN_TROUBLE} AND notification.status = '{status.value}'")
        for status in GROUPS["trouble"]
    },
}


@dataclass(frozen=True)
class Filters:
    """What of the log to show; None and "" mean all.

    `status` is a status or a key of `GROUPS`; `recipient` the blind index of an address; `since` and `until` are days
    in the jurisdiction's zone, both included.
    """

    status: str = ""
    channel: Channel | None = None
    template: str = ""
    about: str = ""
    sender: str = ""
    since: date | None = None
    until: date | None = None
    recipient: bytes | None = None
    bulk: UUID | None = None

    @property
    def statuses(self) -> tuple[Status, ...]:
        """The statuses that `status` stands for; empty for all."""
        if self.status in GROUPS:
            return GROUPS[self.status]
        return (Status(self.status),) if self.status else ()


@dataclass(frozen=True)
class Line:
    """One line of the log."""

    id: UUID
    template: str
    channel: Channel
    status: Status
    about: str
    recipient: str
    segments: int
    created_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    may_try_again: bool
    owner: str | None = None


@dataclass(frozen=True)
class Page:
    """A page of the log, newest first. `older`, `newer`: ids to go on from, None where there is nothing.

    `searched_to`: how far back this page looked, when it could not look at all that the filters allow.
    """

    lines: Sequence[Line]
    older: UUID | None
    newer: UUID | None
    searched_to: datetime | None = None


@dataclass(frozen=True)
class Counts:
    """Messages by key of `GROUPS`, whatever the status filter says; among the newest `WINDOW` if not `complete`."""

    by_group: dict[str, int]
    complete: bool

    @property
    def total(self) -> int:
        return sum(self.by_group.values())


def log_page(actor: Actor, filters: Filters, *, before: UUID | None = None, after: UUID | None = None) -> Page:
    """The page of messages older than `before`, or newer than `after`, or the newest."""
    upwards = after is not None
    source = _source(filters, before, after)
    entity = source.entity
    wanted = select(entity).where(visible(actor, entity), *source.conditions, *_wanted(filters, entity))
    order = entity.id.asc() if upwards else entity.id.desc()
    rows = list(db.session.scalars(wanted.order_by(order).limit(PAGE + 1)))
    more, rows = len(rows) > PAGE, rows[:PAGE]
    edge = None if more else source.edge()
    onwards = rows[-1].id if more else edge[0] if edge else None
    if upwards:
        rows.reverse()
        return Page([line_of(row) for row in rows], rows[-1].id if rows else after, onwards)
    newer = None if before is None else rows[0].id if rows else before
    return Page([line_of(row) for row in rows], onwards, newer, edge[1] if edge else None)


def counts(actor: Actor, filters: Filters) -> Counts:
    """How many messages the filters other than the status give, by group of statuses."""
    filters = replace(filters, status="")
    source = _source(filters, None, None)
    entity = source.entity
    by_status = select(entity.status, func.count()).where(
        visible(actor, entity), *source.conditions, *_wanted(filters, entity)
    )
    found: dict[Status, int] = dict(db.session.execute(by_status.group_by(entity.status)).all())
    summed = {group: sum(found.get(status, 0) for status in statuses) for group, statuses in GROUPS.items()}
    return Counts(summed, source.edge() is None)


def sender_names() -> list[str]:
    """The names of all senders: those that the settings name, and those of the past that we know."""
    known = set(db.session.scalars(select(Sender.name)))
    return sorted(known.union(*(way.sender_names for way in configured_channels().values())))


def line_of(row: Notification) -> Line:
    """`row` as the pages show it."""
    return Line(
        id=row.id,
        template=row.template,
        channel=row.channel,
        status=row.status,
        about=row.about,
        recipient=masked(row.channel, row.recipient or ""),
        segments=row.segments,
        created_at=row.created_at,
        sent_at=row.sent_at,
        delivered_at=row.delivered_at,
        may_try_again=row.status in TROUBLE and row.has_text,
        owner=row.owner,
    )


@dataclass(frozen=True)
class _Source:
    """What to select from, with conditions that still belong into the WHERE; `window` when only that much is read."""

    entity: Any
    conditions: Sequence[ColumnElement[bool]]
    window: Select[Any] | None = None

    def edge(self) -> tuple[UUID, datetime] | None:
        """The last message that the window reaches; None when there was nothing beyond it."""
        if self.window is None:
            return None
        last = self.window.with_only_columns(Notification.id, Notification.created_at).limit(1).offset(WINDOW - 1)
        found = db.session.execute(last).first()
        return (found[0], found[1]) if found else None


def _source(filters: Filters, before: UUID | None, after: UUID | None) -> _Source:
    zone = current_settings().zone
    since = datetime.combine(filters.since, time(), zone) if filters.since else None
    until = datetime.combine(filters.until + timedelta(days=1), time(), zone) if filters.until else None
    conditions = created_between(Notification, since, until)
    if after is not None:
        conditions.append(Notification.id > after)
    elif before is not None:
        conditions.append(Notification.id < before)
    if filters.about or filters.recipient or filters.bulk or filters.status in _INDEXED_STATUS:
        return _Source(Notification, conditions)
    order = Notification.id.asc() if after is not None else Notification.id.desc()
    window = select(Notification).where(*conditions).order_by(order).limit(WINDOW)
    return _Source(aliased(Notification, window.subquery("window")), (), window)


def _wanted(filters: Filters, entity: Any) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if entity is Notification and filters.status in _INDEXED_STATUS:
        found.append(cast(ColumnElement[bool], _INDEXED_STATUS[filters.status]))
    elif filters.statuses:
        found.append(entity.status.in_(filters.statuses))
    for column, value in (
        (entity.channel, filters.channel),
        (entity.template, filters.template),
        (entity.about, filters.about),
        (entity.recipient_index, filters.recipient),
        (entity.bulk_id, filters.bulk),
    ):
        if value:
            found.append(column == value)
    if filters.sender:
        found.append(_sent_from(entity, filters.sender))
    return found


def _sent_from(entity: Any, sender: str) -> ColumnElement[bool]:
    # Counted, not EXISTS: that becomes a join, and a join may begin by reading all attempts there ever were.
    tries = select(func.count()).where(DeliveryAttempt.notification_id == entity.id, DeliveryAttempt.sender == sender)
    return tries.correlate(entity).scalar_subquery() > 0
