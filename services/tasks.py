"""Work that comes due by itself, and what this wing registers with the house."""

from datetime import time, timedelta
from pathlib import Path

from config import clock, papers
from config.database import transaction
from config.settings import current_settings
from config.working_days import is_working_day
from notifications.inbound import register_reply_handler
from notifications.inbox import register_link
from notifications.rendering import register_templates
from notifications.schedule import Job, Queue, register_job
from notifications.template_titles import register_titles
from services import (
    answers_due,
    decisions,
    notices,
    quarantine,
    queries,
    status_by_sms,
    survey,
)
from services.message_titles import TITLES

OFFICE_OPENS = time(7, 0)


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


def register() -> None:
    """Make the wing's messages, jobs and papers known."""
    register_templates("services", Path(__file__).parent / "templates" / "messages")
    register_titles(TITLES)
    register_link(queries.address_of)
    register_job(Job("services.overdue", timedelta(minutes=30), Queue.SERVICES, remind_of_overdue))
    register_job(Job("services.scan", timedelta(seconds=30), Queue.SERVICES, quarantine.scan_waiting, alone=True))
    register_job(Job("services.answers_due", timedelta(minutes=30), Queue.SERVICES, answers_due.tell_due, woken=False))
    register_job(Job("services.survey_tidy", timedelta(hours=6), Queue.SERVICES, survey.tidy, woken=False))
    register_reply_handler(status_by_sms.reply)
    papers.register_finder("services", decisions.find_paper)
