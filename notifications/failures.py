"""What staff decide about messages in trouble: send them once more, or put them aside.

The decision stands in the message's `cause`, so that the status keeps telling the truth: AGAIN until the job has sent
it once more, DECIDED afterwards, or at once for what nobody will send again. The audit trail says who decided what.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select, update

from auth import audit
from auth.actors import Actor
from config.database import claimable, db, locked, transaction
from config.errors import InvalidTransition, NotFound
from notifications import redaction, trail
from notifications.celery_app import wake
from notifications.models import DeliveryAttempt, Notification
from notifications.queries import messages_visible_to, visible
from notifications.query_failures import IS_IN_TROUBLE, Group, in_group
from notifications.rows import again, id_of_key, store
from notifications.schedule import Queue
from notifications.statuses import DECISIONS, TROUBLE, Meaning

AT_ONCE = 200
MOST_PER_DECISION = 10_000
JOB = Actor.system("messages-again")


def try_again(actor: Actor, message_id: UUID) -> UUID:
    """Send the text of a failed or unknown message once more, as a successor; inside the caller's transaction.

    Pressing twice sends once. Raises NotFound; InvalidTransition when it did not fail or its text is wiped.
    """
    row = db.session.scalars(locked(messages_visible_to(actor).where(Notification.id == message_id))).first()
    if row is None:
        raise NotFound()
    sent_before = id_of_key(_key(row))
    if sent_before is not None:
        return sent_before
    if row.status not in TROUBLE or not row.has_text:
        raise InvalidTransition("try_again", row.status.value)
    return _send(actor, row)


def try_these_again(actor: Actor, ids: Sequence[UUID]) -> int:
    """Send those of `ids` once more that can be, inside the caller's transaction. Returns how many."""
    rows = [row for row in _chosen(actor, ids) if row.has_text]
    for row in rows:
        _send(actor, row)
    return len(rows)


def try_group_again(actor: Actor, group: Group) -> int:
    """Send a whole group once more, inside the caller's transaction. Returns how many messages.

    The first 200 go at once; a job sends the others, some thousands at most: then somebody has to press again.
    """
    wanted = _ids_of(actor, group, Notification.has_text.is_(True))
    ids = list(db.session.scalars(wanted.limit(AT_ONCE)))
    done = try_these_again(actor, ids)
    marked = _decide(_ids_of(actor, group, Notification.has_text.is_(True)), Meaning.AGAIN)
    if marked:
        wake(Queue.HOUSEKEEPING)
    _record(actor, "messages.tried_again", group, done + marked)
    return done + marked


def put_aside(actor: Actor, message_id: UUID) -> None:
    """Decide that nobody will send this one again, inside the caller's transaction. Raises NotFound."""
    known = messages_visible_to(actor).where(Notification.id == message_id).with_only_columns(Notification.id)
    if db.session.scalar(known) is None:
        raise NotFound()
    put_these_aside(actor, [message_id])


def put_these_aside(actor: Actor, ids: Sequence[UUID]) -> int:
    """Decide that nobody will send these again, inside the caller's transaction. Wipes their texts; how many."""
    rows = _chosen(actor, ids)
    for row in rows:
        trail.record(actor, "message.put_aside", row, cause=row.cause.value, code=row.cause_code)
        row.cause = Meaning.DECIDED
        row.wipe()
    db.session.execute(redaction.plan(DeliveryAttempt.notification_id.in_([row.id for row in rows])))
    return len(rows)


def put_group_aside(actor: Actor, group: Group) -> int:
    """The same for a whole group, some thousands at most. Beyond the first 200 texts go when their time is over."""
    done = put_these_aside(actor, list(db.session.scalars(_ids_of(actor, group).limit(AT_ONCE))))
    done += _decide(_ids_of(actor, group), Meaning.DECIDED)
    _record(actor, "messages.put_aside", group, done)
    return done


def send_marked() -> int:
    """Send once more what somebody has marked for it, one batch. Returns how many messages were dealt with."""
    marked = select(Notification).where(IS_IN_TROUBLE, Notification.cause == Meaning.AGAIN).order_by(Notification.id)
    if db.session.scalar(marked.with_only_columns(Notification.id).limit(1)) is None:
        db.session.rollback()
        return 0
    with transaction():
        rows = db.session.scalars(claimable(marked.limit(AT_ONCE))).all()
        for row in rows:
            if row.has_text:
                _send(JOB, row)
            else:  # wiped meanwhile: somebody has to decide once more
                row.cause = _last_meaning(row)
        return len(rows)


def _send(actor: Actor, row: Notification) -> UUID:
    key = _key(row)
    stored = store(again(row, key))
    row.cause = Meaning.DECIDED
    if stored is None:
        return db.session.scalars(select(Notification.id).where(Notification.key == key)).one()
    trail.record(actor, "message.tried_again", row, successor=str(stored.id))
    wake(Queue.DELIVERY)
    return stored.id


def _key(row: Notification) -> str:
    return f"again:{row.id}"


def _chosen(actor: Actor, ids: Sequence[UUID]) -> Sequence[Notification]:
    wanted = messages_visible_to(actor).where(
        Notification.id.in_(list(ids)[:AT_ONCE]), IS_IN_TROUBLE, Notification.cause.not_in(DECISIONS)
    )
    return db.session.scalars(locked(wanted.order_by(Notification.id))).all()


def _ids_of(actor: Actor, group: Group, *conditions: ColumnElement[bool]) -> Select[UUID]:
    return select(Notification.id).where(visible(actor), *in_group(group), *conditions).order_by(Notification.id)


def _decide(ids: Select[UUID], decision: Meaning) -> int:
    chosen = locked(ids.limit(MOST_PER_DECISION))
    statement = (
        update(Notification)
        .where(Notification.id.in_(chosen), IS_IN_TROUBLE)
        .values(cause=decision)
        .execution_options(synchronize_session=False)
    )
    return int(db.session.execute(statement).rowcount)  # type: ignore[attr-defined]


def _record(actor: Actor, action: str, group: Group, count: int) -> None:
    subject = f"messages:{group.channel.value}:{group.status.value}:{group.cause.value}"
    audit.record(actor, action, subject, code=group.code or None, count=count)


def _last_meaning(row: Notification) -> Meaning:
    wanted = select(DeliveryAttempt.meaning).where(DeliveryAttempt.notification_id == row.id)
    return db.session.scalar(wanted.order_by(DeliveryAttempt.number.desc()).limit(1)) or Meaning.NONE
