"""The outbox: a message is a row, written in the same transaction as the fact that it tells of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update

from config import clock
from config.database import db
from notifications import metrics
from notifications.addresses import checked
from notifications.celery_app import wake
from notifications.models import Notification
from notifications.preferences import refusals, when_to_send
from notifications.rendering import render
from notifications.rows import insert_once, new_message
from notifications.schedule import Queue
from notifications.settling import finish
from notifications.statuses import CANCELLABLE, Channel, Priority, Status

Variables = Mapping[str, Any]


@dataclass(frozen=True)
class Fallback:
    """The next rung: by this channel to this address if the message cannot reach the person."""

    channel: Channel
    to: str


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
) -> Notification | None:
    """Put a message into the outbox, inside the caller's transaction; None when `key` was used before.

    The text is rendered now, so what is missing fails here: raises RuleViolation for an unknown template, a missing
    variable or an impossible address. `to` is E.164 or an e-mail address; the times are domain time.
    `owner` ("office:<id>", "department:<code>") limits which staff see it in the log. `priority` replaces the
    template's own; `zone` is the person's IANA time zone where it is not the jurisdiction's.
    """
    checked(channel, to)
    text = render(template, channel, locale, dict(variables))
    rungs = [_rung(template, rung, locale, variables) for rung in fallbacks]
    message = new_message(template, channel, to, text, key)
    message.about, message.owner, message.correlation = about, owner, correlation
    message.not_before, message.expires_at = not_before, expires_at
    message.fallbacks = rungs or None
    message.zone, message.bulk_id = zone, bulk_id
    if priority is not None:
        message.priority = priority
    now = clock.now()
    begins_at = max(now, not_before or now)
    if (later := when_to_send(message, begins_at)) > begins_at:
        message.not_before = later
    stored = insert_once(message)
    if stored is not None:
        metrics.enqueued(channel)
        if refusals(channel, [stored.recipient_index]).hold(stored.recipient_index, template, stored.priority):
            finish(stored, Status.SUPPRESSED)
        wake(Queue.DELIVERY)
    return stored


def cancel(about: str, *, correlation: str | None = None) -> int:
    """Withdraw what has not gone out about `about`, inside the caller's transaction. Returns how many messages."""
    chosen = [Notification.about == about, Notification.status.in_(CANCELLABLE)]
    if correlation is not None:
        chosen.append(Notification.correlation == correlation)
    wiped = {
        "subject_sealed": None,
        "body_sealed": None,
        "html_sealed": None,
        "fallbacks_sealed": None,
        "has_text": False,
    }
    statement = update(Notification).where(*chosen).values(status=Status.CANCELLED, changed_at=clock.now(), **wiped)
    done = db.session.execute(statement, execution_options={"synchronize_session": "fetch"})
    return int(done.rowcount)  # type: ignore[attr-defined]


def _rung(template: str, rung: Fallback, locale: str, variables: Variables) -> dict[str, Any]:
    text = render(template, rung.channel, locale, dict(variables))
    to = checked(rung.channel, rung.to)
    return {
        "channel": rung.channel.value,
        "to": to,
        "subject": text.subject,
        "body": text.body,
        "html": text.html,
        "version": text.version,
    }
