"""The step that the page of a case suggests counts the same attempts as the log that the page shows."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select

from care import case_management, course_representations, notes, reassessing
from care.course_commands import RecordAttempt
from care.models import Case
from config.database import db, transaction
from notifications.models import Notification
from notifications.statuses import Status as MessageStatus
from tests.factories.care import OFFICER, new_case
from tests.integration.care.test_saved_views import page
from tests.integration.care.test_staff_pages import case, officer  # noqa: F401 - fixtures

TRIED = "vergeblich versucht: {}."


def messages(case: Case, status: MessageStatus, at: Any) -> None:  # noqa: F811
    """What became of the messages that wait for this person; nothing is noted with the case yet."""
    with transaction():
        for one in db.session.scalars(select(Notification).where(Notification.about == case.reference)):
            one.status, one.sent_at = status, at


def called(case: Case, outcome: str) -> None:  # noqa: F811
    command = RecordAttempt.model_validate({"means": "phone", "outcome": outcome})
    with transaction():
        notes.record_attempt(command, case=case_management.locked_case(case.id), actor=OFFICER)


def test_a_message_that_did_not_arrive_was_an_attempt_in_vain_for_the_next_step_too(
    officer: Any,  # noqa: F811
    case: Case,  # noqa: F811
    time: Any,
) -> None:
    url = f"/care/cases/{case.reference}"
    messages(case, MessageStatus.UNDELIVERED, time.at)
    time.forward(hours=25)
    while reassessing.reassess_due():
        pass
    assert TRIED.format(1) in page(officer, url)
    called(case, "busy")
    assert TRIED.format(2) in page(officer, url)
    messages(case, MessageStatus.DELIVERED, time.at)
    shown = page(officer, url)  # that it arrived does not mean that somebody was reached, nor that it was in vain
    assert TRIED.format(1) in shown
    time.forward(minutes=1)
    called(case, "reached")
    assert "vergeblich versucht" not in page(officer, url)


def test_attempts_count_in_the_order_in_which_they_were_made(
    officer: Any,  # noqa: F811
    case: Case,  # noqa: F811
    time: Any,
) -> None:
    """A call noted later than the next one was made is no newer than that."""
    time.forward(hours=25)
    while reassessing.reassess_due():
        pass
    called(case, "not_reached")
    earlier = {"means": "phone", "outcome": "reached", "attempted_at": time.at.replace(hour=6)}
    with transaction():
        locked = case_management.locked_case(case.id)
        notes.record_attempt(RecordAttempt.model_validate(earlier), case=locked, actor=OFFICER)
    assert TRIED.format(1) in page(officer, f"/care/cases/{case.reference}")


@pytest.mark.usefixtures("time")
def test_the_page_reads_attempts_once_however_many_there_are(care: Flask) -> None:
    one = new_case()
    called(one, "busy")

    def asked() -> int:
        statements: list[str] = []
        note = lambda *given: statements.append(given[2])  # noqa: E731
        db.session.expire_all()
        found = db.session.get_one(Case, one.id)
        event.listen(db.engine, "before_cursor_execute", note)
        try:
            course_representations.page_values(found)
        finally:
            event.remove(db.engine, "before_cursor_execute", note)
        return len(statements)

    few = asked()
    for _ in range(5):
        called(one, "busy")
    assert asked() == few
