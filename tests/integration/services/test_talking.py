"""Messages both ways, and questions with a day."""

import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from auth.actors import Actor
from auth.models import Department, User
from config import clock
from config.database import db, transaction
from config.errors import Forbidden, InvalidTransition, RuleViolation
from notifications.models import Notification
from services import answers_due, attachments, casework, deadlines, queries, representations, work_page, work_pages
from services.commands import Act
from services.lifecycle import Action, RequestStatus
from services.models import ServiceRequest
from tests.factories import services as given
from tests.integration.services.test_pages import csrf, page

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.one_database]
MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def office(database: Flask) -> None:
    with transaction():
        db.session.add(Department(code=given.DEPARTMENT, name="Bürgerservice", email="parken@okerfeld.example"))


def sent(template: str) -> list[Notification]:
    found = select(Notification).where(Notification.template == f"services.{template}")
    return list(db.session.scalars(found.order_by(Notification.id)))


def write(reference: str, action: Action, actor: Actor, text: str, *names: str) -> None:
    files = [attachments.clean(given.upload(name=name, field="file")) for name in names]
    with transaction():
        casework.act(reference, Act(action=action, message=text), actor, uploads=files)


def test_the_applicant_reads_what_they_were_asked_and_nothing_else() -> None:
    resident = given.resident()
    request = queries.get(resident, given.submitted(resident).reference)
    shown = representations.detail(request, resident, "de", MONDAY.date())
    labels = [line.label for part in shown.answers for line in part.lines]
    assert "Familienname" in labels and "Mobilnummer" not in labels


def test_both_sides_write_and_nothing_else_changes() -> None:
    resident, caseworker = given.resident(), given.caseworker()
    with clock.frozen(MONDAY):
        reference = given.submitted(resident).reference
        due = queries.get(resident, reference).due_on
        write(reference, Action.WRITE, caseworker, "Wir rufen morgen an.", "plan.pdf")
        write(reference, Action.REPLY, resident, "Gern nach 17 Uhr.", "a.pdf", "b.pdf")
    request = queries.get(resident, reference)
    assert (request.status, request.due_on) == (RequestStatus.SUBMITTED, due)
    shown = representations.detail(request, resident, "de", MONDAY.date())
    assert [(one.text, one.is_from_office, [file.name for file in one.files]) for one in shown.messages] == [
        ("Wir rufen morgen an.", True, ["plan.pdf"]),
        ("Gern nach 17 Uhr.", False, ["a.pdf", "b.pdf"]),
    ]
    (mail,), (notice,) = sent("message"), sent("replied")
    assert (mail.recipient, notice.recipient) == ("jorinde@ackerknecht.example", "parken@okerfeld.example")
    assert reference in (mail.body or "")
    assert "anrufen" not in (mail.body or "") and "17 Uhr" not in (notice.body or "")


def test_a_message_needs_words_and_the_right_side() -> None:
    resident, caseworker = given.resident(), given.caseworker()
    reference = given.submitted(resident).reference
    with pytest.raises(RuleViolation):
        write(reference, Action.WRITE, caseworker, "  ")
    with pytest.raises(Forbidden):
        write(reference, Action.WRITE, resident, "Ich bin das Amt.")
    with pytest.raises(Forbidden):
        write(reference, Action.REPLY, caseworker, "Ich bin der Bürger.")
    given.acted(reference, Action.WITHDRAW, resident)
    with pytest.raises(InvalidTransition):
        write(reference, Action.REPLY, resident, "Doch nicht.")


def asked(reference: str, until: date | None = None) -> ServiceRequest:
    caseworker = given.caseworker()
    given.acted(reference, Action.TAKE, caseworker)
    with transaction():
        casework.act(reference, Act(action=Action.ASK, message="Seit wann?", answer_due_on=until), caseworker)
    return queries.get(caseworker, reference)


def test_a_question_has_ten_working_days_unless_somebody_says_otherwise() -> None:
    with clock.frozen(MONDAY):
        assert asked(given.submitted(given.resident()).reference).answer_due_on == date(2026, 11, 16)
        other = asked(given.submitted(given.resident()).reference, date(2026, 12, 1))
        assert other.answer_due_on == date(2026, 12, 1)
        reference = given.submitted(given.resident()).reference
        for day in (date(2026, 11, 2), date(2028, 1, 1)):
            with pytest.raises(RuleViolation) as refused:
                asked(reference, day)
            assert refused.value.errors[0].field == "answer_due_on"
            given_back = queries.get(given.caseworker(), reference)
            assert given_back.answer_due_on is None
            db.session.execute(ServiceRequest.__table__.update().values(status="submitted"))
            db.session.commit()
        with pytest.raises(RuleViolation):
            given_act = Act(action=Action.TAKE, answer_due_on=date(2026, 12, 1))
            with transaction():
                casework.act(reference, given_act, given.caseworker())


def test_the_applicant_is_reminded_then_the_office_is_told_and_nothing_is_decided() -> None:
    resident = given.resident()
    with clock.frozen(MONDAY):
        reference = asked(given.submitted(resident).reference).reference
    runs = [(date(2026, 11, 11), 0), (date(2026, 11, 12), 1), (date(2026, 11, 13), 0), (date(2026, 11, 16), 0)]
    runs += [(date(2026, 11, 17), 1), (date(2026, 11, 18), 0)]
    for day, told in runs:
        with clock.frozen(datetime(day.year, day.month, day.day, 9, tzinfo=UTC)):
            assert (day, answers_due.tell_due()) == (day, told)
            assert answers_due.tell_due() == 0
    (reminder,), (office,) = sent("answer_reminder"), sent("unanswered")
    assert "16.11.2026" in (reminder.body or "") or "16. Nov" in (reminder.body or "")
    assert office.recipient == "parken@okerfeld.example"
    assert queries.get(resident, reference).status is RequestStatus.NEEDS_INFORMATION


def test_the_question_names_its_day_and_the_list_tells_of_the_one_that_passed() -> None:
    caseworker = given.caseworker()
    with clock.frozen(MONDAY):
        reference = asked(given.submitted(given.resident()).reference).reference
    (question,) = sent("question")
    assert "16.11.2026" in (question.body or "")
    for day, is_late in ((date(2026, 11, 16), False), (date(2026, 11, 17), True)):
        with clock.frozen(datetime(day.year, day.month, day.day, 9, tzinfo=UTC)):
            request = queries.get(caseworker, reference)
            assert answers_due.is_late(request, day) is is_late
            (row,) = work_pages.rows(caseworker, [request], day)
            assert row.is_unanswered is is_late
            step = work_page.next_step(request, (), [], day)
            assert step is not None and ("16.11.2026" in step.reason) is is_late


def test_the_office_reads_that_it_has_asked_and_the_applicant_that_we_have_a_question(
    client: FlaskClient, login: Any
) -> None:
    resident = given.resident()
    reference = asked(given.submitted(resident).reference).reference
    own = representations.detail(queries.get(resident, reference), resident, "de", MONDAY.date())
    assert own.row.status_label == "Wir haben eine Frage"
    login(client, "caseworker", roles=[f"caseworker:{given.DEPARTMENT}"])
    chosen = {"kind": "take", "row": reference}
    desk = "/staff/requests/?status=needs_information"
    for answer in (
        client.get(desk),
        client.get(f"/staff/requests/{reference}"),
        client.post("/staff/requests/triage", data=csrf(client, desk) | chosen),
    ):
        said = page(answer).get_text()
        assert "Rückfrage gestellt" in said and "Wir haben eine Frage" not in said


def test_after_the_answer_there_is_nothing_to_remind_of() -> None:
    resident = given.resident()
    with clock.frozen(MONDAY):
        reference = asked(given.submitted(resident).reference).reference
        given.acted(reference, Action.ANSWER, resident, "Seit Mai.")
    with clock.frozen(MONDAY + timedelta(days=30)):
        assert answers_due.tell_due() == 0
    assert queries.get(resident, reference).answer_due_on is None


def test_a_short_time_leaves_no_room_for_a_reminder() -> None:
    assert deadlines.next_notice_of_answer(date(2026, 11, 4), date(2026, 11, 2)) == date(2026, 11, 5)
    assert deadlines.next_notice_of_answer(date(2026, 11, 16), date(2026, 11, 2)) == date(2026, 11, 12)


def test_what_was_written_in_an_old_tab_is_given_back(app: Flask, client: FlaskClient, login: Any) -> None:
    login(client, "resident")
    with app.app_context():
        actor, caseworker = given.resident(db.session.scalars(select(User.id)).one()), given.caseworker()
        reference = given.submitted(actor).reference
        asked(reference)
    address = f"/requests/{reference}"
    answer = csrf(client, address) | {"action": "answer", "message": "Seit dem Frühling."}
    with app.app_context():
        given.acted(reference, Action.RESUME, caseworker)
    refused = page(client.post(address, data=answer | {"file": (io.BytesIO(given.PDF), "a.pdf")}), 409)
    alert = refused.select_one(".kern-alert[role=alert]")
    assert alert is not None and "nicht gesendet" in alert.get_text() and "Auch Ihre Dateien" in alert.get_text()
    field = refused.select_one("details[open] form textarea[name=message]")
    assert field is not None and "Seit dem Frühling." in field.get_text()  # to be sent as a message now
    with app.app_context():
        given.acted(reference, Action.WITHDRAW, actor)
    refused = page(client.post(address, data=answer), 409)
    assert refused.select_one("textarea[name=message]") is None
    assert "Seit dem Frühling." in refused.select_one(".kern-alert[role=alert] blockquote").get_text()  # type: ignore[union-attr]
    assert "Zurückgezogen" in refused.get_text()


def test_nor_is_it_lost_for_who_has_a_pin_alone(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        receipt = given.submitted(given.resident())
        with transaction():
            db.session.execute(update(ServiceRequest).values(applicant_id=None))
    typed = csrf(client, "/status") | {"reference": receipt.reference, "pin": receipt.pin}
    address = client.post("/status", data=typed).location
    sent = {"csrf_token": typed["csrf_token"], "message": ""}
    withdrawn = client.post(f"{address}/act", data=sent | {"action": "withdraw"}, follow_redirects=True)
    assert withdrawn.status_code == 200
    refused = client.post(f"{address}/act", data=sent | {"action": "reply", "message": "Noch etwas: es eilt."})
    shown = page(refused, 409)
    assert "Noch etwas: es eilt." in shown.select_one(".kern-alert[role=alert] blockquote").get_text()  # type: ignore[union-attr]
    assert "Zurückgezogen" in shown.get_text()
