"""What was written about one record, in both directions: the wing shows it beside what it knows itself.

The caller has made sure that the asking person may see the record; texts are shown to those who answer messages.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from auth.actors import Actor
from auth.roles import Permission
from config.database import db
from config.rowsets import among
from notifications.inbox import SECRET
from notifications.models import InboundMessage, Notification
from notifications.statuses import Status

Before = tuple[datetime, UUID]
# Their text is a key in itself.
SECRET_TEMPLATES = frozenset({"care.link_code"})

LEFT = (Status.SENT, Status.DELIVERED, Status.UNDELIVERED, Status.FAILED)


@dataclass(frozen=True)
class Written:
    """One message. `text` is "" when it is not kept, or not for the one who asks; the rest says what it was."""

    id: UUID
    at: datetime
    is_ours: bool
    text: str
    channel: str
    state: str
    template: str = ""
    key: str = ""
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    waits_until: datetime | None = None
    by_other_way: bool = False


def about(
    actor: Actor, subject: str, owner: str, *, limit: int, before: Before | None = None, without: Sequence[str] = ()
) -> list[Written]:
    """The newest messages about `subject` from and to the people of `owner`, newest first; those before `before`.

    `without`: templates that go to the office itself.
    """
    with_text = may_read(actor)
    sent = select(Notification).where(Notification.about == subject, Notification.owner == owner)
    if without:
        sent = sent.where(Notification.template.not_in(without))
    came = select(InboundMessage).where(InboundMessage.about == subject, InboundMessage.owner == owner)
    ours = newest(sent, Notification.created_at, Notification.id, limit, before)
    theirs = newest(came, InboundMessage.received_at, InboundMessage.id, limit, before)
    found = [*(_sent(row, with_text) for row in ours), *(_came(row, with_text) for row in theirs)]
    return sorted(found, key=lambda one: (one.at, one.id), reverse=True)[:limit]


def that_left(
    subjects: Collection[str], owners: Collection[str], *, without: Sequence[str] = ()
) -> Iterator[tuple[str, str | None, Written]]:
    """Every message of `owners` about one of `subjects` that a provider has taken, or that failed there, oldest first;
    not what it says. Each with its subject and its owner.
    """
    wanted = select(Notification).where(among(Notification.about, subjects), among(Notification.owner, owners))
    wanted = wanted.where(Notification.template.not_in(without), Notification.status.in_(LEFT))
    for row in db.session.scalars(wanted.order_by(Notification.created_at, Notification.id)):
        yield row.about, row.owner, _sent(row, with_text=False)


def newest(statement: Any, at: Any, id_: Any, limit: int, before: Before | None) -> Sequence[Any]:
    """The newest rows of a thread's part by their moment `at` and their id; those before `before`."""
    chosen = statement.where(earlier(at, id_, before)) if before else statement
    return db.session.scalars(chosen.order_by(at.desc(), id_.desc()).limit(limit)).all()


def earlier(at: Any, id_: Any, before: Before) -> ColumnElement[bool]:
    """Whether a row comes before that mark; of the same moment the one with the smaller id."""
    return or_(at < before[0], and_(at == before[0], id_ < before[1]))


def may_read(actor: Actor) -> bool:
    """Whether `actor` sees what was written, and not only that something was."""
    return actor.is_system or actor.may(Permission.MESSAGES_ANSWER)


def _sent(row: Notification, with_text: bool) -> Written:
    shown = with_text and row.template not in SECRET_TEMPLATES
    return Written(
        id=row.id,
        at=row.created_at,
        is_ours=True,
        text=SECRET.sub(r"\1…", row.body or "") if shown else "",
        channel=row.channel.value,
        state=row.status.value,
        template=row.template,
        key=row.key,
        sent_at=row.sent_at,
        delivered_at=row.delivered_at,
        waits_until=row.not_before,
        by_other_way=row.fallback_for is not None,
    )


def _came(row: InboundMessage, with_text: bool) -> Written:
    text = (row.body or "") if with_text else ""
    return Written(row.id, row.received_at, False, text, "sms", row.state.value)
