"""Delivery receipts: stored as they come, applied in order of rank, whatever order they came in."""

from datetime import timedelta

import structlog
from sqlalchemy import delete, select, text

from config import clock
from config.database import db, locked, transaction
from config.ids import new_id
from notifications.channels.codes import RECEIPTS, meaning_of
from notifications.models import DeliveryAttempt, Receipt
from notifications.rows import insert_for
from notifications.settling import follow, locked_histories
from notifications.statuses import AttemptState, Meaning, advance, conflicts

log = structlog.get_logger(__name__)
OPEN = text("receipt.processed_at IS NULL")
AT_ONCE = 200
KEEP_UNMATCHED = timedelta(days=3)


def store(provider_id: str, status: str, code: str | None) -> bool:
    """Keep a receipt, inside the caller's transaction. False when it is a repetition."""
    values = {
        "id": new_id(),
        "provider_id": provider_id,
        "status": status,
        "code": code or None,
        "received_at": clock.now(),
    }
    statement = insert_for(Receipt).values(values).on_conflict_do_nothing(index_elements=["provider_id", "status"])
    return db.session.scalar(statement.returning(Receipt.id)) is not None


def process_receipts() -> int:
    """Apply receipts whose message we know by now; those that came before our own commit wait. Returns how many."""
    matched = (
        select(Receipt.id, DeliveryAttempt.notification_id)
        .join(DeliveryAttempt, DeliveryAttempt.provider_id == Receipt.provider_id)
        .where(OPEN)
        .order_by(Receipt.id)
        .limit(AT_ONCE)
    )
    found = db.session.execute(matched).all()
    db.session.rollback()
    if not found:
        return 0
    with transaction():
        histories = locked_histories({message_id for _, message_id in found})
        wanted = (
            select(Receipt).where(Receipt.id.in_([receipt_id for receipt_id, _ in found]), OPEN).order_by(Receipt.id)
        )
        receipts = db.session.scalars(locked(wanted)).all()
        for message, attempts in histories:
            for attempt in attempts:
                for receipt in receipts:
                    if attempt.provider_id == receipt.provider_id:
                        _apply(receipt, attempt)
            follow(message, attempts)
        for receipt in receipts:
            receipt.processed_at = clock.now()
    return len(receipts)


def drop_unmatched() -> int:
    """Forget receipts for messages that are not ours."""
    with transaction():
        old = delete(Receipt).where(OPEN, Receipt.received_at < clock.now() - KEEP_UNMATCHED)
        return int(db.session.execute(old).rowcount)  # type: ignore[attr-defined]


def _apply(receipt: Receipt, attempt: DeliveryAttempt) -> None:
    reported = RECEIPTS.get(receipt.status)
    if reported is None:
        return
    state = advance(attempt.state, reported)
    if state is None:
        if conflicts(attempt.state, reported):
            log.warning("receipt_conflict", attempt=str(attempt.id), state=attempt.state.value, reported=reported.value)
        return
    attempt.state, attempt.settled_at = state, clock.wall()
    if state in (AttemptState.FAILED, AttemptState.UNDELIVERED):
        attempt.code, attempt.meaning = receipt.code, meaning_of(receipt.code)
    else:
        attempt.meaning = Meaning.NONE
