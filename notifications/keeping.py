"""How long messages are kept, and what of them goes into the copy of somebody's data."""

import json
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select

from auth import retention
from auth.actors import Actor
from auth.archive import Due
from auth.retention import Page, RecordType, page_of
from config.database import db
from config.errors import N_
from config.rowsets import among
from notifications import erasing
from notifications.models import ContactBasis, InboundMessage, Notification, Receipt, Suppression
from notifications.operation_models import BulkRecipient, BulkSend, BulkState
from notifications.schedule import Job, Queue, register_job
from notifications.statuses import FINAL, InboxState, Status

TWO_YEARS = 731
ENDED = (*FINAL, Status.SENT)
HANDLED = (InboxState.UNDERSTOOD, InboxState.ANSWERED, InboxState.DONE)


def _messages(now: datetime, days: int, after: UUID | None, limit: int) -> Page:
    return _old_messages(~erasing.proves_delivery(), now, days, after, limit)


def _proofs(now: datetime, days: int, after: UUID | None, limit: int) -> Page:
    return _old_messages(erasing.proves_delivery(), now, days, after, limit)


def _old_messages(which: ColumnElement[bool], now: datetime, days: int, after: UUID | None, limit: int) -> Page:
    old = Notification.created_at < now - timedelta(days=days)
    wanted = select(Notification.id, Notification.about, Notification.changed_at.label("since")).where(
        old, which, Notification.status.in_(ENDED), Notification.about != erasing.ERASED
    )
    return page_of(wanted, Notification.id, after, limit, _due)


def _due(row: Any) -> Due:
    """With what a hold could stand on: a message names its record without its kind."""
    about = row.about
    subjects = (f"message:{about}", *(f"{kind}:{about}" for kind in erasing.KINDS)) if about else ("message:",)
    return Due(row.id, row.since, subjects)


def _forget_messages(found: Sequence[Due], actor: Actor) -> int:
    erasing.forget_messages([each.id for each in found])
    return len(found)


def _inbound(now: datetime, days: int, after: UUID | None, limit: int) -> Page:
    old = InboundMessage.received_at < now - timedelta(days=days)
    wanted = select(InboundMessage.id, InboundMessage.about, InboundMessage.received_at.label("since")).where(
        old, InboundMessage.state.in_(HANDLED)
    )
    return page_of(wanted, InboundMessage.id, after, limit, _due)


def _forget_inbound(found: Sequence[Due], actor: Actor) -> int:
    return _deleted(InboundMessage, found)


def _bulk(now: datetime, days: int, after: UUID | None, limit: int) -> Page:
    used = or_(
        exists().where(Notification.bulk_id == BulkSend.id), exists().where(BulkRecipient.bulk_id == BulkSend.id)
    )
    ended = and_(BulkSend.state.in_([BulkState.DONE, BulkState.CANCELLED]), BulkSend.ended_at.is_not(None))
    return _simple(BulkSend, BulkSend.ended_at, and_(ended, ~used), now, days, after, limit)


def _forget_bulk(found: Sequence[Due], actor: Actor) -> int:
    return _deleted(BulkSend, found)


def _lifted(now: datetime, days: int, after: UUID | None, limit: int) -> Page:
    lifted = Suppression.lifted_at.is_not(None)
    return _simple(Suppression, Suppression.lifted_at, lifted, now, days, after, limit)


def _forget_lifted(found: Sequence[Due], actor: Actor) -> int:
    return _deleted(Suppression, found)


def _bases(now: datetime, days: int, after: UUID | None, limit: int) -> Page:
    """A consent or legal basis under which nothing was written for so long. An objection stays."""
    used = exists().where(
        Notification.recipient_index == ContactBasis.recipient_index, Notification.channel == ContactBasis.channel
    )
    which = and_(ContactBasis.withdrawn_at.is_(None), ~used)
    return _simple(ContactBasis, ContactBasis.recorded_at, which, now, days, after, limit)


def _forget_bases(found: Sequence[Due], actor: Actor) -> int:
    return _deleted(ContactBasis, found)


def _receipts(now: datetime, days: int, after: UUID | None, limit: int) -> Page:
    done = Receipt.processed_at.is_not(None)
    return _simple(Receipt, Receipt.received_at, done, now, days, after, limit)


def _forget_receipts(found: Sequence[Due], actor: Actor) -> int:
    return _deleted(Receipt, found)


def _simple(
    model: Any, counted: Any, which: ColumnElement[bool], now: datetime, days: int, after: UUID | None, limit: int
) -> Page:
    wanted = select(model.id, counted.label("since")).where(counted < now - timedelta(days=days), which)
    return page_of(
        wanted, model.id, after, limit, lambda row: Due(row.id, row.since, (f"{model.__tablename__}:{row.id}",))
    )


def _deleted(model: Any, found: Sequence[Due]) -> int:
    chosen = delete(model).where(among(model.id, [each.id for each in found]))
    return int(db.session.execute(chosen, execution_options=erasing.BARE).rowcount)  # type: ignore[attr-defined]


CREATED, RECEIVED = N_("the day it was written"), N_("the day it came in")
TYPES = (
    RecordType(
        "messages.general", N_("Messages: to whom, when, what became of them"), 365, CREATED,
        N_("Art. 5 (1) (e) GDPR: questions about a message come within a year; texts are wiped within days."),
        due=_messages, erase=_forget_messages,
    ),
    RecordType(
        "messages.proofs", N_("Messages that prove delivery: legal notices, orders, certificates"), 1096, CREATED,
        N_("Section 56 (11) IfSG: compensation can be applied for within two years of the order's end."),
        at_least=TWO_YEARS, due=_proofs, erase=_forget_messages,
    ),
    RecordType(
        "messages.inbound", N_("Messages that people wrote to us"), 180, RECEIVED,
        N_("Art. 5 (1) (e) GDPR: dealt with, and kept for questions about it; what waits for an answer stays."),
        due=_inbound, erase=_forget_inbound,
    ),
    RecordType(
        "messages.bulk", N_("Bulk sends: name, template, numbers"), 365, N_("the end of the send"),
        N_("Art. 5 (1) (e) GDPR; the people and texts of a send go seven days after its end."),
        due=_bulk, erase=_forget_bulk,
    ),
    RecordType(
        "messages.closed_addresses", N_("Closed addresses that were opened again"), 365, N_("the day it was opened"),
        N_("Art. 5 (2) GDPR: proof that the wish was respected. An address that is closed stays on the list."),
        due=_lifted, erase=_forget_lifted,
    ),
    RecordType(
        "messages.bases", N_("On what basis an address was written to"), 1096, N_("the day it was recorded"),
        N_("Art. 5 (2), 7 (1) GDPR: proof of consent, until claims lapse (section 195 BGB: three years)."),
        due=_bases, erase=_forget_bases,
    ),
    RecordType(
        "messages.receipts", N_("Delivery receipts of providers"), 90, RECEIVED,
        N_("Art. 5 (1) (e) GDPR: what they say stands in the message."), due=_receipts, erase=_forget_receipts,
    ),
    RecordType(
        "messages.texts", N_("Texts of messages"), 7, N_("the end of the message"),
        N_("Art. 5 (1) (c) GDPR; at once when it has arrived."), by="notifications.forget_texts",
    ),
)  # fmt: skip


def about(references: Collection[str], *, without: str = "") -> Iterator[dict[str, Any]]:
    """All messages about these records, for the copy of somebody's data, with the text while it is there.

    `without`: those are left out whose key ends so.
    """
    abouts = erasing.Whose(frozenset(references)).abouts
    rows = select(Notification).where(among(Notification.about, abouts)).order_by(Notification.id)
    if without:
        rows = rows.where(Notification.key.is_(None) | ~Notification.key.endswith(without, autoescape=True))
    for row in db.session.scalars(rows.execution_options(yield_per=100)):
        yield {
            "about": row.about,
            "template": row.template,
            "channel": row.channel.value,
            "locale": row.locale,
            "to": row.recipient,
            "subject": row.subject,
            "text": row.body,
            "status": row.status.value,
            "written_at": row.created_at.isoformat(),
            "sent_at": row.sent_at.isoformat() if row.sent_at else None,
            "delivered_at": row.delivered_at.isoformat() if row.delivered_at else None,
        }
    answers = select(InboundMessage).where(among(InboundMessage.about, abouts)).order_by(InboundMessage.id)
    for answer in db.session.scalars(answers):
        yield {
            "about": answer.about,
            "channel": "sms",
            "from": answer.sender,
            "text": answer.body,
            "received_at": answer.received_at.isoformat(),
        }


def as_file(references: Collection[str], *, without: str = "") -> bytes:
    """The same as the content of a JSON file."""
    messages = list(about(references, without=without))
    return json.dumps({"schema": "obhut/messages/1", "messages": messages}, ensure_ascii=False).encode()


def register() -> None:
    """Make the room's types of records known, and the jobs that the room below cannot register itself."""
    for record_type in TYPES:
        retention.register_type(record_type)
    register_job(Job("retention", timedelta(hours=1), Queue.HOUSEKEEPING, retention.run_due, woken=False, alone=True))
    register_job(Job("notifications.sweep", timedelta(hours=1), Queue.HOUSEKEEPING, erasing.sweep, woken=False))
