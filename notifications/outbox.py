"""The outbox: a message is a row, written in the same transaction as the fact that it tells of."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select, update

from config import clock, scopes
from config.database import db, locked, on_commit
from notifications import metrics, redaction, rows, versions
from notifications.addresses import checked
from notifications.celery_app import wake
from notifications.models import DeliveryAttempt, Notification
from notifications.rendering import Rendered, render
from notifications.rows import Draft, Stored
from notifications.schedule import Queue
from notifications.settling import WIPED, finish
from notifications.statuses import CANCELLABLE, FINAL, Channel, Priority, Status

Variables = Mapping[str, Any]
# What residents do is told to departments, and what an office calls back may have gone out for another.
SCOPE = scopes.system("outbox")
UNDER_WAY = (Status.SENDING, Status.SENT)


@dataclass(frozen=True)
class Fallback:
    """The next rung: by this channel to this address if the message cannot reach the person."""

    channel: Channel
    to: str


@dataclass(frozen=True)
class NewMessage:
    """A message to be put into the outbox.

    `to` is E.164 or an e-mail address; the times are domain time. `owner` ("office:<id>", "department:<code>") limits
    which staff see it in the log. `priority` replaces the template's own; `zone` is the person's IANA time zone where
    it is not the jurisdiction's.
    """

    template: str
    channel: Channel
    to: str
    locale: str
    variables: Variables
    key: str
    about: str
    not_before: datetime | None = None
    expires_at: datetime | None = None
    correlation: str | None = None
    fallbacks: Sequence[Fallback] = ()
    owner: str | None = None
    priority: Priority | None = None
    zone: str | None = None
    bulk_id: UUID | None = None


def enqueue(
    *,
    template: str,
    channel: Channel,
    to: str,
    locale: str,
    variables: Variables,
    key: str,
    about: str,
    not_before: datetime | None = None,
    expires_at: datetime | None = None,
    correlation: str | None = None,
    fallbacks: Sequence[Fallback] = (),
    owner: str | None = None,
    priority: Priority | None = None,
    zone: str | None = None,
    bulk_id: UUID | None = None,
) -> Stored | None:
    """Put a message into the outbox, inside the caller's transaction; None when `key` was used before.

    The arguments are the fields of `NewMessage`. The text is rendered now, so what is missing fails here: raises
    RuleViolation for an unknown template, a missing variable or an impossible address.
    """
    return put(
        NewMessage(
            template, channel, to, locale, variables, key, about, not_before, expires_at, correlation, fallbacks, owner,
            priority, zone, bulk_id,
        )
    )  # fmt: skip


def put(message: NewMessage) -> Stored | None:
    """The same for a message that is made already."""
    return _stored(message, _written(message))


def add(message: NewMessage) -> None:
    """The same where nobody asks what came of it: within `gathering` it is written with what else is.

    That must end in a scope that covers its owner. Whether the recipient does not want it is found when it is claimed.
    """
    draft = _written(message)
    if rows.gather(draft):
        _announce([message])
    else:
        _stored(message, draft)


def _stored(message: NewMessage, draft: Draft) -> Stored | None:
    with scopes.covering({message.owner}, SCOPE.system):
        stored = rows.store(draft)
        if stored is not None and stored.unwanted:
            finish(db.session.get_one(Notification, stored.id), Status.SUPPRESSED)
            db.session.flush()
    if stored is not None:
        _announce([message])
    return stored


def is_known(key: str) -> bool:
    """Whether there is a message with this dedupe key."""
    return rows.id_of_key(key) is not None


def enqueue_many(messages: Sequence[NewMessage]) -> int:
    """Put many messages into the outbox with one statement, inside the caller's transaction; how many are new.

    Give at most a thousand or so at once. Raises RuleViolation as `enqueue` does, for the first that is faulty.
    """
    drafts = list(_written_all(messages))
    with scopes.covering({draft.owner for draft in drafts}, SCOPE.system):
        stored = rows.store_many(drafts)
    if stored:
        _announce(messages)
    return stored


def _announce(messages: Sequence[NewMessage]) -> None:
    """Count what is new and wake who sends it, once it is committed."""
    for channel, count in Counter(message.channel for message in messages).items():
        on_commit(f"enqueued:{channel}:{messages[0].key}", partial(metrics.enqueued, channel, count))
    wake(Queue.DELIVERY)


@scopes.within(SCOPE)
def cancel(about: str, *, correlation: str | None = None, keys: Collection[str] | None = None) -> int:
    """Withdraw what has not gone out about `about`, inside the caller's transaction. Returns how many messages.

    `keys`: only messages with one of these.
    """
    chosen = [Notification.about == about]
    if keys is not None:
        chosen.append(Notification.key.in_(list(keys)))
    if correlation is not None:
        chosen.append(Notification.correlation == correlation)
    _end_ladder(chosen, loaded=True)
    return _move(chosen, CANCELLABLE, Status.CANCELLED, WIPED, loaded=True)


@scopes.within(SCOPE)
def hold(bulk_id: UUID) -> int:
    """Pause what has not gone out of a bulk send, inside the caller's transaction. Returns how many messages."""
    return _move([Notification.bulk_id == bulk_id], {Status.PENDING}, Status.PAUSED)


@scopes.within(SCOPE)
def release(bulk_id: UUID) -> int:
    """Let what was paused go out, inside the caller's transaction. Returns how many messages."""
    wake(Queue.DELIVERY)
    return _move([Notification.bulk_id == bulk_id], {Status.PAUSED}, Status.PENDING)


@scopes.within(SCOPE)
def cancel_bulk(bulk_id: UUID) -> int:
    """Withdraw what has not gone out of a bulk send, inside the caller's transaction. Returns how many messages."""
    _end_ladder([Notification.bulk_id == bulk_id], loaded=False)
    return _move([Notification.bulk_id == bulk_id], CANCELLABLE, Status.CANCELLED, WIPED)


def _end_ladder(chosen: list[ColumnElement[bool]], *, loaded: bool) -> None:
    """What is on its way cannot be taken back, but nothing is to follow it: no further try and no other channel."""
    # In the order in which results are written down, so that the two never wait for each other.
    under_way = select(Notification.id).where(*chosen, Notification.status.in_(UNDER_WAY)).order_by(Notification.id)
    db.session.execute(
        update(Notification)
        .where(Notification.id.in_(locked(under_way)), Notification.status.in_(UNDER_WAY))
        .values(fallbacks_sealed=None, next_rung_at=None, expires_at=clock.now()),
        execution_options={"synchronize_session": "fetch" if loaded else False},
    )


def _move(
    chosen: list[ColumnElement[bool]],
    from_: set[Status] | frozenset[Status],
    to: Status,
    more: Variables | None = None,
    *,
    loaded: bool = False,
) -> int:
    # Rows that a worker has claimed are SENDING: the update waits for its claim to be committed, and passes them over.
    statement = (
        update(Notification)
        .where(*chosen, Notification.status.in_(from_))
        .values(status=to, changed_at=clock.now(), **(more or {}))
    )
    # A bulk send may have a hundred thousand rows, of which no session holds any.
    options = {"synchronize_session": "fetch" if loaded else False}
    done = db.session.execute(statement, execution_options=options)
    if to in FINAL:
        tried = select(Notification.id).where(*chosen, Notification.status == to, Notification.attempts_made > 0)
        db.session.execute(redaction.plan(DeliveryAttempt.notification_id.in_(tried)))
    return int(done.rowcount)  # type: ignore[attr-defined]


def _written(message: NewMessage) -> Draft:
    return next(_written_all([message]))


def _written_all(messages: Sequence[NewMessage]) -> Iterator[Draft]:
    for message in messages:
        to = checked(message.channel, message.to)
        text = _text(message, message.channel)
        rungs = [rows.rung(each.channel, each.to, _text(message, each.channel)) for each in message.fallbacks]
        yield Draft(
            message.template, message.channel, to, text, message.key, message.about, message.owner,
            message.correlation, message.not_before, message.expires_at, rungs, None, message.bulk_id, message.zone,
        )  # fmt: skip


def _text(message: NewMessage, channel: Channel) -> Rendered:
    text = render(message.template, channel, message.locale, message.variables, message.zone)
    versions.ensure(message.template, channel, text)
    if message.priority is None:
        return text
    return replace(text, traits=replace(text.traits, priority=message.priority))


@scopes.within(SCOPE)
def status_of(key: str) -> Status | None:
    """What has become of the message with this dedupe key; None: there is none."""
    return db.session.scalar(select(Notification.status).where(Notification.key == key))
