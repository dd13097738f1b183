"""What staff and API clients see of messages. Every query starts with who is asking."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, or_, select, true

from auth.policies import Actor
from auth.roles import Permission
from config.database import db
from notifications import trail
from notifications.models import DeliveryAttempt, Notification

PAGE = 50
# Which permission opens the messages of a wing, and how an owner of that wing is written.
WINGS = {"care": Permission.CASES_SEE, "services": Permission.REQUESTS_WORK}


def owners_of(actor: Actor) -> list[str]:
    """The owners whose messages this actor sees, as `enqueue(owner=…)` takes them."""
    offices = [f"office:{office}" for office in sorted(actor.office_ids, key=str)]
    return offices + [f"department:{code}" for code in sorted(actor.department_codes)]


def messages_visible_to(actor: Actor) -> Select[Notification]:
    """The only start of a query for messages: those of the actor's wings, and of no other office or department."""
    return select(Notification).where(visible(actor))


def visible(actor: Actor, entity: Any = Notification) -> ColumnElement[bool]:
    """The condition of `messages_visible_to`, for Notification or an alias of it."""
    if actor.is_system:
        return true()
    if not actor.may(Permission.MESSAGES_VIEW):
        return false()
    closed = [prefix for prefix, permission in WINGS.items() if not actor.may(permission)]
    of_wings = and_(true(), *(entity.template.not_like(f"{prefix}.%") for prefix in closed))
    return and_(of_wings, or_(entity.owner.is_(None), entity.owner.in_(owners_of(actor))))


def as_json(actor: Actor, *, about: str | None = None, keys: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Messages by what they are about, or by key, for API clients; newest first, at most 200. Looking is recorded."""
    statement = messages_visible_to(actor)
    if about is not None:
        statement = statement.where(Notification.about == about)
    if keys is not None:
        statement = statement.where(Notification.key.in_(keys))
    rows = db.session.scalars(statement.order_by(Notification.id.desc()).limit(200)).all()
    tries = select(DeliveryAttempt).where(DeliveryAttempt.notification_id.in_([row.id for row in rows]))
    attempts = db.session.scalars(tries.order_by(DeliveryAttempt.notification_id, DeliveryAttempt.number)).all()
    items = [_json(row, [each for each in attempts if each.notification_id == row.id]) for row in rows]
    trail.looked(actor, "messages.read", rows)
    return items


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
