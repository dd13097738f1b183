"""Questions with a day until which they are to be answered: the applicant is reminded, then the office is told.

Nothing is decided by the passing of that day; a caseworker does that.
"""

from datetime import date
from uuid import UUID

from sqlalchemy import select

from config import clock
from config.database import db, locked, transaction
from config.localisation import local_date, speaking
from config.settings import current_settings
from config.working_days import ONE_DAY
from services import notices
from services.lifecycle import RequestStatus
from services.models import ServiceRequest

BATCH = 100


def tell_due() -> int:
    """Remind applicants and tell offices, whatever is due today; how many. A job."""
    today = clock.today(current_settings().zone)
    due = select(ServiceRequest.id).where(ServiceRequest.answer_notice_on <= today)
    ids = db.session.scalars(due.order_by(ServiceRequest.answer_notice_on).limit(BATCH)).all()
    db.session.rollback()
    return sum(_tell(request_id, today) for request_id in ids)


def is_late(request: ServiceRequest, today: date) -> bool:
    """Whether a question has not been answered by the day until which that was wanted (`today` in the city's zone)."""
    due = request.answer_due_on
    if due is None or request.status is not RequestStatus.NEEDS_INFORMATION:
        return False
    return due < today


def _tell(request_id: UUID, today: date) -> bool:
    with transaction():
        wanted = locked(select(ServiceRequest).where(ServiceRequest.id == request_id))
        request = db.session.scalars(wanted.execution_options(populate_existing=True)).first()
        if request is None or request.answer_notice_on is None or request.answer_notice_on > today:
            return False
        due, request.answer_notice_on = request.answer_due_on, None
        if due is None or request.status is not RequestStatus.NEEDS_INFORMATION:
            return False
        if due < today:
            notices.tell_office(request, "unanswered", f"unanswered:{due}")
        else:
            request.answer_notice_on = due + ONE_DAY
            with speaking(request.locale):
                day = local_date(due)
            notices.tell_applicant(request, "answer_reminder", f"answer_reminder:{due}", answer_by=day)
        return True
