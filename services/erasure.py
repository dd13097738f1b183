"""Erasing a request: the whole file with answers, files, decision and messages. Inside the caller's `transaction()`.

A request that was decided has to stay for as long as its service says (a file of the administration); what was never
handed in, or should never have been here, need not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, update

from auth import erasures, holds, idempotency, kept_forms, readers
from auth.actors import Actor
from auth.archive import Due
from auth.erasures import EVERYTHING
from auth.holdings import Kept
from auth.roles import Permission
from config import clock, scopes
from config.database import db, locked
from config.dependents import delete_with_dependents
from config.encryption import DecryptionError
from config.errors import N_, NotFound, RuleViolation
from config.rowsets import among
from config.settings import current_settings
from notifications import erasing
from notifications.addresses import checked
from notifications.erasing import Address, Whose
from notifications.statuses import Channel
from services import stages, trail, uploads, versions
from services.handover import following
from services.lifecycle import RequestStatus
from services.models import ServiceRequest
from services.payments import settling
from services.stages import ENDED

KIND = "request"
TYPE = "services.requests"
REASONS = ("wish", "unlawful", "mistake")
UPLOADS = "uploads"
"""The scope of an erasure that leaves the request."""
DAYS_OF_A_MONTH = 31  # a decision counts to the end of a month that it began
ERASING = scopes.system("services.erasure")  # what other rooms know is nobody's own
NAMED = (ServiceRequest.reference, ServiceRequest.applicant_id, ServiceRequest.department_code)
"""The columns that say whose a request is."""
ADDRESSES = ((Channel.SMS, "phone"), (Channel.EMAIL, "email"))


@dataclass(frozen=True)
class Preview:
    """What erasing a request would take, and what keeps it for now."""

    reference: str
    service: str
    status: RequestStatus
    files: int
    events: int
    messages: int
    subjects: tuple[str, ...]
    stays: tuple[Kept, ...]
    is_report: bool


def subjects_of(request: Any) -> tuple[str, ...]:
    """What a legal hold could stand on: the request, and its applicant. `request`: one, or a row of `NAMED`."""
    applicant = (f"user:{request.applicant_id}",) if request.applicant_id else ()
    return (f"request:{request.reference}", *applicant)


def due_row(request: Any, stage: str = "") -> Due:
    """A request, or a row of its id, `changed_at` and `NAMED`, as the time limits want it."""
    return Due(request.id, request.changed_at, subjects_of(request), f"department:{request.department_code}", stage)


def erasable_by(actor: Actor) -> Select[ServiceRequest]:
    """The requests of the departments in which `actor` may erase."""
    if actor.is_system:
        return select(ServiceRequest)
    return select(ServiceRequest).where(
        ServiceRequest.department_code.in_(actor.departments_for(Permission.REQUESTS_ERASE))
    )


def find(actor: Actor, reference: str) -> ServiceRequest:
    """One of them. Raises NotFound."""
    found = db.session.scalar(erasable_by(actor).where(ServiceRequest.reference == reference.strip().upper()[:8]))
    if found is None:
        raise NotFound()
    return found


def preview(actor: Actor, reference: str, locale: str) -> Preview:
    """What erasing this request would do at this moment. Raises NotFound."""
    request = find(actor, reference)
    return Preview(
        request.reference,
        versions.of(request).title.to(locale),
        request.status,
        len(request.attachments),
        len(request.events),
        erasing.count([request.reference]),
        subjects_of(request),
        tuple(stays(request, clock.now())),
        versions.of(request).is_report,
    )


def stays(request: ServiceRequest, now: datetime) -> list[Kept]:
    """Why the request has to stay for now; nothing: it may go."""
    reference = request.reference
    what = N_("Report {reference}") if versions.of(request).is_report else N_("Request {reference}")
    if holds.held(subjects_of(request)):
        return [Kept(what, N_("A legal hold stands on it."), {"reference": reference})]
    if request.status is RequestStatus.DRAFT:
        return []
    if request.status is not RequestStatus.WITHDRAWN and request.status not in ENDED:
        return [Kept(what, N_("It has not been decided. Withdraw it first."), {"reference": reference})]
    if settling.is_unsettled(request):
        return [Kept(what, N_("Money for it may still come in or has to go back."), {"reference": reference})]
    if request.status is RequestStatus.WITHDRAWN:
        return []
    if following.is_unsettled(request):
        return [Kept(what, N_("No receiver has accepted it yet; its time has not begun."), {"reference": reference})]
    until = kept_until(request)
    if until <= now:
        return []
    zone = current_settings().zone
    params = {"reference": reference, "until": until.astimezone(zone).date()}
    return [Kept(what, N_("The file has to be kept until {until}, as stood on the form."), params)]


def kept_until(request: ServiceRequest) -> datetime:
    """The moment until which an ended request is kept: the time that its form named, after the end of what was granted.

    What was handed over to another system is kept from when that has accepted it, if that was later.
    """
    ended = request.closed_at or request.decided_at or request.changed_at
    ended = max(ended, following.accepted_at(request) or ended)
    days = current_settings().retention.get(TYPE)
    if days is None:
        days = stages.days_of(versions.of(request).retention, outcome_of(request))
    return ended + timedelta(days=days + DAYS_OF_A_MONTH * _months_granted(request))


def outcome_of(request: ServiceRequest) -> RequestStatus:
    """What an ended request came to: itself, or what it was before it was closed."""
    if request.status is not RequestStatus.CLOSED:
        return request.status
    before = [event.to_status for event in request.events if event.to_status in stages.OUTCOMES]
    return before[-1] if before else RequestStatus.CLOSED


def _months_granted(request: ServiceRequest) -> int:
    key = versions.of(request).retention.months_in
    if key is None or request.is_erased or outcome_of(request) is not RequestStatus.APPROVED:
        return 0
    try:
        given = str((request.answers or {}).get(key, ""))
    except DecryptionError:
        return 0
    return int(given) if given.isascii() and given.isdigit() and len(given) <= 3 else 0


def erase(reference: str, *, reason: str, actor: Actor) -> None:
    """Erase one request. Raises NotFound, or RuleViolation when it has to stay.

    `reason`: the person's wish, data that should never have been stored, or a mistake (both of which no time limit
    keeps). A legal hold keeps everything.
    """
    if reason not in REASONS:
        raise RuleViolation("reason", N_("Please choose one of the options."))
    found = find(actor, reference)
    wanted = select(ServiceRequest).where(ServiceRequest.id == found.id)
    request = db.session.scalars(locked(wanted, to_delete=True)).one()
    holds.refuse_if_held(subjects_of(request))
    if reason == "wish" and stays(request, clock.now()):
        raise RuleViolation("", N_("This request has to stay for now."))
    trail.record(actor, "request.erased", request, reason=reason)
    request_id = request.id
    erase_requests([request_id])
    erasures.note(KIND, [request_id], EVERYTHING, reason, actor)


@scopes.within(ERASING)
def erase_requests(ids: Sequence[UUID], scope: str = EVERYTHING) -> None:
    """Erase these requests without asking why: for the time limits, and for what was erased before a backup.

    `scope`: everything, or the uploads alone.
    """
    if scope == UPLOADS:
        uploads.erase(ids)
        return
    rows = db.session.scalars(select(ServiceRequest).where(among(ServiceRequest.id, ids))).all()
    references = frozenset(row.reference for row in rows)
    erasing.forget(Whose(references, frozenset(one for row in rows for one in _addresses_of(row))))
    idempotency.forget_about(references)
    kept_forms.forget_about(references)
    readers.forget(f"request:{reference}" for reference in references)
    emptied = update(ServiceRequest).where(among(ServiceRequest.id, ids)).values(wrapped_key=b"")
    db.session.execute(emptied, execution_options={"synchronize_session": False})
    delete_with_dependents(ServiceRequest.__table__, list(ids))  # type: ignore[arg-type]
    db.session.expire_all()


def _addresses_of(request: ServiceRequest) -> set[Address]:
    if request.is_erased:
        return set()
    try:
        contact = request.contact or {}
    except DecryptionError:
        return set()
    found: set[Address] = set()
    for channel, name in ADDRESSES:
        try:
            if contact.get(name):
                found.add((channel, checked(channel, str(contact[name]))))
        except RuleViolation:
            continue  # nothing was ever written there
    return found
