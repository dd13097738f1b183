"""Writing the public side of a request, in the transaction of what happened to it.

It holds the answers of fields that their service calls public, and where the request stands; nothing is read from the
request when somebody asks. A request that is erased takes its public side along (foreign keys).
"""

from collections.abc import Iterable
from datetime import datetime, time, timedelta

from flask_babel import force_locale, gettext as _
from sqlalchemy import select

from auth.actors import Actor
from config import clock
from config.database import db
from config.errors import N_, NotFound, RuleViolation
from config.plain_text import visible
from config.settings import current_settings
from services import checking, followers, queries, trail, versions
from services.definitions import ServiceDefinition
from services.lifecycle import RequestStatus
from services.models import RequestEvent, ServiceRequest
from services.open311 import checks
from services.open311.models import PublicReport, PublicUpdate
from services.open311.published import masked, published, status_of

LONGEST_NOTE = 2_000


def publish(request: ServiceRequest, event: RequestEvent, actor: Actor) -> None:
    """Bring the public side of `request` up to date. Inside the caller's `transaction()`."""
    if request.status is RequestStatus.DRAFT or not versions.of(request).public:
        return
    report, agency = _report_of(request), _agency(request.department_code)
    if report is None:
        report = _new(request, versions.of(request))
    elif report.code != request.status.value:
        db.session.add(_update(report, request.status, event.at))
        report.note = None
    _bring_up_to_date(report, request, agency)
    db.session.add(report)
    db.session.flush()


def made_up(
    request: ServiceRequest, definition: ServiceDefinition, events: Iterable[RequestEvent]
) -> list[PublicReport | PublicUpdate]:
    """The public side of a request that was made up with all its `events`, as they would have left it.

    Nothing is stored.
    """
    if request.status is RequestStatus.DRAFT or not definition.public:
        return []
    report, updates = _new(request, definition), list[PublicUpdate]()
    code = None
    for event in events:
        if code is not None and code is not event.to_status:
            updates.append(_update(report, event.to_status, event.at))
        code = event.to_status
    _bring_up_to_date(report, request, _agency(request.department_code))
    return [report, *updates]


def _update(report: PublicReport, status: RequestStatus, at: datetime) -> PublicUpdate:
    return PublicUpdate(report_id=report.id, at=at, status=status_of(status), code=status.value, note=None)


def _bring_up_to_date(report: PublicReport, request: ServiceRequest, agency: str) -> None:
    report.status, report.code = status_of(request.status), request.status.value
    report.updated_at = request.changed_at
    report.expected_at = _end_of_due_day(request)
    report.agency = agency


def moved(request: ServiceRequest) -> None:
    """Name the department that has `request` now. Inside the caller's `transaction()`."""
    report = _report_of(request)
    if report is not None:
        report.agency = _agency(request.department_code)
        db.session.flush()


def add_note(actor: Actor, reference: str, text: str) -> PublicUpdate:
    """Say something to the public about a report: by somebody who works on it. Inside the caller's `transaction()`.

    Raises NotFound for requests that are not public or not theirs, RuleViolation for a text without words.
    """
    request = queries.get_for_update(actor, reference)
    report = _report_of(request)
    if report is None or not queries.works_on(actor, request):
        raise NotFound()
    note = visible(text).strip()
    if not 1 <= len(note) <= LONGEST_NOTE:
        raise RuleViolation("note", N_("Please write 1 to {most} characters."), most=LONGEST_NOTE)
    note = masked(note, _names(request))
    now = _now(report)
    update = PublicUpdate(report_id=report.id, at=now, status=report.status, code=report.code, note=note)
    db.session.add(update)
    report.note, report.updated_at = note, now
    db.session.flush()
    trail.record(actor, "request.told_public", request)
    return update


def _now(report: PublicReport) -> datetime:
    return max(clock.now(), report.updated_at)


def _report_of(request: ServiceRequest) -> PublicReport | None:
    return db.session.scalar(select(PublicReport).where(PublicReport.request_id == request.id))


def _new(request: ServiceRequest, definition: ServiceDefinition) -> PublicReport:
    locale = current_settings().locale
    with force_locale(locale):
        yes, no = _("Yes"), _("No")
    shown = published(definition, request.answers or {}, _names(request), locale, yes=yes, no=no)
    submitted = request.submitted_at or request.created_at
    return PublicReport(
        request_id=request.id,
        reference=request.reference,
        service_code=request.slug,
        description=shown.description,
        address=shown.address,
        lat=shown.lat,
        long=shown.long,
        attributes=list(shown.attributes),
        requested_at=submitted,
        note=None,
    )


def _names(request: ServiceRequest) -> list[str]:
    contact = request.contact or {}
    return [str(contact[role]) for role in ("given_name", "family_name") if contact.get(role)]


def _end_of_due_day(request: ServiceRequest) -> datetime | None:
    if request.due_on is None:
        return None
    return datetime.combine(request.due_on + timedelta(days=1), time(), current_settings().zone) - timedelta(seconds=1)


def _agency(code: str) -> str:
    department = queries.department(code)
    return department.name if department else code


def register() -> None:
    """Called once by the wiring."""
    followers.register_follower("open311", publish)
    followers.register_mover("open311", moved)
    checking.register_check(checks.look)
