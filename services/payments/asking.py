"""The job of payments: asks the provider where its call has not come, closes pages, sends money back.

Each payment that needs a look has a time. A run takes what is due, puts its time off (that is the lease) and asks with
no transaction open; what it learns goes into the ledger as a call would. Running twice, or dying half-way, does no
harm: what is asked for has a key of its own at the provider, and the time comes again.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import select

from auth.actors import Actor
from config import clock, scopes
from config.database import claimable, db, transaction
from config.waits import growing
from services.payments import ledger, refunds, registry, starting
from services.payments.base import Provider, Refused, Said, Unavailable
from services.payments.models import Payment
from services.payments.states import UNPAID, PaymentStatus

log = structlog.get_logger(__name__)
BATCH = 20
LEASE = timedelta(minutes=3)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
GRACE = timedelta(minutes=10)
SYSTEM = Actor.system("services.payments")
PAGE_GONE = (Said.EXPIRED, Said.UNKNOWN, Said.FAILED)


def look() -> int:
    """Deal with one batch of payments that are due; how many."""
    provider = registry.provider()
    if provider is None:
        return 0
    with transaction():
        due = _claim()
    for payment_id in due:
        deal_with(payment_id, provider)
    return len(due)


def ask_now(payment_id: UUID) -> None:
    """Somebody has come back from the provider's page: ask at once what became of it. Not inside `transaction()`."""
    provider = registry.provider()
    if provider is not None:
        with scopes.within(scopes.system("services.payments")):
            deal_with(payment_id, provider)


def _claim() -> Sequence[UUID]:
    now = clock.wall()
    rows = select(Payment).where(Payment.work_at <= now).order_by(Payment.work_at).limit(BATCH)
    found = db.session.scalars(claimable(rows)).all()
    for payment in found:
        payment.work_at = now + LEASE
    return [payment.id for payment in found]


def deal_with(payment_id: UUID, provider: Provider) -> None:
    """Ask the provider what this payment needs to know, and write it down."""
    payment = db.session.get(Payment, payment_id, populate_existing=True)
    if payment is None:
        return
    try:
        _deal_with(payment, provider)
    except Unavailable as error:
        log.warning("payment_provider_unavailable", reason=str(error))
        _later(payment_id)
    except Refused as error:
        log.error("payment_provider_refuses", reason=str(error))
        _refused(payment_id)


def _deal_with(payment: Payment, provider: Provider) -> None:
    if payment.provider != provider.name and payment.provider:
        raise Unavailable("of another provider")
    if payment.status is PaymentStatus.REFUND_ASKED:
        _refund(payment, provider)
    elif payment.provider_id is None and payment.expires_at is not None and (payment.closing or _is_due(payment)):
        _find_page(payment, provider)
    elif payment.closing and payment.provider_id is not None:
        _close(payment, provider)
    elif payment.status is PaymentStatus.STARTED and payment.provider_id is not None:
        _ask(payment, provider)
    else:
        _nothing_to_do(payment.id)


def _is_due(payment: Payment) -> bool:
    return payment.status is PaymentStatus.DUE


def _find_page(payment: Payment, provider: Provider) -> None:
    """A page may have been made before our process died: asking for it with the same key gives the same."""
    payment_id, order = payment.id, starting.order_of(payment)
    is_over = order.expires_at < clock.wall()
    db.session.rollback()
    if is_over:
        with transaction():
            held = ledger.hold(payment_id)
            if held is not None and held.status in UNPAID:
                held.status, held.changed_at = PaymentStatus.EXPIRED, clock.now()
            if held is not None:
                held.closing, held.work_at = False, None
        return
    started = provider.start(order)
    with transaction():
        starting.settle(payment_id, started)


def _ask(payment: Payment, provider: Provider) -> None:
    payment_id, provider_id = payment.id, payment.provider_id or ""
    is_over = payment.expires_at is not None and payment.expires_at + GRACE < clock.wall()
    db.session.rollback()
    word = provider.close(provider_id) if is_over else provider.ask(provider_id)
    with transaction():
        heard = ledger.hear(word)
        if heard is not None and heard.status is PaymentStatus.STARTED:
            if is_over and word.said is Said.UNKNOWN:
                heard.status, heard.changed_at, heard.work_at = PaymentStatus.EXPIRED, clock.now(), None
                return
            _put_off(heard)
    if heard is None:
        _nothing_to_do(payment_id)


def _close(payment: Payment, provider: Provider) -> None:
    payment_id, provider_id = payment.id, payment.provider_id or ""
    db.session.rollback()
    word = provider.close(provider_id)
    with transaction():
        ledger.hear(word)
        held = ledger.hold(payment_id)
        if held is not None and held.closing:
            if word.said in PAGE_GONE:
                held.closing, held.work_at = False, None
            else:
                _put_off(held)


def _refund(payment: Payment, provider: Provider) -> None:
    payment_id, refund_id, transaction_id = payment.id, payment.refund_id, payment.transaction
    amount = payment.received_cents or payment.amount_cents
    attempt = int(payment.changed_at.timestamp())  # when it was asked for: stays until the refund has come or failed
    db.session.rollback()
    if refund_id:
        refund = provider.ask_refund(refund_id)
    elif transaction_id:
        refund = provider.refund(payment_id, attempt, transaction_id, amount)
    else:
        raise Refused("no transaction")
    with transaction():
        held = ledger.hold(payment_id)
        if held is not None:
            refunds.settle(held, refund)
            if held.work_at is not None:
                _put_off(held)


def _put_off(payment: Payment) -> None:
    payment.work_at = clock.wall() + growing(payment.tries, FIRST_WAIT, LONGEST_WAIT)
    payment.tries += 1


def _later(payment_id: UUID) -> None:
    db.session.rollback()
    with transaction():
        held = ledger.hold(payment_id)
        if held is not None and held.work_at is not None:
            _put_off(held)


def _refused(payment_id: UUID) -> None:
    db.session.rollback()
    with transaction():
        held = ledger.hold(payment_id)
        if held is None:
            return
        if held.status is PaymentStatus.REFUND_ASKED:
            refunds.refuse(held)
        elif held.status is PaymentStatus.DUE:
            starting.fail(payment_id)
        elif held.closing:  # there is no such page
            held.closing, held.work_at = False, None
        else:
            _put_off(held)


def _nothing_to_do(payment_id: UUID) -> None:
    db.session.rollback()
    with transaction():
        held = ledger.hold(payment_id)
        if held is not None and not _has_work(held):
            held.work_at = None


def _has_work(payment: Payment) -> bool:
    """Whether something has been asked for since it was read last."""
    may_be_paying = payment.status in UNPAID and payment.expires_at is not None
    return payment.status is PaymentStatus.REFUND_ASKED or payment.closing or may_be_paying
