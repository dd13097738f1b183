"""Recovery: claims whose lease has ended are found at the provider, sent again, or become unknown."""

import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, text

from config import clock
from config.database import claimable, db, transaction
from notifications.channels.base import Channel as Way, Lost, Outcome, Outgoing, Sent, Temporary, Unknown
from notifications.channels.registry import configured_channels
from notifications.claiming import BEGIN_WITHIN, BEYOND, MESSAGE, anything, outgoing
from notifications.delivery import settle_outcomes
from notifications.models import DeliveryAttempt, Notification
from notifications.settling import locked_histories, settle
from notifications.statuses import AttemptState, Channel

SENDING = text("notification.status = 'sending'")
AT_ONCE = 100
LOOK_UP_FOR = timedelta(hours=6)
steadiness = clock.Steadiness()


def recover() -> int:
    """Settle claims whose lease has ended. Returns how many.

    Not as long as a lease after the wall clock was set: what seems to be left may be in flight in a living process.
    """
    steady = timedelta.max if math.isinf(seconds := steadiness.seconds()) else timedelta(seconds=seconds)
    return sum(_recover(channel, way) for channel, way in configured_channels().items() if steady > way.lease)


def _recover(channel: Channel, way: Way) -> int:
    stale: list[ColumnElement[bool]] = [
        Notification.channel == channel,
        SENDING,  # type: ignore[list-item]
        or_(Notification.lease_until <= clock.wall(), Notification.lease_until > clock.wall() + BEYOND),
    ]
    if not anything(stale):
        return 0
    with transaction():
        batch, codes, handed = _taken_over(stale, way.lease)
    if way.can_look_up:
        return _settle_looked_up(batch, way, codes)
    outcomes = [
        (each.notification_id, each.attempt_id, Unknown("interrupted") if each.attempt_id in handed else Lost())
        for each in batch
    ]
    settle_outcomes(outcomes, way)
    return len(outcomes)


def _taken_over(
    stale: Sequence[ColumnElement[bool]], lease: timedelta
) -> tuple[list[Outgoing], dict[UUID, str], set[UUID]]:
    """The stale claims under a lease of ours, with the answers that some got and those that were being handed over."""
    ids = db.session.scalars(
        claimable(select(Notification.id).where(*stale).order_by(Notification.id).limit(AT_ONCE))
    ).all()
    claims = [
        (row, attempt)
        for row, attempts in locked_histories(ids)
        for attempt in attempts
        if attempt.state is AttemptState.CLAIMED
    ]
    for row, _ in claims:
        row.lease_until = clock.wall() + lease
    attempts = {row.id: attempt for row, attempt in claims}
    rows = db.session.execute(select(*MESSAGE).where(Notification.id.in_(list(attempts)))).all()
    begin_before = clock.wall() + BEGIN_WITHIN
    batch = [
        message
        for row in rows
        for attempt in (attempts[row.id],)
        for message in outgoing([(row, attempt.id, attempt.sender)], attempt.started_at, begin_before)
    ]
    opened = {message.attempt_id for message in batch}
    shut = [(key, each.id, Unknown("unreadable")) for key, each in attempts.items() if each.id not in opened]
    if shut:
        settle(shut, None)  # without its text it cannot be looked up
    codes = {attempt.id: attempt.code for attempt in attempts.values() if attempt.code}
    return batch, codes, {attempt.id for attempt in attempts.values() if attempt.handed_at is not None}


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
        outcome: Outcome = Sent(match_, message.sender) if match_ else Temporary(code) if code else Lost()
        decided.append((message.notification_id, message.attempt_id, outcome))
    if decided:
        settle_outcomes(decided, way)
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
