"""Rows of the outbox: made, stored once, copied for the next rung or another try."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from config import clock
from config.database import db
from notifications.addresses import checked
from notifications.models import Notification
from notifications.preferences import address_index
from notifications.rendering import Rendered, Traits
from notifications.segments import measure
from notifications.statuses import Channel, Meaning, Priority, Status


def new_message(template: str, channel: Channel, to: str, text: Rendered, key: str) -> Notification:
    address = checked(channel, to)
    now = clock.now()
    return Notification(
        key=key,
        template=template,
        template_version=text.version,
        channel=channel,
        locale=text.locale,
        recipient=address,
        recipient_index=address_index(channel, address),
        subject=text.subject or None,
        body=text.body,
        html=text.html or None,
        status=Status.PENDING,
        priority=text.traits.priority,
        purpose=text.traits.purpose,
        resend_when_unknown=text.traits.resend_when_unknown,
        cause=Meaning.NONE,
        segments=measure(text.body).count if channel is Channel.SMS else 0,
        created_at=now,
        changed_at=now,
        attempts_made=0,
        untold=False,
        tell_failures=0,
        has_text=True,
    )


def insert_once(message: Notification) -> Notification | None:
    """Insert `message` unless its key is taken; two transactions with one key end in one row, without an error."""
    values = {name: value for name, value in message.__dict__.items() if not name.startswith("_")}
    statement = insert_for(Notification).values(values).on_conflict_do_nothing(index_elements=["key"])
    return db.session.scalars(statement.returning(Notification)).first()


def insert_for(model: Any) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that knows ON CONFLICT, which PostgreSQL and SQLite spell alike."""
    return postgresql.insert(model) if db.session.connection().dialect.name == "postgresql" else sqlite.insert(model)


def successor(failed: Notification) -> Notification | None:
    """The message for the next rung of `failed`, not yet stored; None when there is none left."""
    rungs: list[dict[str, Any]] = failed.fallbacks or []
    if not rungs:
        return None
    rung = rungs[0]
    text = Rendered(rung["subject"], rung["body"], rung["html"], failed.locale, rung["version"], _traits(failed))
    message = new_message(
        failed.template,
        Channel(rung["channel"]),
        rung["to"],
        text,
        f"{failed.key}:{rung['channel']}:{len(rungs)}"[-200:],
    )
    message.about, message.owner, message.correlation = failed.about, failed.owner, failed.correlation
    message.expires_at, message.fallback_for, message.zone = failed.expires_at, failed.id, failed.zone
    message.bulk_id = failed.bulk_id
    message.fallbacks = rungs[1:] or None
    return message


def again(message: Notification, key: str) -> Notification:
    """A new message with the texts of `message`, not yet stored: somebody decided to send it once more."""
    text = Rendered(
        message.subject or "",
        message.body or "",
        message.html or "",
        message.locale,
        message.template_version,
        _traits(message),
    )
    copy = new_message(message.template, message.channel, message.recipient or "", text, key)
    copy.about, copy.owner, copy.correlation = message.about, message.owner, message.correlation
    copy.fallback_for, copy.zone, copy.bulk_id = message.id, message.zone, message.bulk_id
    return copy


def _traits(message: Notification) -> Traits:
    return Traits(Priority(message.priority), message.purpose, message.resend_when_unknown)
