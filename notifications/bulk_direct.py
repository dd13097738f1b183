"""Programs send to many at once: straight into the outbox, in one transaction, so that 202 means stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete

from auth import audit
from auth.policies import Actor
from config import clock
from config.database import db
from config.errors import N_, DomainError, RuleViolation
from config.ids import new_id
from config.localisation import is_locale
from notifications import outbox
from notifications.addresses import checked, phone_from_text
from notifications.bulk import BARE, QUEUE
from notifications.celery_app import wake
from notifications.operation_models import BulkSend, BulkState
from notifications.outbox import NewMessage
from notifications.queries import owners_of
from notifications.rendering import render, template_files
from notifications.rows import key_of_program
from notifications.segments import measure
from notifications.statuses import Channel, Priority

SOURCE = "api"
AT_ONCE = 1000


@dataclass(frozen=True)
class Recipient:
    """One recipient as a program names them: either `phone` or `email`; `key` as with a single message."""

    index: int
    phone: str | None
    email: str | None
    locale: str
    variables: Mapping[str, Any]
    about: str | None = None
    key: str | None = None


@dataclass(frozen=True)
class Sent:
    """What became of a call: how many are in the outbox (now, or already by their key), and why others are not.

    `bulk_id` is None when nothing new was made.
    """

    bulk_id: UUID | None
    accepted: int
    rejected: Sequence[tuple[int, DomainError]]


def send(actor: Actor, template: str, recipients: Sequence[Recipient]) -> Sent:
    """Put one template to all of `recipients` into the outbox, inside the caller's transaction.

    Raises RuleViolation when there is no such template.
    """
    template_files(template)
    bulk_id = new_id()
    messages, rejected, segments = _messages(actor, template, recipients, bulk_id)
    if not messages:
        return Sent(None, 0, rejected)
    bulk = _bulk(actor, template, bulk_id)
    bulk.total, bulk.rejected, bulk.segments = len(recipients), len(rejected), segments
    db.session.add(bulk)
    db.session.flush()
    new = sum(outbox.enqueue_many(messages[start : start + AT_ONCE]) for start in range(0, len(messages), AT_ONCE))
    if not new:  # every key was used before
        db.session.execute(delete(BulkSend).where(BulkSend.id == bulk_id), execution_options=BARE)
        db.session.expunge(bulk)
        return Sent(None, len(messages), rejected)
    audit.record(
        actor, "bulk.sent", f"bulk:{bulk_id}", template=template, messages=new, rejected=len(rejected), source=SOURCE
    )
    wake(QUEUE)
    return Sent(bulk_id, len(messages), rejected)


def _bulk(actor: Actor, template: str, bulk_id: UUID) -> BulkSend:
    now = clock.now()
    return BulkSend(
        id=bulk_id,
        key=f"{SOURCE}:{bulk_id}",
        name=template,
        template=template,
        source=SOURCE,
        owner=next(iter(owners_of(actor)), None),
        created_by=actor.id[:80],
        state=BulkState.RUNNING,
        created_at=now,
        started_at=now,
    )


def _messages(
    actor: Actor, template: str, recipients: Sequence[Recipient], bulk_id: UUID
) -> tuple[list[NewMessage], list[tuple[int, DomainError]], int]:
    owner = next(iter(owners_of(actor)), None)
    messages: list[NewMessage] = []
    rejected: list[tuple[int, DomainError]] = []
    segments = 0
    for one in recipients:
        try:
            channel, to = _address(one)
            if not is_locale(one.locale):
                raise RuleViolation("locale", N_("This language is not known: “{locale}”."), locale=one.locale)
            text = render(template, channel, one.locale, dict(one.variables))
        except RuleViolation as violation:
            rejected.append((one.index, violation))
            continue
        segments += measure(text.body).count if channel is Channel.SMS else 0
        key = key_of_program(actor, one.key) if one.key else f"bulk:{bulk_id}:{one.index}"
        messages.append(
            NewMessage(
                template=template,
                channel=channel,
                to=to,
                locale=one.locale,
                variables=one.variables,
                key=key,
                about=one.about or f"bulk:{bulk_id}",
                owner=owner,
                priority=Priority.BULK,
                bulk_id=bulk_id,
            )
        )
    return messages, rejected, segments


def _address(one: Recipient) -> tuple[Channel, str]:
    if one.phone:
        return Channel.SMS, phone_from_text(one.phone)
    return Channel.EMAIL, checked(Channel.EMAIL, one.email or "")
