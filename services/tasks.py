"""Work that comes due by itself, and what this wing registers with the house."""

from datetime import datetime, time, timedelta
from pathlib import Path

from sqlalchemy import delete, select

from auth import holds
from config import clock, papers
from config.database import db, transaction
from config.settings import current_settings
from config.working_days import is_working_day
from notifications.inbound import register_reply_handler
from notifications.inbox import register_link
from notifications.rendering import register_templates
from notifications.schedule import Job, Queue, register_job
from services import answers_due, colleagues, decisions, notices, quarantine, queries, readers, status_by_sms, survey
from services.definitions import catalogue
from services.lifecycle import RequestStatus
from services.models import ServiceRequest

BATCH = 200
OFFICE_OPENS = time(7, 0)
DEFAULT_DRAFT_DAYS = 30


def delete_stale_drafts() -> int:
    """Delete drafts that nobody has touched for as long as their service says; how many, one batch."""
    days = {slug: service.retention.draft_days for slug, service in catalogue().items()}
    stale = [
        reference
        for reference, slug, changed_at in _drafts(min([*days.values(), DEFAULT_DRAFT_DAYS]))
        if changed_at < clock.now() - timedelta(days=days.get(slug, DEFAULT_DRAFT_DAYS))
    ]
    standing = holds.held({f"request:{reference}" for reference in stale})
    stale = [reference for reference in stale if f"request:{reference}" not in standing]
    if not stale:
        return 0
    with transaction():
        # Still a draft? It may have been handed in since we looked.
        chosen = delete(ServiceRequest).where(
            ServiceRequest.reference.in_(stale), ServiceRequest.status == RequestStatus.DRAFT
        )
        return int(db.session.execute(chosen).rowcount)  # type: ignore[attr-defined]


def _drafts(days: int) -> list[tuple[str, str, datetime]]:
    rows = db.session.execute(
        select(ServiceRequest.reference, ServiceRequest.slug, ServiceRequest.changed_at)
        .where(
            ServiceRequest.status == RequestStatus.DRAFT,
            ServiceRequest.changed_at < clock.now() - timedelta(days=days),
        )
        .order_by(ServiceRequest.changed_at)
        .limit(BATCH)
    )
    return [(row[0], row[1], row[2]) for row in rows]


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
    register_link(queries.address_of)
    register_job(Job("services.stale_drafts", timedelta(hours=6), Queue.SERVICES, delete_stale_drafts))
    register_job(Job("services.overdue", timedelta(minutes=30), Queue.SERVICES, remind_of_overdue))
    register_job(Job("services.scan", timedelta(seconds=30), Queue.SERVICES, quarantine.scan_waiting, alone=True))
    register_job(Job("services.answers_due", timedelta(minutes=30), Queue.SERVICES, answers_due.tell_due, woken=False))
    register_job(Job("services.survey_tidy", timedelta(hours=6), Queue.SERVICES, survey.tidy, woken=False))
    register_reply_handler(status_by_sms.reply)
    register_job(Job("services.readers", timedelta(hours=6), Queue.SERVICES, tidy_readers))
    papers.register_finder("services", decisions.find_paper)
