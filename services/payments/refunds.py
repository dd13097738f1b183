"""Giving money back: asked for by staff with a reason, by a rejection, or because it came for nothing."""

import structlog
from sqlalchemy import select

from auth.actors import Actor
from config import clock
from config.database import db
from config.errors import N_, RuleViolation
from notifications.celery_app import wake
from notifications.schedule import Queue
from services import notices, queries, trail
from services.models import ServiceRequest
from services.payments.base import Refund, Returned
from services.payments.models import Payment
from services.payments.states import Event, PaymentStatus, Trouble, follows, next_status

log = structlog.get_logger(__name__)
NOT_WANTED = "not_wanted"
SYSTEM = Actor.system("services.payments")


def ask(reference: str, number: int, reason: str, actor: Actor) -> Payment:
    """A caseworker wants the money of a payment to go back. Call inside `transaction()`.

    Raises NotFound, RuleViolation without a reason, and InvalidTransition when there is no money to give back.
    """
    if not reason.strip():
        raise RuleViolation("reason", N_("Please write why the money goes back."))
    request = queries.get_for_update(actor, reference)
    if not queries.works_on(actor, request) or queries.is_own(actor, request):
        raise RuleViolation("reason", N_("Somebody else has to decide this."))
    payment = db.session.scalars(
        select(Payment)
        .where(Payment.request_id == request.id, Payment.number == number)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if payment is None:
        raise RuleViolation("reason", N_("There is no such payment."))
    ask_for(payment, reason.strip(), actor)
    db.session.flush()
    return payment


def ask_for(payment: Payment, reason: str, actor: Actor) -> None:
    """Have the money of `payment` sent back; a job does it. Raises InvalidTransition."""
    payment.status = next_status(payment.status, Event.ASK_REFUND)
    payment.refund_reason = reason
    payment.refund_by = actor.id
    payment.refund_id = None  # an earlier one came to nothing
    if payment.trouble is Trouble.REFUND_FAILED:
        payment.trouble = Trouble.NONE
    payment.changed_at = clock.now()
    payment.tries = 0
    payment.work_at = clock.wall()
    wake(Queue.SERVICES)
    trail.record(actor, "payment.refund_asked", payment.request, payment=payment.reference)


def ask_for_all(request: ServiceRequest, reason: str, actor: Actor) -> None:
    """The same for all that was paid for `request`."""
    rows = select(Payment).where(Payment.request_id == request.id, Payment.status == PaymentStatus.PAID)
    for payment in db.session.scalars(rows.execution_options(populate_existing=True)):
        ask_for(payment, reason, actor)


def settle(payment: Payment, refund: Refund) -> None:
    """Write down what the provider says of a refund. Inside the transaction that holds the request's row."""
    if refund.id:
        payment.refund_id = refund.id
    match refund.returned:
        case Returned.DONE:
            done = follows(payment.status, Event.REFUND)
            if done is None:
                return
            payment.status, payment.refunded_at, payment.trouble = done, clock.now(), Trouble.NONE
            trail.record(SYSTEM, "payment.refunded", payment.request, payment=payment.reference)
            notices.tell_applicant(payment.request, "refunded", f"refunded-{payment.number}")
        case Returned.FAILED:
            refuse(payment)
            return
        case Returned.PENDING:
            return
    payment.changed_at = clock.now()
    payment.work_at = None


def refuse(payment: Payment) -> None:
    """The provider cannot give the money back: a person has to."""
    to = follows(payment.status, Event.REFUSE_REFUND)
    if to is None:
        return
    others = select(Payment.id).where(
        Payment.request_id == payment.request_id,
        Payment.occasion == payment.occasion,
        Payment.id != payment.id,
        Payment.status.in_((PaymentStatus.DUE, PaymentStatus.STARTED, PaymentStatus.PAID)),
    )
    # Another one may be open or paid meanwhile, and of those there is one: then this stays where it is, for a person.
    if db.session.scalar(others.limit(1)) is None:
        payment.status = to
    payment.trouble = Trouble.REFUND_FAILED
    payment.changed_at = clock.now()
    payment.work_at = None
    log.error("refund_failed", payment=payment.reference)
