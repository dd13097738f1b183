"""The jobs of bulk sends: write the rows into the outbox, notice the end, forget the rows."""

import hashlib
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import Exists, delete, exists, select

from auth import audit
from auth.policies import Actor
from config import clock
from config.database import claimable, db, locked, transaction
from config.errors import RuleViolation
from notifications import bulk_templates, outbox
from notifications.bulk import QUEUE
from notifications.bulk_rows import NOT_WANTED_ANY_MORE, NOT_WRITTEN
from notifications.bulk_sources import Addressee, withdrawn
from notifications.bulk_store import OPEN, StoredRow, mark_problem, mark_written, open_rows
from notifications.bulk_templates import bulk_template, filled_in
from notifications.models import Notification
from notifications.operation_models import BulkRecipient, BulkSend, BulkState
from notifications.outbox import Fallback, NewMessage
from notifications.schedule import Job, register_job
from notifications.statuses import Priority, Status

log = structlog.get_logger(__name__)
CHUNK = 1000
LONGEST_TURN_S = 2.0
KEPT_FOR = timedelta(days=7)
DELETED_AT_ONCE = 5000
SYSTEM = Actor.system("bulk")
UNDER_WAY = (Status.PENDING, Status.SENDING, Status.PAUSED)


def write_next() -> int:
    """Write rows of running bulk sends into the outbox, the oldest send first; how many. Two at once do no harm."""
    done, until = 0, time.monotonic() + LONGEST_TURN_S
    while time.monotonic() < until:
        written = _write_chunk()
        if not written:
            break
        done += written
    return done


def _write_chunk() -> int:
    try:
        with transaction():
            bulk = _next_bulk()
            return _write(bulk, open_rows(bulk.id, CHUNK)) if bulk else 0
    except RuleViolation as violation:
        # The template was changed after the preview, or the row's address is refused by now.
        log.warning("bulk_chunk_refused", reason=violation.message)
    return _write_one_by_one()


def _next_bulk() -> BulkSend | None:
    """The send whose rows are to be written next, locked: pausing it waits until the chunk is in."""
    wanted = select(BulkSend).where(BulkSend.state == BulkState.RUNNING, _has_open_rows())
    return db.session.scalars(claimable(wanted.order_by(BulkSend.started_at, BulkSend.id).limit(1))).first()


def _write(bulk: BulkSend, rows: Sequence[StoredRow]) -> int:
    if not rows:
        return 0
    gone = withdrawn(bulk.source, [row.who for row in rows if row.who.about])
    dropped = {row.id for row in rows if row.who.number in gone}
    if dropped:
        mark_problem(list(dropped), NOT_WANTED_ANY_MORE)
    outbox.enqueue_many(_messages(bulk, [row.who for row in rows if row.id not in dropped]))
    mark_written(bulk.id, rows[-1].who.number)
    return len(rows)


def _write_one_by_one() -> int:
    """One chunk again, each row on its own, so that a faulty one keeps no other back."""
    with transaction():
        bulk = _next_bulk()
        rows = open_rows(bulk.id, CHUNK) if bulk else []
        for row in rows:
            assert bulk is not None
            try:
                with db.session.begin_nested():
                    _write(bulk, [row])
            except RuleViolation:
                mark_problem([row.id], NOT_WRITTEN)
        return len(rows)


def _messages(bulk: BulkSend, people: Sequence[Addressee]) -> list[NewMessage]:
    template = bulk_template(bulk.template, bulk.source)
    texts: Mapping[str, str] = (bulk.variables or {}).get("texts", {})
    return [
        NewMessage(
            template=bulk.template,
            channel=who.channel,
            to=who.to,
            locale=who.locale,
            variables=filled_in(template, texts, who.cells),
            key=_key(bulk, who),
            about=who.about or f"bulk:{bulk.id}",
            not_before=bulk.not_before,
            expires_at=bulk.expires_at,
            correlation=who.correlation,
            fallbacks=(Fallback(*who.fallback),) if who.fallback else (),
            owner=who.owner or bulk.owner,
            priority=Priority.BULK,
            zone=who.zone,
            bulk_id=bulk.id,
        )
        for who in people
        if who.channel is not None
    ]


def _key(bulk: BulkSend, who: Addressee) -> str:
    """A key that the list gave counts across all bulk sends of the same office."""
    if who.key:  # of any length, and nothing that tells about the person
        digest = hashlib.sha256(who.key.encode()).hexdigest()[:32]
        return f"bulk-key:{bulk.owner or bulk.created_by}:{digest}"
    return f"bulk:{bulk.id}:{who.number}"


def finish_done() -> int:
    """Bulk sends of which nothing is under way any more have ended; how many."""
    under_way = exists().where(Notification.bulk_id == BulkSend.id, Notification.status.in_(UNDER_WAY))
    ended = select(BulkSend.id).where(BulkSend.state == BulkState.RUNNING, ~_has_open_rows(), ~under_way)
    found = db.session.scalars(ended).all()
    db.session.rollback()
    return sum(_finish(bulk_id) for bulk_id in found)


def _finish(bulk_id: UUID) -> int:
    with transaction():
        running = select(BulkSend).where(BulkSend.id == bulk_id, BulkSend.state == BulkState.RUNNING)
        bulk = db.session.scalars(locked(running)).first()
        if bulk is None:
            return 0
        bulk.state, bulk.ended_at = BulkState.DONE, clock.now()
        audit.record(SYSTEM, "bulk.finish", f"bulk:{bulk.id}")
    return 1


def forget_rows() -> int:
    """Delete the people of sends that ended a week ago, and drafts that nobody started; how many rows.

    The send itself stays, without its texts: its messages name it.
    """
    old = clock.now() - KEPT_FOR
    with transaction():
        drafts = delete(BulkSend).where(BulkSend.state == BulkState.DRAFT, BulkSend.created_at < old)
        found = int(db.session.execute(drafts).rowcount)  # type: ignore[attr-defined]
        ended = select(BulkSend.id).where(BulkSend.ended_at < old, BulkSend.variables_sealed.is_not(None))  # type: ignore[attr-defined]
        for bulk in db.session.scalars(select(BulkSend).where(BulkSend.id.in_(ended)).limit(10)):
            rows = select(BulkRecipient.id).where(BulkRecipient.bulk_id == bulk.id).limit(DELETED_AT_ONCE)
            gone = delete(BulkRecipient).where(BulkRecipient.id.in_(rows))
            deleted = int(db.session.execute(gone, execution_options={"synchronize_session": False}).rowcount)  # type: ignore[attr-defined]
            if deleted < DELETED_AT_ONCE:
                bulk.variables = None
            found += max(deleted, 1)
    return found


def _has_open_rows() -> Exists:
    return exists().where(BulkRecipient.bulk_id == BulkSend.id, OPEN)


def register() -> None:
    """Make the jobs and the room's own template for bulk sends known."""
    register_job(Job("notifications.bulk_write", timedelta(seconds=20), QUEUE, write_next))
    register_job(Job("notifications.bulk_finish", timedelta(seconds=10), QUEUE, finish_done))
    register_job(Job("notifications.bulk_forget", timedelta(hours=1), QUEUE, forget_rows, woken=False))
    bulk_templates.register()
