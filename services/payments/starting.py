"""Going to pay: one page of the provider's for one payment, however many tabs are open."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog

from auth.actors import Actor
from config import clock
from config.database import db, transaction
from config.errors import N_, Conflict, NotFound, RuleViolation
from config.settings import current_settings
from services import queries, versions
from services.lifecycle import RequestStatus
from services.models import ServiceRequest
from services.payments import fees, ledger, registry
from services.payments.base import Order, Provider, Refused, Started, Unavailable
from services.payments.models import Payment
from services.payments.states import UNPAID, Event, Occasion, PaymentStatus, follows

log = structlog.get_logger(__name__)
PAGE_LASTS = timedelta(hours=23)
"""Shorter than a provider remembers our keys: who asks for a page again within this time gets the same one."""
TOO_LATE = timedelta(minutes=45)
FIRST_LOOK = timedelta(seconds=60)
AGAIN = frozenset({PaymentStatus.FAILED, PaymentStatus.EXPIRED})
NOT_ONLINE = N_("This cannot be paid online at the moment. The office will tell you how to pay.")
NOTHING_DUE = N_("There is nothing to pay here.")
NO_ANSWER = N_("The payment provider does not answer. Please try again in a few minutes.")


@dataclass(frozen=True)
class _Claimed:
    payment_id: UUID
    order: Order | None
    address: str


def begin(reference: str, actor: Actor) -> str:
    """The address of the provider's page where `actor` pays for their request. Not inside `transaction()`.

    Raises NotFound, RuleViolation when there is nothing to pay or nobody can be paid, Conflict when it was paid or
    given up meanwhile.
    """
    provider = registry.provider()
    if provider is None:
        raise RuleViolation("", NOT_ONLINE)
    with transaction():
        claimed = _claim(reference, actor, provider)
    if claimed.order is None:
        return claimed.address
    try:
        started = provider.start(claimed.order)
    except Unavailable as error:
        log.warning("payment_not_started", reason=str(error))
        raise RuleViolation("", NO_ANSWER) from None
    except Refused as error:
        log.error("payment_refused", reason=str(error))
        with transaction():
            fail(claimed.payment_id)
        raise RuleViolation("", NOT_ONLINE) from None
    with transaction():
        address = settle(claimed.payment_id, started)
    if address is None:
        raise Conflict()
    return address


def to_pay(request: ServiceRequest) -> Payment | None:
    """The payment that is open, or whose next attempt is: what the page of `request` asks for."""
    latest = {payment.occasion: payment for payment in ledger.payments_of(request)}
    if request.status in ledger.DEAD:
        return None
    for occasion in Occasion:
        payment = latest.get(occasion)
        if occasion is Occasion.SUBMISSION and request.status is RequestStatus.CLOSED:
            continue  # the office has ended it without that fee
        if payment is not None and (payment.status in UNPAID or payment.status in AGAIN or _was_given_back(payment)):
            return payment
    return None


def _was_given_back(payment: Payment) -> bool:
    """Money that did not fit has gone back, and the request still waits."""
    is_back = payment.status in (PaymentStatus.REFUND_ASKED, PaymentStatus.REFUNDED)
    return is_back and payment.request.status is RequestStatus.AWAITING_PAYMENT


def order_of(payment: Payment) -> Order:
    """What the provider is told: the same for the same payment, whenever it is asked."""
    request, settings = payment.request, current_settings()
    definition = versions.of(request)
    back = settings.public_url(f"/requests/{request.reference}/payment")
    purpose = definition.payment.purpose if definition.payment else definition.title
    if payment.expires_at is None:
        raise ValueError("not claimed")
    return Order(
        payment.id,
        payment.reference,
        payment.amount_cents,
        purpose.to(request.locale),
        request.locale,
        payment.expires_at,
        f"{back}?back=paid",
        f"{back}?back=cancelled",
    )


def settle(payment_id: UUID, started: Started) -> str | None:
    """Write down the page that was made; None when it is not wanted any more. Inside `transaction()`."""
    payment = ledger.hold(payment_id)
    if payment is None:
        return None
    if payment.provider_id is None:
        payment.provider_id = started.provider_id
    to = follows(payment.status, Event.START)
    if to is None:
        if payment.status is PaymentStatus.CANCELLED:
            ledger.close_page(payment)
        return None
    payment.status, payment.address = to, started.address
    payment.changed_at = clock.now()
    payment.tries = 0
    payment.work_at = clock.wall() + FIRST_LOOK
    return started.address


def fail(payment_id: UUID) -> None:
    """The provider made no page and never will. Inside `transaction()`."""
    payment = ledger.hold(payment_id)
    to = follows(payment.status, Event.FAIL) if payment else None
    if payment is not None and to is not None:
        payment.status, payment.work_at, payment.changed_at = to, None, clock.now()


def _claim(reference: str, actor: Actor, provider: Provider) -> _Claimed:
    request = queries.get_for_update(actor, reference)
    if not queries.is_own(actor, request):
        raise NotFound()
    payment = to_pay(request)
    if payment is None:
        raise RuleViolation("", NOTHING_DUE)
    now = clock.wall()
    if payment.status in UNPAID and payment.expires_at is not None and payment.expires_at < now + TOO_LATE:
        # Too little time is left on its page. Should money come there all the same, the ledger knows what to do.
        payment.status, payment.changed_at, payment.work_at = PaymentStatus.EXPIRED, clock.now(), None
        ledger.close_page(payment)
        db.session.flush()
    if payment.status not in UNPAID:
        payment = fees.ask_for(request, payment.occasion, payment.amount_cents)
    if payment.status is PaymentStatus.STARTED and payment.address:
        return _Claimed(payment.id, None, payment.address)
    payment.provider = provider.name
    # Whole seconds: databases keep less than a clock gives, and the order has to stay the same.
    payment.expires_at = payment.expires_at or (now + PAGE_LASTS).replace(microsecond=0)
    payment.work_at = now + FIRST_LOOK
    db.session.flush()
    return _Claimed(payment.id, order_of(payment), "")
