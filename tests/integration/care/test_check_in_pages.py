"""The pages behind the links, as a browser without JavaScript sees them."""

import re
from datetime import date

import pytest
from sqlalchemy import func, select

from care import links
from care.assessment_models import SymptomReport
from care.models import Case
from config.database import db
from tests.factories.care import local, new_case, report
from tests.integration.care.test_story import TODAY, bodies, link_in, tick

pytestmark = pytest.mark.one_database


@pytest.fixture
def case(care, time):
    return new_case()


@pytest.fixture
def token(case, time):
    time.at = local(TODAY, 12)
    tick()
    return link_in(bodies(case, "care.check_in")[0])


def send(client, token, **fields):
    page = client.get(f"/c/{token}").get_data(as_text=True)
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found, page
    return client.post(f"/c/{token}", data={"csrf_token": found[1], **fields})


def reports() -> int:
    return db.session.scalar(select(func.count()).select_from(SymptomReport)) or 0


def test_looking_changes_nothing(client, case, token):
    before = db.session.get_one(Case, case.id).facts_revision
    for _ in range(3):
        page = client.get(f"/c/{token}")
        assert page.status_code == 200
        assert page.headers["Cache-Control"] == "no-store"
    text = page.get_data(as_text=True)
    assert "Wie geht es Ihnen heute?" in text
    assert "Sommerfeld" not in text
    assert reports() == 0
    assert db.session.get_one(Case, case.id, populate_existing=True).facts_revision == before


def test_the_language_can_be_switched(client, token):
    assert "How are you today?" in client.get(f"/c/{token}?lang=en").get_data(as_text=True)


def test_an_answer_is_taken_once(client, case, token):
    answered = send(client, token, feeling="yes", symptoms=["cough", "fever"], temperature_c="38,2")
    assert answered.status_code == 303
    assert client.get(answered.headers["Location"]).status_code == 200
    assert client.get(f"/c/{token}").status_code == 404
    made = db.session.scalars(select(SymptomReport)).one()
    assert made.symptoms["cough"] is True and made.symptoms["headache"] is False
    assert made.vitals["temperature_c"] == 38.2
    assert db.session.get_one(Case, case.id, populate_existing=True).line_list == "symptomatic"


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"feeling": "no", "symptoms": ["cough"]},
        {"feeling": "no", "temperature_c": "385"},
        {"feeling": "no", "temperature_c": "warm"},
        {"feeling": "maybe"},
        {"feeling": "yes", "symptoms": ["plague"]},
    ],
)
def test_an_unclear_answer_is_asked_again(client, token, fields):
    assert send(client, token, **fields).status_code == 422
    assert reports() == 0


@pytest.mark.parametrize("typed", ["38,2", "38.2", "38,2 °C", "٣٨٫٢", "٣٨،٢", "۳۸٫۲"])
def test_a_temperature_in_the_digits_of_the_person(client, token, typed):
    assert send(client, token, feeling="no", temperature_c=typed).status_code == 303
    assert db.session.scalars(select(SymptomReport)).one().vitals["temperature_c"] == 38.2


def test_yes_without_details_is_symptomatic(client, case, token):
    assert send(client, token, feeling="yes").status_code == 303
    found = db.session.get_one(Case, case.id, populate_existing=True)
    assert found.because["rule"] == "symptomatic.symptoms_not_specified"


def test_unknown_expired_and_answered_links_look_alike(client, care, token, time):
    unknown = client.get("/c/AAAAAAAAAAAAAAAAAAAAAA")
    time.at = local(date(2026, 11, 3), 12)
    expired = client.get(f"/c/{token}")
    assert unknown.status_code == expired.status_code == 404

    def text(page):
        plain = re.sub(r'(nonce|value|href|content)="[^"]*"', "", page.get_data(as_text=True))
        return plain.replace(token, "").replace("AAAAAAAAAAAAAAAAAAAAAA", "")

    assert text(unknown) == text(expired)


def test_the_certificate_asks_for_the_date_of_birth(client, case, time):
    time.at = local(date(2026, 11, 15), 13)
    report(case)
    time.at = local(date(2026, 11, 16), 0)
    tick()
    token = link_in(bodies(case, "care.released")[0])
    assert links.look(token).check_in is None
    assert "Geburtsdatum" in client.get(f"/c/{token}").get_data(as_text=True)
    assert send(client, token, birth_date="18.05.1984").status_code == 422
    assert send(client, token, birth_date="yesterday").status_code == 422
    opened = send(client, token, birth_date="17.05.1984")
    assert opened.status_code == 200
    assert opened.mimetype == "application/pdf"
    assert opened.data.startswith(b"%PDF")
