"""Quiet hours where they meet the outbox: a message of the night waits for the morning."""

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import ColumnElement, or_, select, text, update

from config import clock
from config.database import claimable, db, transaction
from config.settings import current_settings
from notifications import quiet_hours
from notifications.models import Notification
from notifications.statuses import Channel, Priority, Purpose

PENDING = text("notification.status = 'pending'")


def when_to_send(
    at: datetime,
    *,
    channel: Channel,
    purpose: Purpose,
    priority: int,
    zone: str | None,
    expires_at: datetime | None,
) -> datetime:
    """`at`, or the end of the quiet hours if such a message has to wait for it. Domain time, aware."""
    quiet = current_settings().quiet if channel is Channel.SMS else None
    if quiet is None:
        return at
    return quiet_hours.earliest(
        at, quiet=quiet, zone=_zone(zone), purpose=purpose, priority=priority, expires_at=expires_at
    )


def put_off(channel: Channel) -> int:
    """Let what is due now, in somebody's quiet hours, wait for their end: retries, and what lay while nobody sent.

    Returns how many messages. Each time zone is one statement, whatever the backlog.
    """
    if channel is not Channel.SMS or current_settings().quiet is None:
        return 0
    now = clock.now()
    zones = db.session.scalars(select(Notification.zone).where(*_held(channel, now)).distinct()).all()
    db.session.rollback()
    ends = {
        zone: when_to_send(
            now, channel=channel, purpose=Purpose.GENERAL, priority=Priority.NORMAL, zone=zone, expires_at=None
        )
        for zone in zones
    }
    return sum(_put_off(channel, zone, now, end) for zone, end in ends.items() if end > now)


def _put_off(channel: Channel, zone: str | None, now: datetime, end: datetime) -> int:
    in_zone = Notification.zone.is_(None) if zone is None else Notification.zone == zone
    useful = or_(Notification.expires_at.is_(None), Notification.expires_at > end)
    with transaction():
        chosen = claimable(select(Notification.id).where(*_held(channel, now), in_zone, useful))
        done = db.session.execute(
            update(Notification).where(Notification.id.in_(chosen)).values(not_before=end),
            execution_options={"synchronize_session": False},
        )
        return int(done.rowcount)  # type: ignore[attr-defined]


def _held(channel: Channel, now: datetime) -> list[ColumnElement[bool]]:
    return [
        Notification.channel == channel,
        PENDING,  # type: ignore[list-item]
        Notification.priority.in_([int(each) for each in Priority if quiet_hours.is_held(Purpose.GENERAL, each)]),
        Notification.due_from <= now,
        Notification.purpose == Purpose.GENERAL,
    ]


def _zone(name: str | None) -> ZoneInfo:
    return (_known_zone(name) if name else None) or current_settings().zone


@lru_cache(maxsize=128)
def _known_zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a name that this machine's tables do not have (any more)
        return None
