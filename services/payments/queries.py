"""Reading payments, always by a request or a department that the reader may see."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from auth.actors import Actor
from auth.roles import Permission
from config import clock
from config.database import db
from config.errors import NotFound
from config.localisation import page_locale
from config.settings import current_settings
from services import queries, versions
from services.definitions import ServiceDefinition
from services.models import ServiceRequest
from services.payments import fees, ledger, registry, settling, starting
from services.payments.amounts import NoAmount, fee_of, in_words
from services.payments.models import Payment
from services.payments.states import LABELS, RECEIVED, TONES, TROUBLES, UNPAID, Occasion, PaymentStatus
from services.timeline import Happening

SHOWN = 200


@dataclass(frozen=True)
class Shown:
    """A payment as pages show it."""

    id: UUID
    number: int
    reference: str
    request_reference: str
    service: str
    amount: str
    purpose: str
    status: str
    label: str
    tone: str
    at: datetime
    paid_at: datetime | None
    refunded_at: datetime | None
    transaction: str
    trouble: str
    reason: str
    has_receipt: bool
    can_be_refunded: bool


@dataclass(frozen=True)
class Due:
    """What the applicant is asked to pay now. `online`: whether a provider takes it; `begun`: a page is open."""

    amount: str
    purpose: str
    online: bool
    begun: bool
    again: bool
    first: bool


@dataclass(frozen=True)
class Ahead:
    """What sending an application will cost. `amount` is "" where these answers cost nothing; `first`: paid at once."""

    amount: str
    purpose: str
    online: bool
    first: bool


def shown(payment: Payment, locale: str) -> Shown:
    """One payment in the language of the page."""
    definition = versions.of(payment.request)
    purpose = definition.payment.purpose if definition.payment else definition.title
    return Shown(
        id=payment.id,
        number=payment.number,
        reference=payment.reference,
        request_reference=payment.request.reference,
        service=definition.title.to(locale),
        amount=in_words(payment.received_cents or payment.amount_cents, locale),
        purpose=purpose.to(locale),
        status=payment.status.value,
        label=_(LABELS[payment.status]),
        tone="danger" if payment.trouble else TONES[payment.status],
        at=payment.changed_at,
        paid_at=payment.paid_at,
        refunded_at=payment.refunded_at,
        transaction=payment.transaction or "",
        trouble=_(TROUBLES[payment.trouble]) if payment.trouble else "",
        reason=payment.refund_reason or "",
        has_receipt=payment.status in RECEIVED and payment.paid_at is not None,
        can_be_refunded=payment.status is PaymentStatus.PAID,
    )


def of_request(request: ServiceRequest, locale: str) -> list[Shown]:
    """The payments of a request whose page is being shown, newest first."""
    return [shown(payment, locale) for payment in reversed(ledger.payments_of(request))]


def refunds_of(request: ServiceRequest) -> list[Happening]:
    """The money that went back, for the request's timeline. Requests without a fee are not asked about."""
    if versions.of(request).payment is None:
        return []
    locale = page_locale()
    return [
        Happening(one.refunded_at, _("Fee refunded"), in_words(one.received_cents or one.amount_cents, locale))
        for one in ledger.payments_of(request)
        if one.refunded_at is not None
    ]


def due(request: ServiceRequest, locale: str) -> Due | None:
    """What is to be paid for `request` now; None: nothing."""
    payment = starting.to_pay(request)
    if payment is None:
        return None
    definition = versions.of(request)
    purpose = definition.payment.purpose if definition.payment else definition.title
    return Due(
        amount=in_words(payment.amount_cents, locale),
        purpose=purpose.to(locale),
        online=registry.provider() is not None,
        begun=payment.status is PaymentStatus.STARTED,
        again=payment.status not in UNPAID,
        first=payment.occasion is Occasion.SUBMISSION,
    )


def ahead(definition: ServiceDefinition, answers: Mapping[str, Any], actor: Actor, locale: str) -> Ahead | None:
    """What `actor` will have to pay for these (clean) answers; None: the service asks for no fee, or for one that
    cannot be worked out, which is said when it is sent.

    Who has no account has no page to pay on, so that they hear from the office (`fees.comes_first`).
    """
    if definition.payment is None:
        return None
    try:
        amount = fee_of(definition, answers, today=clock.today(current_settings().zone))
    except NoAmount:
        return None
    return Ahead(
        amount=in_words(amount, locale) if amount else "",
        purpose=definition.payment.purpose.to(locale),
        online=registry.provider() is not None and actor.user_id is not None,
        first=fees.may_come_first(definition),
    )


def own(actor: Actor, reference: str, number: int) -> Payment:
    """A payment of the actor's own request, or of one that they work on. Raises NotFound."""
    request = queries.get(actor, reference)
    found = [one for one in ledger.payments_of(request) if one.number == number]
    if not found:
        raise NotFound()
    return found[0]


def _departments(actor: Actor) -> frozenset[str]:
    return actor.departments_for(Permission.SERVICES_MANAGE) | actor.departments_for(Permission.REQUESTS_WORK)


def listed(actor: Actor, slug: str | None, first: date, last: date) -> list[Payment]:
    """Money that came or went on these days (both included, in the city's zone), newest first."""
    begin, end = _span(first, last)
    wanted = (
        select(Payment)
        .join(Payment.request)
        .where(
            ServiceRequest.department_code.in_(_departments(actor)),
            ((Payment.paid_at >= begin) & (Payment.paid_at < end))
            | ((Payment.refunded_at >= begin) & (Payment.refunded_at < end)),
        )
        .order_by(Payment.paid_at.desc(), Payment.reference)
    )
    if slug:
        wanted = wanted.where(Payment.slug == slug)
    return list(db.session.scalars(wanted))


def troubled(actor: Actor) -> list[Payment]:
    """Payments that wait for a person of the actor's departments."""
    return list(
        db.session.scalars(
            select(Payment)
            .join(Payment.request)
            .where(ServiceRequest.department_code.in_(_departments(actor)), settling.waits_for_a_person())
            .order_by(Payment.changed_at)
            .limit(SHOWN)
        )
    )


def troubled_one(actor: Actor, payment_id: UUID) -> Payment:
    """One of them. Raises NotFound."""
    found = [one for one in troubled(actor) if one.id == payment_id]
    if not found:
        raise NotFound()
    return found[0]


def bookings(payments: list[Payment], first: date, last: date) -> Iterator[tuple[date, str, str, str, str, str, str]]:
    """For the cash office: day, reference, service, kind, amount in euros, provider, the provider's id. No names.

    A refund is a kind of its own with a positive amount: spreadsheets take a leading minus for a formula.
    """
    zone = current_settings().zone
    begin, end = _span(first, last)
    for payment in payments:
        amount = payment.received_cents or payment.amount_cents
        for at, kind in ((payment.paid_at, "payment"), (payment.refunded_at, "refund")):
            if at is not None and begin <= at < end:
                yield (
                    at.astimezone(zone).date(),
                    payment.reference,
                    payment.slug,
                    kind,
                    f"{amount // 100},{amount % 100:02}",
                    payment.provider,
                    payment.transaction or "",
                )


def _span(first: date, last: date) -> tuple[datetime, datetime]:
    zone = current_settings().zone
    return datetime.combine(first, time(), zone), datetime.combine(last + timedelta(days=1), time(), zone)
