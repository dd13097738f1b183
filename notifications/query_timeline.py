"""One message with all that is known of its way: attempts, receipts, what staff did, the ladder, what comes next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from auth.actors import Actor
from auth.queries import Deed, deeds
from config import clock
from config.database import db
from config.errors import NotFound
from notifications.explanations import Cause, cause_of, code_in_words
from notifications.models import ContactBasis, DeliveryAttempt, Notification, Receipt
from notifications.operation_models import BulkSend
from notifications.queries import messages_visible_to
from notifications.query_log import Line, line_of
from notifications.statuses import DECISIONS, TROUBLE, AttemptState, Channel, Status

LONGEST_LADDER = 20
AGAIN = "again:"
CLIMBS = (Status.PENDING, Status.SENDING, Status.SENT)


@dataclass(frozen=True)
class Entry:
    """One line of a message's timeline. `explanation` is English, to be translated; `by` a person's name."""

    at: datetime
    what: str
    tone: str = "neutral"
    number: int | None = None
    sender: str = ""
    provider_id: str = ""
    code: str = ""
    explanation: str = ""
    by: str = ""


@dataclass(frozen=True)
class Rung:
    """Another message for the same purpose. `again`: somebody sent it once more, it is no other way."""

    line: Line
    again: bool


@dataclass(frozen=True)
class Basis:
    """Why we may write to this address."""

    basis: str
    source: str
    recorded_at: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True)
class Details:
    """One message. Texts are "" when they are wiped or not asked for; `next_…` are times in the future."""

    line: Line
    key: str
    version: str
    locale: str
    purpose: str
    priority: int
    not_before: datetime | None
    expires_at: datetime | None
    bulk_id: UUID | None
    bulk_name: str
    subject: str
    body: str
    has_text: bool
    cause: Cause | None
    is_decided: bool
    earlier: Sequence[Rung]
    later: Sequence[Rung]
    timeline: Sequence[Entry]
    bases: Sequence[Basis]
    next_attempt_at: datetime | None
    waits_until: datetime | None
    next_rung_at: datetime | None


_TONES = {
    AttemptState.SENT: "info",
    AttemptState.DELIVERED: "success",
    AttemptState.FAILED: "danger",
    AttemptState.UNDELIVERED: "danger",
    AttemptState.UNKNOWN: "warning",
    AttemptState.TEMPORARY: "warning",
    AttemptState.CRASHED: "danger",
}
_RECEIPT_TONES = {
    "sent": "info",
    "delivered": "success",
    "read": "success",
    "undelivered": "danger",
    "failed": "danger",
}


def details(actor: Actor, message_id: UUID, *, with_text: bool = False) -> Details:
    """One message. Raises NotFound when there is none that this actor may see."""
    row = db.session.scalars(messages_visible_to(actor).where(Notification.id == message_id)).first()
    if row is None:
        raise NotFound()
    attempts = db.session.scalars(
        select(DeliveryAttempt).where(DeliveryAttempt.notification_id == row.id).order_by(DeliveryAttempt.number)
    ).all()
    bulk = db.session.get(BulkSend, row.bulk_id) if row.bulk_id else None
    is_open = row.status is Status.PENDING
    return Details(
        line=line_of(row),
        key=row.key,
        version=row.template_version,
        locale=row.locale,
        purpose=row.purpose.value,
        priority=row.priority,
        not_before=row.not_before,
        expires_at=row.expires_at,
        bulk_id=row.bulk_id,
        bulk_name=(bulk.name or "") if bulk else "",
        subject=(row.subject or "") if with_text else "",
        body=(row.body or "") if with_text else "",
        has_text=row.has_text,
        cause=_cause(row, attempts),
        is_decided=row.cause in DECISIONS,
        earlier=_earlier(actor, row),
        later=_later(actor, row),
        timeline=_timeline(row, attempts),
        bases=_bases(row),
        next_attempt_at=row.next_attempt_at if is_open and _is_ahead(row.next_attempt_at, clock.wall()) else None,
        waits_until=row.not_before if is_open and _is_ahead(row.not_before, clock.now()) else None,
        next_rung_at=row.next_rung_at if row.status in CLIMBS and _is_ahead(row.next_rung_at, clock.now()) else None,
    )


def _is_ahead(at: datetime | None, now: datetime) -> bool:
    return at is not None and at > now


def _cause(row: Notification, attempts: Sequence[DeliveryAttempt]) -> Cause | None:
    if row.status not in TROUBLE:
        return None
    # Once decided, the message's own cause says so; the last attempt still knows why it failed.
    return cause_of(row.status, attempts[-1].meaning if attempts else row.cause, row.channel)


def _earlier(actor: Actor, row: Notification) -> list[Rung]:
    """What this message follows, the first one first."""
    found: list[Rung] = []
    current = row
    while current.fallback_for is not None and len(found) < LONGEST_LADDER:
        wanted = messages_visible_to(actor).where(Notification.id == current.fallback_for)
        before = db.session.scalars(wanted).first()
        if before is None:
            break
        found.append(Rung(line_of(before), current.key.startswith(AGAIN)))
        current = before
    return found[::-1]


def _later(actor: Actor, row: Notification) -> list[Rung]:
    """What followed this message, the next one first."""
    found: list[Rung] = []
    ids = [row.id]
    while ids and len(found) < LONGEST_LADDER:
        wanted = messages_visible_to(actor).where(Notification.fallback_for.in_(ids)).order_by(Notification.id)
        rows = db.session.scalars(wanted.limit(LONGEST_LADDER)).all()
        found += [Rung(line_of(each), each.key.startswith(AGAIN)) for each in rows]
        ids = [each.id for each in rows]
    return found


def _bases(row: Notification) -> list[Basis]:
    wanted = select(ContactBasis).where(
        ContactBasis.channel == row.channel, ContactBasis.recipient_index == row.recipient_index
    )
    rows = db.session.scalars(wanted.order_by(ContactBasis.recorded_at))
    return [Basis(each.basis, each.source, each.recorded_at, each.withdrawn_at) for each in rows]


def _timeline(row: Notification, attempts: Sequence[DeliveryAttempt]) -> list[Entry]:
    """Oldest first. An attempt's times are of the wall clock, the others of the domain's: each group stays together."""
    ids = [each.provider_id for each in attempts if each.provider_id]
    receipts = db.session.scalars(
        select(Receipt).where(Receipt.provider_id.in_(ids)).order_by(Receipt.received_at, Receipt.id)
    ).all()
    entries = [Entry(row.created_at, "enqueued")]
    for each in attempts:
        of_this = [receipt for receipt in receipts if receipt.provider_id == each.provider_id]
        entries += _attempt_entries(each, of_this)
    entries += [_deed_entry(deed) for deed in _deeds(row)]
    return entries


def _attempt_entries(each: DeliveryAttempt, receipts: Sequence[Receipt]) -> list[Entry]:
    mail = each.channel is Channel.EMAIL
    entries = [Entry(each.started_at, "attempt", number=each.number, sender=each.sender)]
    if each.handed_at and each.state is not AttemptState.SENT:
        entries.append(Entry(each.handed_at, "handed"))
    told = {receipt.status for receipt in receipts}
    if each.settled_at and each.state.value not in told:
        entries.append(
            Entry(
                each.settled_at,
                each.state.value,
                _TONES.get(each.state, "neutral"),
                provider_id=each.provider_id or "",
                code=each.code or "",
                explanation=code_in_words(each.code, mail=mail),
            )
        )
    for receipt in receipts:
        entries.append(
            Entry(
                receipt.received_at,
                f"receipt_{receipt.status}",
                _RECEIPT_TONES.get(receipt.status, "neutral"),
                provider_id=receipt.provider_id,
                code=receipt.code or "",
                explanation=code_in_words(receipt.code, mail=mail),
            )
        )
    if each.redacted_at:
        entries.append(Entry(each.redacted_at, "redacted"))
    return entries


def _deeds(row: Notification) -> list[Deed]:
    return deeds([f"message:{row.id}", *([f"bulk:{row.bulk_id}"] if row.bulk_id else [])])


def _deed_entry(deed: Deed) -> Entry:
    return Entry(deed.domain_at, deed.action, by=deed.by)
