"""The survey: once, without a name, and shown only when there are enough answers."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text

from auth.actors import Actor
from auth.models import Department
from auth.roles import HeldRole, Role
from config import clock
from config.database import db, transaction
from config.errors import NotFound
from notifications.models import Notification
from services import survey
from services.commands import Opinion
from services.lifecycle import Action
from services.models import ServiceRequest
from services.survey_models import SurveyAnswer, SurveyInvitation
from tests.factories import services as given
from tests.factories.privacy import outcomes
from tests.integration.services.test_pages import csrf, page

pytestmark = pytest.mark.one_database

MANAGER = Actor.of("user", "m", frozenset({HeldRole(Role.SERVICE_MANAGER, department_code=given.DEPARTMENT)}))
STRANGER = Actor.of("user", "s", frozenset({HeldRole(Role.SERVICE_MANAGER, department_code="tiefbau")}))


def last_mail() -> str:
    """What the last mail says that tells of a closing."""
    wanted = select(Notification).where(Notification.template == "services.closed").order_by(Notification.id.desc())
    mail = db.session.scalars(wanted).first()
    assert mail is not None
    return mail.body or ""


def link() -> str:
    """The link in the mail to somebody whose request was just closed."""
    reference, worker = given.submitted(given.resident()).reference, given.caseworker()
    for action in (Action.TAKE, Action.APPROVE, Action.CLOSE):
        given.acted(reference, action, worker)
    found = re.search(r"/survey/(\S+)", last_mail())
    assert found is not None
    return found[1]


def said(token: str, score: int, comment: str = "") -> None:
    with transaction():
        survey.answer(token, Opinion(score=score, comment=comment))


@pytest.fixture
def office(database: Flask) -> Iterator[None]:
    with transaction():
        db.session.add(Department(code=given.DEPARTMENT, name="Bürgerservice"))
    yield


@pytest.mark.usefixtures("office")
class TestAnswers:
    def test_a_link_works_once(self) -> None:
        token = link()
        assert survey.service_of(token).slug == given.SLUG
        said(token, 5, "Schnell!")
        with pytest.raises(NotFound):
            said(token, 1)
        with pytest.raises(NotFound):
            survey.service_of(token)
        assert db.session.scalar(select(func.count()).select_from(SurveyAnswer)) == 1

    @pytest.mark.parametrize("is_answered", [True, False])
    def test_a_request_that_is_closed_again_asks_no_second_time(self, is_answered: bool) -> None:
        token = link()
        reference = db.session.scalars(select(ServiceRequest.reference)).one()
        if is_answered:
            said(token, 5)
        worker = given.caseworker()
        for action, text_ in ((Action.REOPEN, "Noch eine Frage."), (Action.APPROVE, ""), (Action.CLOSE, "")):
            given.acted(reference, action, worker, text_)
        assert "ist abgeschlossen" in last_mail() and "/survey/" not in last_mail()
        assert "Wie zufrieden" not in last_mail()
        wanted = select(func.count()).select_from(Notification).where(Notification.template == "services.closed")
        assert db.session.scalar(wanted) == 2
        if is_answered:
            with pytest.raises(NotFound):
                survey.service_of(token)
        else:
            said(token, 4)
        assert db.session.scalar(select(func.count()).select_from(SurveyInvitation)) == 0
        assert db.session.scalar(select(func.count()).select_from(SurveyAnswer)) == 1

    def test_nothing_leads_from_an_answer_to_a_request(self) -> None:
        token = link()
        invitation = db.session.execute(text("SELECT * FROM service_survey_invitation")).mappings().one()
        assert set(invitation) == {"id", "token_hash", "slug", "department_code", "expires_on"}
        assert db.session.scalars(select(SurveyInvitation)).one().id.version == 4
        said(token, 4, "Ackerknecht findet es gut.")
        row = db.session.execute(text("SELECT * FROM service_survey_answer")).mappings().one()
        assert set(row) == {"id", "slug", "department_code", "month", "score", "comment_sealed", "wrapped_key"}
        assert db.session.scalars(select(SurveyAnswer)).one().id.version == 4
        assert b"Ackerknecht" not in bytes(row["comment_sealed"])
        assert db.session.execute(text("SELECT count(*) FROM service_survey_invitation")).scalar() == 0

    def test_an_average_needs_five(self) -> None:
        for score in (5, 4, 4, 2):
            said(link(), score, "Zu langsam." if score == 2 else "")
        assert survey.overall(MANAGER)[given.SLUG].average is None
        assert survey.comments(MANAGER, given.SLUG) == []
        said(link(), 5)
        (month,) = survey.opinions(MANAGER, given.SLUG)
        assert (month.answers, month.average) == (5, 4.0)
        assert [(score, text) for _, score, text in survey.comments(MANAGER, given.SLUG)] == [(2, "Zu langsam.")]
        assert survey.overall(STRANGER) == {} and survey.opinions(STRANGER, given.SLUG) == []

    def test_a_month_with_few_answers_cannot_be_worked_out_of_all(self) -> None:
        for score in (5, 4, 4, 2, 5):
            said(link(), score)
        with clock.frozen(clock.now() + timedelta(days=40)):
            said(link(), 1)
        found = survey.overall(MANAGER)[given.SLUG]
        assert (found.answers, found.average) == (6, 4.0)  # of all six it would be 3.5

    def test_the_numbers_of_a_service_tell_no_more(self, app: Flask, login: Any) -> None:
        """Five in one month, one in the next: that one is counted, and nothing of it goes into an average."""
        firsts = [date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1)]
        for month, scores in ((10, (5, 4, 4, 3, 5)), (11, (1,))):
            with clock.frozen(datetime(2026, month, 20, 9, 0, tzinfo=UTC)):
                for score in scores:
                    said(link(), score)
        by_month, together = survey.in_months(MANAGER, given.SLUG, firsts)
        expected = [(firsts[0], 0, None), (firsts[1], 5, 4.2), (firsts[2], 1, None)]
        assert [(one.month, one.answers, one.average) for one in by_month] == expected
        assert (together.answers, together.average) == (6, 4.2)  # of all six it would be 3.7
        assert survey.in_months(STRANGER, given.SLUG, firsts)[1].answers == 0
        client, address = login(app.test_client(), "manager"), f"/staff/services/{given.SLUG}/numbers"
        with clock.frozen(datetime(2026, 11, 26, 9, 0, tzinfo=UTC)):
            shown = page(client.get(address))
            file = client.get(f"{address}.csv").get_data(as_text=True)
        said_of = {term.get_text(strip=True): term.find_next("dd") for term in shown.select("main dt")}
        told = [said_of[name].get_text(strip=True) for name in ("Antworten auf die Umfrage", "Zufriedenheit")]  # type: ignore[union-attr]
        assert told == ["6", "4,2 von 5"]
        rows = [[cell.get_text() for cell in row.select("td")[-2:]] for row in shown.select("tbody tr")[:3]]
        assert rows == [["1", "–"], ["5", "4,2"], ["0", "–"]]
        assert [line.split(";")[-2:] for line in file.splitlines()[-3:]] == [["0", ""], ["5", "4,2"], ["1", ""]]

    def test_links_end_and_old_answers_go(self) -> None:
        said(link(), 3)
        token = link()
        with clock.frozen(clock.now() + timedelta(days=1200)):
            assert outcomes()["services.survey"].erased == 1
        db.session.execute(text("UPDATE service_survey_invitation SET expires_on = '2020-01-01'"))
        db.session.commit()
        with pytest.raises(NotFound):
            survey.service_of(token)
        assert survey.tidy() == 1


def test_the_page_asks_and_thanks(app: Flask, client: FlaskClient, login: Any, places: None) -> None:
    with app.app_context():
        token = link()
    address = f"/survey/{token}"
    asked = page(client.get(address))
    assert "Bewohnerparkausweis" in asked.get_text()
    assert len(asked.select("input[name=score]")) == 5
    missing = page(client.post(address, data=csrf(client, address)), 422)
    assert missing.select_one("#errors") is not None
    thanks = page(client.post(address, data=csrf(client, address) | {"score": "4", "comment": "Gut."}))
    assert "Vielen Dank" in thanks.get_text()
    assert "gilt nicht mehr" in page(client.get(address), 404).get_text()
    login(client, "manager")
    assert "Noch hat niemand geantwortet" not in page(client.get(f"/staff/services/{given.SLUG}")).get_text()
