"""Jobs: each does its work once, however often it runs."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from auth.models import Department
from config import clock
from config.database import db, transaction
from notifications.models import Notification
from services import submission, tasks
from services.models import Attachment, ServiceRequest
from tests.factories import services as given
from tests.factories.privacy import outcomes

pytestmark = pytest.mark.usefixtures("database")
MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def test_stale_drafts_go_and_requests_stay() -> None:
    with clock.frozen(MONDAY):
        given.submitted(given.resident())
        prepared = submission.prepare(given.command(answers={}))
        with transaction():
            submission.keep_draft(prepared, given.resident())
    with clock.frozen(MONDAY + timedelta(days=29)):
        assert outcomes()["services.drafts"].due == 0
    with clock.frozen(MONDAY + timedelta(days=31)):
        assert outcomes()["services.drafts"].erased == 1
        assert outcomes()["services.drafts"].due == 0
    assert _count(ServiceRequest) == _count(Attachment) == 1


def test_a_department_is_reminded_once_a_working_day() -> None:
    with transaction():
        db.session.add(Department(code=given.DEPARTMENT, name="Bürgerservice", email="parken@okerfeld.example"))
    with clock.frozen(MONDAY):
        given.submitted(given.resident())
    due = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    runs = [
        (due, 0),  # due today is not overdue
        (due + timedelta(days=1, hours=-4), 0),  # six o'clock
        (due + timedelta(days=1), 1),
        (due + timedelta(days=1, hours=5), 0),
        (due + timedelta(days=5), 0),  # Saturday
        (due + timedelta(days=7), 1),
    ]
    for at, told in runs:
        with clock.frozen(at):
            assert (at, tasks.remind_of_overdue()) == (at, told)
    reminders = select(func.count()).select_from(Notification).where(Notification.template == "services.overdue")
    assert db.session.scalar(reminders) == 2


def _count(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0
