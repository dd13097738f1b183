"""Requests that wait for the virus scanner for too long: somebody has to look, since no job can help them.

As long as a file waits, its request is handed over to nobody, offered to no archive and never deleted. Files from
before there was a scanner wait, too, but it has not left them: it works through them, however old they are.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select

from auth.actors import Actor
from auth.roles import Permission
from config import clock, metrics
from config.database import db
from services import quarantine, versions
from services.lifecycle import RequestStatus
from services.models import Attachment, ScanState, ServiceRequest

TOO_LONG = timedelta(hours=24)
"""A scanner looks every 30 seconds; one that was away for a night has caught up by then."""
SHOWN = 200
MEASURED_EVERY = timedelta(seconds=60)
"""How long the metric stays as it is: anybody may ask for it, as often as they like."""
_measured_at: datetime | None = None


@dataclass(frozen=True)
class HeldBack:
    """A request as the page shows it, and since when its oldest file waits."""

    reference: str
    service: str
    since: datetime


def by_department() -> Counter[str]:
    """How many requests of each department wait for too long."""
    wanted = select(ServiceRequest.department_code, func.count(ServiceRequest.id.distinct()))
    counted = wanted.join(Attachment.request).where(*_too_long()).group_by(ServiceRequest.department_code)
    return Counter({row[0]: row[1] for row in db.session.execute(counted)})


def measure() -> None:
    """Put how many wait into the metrics of this process, once a minute; ends its own read transaction."""
    global _measured_at
    now = clock.now()
    if _measured_at is not None and abs(now - _measured_at) < MEASURED_EVERY:
        return
    _measured_at = now
    metrics.REQUESTS_HELD_BACK.set(by_department().total())
    db.session.rollback()


def of_departments(actor: Actor) -> Sequence[tuple[ServiceRequest, datetime]]:
    """Those in the actor's departments with the time of their oldest waiting file, the longest waiting first."""
    codes = actor.departments_for(Permission.SERVICES_MANAGE) | actor.departments_for(Permission.REQUESTS_WORK)
    oldest = (
        select(Attachment.request_id, func.min(Attachment.created_at).label("since"))
        .join(Attachment.request)
        .where(*_too_long(), ServiceRequest.department_code.in_(codes))
        .group_by(Attachment.request_id)
        .order_by("since")
        .limit(SHOWN)
        .subquery()
    )
    rows = select(ServiceRequest, oldest.c.since).join(oldest, oldest.c.request_id == ServiceRequest.id)
    return [(request, since) for request, since in db.session.execute(rows.order_by(oldest.c.since))]


def shown(request: ServiceRequest, since: datetime, locale: str) -> HeldBack:
    """One of them in the language of the page."""
    return HeldBack(request.reference, versions.of(request).title.to(locale), since)


def _too_long() -> tuple[ColumnElement[bool], ...]:
    return (
        Attachment.scan == ScanState.PENDING,
        Attachment.scan.in_(quarantine.WAITING),  # says again what the index is limited to, or SQLite does not use it
        Attachment.created_at < clock.now() - TOO_LONG,
        ServiceRequest.status != RequestStatus.DRAFT,
    )
