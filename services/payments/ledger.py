"""What providers say, written down: each fee is paid once, whatever comes twice, late or in another order.

Everything here runs inside the caller's `transaction()` and holds the request's row: two tabs, a callback and a job
that come at once are dealt with one after the other, each seeing what the one before has written.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import or_, select

from auth.actors import Actor
from config import clock
from config.database import db, locked
from notifications.celery_app import wake
from notifications.schedule import Queue
from services import arrival, notices, trail
from services.lifecycle import Action, Party, RequestStatus
from services.models import ServiceRequest
from services.payments import refunds
from services.payments.base import CURRENCY, Said, Word
from services.payments.models import Payment
from services.payments.states import Event, Occasion, PaymentStatus, Trouble, follows

log = structlog.get_logger(__name__)
SYSTEM = Actor.system("services.payments")
DEAD = frozenset({RequestStatus.DRAFT, RequestStatus.WITHDRAWN, RequestStatus.REJECTED})
EVENTS = {Said.PAID: Event.PAY, Said.FAILED: Event.FAIL, Said.EXPIRED: Event.EXPIRE}


def payments_of(request: ServiceRequest) -> Sequence[Payment]:
    """All payments of a request, as they are now, oldest first."""
    rows = select(Payment).where(Payment.request_id == request.id).order_by(Payment.number)
    return db.session.scalars(rows.execution_options(populate_existing=True)).all()


def as_file(request: ServiceRequest) -> list[dict[str, Any]]:
    """What a copy of a request says of its payments; amounts in cents of a euro."""
    return [
        {
            "reference": one.reference,
            "occasion": one.occasion,
            "status": one.status,
            "amount_cents": one.amount_cents,
            "received_cents": one.received_cents,
            "provider": one.provider,
            "transaction": one.transaction,
            "created_at": one.created_at.isoformat(),
            "paid_at": one.paid_at.isoformat() if one.paid_at else None,
            "refunded_at": one.refunded_at.isoformat() if one.refunded_at else None,
            "refund_reason": one.refund_reason,
        }
        for one in payments_of(request)
    ]


def hold(payment_id: UUID) -> Payment | None:
    """A payment with its request's row locked; None when both are erased."""
    request_id = db.session.scalar(select(Payment.request_id).where(Payment.id == payment_id))
    if request_id is None:
        return None
    request = db.session.scalar(
        locked(select(ServiceRequest).where(ServiceRequest.id == request_id)).execution_options(populate_existing=True)
    )
    found = [one for one in payments_of(request) if one.id == payment_id] if request else []
    return found[0] if found else None


def hear(word: Word) -> Payment | None:
    """Write down what the provider says. The same word again changes nothing. None: there is no such payment."""
    known = or_(Payment.provider_id == word.provider_id, Payment.id == word.order_id)
    ids = {row.provider_id: row.id for row in db.session.execute(select(Payment.id, Payment.provider_id).where(known))}
    found = ids.get(word.provider_id) or next(iter(ids.values()), None)
    payment = hold(found) if found else None
    if payment is None:
        log.warning("payment_unknown")
        return None
    if payment.provider_id not in (None, word.provider_id):
        payment = _of_another_page(payment, word)
    payment.provider_id = word.provider_id
    event = EVENTS.get(word.said)
    if event is Event.PAY:
        _receive(payment, word)
    elif event is not None:
        _move(payment, event)
    db.session.flush()
    return payment


def cancel(payment: Payment) -> None:
    """Nobody is to pay this any more; its page is closed by a job, since that asks the provider."""
    if not _move(payment, Event.CANCEL):
        return
    close_page(payment)
    db.session.flush()


def close_page(payment: Payment) -> None:
    """Have the provider told to take no money on the page of `payment`, if there may be one."""
    if payment.provider_id is not None or payment.expires_at is not None:
        payment.closing = True
        payment.tries = 0
        look_now(payment)


def look_now(payment: Payment) -> None:
    """Let a job look at `payment` as soon as this is committed."""
    payment.work_at = clock.wall()
    wake(Queue.SERVICES)


def _move(payment: Payment, event: Event) -> bool:
    to = follows(payment.status, event)
    if to is None:
        return False
    payment.status = to
    payment.changed_at = clock.now()
    payment.work_at = None
    payment.tries = 0
    return True


def _receive(payment: Payment, word: Word) -> None:
    """The money has come: the first word of it counts, all others find it written."""
    if follows(payment.status, Event.PAY) is None:
        return
    request = payment.request
    others = [one for one in payments_of(request) if one.id != payment.id and one.occasion is payment.occasion]
    was = payment.status
    is_wanted = _is_wanted(request, was, others)
    if is_wanted:
        for other in others:
            cancel(other)  # before this one counts as paid: of a fee there is at most one that is open or paid
    payment.transaction = word.transaction or None
    payment.received_cents = word.amount_cents
    payment.paid_at = clock.now()
    payment.closing = False
    _move(payment, Event.PAY)
    if not is_wanted:  # in one step: another one may count as paid, and of those there is one
        payment.trouble = Trouble.NOT_WANTED
        refunds.ask_for(payment, refunds.NOT_WANTED, SYSTEM)
    trail.record(SYSTEM, "payment.paid", request, payment=payment.reference, cents=word.amount_cents)
    if not is_wanted:
        return
    if word.amount_cents != payment.amount_cents or word.currency != CURRENCY:
        payment.trouble = Trouble.AMOUNT_DIFFERS
        log.error("payment_differs", payment=payment.reference)
    else:
        db.session.flush()
        _go_on(payment)


def _is_wanted(request: ServiceRequest, was: PaymentStatus, others: Sequence[Payment]) -> bool:
    if request.status in DEAD or any(one.status is PaymentStatus.PAID for one in others):
        return False
    return request.status is not RequestStatus.CLOSED or was is not PaymentStatus.CANCELLED


def _go_on(payment: Payment) -> None:
    request = payment.request
    if payment.occasion is Occasion.SUBMISSION and request.status is RequestStatus.AWAITING_PAYMENT:
        arrival.arrive(request, Action.PAY, Party.SYSTEM, SYSTEM)
    notices.tell_applicant(request, "paid", f"paid-{payment.number}")


def _of_another_page(payment: Payment, word: Word) -> Payment:
    """The provider has made two pages for one order, which it should not: the other one is a payment of its own."""
    log.error("payment_of_another_page", payment=payment.reference)
    number = payments_of(payment.request)[-1].number + 1
    other = Payment(
        request=payment.request, request_id=payment.request_id, slug=payment.slug, number=number,
        reference=f"{payment.request.reference}-{number}", occasion=payment.occasion, status=PaymentStatus.EXPIRED,
        amount_cents=payment.amount_cents, provider=payment.provider, provider_id=word.provider_id,
        created_at=clock.now(), changed_at=clock.now(),
    )  # fmt: skip
    db.session.add(other)
    db.session.flush()
    return other
