"""The fee of a request: asked for when it is handed in or approved, let go when nothing comes of it."""

from collections.abc import Mapping
from typing import Any

import structlog

from auth.actors import Actor
from config import clock
from config.database import db
from config.errors import N_, RuleViolation
from config.settings import current_settings
from services import arrival, notices, trail, versions
from services.definitions import ServiceDefinition
from services.lifecycle import Action, Party
from services.models import RequestEvent, ServiceRequest
from services.payments import ledger, refunds, registry
from services.payments.amounts import NoAmount, fee_of
from services.payments.models import Payment
from services.payments.states import LIVE, UNPAID, Occasion, PaymentStatus

log = structlog.get_logger(__name__)
REJECTED = "rejected"
STILL_COUNTS = LIVE | {PaymentStatus.REFUND_ASKED}
"""Of a fee that has one of these there is none to ask for: money on its way back may still come to stay."""


def comes_first(request: ServiceRequest, definition: ServiceDefinition, answers: Mapping[str, Any]) -> bool:
    """Ask for the fee of a request that is being handed in; whether the office waits for it.

    Where nobody can pay online the fee is noted and the office begins at once: it sees that it is open. That is so
    without a provider, and for those without an account, who have no page to pay on. The amount is fixed here. Raises
    RuleViolation when the file's rule gives none.
    """
    if not may_come_first(definition):
        return False
    amount = _fee(definition, answers)
    if not amount or ledger.payments_of(request):
        return False
    ask_for(request, Occasion.SUBMISSION, amount)
    return registry.provider() is not None and request.applicant_id is not None


def may_come_first(definition: ServiceDefinition) -> bool:
    """Whether there is a fee that is asked for when a request is handed in."""
    payment = definition.payment
    return payment is not None and Occasion(payment.at) is Occasion.SUBMISSION


def check_out(request: ServiceRequest, actor: Actor) -> None:
    """The request is complete and waits for its fee. Call inside `transaction()`."""
    arrival.move(request, Action.CHECK_OUT, Party.APPLICANT, actor)
    request.due_on = arrival.due_on(request)  # lists sort by it; counted anew when it is paid
    db.session.flush()
    trail.record(actor, "request.check_out", request, service=request.slug)


def ask_for(request: ServiceRequest, occasion: Occasion, amount_cents: int) -> Payment:
    """A new payment of this fee. Call inside `transaction()`, with the request's row locked or new."""
    now = clock.now()
    number = max((one.number for one in ledger.payments_of(request)), default=0) + 1
    payment = Payment(
        request=request,
        request_id=request.id,
        slug=request.slug,
        number=number,
        reference=f"{request.reference}-{number}",
        occasion=occasion,
        status=PaymentStatus.DUE,
        amount_cents=amount_cents,
        created_at=now,
        changed_at=now,
    )
    db.session.add(payment)
    db.session.flush()
    return payment


def follow(request: ServiceRequest, event: RequestEvent, actor: Actor) -> None:
    """What the course of a request means for its fee; for `services.followers`."""
    match event.action:
        case Action.APPROVE:
            _ask_with_decision(request, event, actor)
        case Action.REJECT:
            _let_go(request)
            payment = versions.of(request).payment
            if payment is not None and payment.refund_on_rejection:
                refunds.ask_for_all(request, REJECTED, actor)
        case Action.WITHDRAW | Action.ANSWER_DUPLICATE:
            _let_go(request)


def _ask_with_decision(request: ServiceRequest, event: RequestEvent, actor: Actor) -> None:
    definition = versions.of(request)
    if definition.payment is None or Occasion(definition.payment.at) is not Occasion.DECISION:
        return
    amount = _fee(definition, request.answers or {})
    earlier = [one.status for one in ledger.payments_of(request) if one.occasion is Occasion.DECISION]
    if not amount or not STILL_COUNTS.isdisjoint(earlier):
        return
    payment = ask_for(request, Occasion.DECISION, amount)
    trail.record(actor, "payment.due", request, payment=payment.reference, cents=amount)
    if registry.provider() is not None:
        notices.tell_applicant(request, "payment_due", f"payment-due-{payment.number}")


def _fee(definition: ServiceDefinition, answers: Mapping[str, Any]) -> int:
    try:
        return fee_of(definition, answers, today=clock.today(current_settings().zone))
    except NoAmount as error:
        log.error("fee_not_computed", service=definition.slug, reason=str(error))
        raise RuleViolation("", N_("The fee could not be computed. Please tell the office.")) from None


def _let_go(request: ServiceRequest) -> None:
    for payment in ledger.payments_of(request):
        if payment.status in UNPAID:
            ledger.cancel(payment)
