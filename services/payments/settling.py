"""Money that a person has to deal with, and requests that stay while money of theirs is on its way."""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, not_, or_, select

from auth.actors import Actor
from config import clock
from config.database import db
from config.errors import N_, Conflict, NotFound, RuleViolation
from services import queries, trail
from services.models import ServiceRequest
from services.payments import ledger, registry
from services.payments.models import Payment
from services.payments.states import Event, PaymentStatus, Trouble, follows


def waits_for_a_person() -> ColumnElement[bool]:
    """Of which payments nothing will come by itself: those in trouble whose money no job is sending back."""
    provider = registry.provider()
    if provider is None:
        return Payment.trouble != Trouble.NONE
    is_sent_back = and_(
        Payment.status == PaymentStatus.REFUND_ASKED,
        Payment.work_at.is_not(None),
        Payment.provider.in_(("", provider.name)),
    )
    return and_(Payment.trouble != Trouble.NONE, not_(is_sent_back))


def by_hand(payment_id: UUID, actor: Actor) -> None:
    """Somebody has paid the money back in another way: note that it is settled. Inside `transaction()`.

    Raises NotFound, Conflict when it does not wait for a person any more, RuleViolation on the actor's own request.
    """
    payment = ledger.hold(payment_id)
    if payment is None:
        raise NotFound()
    if queries.is_own(actor, payment.request):
        raise RuleViolation("", N_("Somebody else has to decide this."))
    if db.session.scalar(select(Payment.id).where(Payment.id == payment_id, waits_for_a_person())) is None:
        raise Conflict()
    status = follows(payment.status, Event.ASK_REFUND) or payment.status
    if follows(status, Event.REFUND) is not None:
        payment.status, payment.refunded_at, payment.refund_by = PaymentStatus.REFUNDED, clock.now(), actor.id
    payment.trouble = Trouble.NONE
    payment.changed_at = clock.now()
    payment.work_at = None
    trail.record(actor, "payment.refunded", payment.request, payment=payment.reference, by_hand=True)


def is_unsettled(request: ServiceRequest) -> bool:
    """Whether money of `request` may still come or go: a page that is open, a refund, or trouble."""
    open_ones = or_(
        Payment.work_at.is_not(None),
        Payment.closing,
        Payment.trouble != Trouble.NONE,
        Payment.status == PaymentStatus.REFUND_ASKED,
    )
    found = select(Payment.id).where(Payment.request_id == request.id, open_ones)
    return db.session.scalar(found.limit(1)) is not None
