"""A person corrects what they said last: where they said it, within the protocol's hours, and no more than that."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from care.assessment_models import SymptomReport
from care.check_ins import record_by_staff
from care.commands import RecordReport
from care.models import Case, CaseEvent
from care.vocabulary import ReportChannel
from config.database import db, transaction
from tests.factories.care import OFFICER, local, new_case
from tests.integration.care.test_own_cases import case, code_in, letter, officer, post, redeem, resident  # noqa: F401
from tests.integration.care.test_story import TODAY, bodies, link_in, tick

pytestmark = pytest.mark.one_database

FORM_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
CORRECTION = "/c/correction"


@pytest.fixture
def asked(care, time):
    """Somebody who has been asked at noon."""
    found = new_case()
    time.at = local(TODAY, 12)
    tick()
    return found


def send(client: FlaskClient, path: str, **fields: Any) -> Any:
    found = FORM_TOKEN.search(client.get(path).get_data(as_text=True))
    assert found, path
    return client.post(path, data={"csrf_token": found[1], **fields})


def answered(client: FlaskClient, asked: Case, **fields: Any) -> str:
    link = f"/c/{link_in(bodies(asked, 'care.check_in')[0])}"
    assert send(client, link, **fields).status_code == 303
    return link


def reports() -> list[SymptomReport]:
    return list(db.session.scalars(select(SymptomReport).order_by(SymptomReport.recorded_at, SymptomReport.id)))


def findings(asked: Case) -> set[str]:
    return {one["code"] for one in db.session.get_one(Case, asked.id, populate_existing=True).findings or []}


def test_the_browser_that_answered_can_correct_and_the_first_answer_stays(client, asked, time):
    answered(client, asked, feeling="yes", symptoms=["cough"], temperature_c="39,5")
    assert {"fever", "first_characteristic_symptom"} <= findings(asked)
    assert CORRECTION in client.get("/c/thanks").get_data(as_text=True)
    time.at += timedelta(minutes=30)
    page = client.get(CORRECTION).get_data(as_text=True)
    assert "39,5" not in page and "checked" not in page  # nothing of what was said
    sent = send(client, CORRECTION, feeling="yes", symptoms=["headache"], temperature_c="36,5")
    assert sent.status_code == 303
    first, second = reports()
    assert (second.replaces_id, second.reported_at) == (first.id, first.reported_at)
    assert (second.channel, second.by, first.vitals["temperature_c"]) == (ReportChannel.LINK, first.by, 39.5)
    assert not {"fever", "first_characteristic_symptom"} & findings(asked)
    assert "report_corrected" in set(db.session.scalars(select(CaseEvent.kind)))
    assert send(client, CORRECTION, feeling="no").status_code == 303  # the correction, too
    assert reports()[-1].replaces_id == second.id


def test_the_used_link_opens_nothing_and_another_browser_corrects_nothing(app, client, asked):
    link = answered(client, asked, feeling="no")
    assert client.get(link).status_code == 404
    other = app.test_client()
    assert other.get(CORRECTION).status_code == 404
    assert CORRECTION not in other.get("/c/thanks").get_data(as_text=True)


@pytest.mark.parametrize("hours", [23.9, 24])
def test_it_ends_after_the_hours_of_the_protocol_whatever_was_corrected(client, asked, time, hours):
    answered(client, asked, feeling="no")
    time.at += timedelta(hours=12)
    assert send(client, CORRECTION, feeling="yes", symptoms=["cough"]).status_code == 303
    time.at += timedelta(hours=hours - 12)
    assert client.get(CORRECTION).status_code == (200 if hours < 24 else 404)


def test_what_staff_took_down_since_ends_it(client, asked, time):
    answered(client, asked, feeling="no")
    time.at += timedelta(hours=1)
    with transaction():
        locked = db.session.get_one(Case, asked.id)
        record_by_staff(RecordReport(symptoms={"cough": True}), case=locked, actor=OFFICER, channel=ReportChannel.PHONE)
    assert client.get(CORRECTION).status_code == 404


def test_a_slip_is_named_and_changes_nothing(client, asked):
    answered(client, asked, feeling="no")
    assert send(client, CORRECTION, feeling="no", symptoms=["cough"]).status_code == 422
    assert len(reports()) == 1


@pytest.mark.parametrize("locale", ["de", "en", "tr", "ar", "uk", "ru", "pl", "fr", "de-simple"])
def test_the_page_speaks_the_persons_language(client, care, time, locale):
    asked = new_case(person={"locale": locale})
    time.at = local(TODAY, 12)
    tick()
    answered(client, asked, feeling="no")
    page = client.get(CORRECTION).get_data(as_text=True)
    words = {
        "de": "Antwort berichtigen",
        "en": "Correct your answer",
        "tr": "Yanıtınızı düzeltin",
        "ar": "تصحيح إجابتكم",
    }
    words |= {"uk": "Виправити відповідь", "ru": "Исправить ответ", "pl": "Popraw odpowiedź"}
    words |= {"fr": "Corriger votre réponse", "de-simple": "Antwort ändern"}
    assert f">{words[locale]}</h1>" in page


def test_in_the_account_the_last_answer_stands_in_the_form(
    app: Flask,
    officer: FlaskClient,  # noqa: F811
    resident: FlaskClient,  # noqa: F811
    case: str,  # noqa: F811
    time: Any,
) -> None:
    redeem(resident, code_in(letter(officer, case)))
    time.at = local(TODAY, 12)
    with app.app_context():
        tick()
    own = f"/account/case/{case}/"
    assert "Letzte Antwort berichtigen" not in resident.get(own).get_data(as_text=True)
    post(resident, own, f"{own}answer", feeling="yes", symptoms=["cough"], temperature_c="38,4")
    page = resident.get(own).get_data(as_text=True)
    assert "Letzte Antwort berichtigen" in page and "38,4" in page
    fields = {"correct-feeling": "yes", "correct-symptoms": ["cough"], "correct-temperature_c": "36,4"}
    assert post(resident, own, f"{own}correction", **fields).status_code == 303
    with app.app_context():
        first, second = reports()
        assert (second.replaces_id, second.vitals["temperature_c"]) == (first.id, 36.4)
        assert (second.channel, second.reported_at) == (ReportChannel.ACCOUNT, first.reported_at)
    time.at += timedelta(hours=25)
    late = post(resident, own, f"{own}correction", **fields)
    assert late.status_code == 422
    assert "nicht mehr berichtigen" in late.get_data(as_text=True)
