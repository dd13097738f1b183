"""Marks (`care.list_marks`) for cases that have none yet, older ones, or those of an office that they have left."""

from datetime import timedelta

from sqlalchemy import select

from care.assessment_models import WITH_FACTS
from care.assessments import load_facts, protocol_of
from care.list_marks import RULES, forget, mark
from care.models import Case
from config import scopes
from config.database import claimable, db, transaction
from config.encryption import DecryptionError
from notifications.schedule import Job, Queue, register_job

AT_ONCE = 200


def mark_missing() -> int:
    """Mark them, one batch; how many. A job."""
    with scopes.within(scopes.system("care.list_marks")), transaction():
        wanted = select(Case).options(*WITH_FACTS)
        cases = db.session.scalars(
            claimable(wanted.where(Case.marks_version < RULES).order_by(Case.id).limit(AT_ONCE))
        ).all()
        for case in cases:
            _mark_stored(case)
        return len(cases)


def _mark_stored(case: Case) -> None:
    if case.health_erased_at is None and not case.person.is_erased:
        try:
            mark(case, load_facts(case), protocol_of(case))
        except DecryptionError:
            forget(case)  # whose key is lost is found by nothing sealed any more
    case.marks_version = RULES


def register() -> None:
    """Make the job known."""
    register_job(Job("care.list_marks", timedelta(minutes=2), Queue.HOUSEKEEPING, mark_missing, woken=False))
