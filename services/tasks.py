"""Work that comes due by itself, and what this wing registers with the house."""

from datetime import time, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import and_, or_, select

from auth import holds
from config import clock, papers
from config.database import db, locked, transaction
from config.settings import current_settings
from config.working_days import is_working_day
from notifications.inbound import register_reply_handler
from notifications.inbox import register_link
from notifications.rendering import register_templates
from notifications.schedule import Job, Queue, register_job
from notifications.template_titles import register_titles
from services import (
    answers_due,
    colleagues,
    decisions,
    erasure,
    notices,
    quarantine,
    queries,
    readers,
    status_by_sms,
    survey,
)
from services.definitions import catalogue
from services.lifecycle import RequestStatus
from services.message_titles import TITLES
from services.models import ServiceRequest

BATCH = 200
OFFICE_OPENS = time(7, 0)
DEFAULT_DRAFT_DAYS = 30


def delete_stale_drafts() -> int:
    """Delete drafts that nobody has touched for as long as their service says; how many, one batch."""
    found = _stale()
    standing = holds.held({f"request:{reference}" for _, reference in found})
    free = [request_id for request_id, reference in found if f"request:{reference}" not in standing]
    if not free:
        return 0
    with transaction():
        # Still a draft? It may have been handed in since we looked.
        wanted = select(ServiceRequest.id).where(
            ServiceRequest.id.in_(free), ServiceRequest.status == RequestStatus.DRAFT
        )
        going = list(db.session.scalars(locked(wanted)))
        erasure.erase_requests(going)
        return len(going)


def _stale() -> list[tuple[UUID, str]]:
    """Id and reference of drafts whose time is over, the oldest first."""
    now, known = clock.now(), catalogue()
    slugs: dict[int, list[str]] = {}
    for slug, service in known.items():
        slugs.setdefault(service.retention.draft_days, []).append(slug)
    over = [
        and_(ServiceRequest.slug.in_(each), ServiceRequest.changed_at < now - timedelta(days=days))
        for days, each in slugs.items()
    ]
    gone = and_(
        ServiceRequest.slug.not_in(list(known)), ServiceRequest.changed_at < now - timedelta(days=DEFAULT_DRAFT_DAYS)
    )
    wanted = select(ServiceRequest.id, ServiceRequest.reference).where(
        ServiceRequest.status == RequestStatus.DRAFT, or_(*over, gone)
    )
    rows = db.session.execute(wanted.order_by(ServiceRequest.changed_at).limit(BATCH)).all()
    return [(row.id, row.reference) for row in rows]


def remind_of_overdue() -> int:
    """Tell every department once a working day, from 7 o'clock, how many requests are past their deadline."""
    zone = current_settings().zone
    here = clock.now().astimezone(zone)
    if here.time() < OFFICE_OPENS or not is_working_day(here.date()):
        return 0
    overdue = queries.overdue_by_department(here.date())
    if not overdue:
        return 0
    with transaction():
        return sum(notices.tell_overdue(code, number, here.date().isoformat()) for code, number in overdue.items())


def tidy_readers() -> int:
    """Forget who looked at requests yesterday, and who works here no longer; how many rows."""
    return readers.tidy() + colleagues.tidy()


def register() -> None:
    """Make the wing's messages, jobs and papers known."""
    register_templates("services", Path(__file__).parent / "templates" / "messages")
    register_titles(TITLES)
    register_link(queries.address_of)
    register_job(Job("services.stale_drafts", timedelta(hours=6), Queue.SERVICES, delete_stale_drafts))
    register_job(Job("services.overdue", timedelta(minutes=30), Queue.SERVICES, remind_of_overdue))
    register_job(Job("services.scan", timedelta(seconds=30), Queue.SERVICES, quarantine.scan_waiting, alone=True))
    register_job(Job("services.answers_due", timedelta(minutes=30), Queue.SERVICES, answers_due.tell_due, woken=False))
    register_job(Job("services.survey_tidy", timedelta(hours=6), Queue.SERVICES, survey.tidy, woken=False))
    register_reply_handler(status_by_sms.reply)
    register_job(Job("services.readers", timedelta(hours=6), Queue.SERVICES, tidy_readers))
    papers.register_finder("services", decisions.find_paper)
