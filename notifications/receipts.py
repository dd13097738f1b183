"""Delivery receipts: stored as they come, applied in order of rank, whatever order they came in.

By far most receipts say that a message that was sent is delivered: those are applied in a few statements for hundreds
of them. All others (failures, contradictions, what comes for a message in another state) go message by message.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row, delete, func, select, text, update
from sqlalchemy.sql.dml import ReturningInsert

from config import clock
from config.database import claimable, db, locked, transaction
from config.ids import new_id
from config.rowsets import among, insert_for
from notifications import metrics, redaction
from notifications.celery_app import wake
from notifications.channels.codes import RECEIPTS, meaning_of
from notifications.models import DeliveryAttempt, Notification, Receipt
from notifications.schedule import Queue
from notifications.settling import WIPED, follow, locked_histories
from notifications.statuses import AttemptState, Channel, Meaning, Status, advance, conflicts, message_status

log = structlog.get_logger(__name__)
OPEN = text("receipt.processed_at IS NULL")
AT_ONCE = 500
KEEP_UNMATCHED = timedelta(days=3)
ARRIVED = frozenset({AttemptState.SENT, AttemptState.DELIVERED})
FAILED = frozenset({AttemptState.FAILED, AttemptState.UNDELIVERED})
Facts = Row[*tuple[Any, ...]]
Changes = dict[UUID, tuple[AttemptState, str | None]]
_inserts: dict[str, ReturningInsert[UUID]] = {}


def store(provider_id: str, status: str, code: str | None) -> bool:
    """Keep a receipt, inside the caller's transaction. False when it is a repetition."""
    values = {
        "id": new_id(),
        "provider_id": provider_id,
        "status": status,
        "code": code or None,
        "received_at": clock.now(),
    }
    return db.session.execute(_insert(), values).first() is not None


def _insert() -> ReturningInsert[UUID]:
    # Made once, and of the table alone: a mapped class and values would be looked through anew for each receipt.
    dialect = db.session.get_bind().dialect.name
    if dialect not in _inserts:
        once = insert_for(Receipt.__table__).on_conflict_do_nothing(index_elements=["provider_id", "status"])
        _inserts[dialect] = once.returning(Receipt.__table__.c.id)
    return _inserts[dialect]


def process_receipts() -> int:
    """Apply receipts whose message we know by now; those that came before our own commit wait. Returns how many."""
    matched = (
        select(Receipt.id, Receipt.provider_id, Receipt.status, Receipt.code, DeliveryAttempt.notification_id)
        .join(DeliveryAttempt, DeliveryAttempt.provider_id == Receipt.provider_id)
        .where(OPEN)
        .order_by(Receipt.id)
    )
    found = db.session.execute(matched.limit(1)).first()  # most looks find nothing, and need no write lock
    db.session.rollback()
    if found is None:
        return 0
    with transaction():
        # Passing over what another worker has in hand; of those two, each then locks messages in the order of ids.
        receipts = db.session.execute(claimable(matched.limit(AT_ONCE), of=Receipt)).all()
        _apply(receipts)
        ids = [receipt.id for receipt in receipts]
        db.session.execute(_silently(update(Receipt).where(among(Receipt.id, ids)).values(processed_at=clock.now())))
        return len(receipts)


def drop_unmatched() -> int:
    """Forget receipts for messages that are not ours."""
    with transaction():
        old = delete(Receipt).where(OPEN, Receipt.received_at < clock.now() - KEEP_UNMATCHED)
        return int(db.session.execute(old).rowcount)  # type: ignore[attr-defined]


def _apply(receipts: Sequence[Facts]) -> None:
    message_ids = {receipt.notification_id for receipt in receipts}
    by_provider_id: dict[str, list[Facts]] = defaultdict(list)
    for receipt in receipts:
        by_provider_id[receipt.provider_id].append(receipt)
    messages = db.session.execute(
        locked(
            select(Notification.id, Notification.status, Notification.channel)
            .where(among(Notification.id, message_ids))
            .order_by(Notification.id)
        )
    ).all()
    histories = _histories(message_ids)
    risen: dict[AttemptState, list[UUID]] = {state: [] for state in ARRIVED}
    delivered: dict[Channel, list[UUID]] = defaultdict(list)
    unusual: dict[UUID, Changes] = {}
    for message in messages:
        attempts = histories.get(message.id, ())
        changes = _changes(attempts, by_provider_id)
        status = _usual_status(message.status, attempts, changes)
        if status is None:
            unusual[message.id] = changes
            continue
        for attempt_id, (state, _) in changes.items():
            risen[state].append(attempt_id)
        if status is not message.status:
            delivered[message.channel].append(message.id)
    _note_risen(risen)
    _note_delivered(delivered)
    _one_by_one(unusual)


def _histories(message_ids: Collection[UUID]) -> Mapping[UUID, Sequence[Facts]]:
    """The attempts of each message, oldest first."""
    attempts = db.session.execute(
        select(
            DeliveryAttempt.id,
            DeliveryAttempt.notification_id,
            DeliveryAttempt.provider_id,
            DeliveryAttempt.state,
            DeliveryAttempt.meaning,
        )
        .where(among(DeliveryAttempt.notification_id, message_ids))
        .order_by(DeliveryAttempt.notification_id, DeliveryAttempt.number)
    ).all()
    return {message: list(group) for message, group in groupby(attempts, key=lambda each: each.notification_id)}


def _changes(attempts: Sequence[Facts], receipts: Mapping[str, Sequence[Facts]]) -> Changes:
    """For each attempt that the receipts advance its new state, and the code of the receipt that decides."""
    found: Changes = {}
    for attempt in attempts:
        state = attempt.state
        for receipt in receipts.get(attempt.provider_id or "", ()):
            reported = RECEIPTS.get(receipt.status)
            if reported is None:
                continue
            next_state = advance(state, reported)
            if next_state is not None:
                state = next_state
                found[attempt.id] = state, receipt.code
            elif conflicts(state, reported):
                log.warning("receipt_conflict", attempt=str(attempt.id), state=state.value, reported=reported.value)
    return found


def _usual_status(status: Status, attempts: Sequence[Facts], changes: Changes) -> Status | None:
    """The status of a message that was sent and is delivered, or stays what it is; None where more is to be done."""
    if any(state not in ARRIVED for state, _ in changes.values()):
        return None
    if not changes and status in (Status.SENT, Status.DELIVERED):
        return status
    after = [(changes.get(attempt.id, (attempt.state,))[0], attempt.meaning) for attempt in attempts]
    following = message_status(after)
    is_usual = following is status or (status is Status.SENT and following is Status.DELIVERED)
    return following if is_usual else None


def _note_risen(risen: Mapping[AttemptState, Sequence[UUID]]) -> None:
    for state, ids in risen.items():
        if ids:
            values = {"state": state, "settled_at": clock.wall(), "meaning": Meaning.NONE}
            db.session.execute(_silently(update(DeliveryAttempt).where(among(DeliveryAttempt.id, ids)).values(values)))


def _note_delivered(delivered: Mapping[Channel, Sequence[UUID]]) -> None:
    """What `settling.finish` does with one message that is delivered, for many."""
    now = clock.now()
    for channel, ids in delivered.items():
        values: dict[str, Any] = WIPED | {
            "status": Status.DELIVERED,
            "changed_at": now,
            "sent_at": func.coalesce(Notification.sent_at, now),
            "delivered_at": now,
            "lease_until": None,
            "cause": Meaning.NONE,
            "cause_code": None,
            "untold": True,
        }
        db.session.execute(_silently(update(Notification).where(among(Notification.id, ids)).values(values)))
        db.session.execute(redaction.plan(among(DeliveryAttempt.notification_id, ids)))
        metrics.reached(channel, Status.DELIVERED, len(ids))
    if delivered:
        wake(Queue.INBOUND)


def _one_by_one(unusual: Mapping[UUID, Changes]) -> None:
    """Where more follows from a receipt: another try, the next rung, a note for staff."""
    if not unusual:
        return
    for message, attempts in locked_histories(unusual):
        for attempt in attempts:
            if attempt.id not in unusual[message.id]:
                continue
            attempt.state, code = unusual[message.id][attempt.id]
            attempt.settled_at, attempt.meaning = clock.wall(), Meaning.NONE
            if attempt.state in FAILED:
                attempt.code, attempt.meaning = code, meaning_of(code)
        follow(message, attempts)


def _silently(statement: Any) -> Any:
    # Nothing of these rows is in the session: there is nothing to keep in step.
    return statement.execution_options(synchronize_session=False)
