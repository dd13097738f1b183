"""Claiming: which messages go out now, from which sender, under a lease. One short transaction for a whole batch."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, Row, func, or_, select, text, update

from config import clock
from config.database import claimable, db
from config.encryption import DecryptionError
from config.ids import new_id
from config.rowsets import among, insert_many
from notifications import senders
from notifications.channels.base import Channel as Way, Outgoing
from notifications.models import DeliveryAttempt, Notification
from notifications.preferences import refusals
from notifications.rows import sealers_here
from notifications.settling import finish
from notifications.statuses import AttemptState, Channel, Meaning, Priority, Status

log = structlog.get_logger(__name__)
# Spelt out, not as parameters: only so can the planner see that the partial indexes hold these rows.
PENDING = text("notification.status = 'pending'")
BEGIN_WITHIN = timedelta(seconds=30)
BEYOND = timedelta(minutes=30)  # no wait and no lease is as long: it was written before the wall clock was set back
SUSPECT_AFTER = 5
DIED = (AttemptState.LOST, AttemptState.CRASHED)
# The part of a batch that may go to one priority while others wait: what is left is for the next ones, so none starves.
MOST_OF_BATCH = {Priority.URGENT: 0.7, Priority.NORMAL: 0.9, Priority.BULK: 1.0}
MESSAGE = (
    Notification.id,
    Notification.template,
    Notification.priority,
    Notification.recipient_index,
    Notification.__table__.c.recipient_sealed,
    Notification.__table__.c.subject_sealed,
    Notification.__table__.c.body_sealed,
    Notification.__table__.c.html_sealed,
    Notification.locale,
    Notification.segments,
    Notification.attempts_made,
    Notification.expires_at,
)
Claimed = tuple[Row[Any], UUID, str]


def due(channel: Channel, priorities: Iterable[Priority] = Priority) -> list[ColumnElement[bool]]:
    """What may go out now, as conditions that `ix_notification_pending` serves."""
    return [
        Notification.channel == channel,
        PENDING,  # type: ignore[list-item]
        Notification.priority.in_([int(each) for each in priorities]),
        Notification.due_from <= clock.now(),
        or_(Notification.expires_at.is_(None), Notification.expires_at > clock.now()),
        or_(
            Notification.next_attempt_at.is_(None),
            Notification.next_attempt_at <= clock.wall(),
            Notification.next_attempt_at > clock.wall() + BEYOND,
        ),
    ]


def anything(conditions: Sequence[ColumnElement[bool]]) -> bool:
    """A look without a write lock, since most looks find nothing; ends its own read transaction."""
    found = db.session.scalar(select(Notification.id).where(*conditions).limit(1))
    db.session.rollback()
    return found is not None


def claim(channel: Channel, way: Way) -> list[Claimed]:
    """Claim one batch, inside the caller's transaction: each message with its new attempt and its sender."""
    purse, opened = senders.opened(channel, way)
    rows = _without_suspects(_due_rows(channel, way.batch_size))
    refused = refusals(channel, {row.recipient_index for row in rows})
    claimed: list[Claimed] = []
    for row in rows:
        if refused.hold(row.recipient_index, row.template, row.priority):
            finish(db.session.get_one(Notification, row.id), Status.SUPPRESSED)
            continue
        sender = purse.spend(row.recipient_index, max(row.segments, 1))
        if sender is None:
            break
        claimed.append((row, new_id(), sender))
    senders.closed(purse, opened)
    _write(channel, claimed, way.lease)
    return claimed


def outgoing(claimed: Sequence[Claimed], started_at: datetime, begin_before: datetime) -> list[Outgoing]:
    """The claimed messages with their texts opened; needs no transaction.

    `begin_before` counts from when the lease began, not from now: whoever was stopped in between has no time left.
    Messages that do not open are left out.
    """
    sealers, now, found = sealers_here(), clock.now(), []
    for row, attempt_id, sender in claimed:
        try:
            message = Outgoing(
                attempt_id=attempt_id,
                notification_id=row.id,
                to=sealers.recipient.unseal(row.id, row.recipient_sealed),
                subject=sealers.subject.unseal(row.id, row.subject_sealed),
                body=sealers.body.unseal(row.id, row.body_sealed),
                html=sealers.html.unseal(row.id, row.html_sealed),
                locale=row.locale,
                started_at=started_at,
                begin_before=begin_before,
                valid_for=None if row.expires_at is None else int((row.expires_at - now).total_seconds()),
                sender=sender,
            )
        except DecryptionError:  # its key is gone: that must not hold up all the others of the batch
            log.error("message_unreadable", message=str(row.id))
        else:
            found.append(message)
    return found


def _due_rows(channel: Channel, size: int) -> list[Row[Any]]:
    rows: list[Row[Any]] = []
    for priority in Priority:
        wanted = select(*MESSAGE).where(*due(channel, [priority]))
        room = int(size * MOST_OF_BATCH[priority]) - len(rows)
        if room > 0:
            rows += db.session.execute(
                claimable(wanted.order_by(Notification.due_from, Notification.id).limit(room))
            ).all()
    return rows


def _without_suspects(rows: list[Row[Any]]) -> list[Row[Any]]:
    """A message in whose company processes have died several times goes alone, so that it drags no others along."""
    tried = [row.id for row in rows if row.attempts_made >= SUSPECT_AFTER]
    if not tried:
        return rows
    died = [DeliveryAttempt.notification_id.in_(tried), DeliveryAttempt.state.in_(DIED)]
    counted = select(DeliveryAttempt.notification_id).where(*died).group_by(DeliveryAttempt.notification_id)
    suspects = set(db.session.scalars(counted.having(func.count() >= SUSPECT_AFTER)))
    first = next((place for place, row in enumerate(rows) if row.id in suspects), None)
    return rows if first is None else rows[: max(first, 1)]


def _write(channel: Channel, claimed: Sequence[Claimed], lease: timedelta) -> None:
    if not claimed:
        return
    started = clock.wall()
    db.session.execute(
        update(Notification)
        .where(among(Notification.id, [row.id for row, _, _ in claimed]))
        .values(status=Status.SENDING, lease_until=started + lease, attempts_made=Notification.attempts_made + 1)
        .execution_options(synchronize_session=False)
    )
    attempts = [
        {
            "id": attempt_id,
            "notification_id": row.id,
            "number": row.attempts_made + 1,
            "channel": channel,
            "sender": sender,
            "state": AttemptState.CLAIMED,
            "meaning": Meaning.NONE,
            "started_at": started,
        }
        for row, attempt_id, sender in claimed
    ]
    insert_many(DeliveryAttempt, attempts)
