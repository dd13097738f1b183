"""Delivery: claim a batch, send it with no open transaction, settle it.

A claim is a lease. Whoever dies with claims leaves them to `recover`, which first finds out what became of them.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import ColumnExpressionArgument, func, or_, select, text, update

from config import clock
from config.database import claimable, db, transaction
from config.ids import new_id
from notifications.celery_app import wake
from notifications.channels.base import Channel as Way
from notifications.channels.base import Lost, Outcome, Outgoing, Sent, Temporary, Unknown
from notifications.channels.registry import configured_channels
from notifications.models import DeliveryAttempt, Notification, Receipt
from notifications.preferences import refusals
from notifications.schedule import Queue
from notifications.settling import finish, locked_histories, settle
from notifications.statuses import AttemptState, Channel, Status

Condition = ColumnExpressionArgument[bool]
log = structlog.get_logger(__name__)
# Spelt out, not as parameters: only so can the planner see that the partial indexes hold these rows.
PENDING, SENDING = text("notification.status = 'pending'"), text("notification.status = 'sending'")
BEGIN_WITHIN = timedelta(seconds=30)
EXPIRE_AT_ONCE = 200
RECOVER_AT_ONCE = 20
SUSPECT_AFTER = 5
DIED = (AttemptState.LOST, AttemptState.CRASHED)
LOOK_UP_FOR = timedelta(hours=6)


def deliver(channel: Channel) -> int:
    """Hand over one batch of what is due by `channel`. Returns how many messages were dealt with."""
    expired = _expire(channel)
    way = configured_channels().get(channel)
    if way is None or not _any(_due(channel)):
        return expired
    with transaction():
        batch = _claim(channel, way)
    if batch:
        outcomes = [
            (message.notification_id, message.attempt_id, outcome) for message, outcome in way.send(batch, _handing)
        ]
        _settle(outcomes, way)
    return expired + len(batch)


def recover() -> int:
    """Settle claims whose lease has ended: found at the provider, sent again, or unknown. Returns how many."""
    return sum(_recover(channel, way) for channel, way in configured_channels().items())


def _due(channel: Channel) -> list[Condition]:
    return [
        Notification.channel == channel,
        PENDING,
        or_(Notification.not_before.is_(None), Notification.not_before <= clock.now()),
        or_(Notification.next_attempt_at.is_(None), Notification.next_attempt_at <= clock.wall()),
    ]


def _any(conditions: Sequence[Condition]) -> bool:
    """A look without a write lock, since most looks find nothing; ends its own read transaction."""
    found = db.session.scalar(select(Notification.id).where(*conditions).limit(1))
    db.session.rollback()
    return found is not None


def _expire(channel: Channel) -> int:
    overdue: list[Condition] = [Notification.channel == channel, PENDING, Notification.expires_at <= clock.now()]
    if not _any(overdue):
        return 0
    with transaction():
        messages = db.session.scalars(
            claimable(select(Notification).where(*overdue).order_by(Notification.id).limit(EXPIRE_AT_ONCE))
        ).all()
        for message in messages:
            finish(message, Status.EXPIRED)
        return len(messages)


def _claim(channel: Channel, way: Way) -> list[Outgoing]:
    rows = db.session.scalars(
        claimable(select(Notification).where(*_due(channel)).order_by(Notification.id).limit(way.batch_size))
    ).all()
    rows = _without_suspects(rows)
    refused = refusals(channel, {row.recipient_index for row in rows})
    started, batch = clock.wall(), []
    for row in rows:
        if refused.hold(row.recipient_index, row.template, row.priority):
            finish(row, Status.SUPPRESSED)
            continue
        row.status, row.lease_until = Status.SENDING, started + way.lease
        row.attempts_made += 1
        attempt = DeliveryAttempt(
            id=new_id(),
            notification_id=row.id,
            number=row.attempts_made,
            channel=channel,
            state=AttemptState.CLAIMED,
            started_at=started,
        )
        db.session.add(attempt)
        batch.append(_outgoing(row, attempt))
    return batch


def _without_suspects(rows: Sequence[Notification]) -> Sequence[Notification]:
    """A message in whose company processes have died several times goes alone, so that it drags no others along."""
    tried = [row.id for row in rows if row.attempts_made >= SUSPECT_AFTER]
    if not tried:
        return rows
    died = [DeliveryAttempt.notification_id.in_(tried), DeliveryAttempt.state.in_(DIED)]
    counted = select(DeliveryAttempt.notification_id).where(*died).group_by(DeliveryAttempt.notification_id)
    suspects = set(db.session.scalars(counted.having(func.count() >= SUSPECT_AFTER)))
    first = next((place for place, row in enumerate(rows) if row.id in suspects), None)
    return rows if first is None else rows[: max(first, 1)]


def _outgoing(row: Notification, attempt: DeliveryAttempt) -> Outgoing:
    left = None if row.expires_at is None else int((row.expires_at - clock.now()).total_seconds())
    return Outgoing(
        attempt_id=attempt.id,
        notification_id=row.id,
        to=row.recipient or "",
        subject=row.subject or "",
        body=row.body or "",
        html=row.html or "",
        locale=row.locale,
        started_at=attempt.started_at,
        begin_before=clock.wall() + BEGIN_WITHIN,
        valid_for=left,
    )


def _handing(attempt_id: UUID) -> bool:
    """Write down that the point of no return is now; False when the claim is no longer ours."""
    with transaction():
        done = db.session.execute(
            update(DeliveryAttempt)
            .where(
                DeliveryAttempt.id == attempt_id,
                DeliveryAttempt.state == AttemptState.CLAIMED,
                DeliveryAttempt.handed_at.is_(None),
            )
            .values(handed_at=clock.wall())
            .execution_options(synchronize_session=False)
        )
        return int(done.rowcount) == 1  # type: ignore[attr-defined]


def _settle(outcomes: Sequence[tuple[UUID, UUID, Outcome]], way: Way) -> None:
    with transaction():
        learnt = settle(outcomes, way.lease if way.can_look_up else None)
        if learnt and db.session.scalar(
            select(Receipt.id).where(Receipt.provider_id.in_(learnt), Receipt.processed_at.is_(None)).limit(1)
        ):
            wake(Queue.INBOUND)  # receipts that were faster than our commit
        if any(isinstance(outcome, Temporary | Lost) for _, _, outcome in outcomes):
            log.info("delivery_postponed", messages=len(outcomes))


def _recover(channel: Channel, way: Way) -> int:
    stale: list[Condition] = [Notification.channel == channel, SENDING, Notification.lease_until <= clock.wall()]
    if not _any(stale):
        return 0
    with transaction():
        ids = db.session.scalars(
            claimable(select(Notification.id).where(*stale).order_by(Notification.id).limit(RECOVER_AT_ONCE))
        ).all()
        claims = [
            (row, attempt)
            for row, attempts in locked_histories(ids)
            for attempt in attempts
            if attempt.state is AttemptState.CLAIMED
        ]
        answered = {attempt.id: attempt.code for _, attempt in claims}
        handed = {attempt.id for _, attempt in claims if attempt.handed_at is not None}
        for row, _ in claims:
            row.lease_until = clock.wall() + way.lease
        batch = [_outgoing(row, attempt) for row, attempt in claims]
    if way.can_look_up:
        codes = {attempt_id: code for attempt_id, code in answered.items() if code}
        return _settle_looked_up(batch, way, codes)
    outcomes = [
        (each.notification_id, each.attempt_id, Unknown("interrupted") if each.attempt_id in handed else Lost())
        for each in batch
    ]
    _settle(outcomes, way)
    return len(outcomes)


def _settle_looked_up(batch: Sequence[Outgoing], way: Way, codes: Mapping[UUID, str]) -> int:
    answers = way.look_up(batch)
    taken = _known({candidate for answer in answers.values() for candidate in answer or ()})
    decided: list[tuple[UUID, UUID, Outcome]] = []
    given_up: list[tuple[UUID, UUID, Outcome]] = []
    for message in batch:
        answer = answers.get(message.attempt_id)
        if answer is None:
            if clock.wall() - message.started_at > LOOK_UP_FOR:
                given_up.append((message.notification_id, message.attempt_id, Unknown("not_looked_up")))
            continue
        match_ = next((candidate for candidate in answer if candidate not in taken), None)
        if match_ is not None:
            taken.add(match_)
        code = codes.get(message.attempt_id)  # an answer such as 500: the provider's trouble, not the message's
        outcome: Outcome = Sent(match_) if match_ else Temporary(code) if code else Lost()
        decided.append((message.notification_id, message.attempt_id, outcome))
    if decided:
        _settle(decided, way)
    if given_up:
        with transaction():
            settle(given_up, None)
    return len(decided) + len(given_up)


def _known(provider_ids: set[str]) -> set[str]:
    """Those that belong to other attempts already: two messages with one text must not both claim them."""
    found = set(
        db.session.scalars(select(DeliveryAttempt.provider_id).where(DeliveryAttempt.provider_id.in_(provider_ids)))
    )
    db.session.rollback()
    return {each for each in found if each}
