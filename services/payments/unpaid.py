"""Requests whose fee nobody pays: the applicants are reminded, and after some days the office lets them go."""

from datetime import timedelta

from sqlalchemy import select

from auth.actors import Actor
from config import clock
from config.database import db, locked, transaction
from config.localisation import local_date, speaking
from config.settings import current_settings
from services import casework, notices
from services.commands import Act
from services.lifecycle import Action, RequestStatus
from services.models import ServiceRequest
from services.payments import ledger, registry
from services.payments.states import PaymentStatus

BATCH = 20
REMINDED_AFTER = timedelta(hours=1)  # who pays does so at once; the others have left the page
REMINDED_WITHIN = timedelta(days=2)  # a house that stood still for a day catches up
SYSTEM = Actor.system("services.payments")


def remind(days: int) -> int:
    """Write once to each applicant who has handed a request in and left without paying; how many were written to."""
    if registry.provider() is None:
        return 0
    now = clock.now()
    rows = select(ServiceRequest.reference).where(
        ServiceRequest.status == RequestStatus.AWAITING_PAYMENT,
        ServiceRequest.changed_at.between(now - REMINDED_WITHIN, now - REMINDED_AFTER),
    )
    return sum(_reminded(reference, days) for reference in db.session.scalars(rows).all())


def _reminded(reference: str, days: int) -> int:
    with transaction():
        request = _still_waiting(reference)
        if request is None:
            return 0
        # One day less than we wait: on the last one it is let go at some hour.
        last = (request.changed_at + timedelta(days=days - 1)).astimezone(current_settings().zone).date()
        with speaking(request.locale):
            day = local_date(last)
        notices.tell_applicant(request, "unpaid_yet", "unpaid-yet", until=day)
    return 1


def let_go(days: int) -> int:
    """Withdraw requests whose fee nobody has paid for so many days, and tell the applicants; how many, one batch."""
    if registry.provider() is None:
        return 0  # nobody can pay any more, and that is not the applicants' doing
    before = clock.now() - timedelta(days=days)
    rows = (
        select(ServiceRequest.reference)
        .where(ServiceRequest.status == RequestStatus.AWAITING_PAYMENT, ServiceRequest.changed_at < before)
        .order_by(ServiceRequest.changed_at)
        .limit(BATCH)
    )
    return sum(_one_gone(reference) for reference in db.session.scalars(rows).all())


def _one_gone(reference: str) -> int:
    with transaction():
        request = _still_waiting(reference)
        if request is None:
            return 0
        # Somebody may be paying just now, or have paid without our having heard of it.
        if any(
            one.status in (PaymentStatus.STARTED, PaymentStatus.PAID, PaymentStatus.REFUND_ASKED)
            for one in ledger.payments_of(request)
        ):
            return 0
        casework.act(reference, Act(action=Action.WITHDRAW), SYSTEM)
        notices.tell_applicant(request, "unpaid", "unpaid")
    return 1


def _still_waiting(reference: str) -> ServiceRequest | None:
    """The request with its lock; None when it has been paid or has gone meanwhile."""
    request = db.session.scalar(
        locked(select(ServiceRequest).where(ServiceRequest.reference == reference)).execution_options(
            populate_existing=True
        )
    )
    return request if request is not None and request.status is RequestStatus.AWAITING_PAYMENT else None
