"""What staff and API clients see of messages. Every query starts with who is asking."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true

from auth.policies import Actor
from auth.roles import Permission
from config.database import db
from config.errors import NotFound
from notifications.addresses import masked
from notifications.models import DeliveryAttempt, Notification, Receipt
from notifications.statuses import TRY_AGAIN, Channel, Status

PAGE = 50
# Which permission opens the messages of a wing, and how an owner of that wing is written.
WINGS = {"care": Permission.CASES_SEE, "services": Permission.REQUESTS_WORK}


@dataclass(frozen=True)
class Filters:
    """What of the log to show; None and "" mean all."""

    status: Status | None = None
    channel: Channel | None = None
    about: str = ""


@dataclass(frozen=True)
class Line:
    """One line of the log."""

    id: UUID
    template: str
    channel: Channel
    status: Status
    about: str
    recipient: str
    segments: int
    created_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    may_try_again: bool


@dataclass(frozen=True)
class Entry:
    """One line of a message's timeline."""

    at: datetime
    what: str
    detail: str


@dataclass(frozen=True)
class Details:
    """One message with all that is known of its way. Texts are "" when they are wiped or not for this actor."""

    line: Line
    key: str
    version: str
    locale: str
    not_before: datetime | None
    expires_at: datetime | None
    fallback_for: UUID | None
    subject: str
    body: str
    has_text: bool
    timeline: Sequence[Entry]


def owners_of(actor: Actor) -> list[str]:
    """The owners whose messages this actor sees, as `enqueue(owner=…)` takes them."""
    offices = [f"office:{office}" for office in sorted(actor.office_ids, key=str)]
    return offices + [f"department:{code}" for code in sorted(actor.department_codes)]


def messages_visible_to(actor: Actor) -> Select[Notification]:
    """The only start of a query for messages: those of the actor's wings, and of no other office or department."""
    return select(Notification).where(_visible(actor))


def _visible(actor: Actor) -> ColumnElement[bool]:
    if actor.is_system:
        return true()
    if not actor.may(Permission.MESSAGES_VIEW):
        return false()
    closed = [prefix for prefix, permission in WINGS.items() if not actor.may(permission)]
    of_wings = and_(true(), *(Notification.template.not_like(f"{prefix}.%") for prefix in closed))
    return and_(of_wings, or_(Notification.owner.is_(None), Notification.owner.in_(owners_of(actor))))


def log_page(actor: Actor, filters: Filters, before: UUID | None = None) -> tuple[list[Line], UUID | None]:
    """A page of the log, newest first, and where the next one begins."""
    statement = messages_visible_to(actor)
    if filters.status:
        statement = statement.where(Notification.status == filters.status)
    if filters.channel:
        statement = statement.where(Notification.channel == filters.channel)
    if filters.about:
        statement = statement.where(Notification.about == filters.about)
    if before:
        statement = statement.where(Notification.id < before)
    rows = db.session.scalars(statement.order_by(Notification.id.desc()).limit(PAGE + 1)).all()
    return [_line(row) for row in rows[:PAGE]], rows[PAGE - 1].id if len(rows) > PAGE else None


def needing_attention(actor: Actor) -> int:
    """How many messages wait for somebody's decision."""
    stuck = messages_visible_to(actor).where(Notification.status.in_((Status.UNKNOWN, Status.PARKED))).subquery()
    return int(db.session.scalar(select(func.count()).select_from(stuck)) or 0)


def details(actor: Actor, message_id: UUID, *, with_text: bool = False) -> Details:
    """One message. Raises NotFound when there is none that this actor may see."""
    row = db.session.scalars(messages_visible_to(actor).where(Notification.id == message_id)).first()
    if row is None:
        raise NotFound()
    return Details(
        line=_line(row),
        key=row.key,
        version=row.template_version,
        locale=row.locale,
        not_before=row.not_before,
        expires_at=row.expires_at,
        fallback_for=row.fallback_for,
        subject=(row.subject or "") if with_text else "",
        body=(row.body or "") if with_text else "",
        has_text=row.has_text,
        timeline=_timeline(row),
    )


def as_json(actor: Actor, *, about: str | None = None, keys: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Messages by what they are about, or by key, for API clients; newest first, at most 200."""
    statement = messages_visible_to(actor)
    if about is not None:
        statement = statement.where(Notification.about == about)
    if keys is not None:
        statement = statement.where(Notification.key.in_(keys))
    rows = db.session.scalars(statement.order_by(Notification.id.desc()).limit(200)).all()
    tries = select(DeliveryAttempt).where(DeliveryAttempt.notification_id.in_([row.id for row in rows]))
    attempts = db.session.scalars(tries.order_by(DeliveryAttempt.notification_id, DeliveryAttempt.number)).all()
    return [_json(row, [each for each in attempts if each.notification_id == row.id]) for row in rows]


def id_of_key(key: str) -> str:
    """The id of the message with this dedupe key; the caller has just tried to use it. Raises NotFound."""
    found = db.session.scalar(select(Notification.id).where(Notification.key == key))
    if found is None:
        raise NotFound()
    return str(found)


def _json(row: Notification, attempts: Sequence[DeliveryAttempt]) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "key": row.key,
        "about": row.about,
        "template": row.template,
        "channel": row.channel,
        "status": row.status,
        "fallback_for": str(row.fallback_for) if row.fallback_for else None,
        "created_at": row.created_at.isoformat(),
        "sent_at": row.sent_at.isoformat() if row.sent_at else None,
        "delivered_at": row.delivered_at.isoformat() if row.delivered_at else None,
        "attempts": [
            {
                "sender": each.sender,
                "provider_id": each.provider_id,
                "status": each.state,
                "code": each.code,
                "at": (each.settled_at or each.started_at).isoformat(),
            }
            for each in attempts
        ],
    }


def _line(row: Notification) -> Line:
    return Line(
        id=row.id,
        template=row.template,
        channel=row.channel,
        status=row.status,
        about=row.about,
        recipient=masked(row.channel, row.recipient or ""),
        segments=row.segments,
        created_at=row.created_at,
        sent_at=row.sent_at,
        delivered_at=row.delivered_at,
        may_try_again=row.status in TRY_AGAIN and row.has_text,
    )


def _timeline(row: Notification) -> list[Entry]:
    attempts = db.session.scalars(
        select(DeliveryAttempt).where(DeliveryAttempt.notification_id == row.id).order_by(DeliveryAttempt.number)
    ).all()
    entries = [Entry(row.created_at, "enqueued", row.channel.value)]
    for each in attempts:
        entries.append(Entry(each.started_at, "attempt", str(each.number)))
        if each.settled_at:
            entries.append(Entry(each.settled_at, each.state.value, each.code or ""))
    ids = [each.provider_id for each in attempts if each.provider_id]
    for receipt in db.session.scalars(select(Receipt).where(Receipt.provider_id.in_(ids)).order_by(Receipt.id)):
        entries.append(Entry(receipt.received_at, f"receipt_{receipt.status}", receipt.code or ""))
    return entries
