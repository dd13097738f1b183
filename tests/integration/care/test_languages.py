"""The pages of people in care in all nine languages: nothing on them is left in English."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from gettext import NullTranslations
from typing import Any

import flask_babel
import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from care.models import Person
from config.database import db, transaction
from config.localisation import babel_code, language_tag, speaking, text_direction
from config.settings import LOCALES
from tests.factories.care import local, new_case, report
from tests.integration.care.test_own_cases import BORN, code_in, enrol, letter, post
from tests.integration.care.test_story import TODAY, bodies, link_in, tick

pytestmark = pytest.mark.one_database

TRANSLATED = [code for code in LOCALES if code != "en"]
HEADINGS = {
    "de": "Wie geht es Ihnen heute?",
    "de-simple": "Wie geht es Ihnen heute?",
    "en": "How are you today?",
    "tr": "Bugün nasılsınız?",
    "ar": "كيف حالك اليوم؟",
    "uk": "Як ви почуваєтеся сьогодні?",
    "ru": "Как вы себя чувствуете сегодня?",
    "pl": "Jak się Pan/Pani dziś czuje?",
    "fr": "Comment allez-vous aujourd’hui ?",
}


class Listener(NullTranslations):
    """Stands behind a catalogue and notes what it was asked for in vain."""

    def __init__(self) -> None:
        super().__init__()
        self.missed: set[str] = set()

    def gettext(self, message: str) -> str:
        if message:
            self.missed.add(message)
        return message

    ugettext = gettext


@pytest.fixture
def missed(app: Flask) -> Iterator[dict[str, set[str]]]:
    """The texts that pages wanted and a language has not got."""
    with app.test_request_context():
        behind = {}
        for code in TRANSLATED:
            with speaking(code):
                behind[code] = flask_babel.get_translations(), Listener()
    for translations, listener in behind.values():
        translations._fallback = listener
    yield {code: listener.missed for code, (_, listener) in behind.items()}
    for translations, _ in behind.values():
        translations._fallback = None


def in_every_language(client: FlaskClient, visit: Callable[[], Any], status: int = 200) -> None:
    for code in LOCALES:
        client.set_cookie("obhut_locale", code)
        forget_language()
        answer = visit()
        assert answer.status_code == status, (code, answer.get_data(as_text=True)[:3000])
        html = BeautifulSoup(answer.get_data(as_text=True), "html.parser").html
        assert html and (html["lang"], html["dir"]) == (language_tag(code), text_direction(code))
    client.delete_cookie("obhut_locale")


def forget_language() -> None:
    """Within a test's application context all requests share what Flask-Babel found out for the first."""
    flask_babel.refresh()


def form_token(client: FlaskClient, path: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(path).get_data(as_text=True))
    assert found
    return found[1]


@pytest.fixture
def token(care: Flask, time: Any) -> str:
    case = new_case()
    time.at = local(TODAY, 12)
    tick()
    return link_in(bodies(case, "care.check_in")[0])


def test_the_check_in_and_what_can_be_wrong_with_it(
    client: FlaskClient, token: str, missed: dict[str, set[str]]
) -> None:
    path = f"/c/{token}"
    in_every_language(client, lambda: client.get(path))
    wrong = ({}, {"feeling": "no", "symptoms": ["cough"]}, {"feeling": "no", "temperature_c": "385"},
             {"feeling": "maybe", "symptoms": ["plague"]}, {"feeling": "yes", "note": "x" * 20_000})  # fmt: skip
    for fields in wrong:
        data = {"csrf_token": form_token(client, path), **fields}
        in_every_language(client, lambda data=data: client.post(path, data=data), 422)
    in_every_language(client, lambda: client.post(path, data={"feeling": "no"}), 400)
    in_every_language(client, lambda: client.get("/c/thanks"))
    in_every_language(client, lambda: client.get("/c/AAAAAAAAAAAAAAAAAAAAAA"), 404)
    in_every_language(client, lambda: client.get("/quarantine"))
    in_every_language(client, lambda: client.get("/privacy/care-check-in"))
    in_every_language(client, lambda: client.get("/privacy/nothing"), 404)
    assert not any(missed.values()), missed


def test_the_certificate(client: FlaskClient, care: Flask, time: Any, missed: dict[str, set[str]]) -> None:
    case = new_case()
    time.at = local(TODAY, 12)
    tick()
    time.at = local(date(2026, 11, 15), 13)
    report(case)
    time.at = local(date(2026, 11, 16), 0)
    tick()
    path = f"/c/{link_in(bodies(case, 'care.released')[0])}"
    in_every_language(client, lambda: client.get(path))
    data = {"csrf_token": form_token(client, path), "birth_date": "yesterday"}
    in_every_language(client, lambda: client.post(path, data=data), 422)
    data = {"csrf_token": form_token(client, path), "birth_date": "18.05.1984"}
    client.set_cookie("obhut_locale", "ar")
    assert client.post(path, data=data).status_code == 422
    assert not any(missed.values()), missed


def test_ones_own_case(app: Flask, login: Any, places: None, time: Any, missed: dict[str, set[str]]) -> None:
    case = enrol(app)
    officer, resident = login(app.test_client(), "officer"), login(app.test_client(), "resident")
    code = code_in(letter(officer, case))
    data = {"csrf_token": form_token(resident, "/account/link-case"), "code": "AAAA-BBBB-CCCC", "birth_date": BORN}
    in_every_language(resident, lambda: resident.get("/account/link-case"))
    resident.set_cookie("obhut_locale", "uk")
    assert resident.post("/account/link-case", data=data).status_code == 422
    resident.delete_cookie("obhut_locale")
    assert post(resident, "/account/link-case", "/account/link-case", code=code, birth_date=BORN).status_code == 303
    in_every_language(resident, lambda: resident.get(f"/account/case/{case}/"))
    data = {"csrf_token": form_token(resident, f"/account/case/{case}/")}
    in_every_language(resident, lambda: resident.post(f"/account/case/{case}/answer", data=data), 422)
    assert not any(missed.values()), missed


@pytest.mark.parametrize("code", LOCALES)
def test_the_person_is_met_in_their_language(app: Flask, client: FlaskClient, token: str, code: str) -> None:
    with transaction():
        db.session.scalars(select(Person)).one().locale = code
    page = BeautifulSoup(
        client.get(f"/c/{token}", headers={"Accept-Language": "en"}).get_data(as_text=True), "html.parser"
    )
    assert page.html and page.h1
    assert (page.html["lang"], page.h1.get_text()) == (language_tag(code), HEADINGS[code])
    answered = client.post(f"/c/{token}", data={"csrf_token": form_token(client, f"/c/{token}"), "feeling": "no"})
    assert answered.status_code == 303
    thanks = BeautifulSoup(client.get(answered.headers["Location"]).get_data(as_text=True), "html.parser")
    assert thanks.html and thanks.html["lang"] == language_tag(code)


def test_the_choice_stands_on_the_page_in_the_languages_own_names(client: FlaskClient, token: str) -> None:
    page = BeautifulSoup(client.get(f"/c/{token}").get_data(as_text=True), "html.parser")
    choice = {str(link["lang"]): link for link in page.select(".obhut-languages a")}
    assert choice.keys() == {language_tag(code) for code in LOCALES}
    assert choice["uk"].get_text() == "Українська"
    gone_to = client.get(str(choice["ar"]["href"]))
    assert (gone_to.status_code, gone_to.headers["Location"]) == (303, f"/c/{token}")
    assert 'dir="rtl"' in client.get(f"/c/{token}").get_data(as_text=True)
    assert 'lang="en"' in client.get("/services/").get_data(as_text=True)  # a page that has no Arabic


def test_who_is_unknown_is_met_in_the_language_of_the_browser(client: FlaskClient) -> None:
    def language(accepted: str) -> str:
        forget_language()
        page = client.get("/c/AAAAAAAAAAAAAAAAAAAAAA", headers={"Accept-Language": accepted})
        return str(BeautifulSoup(page.get_data(as_text=True), "html.parser").html["lang"])

    assert language("uk-UA,uk;q=0.9,en;q=0.5") == "uk"
    assert language("fr-CA") == "fr"
    assert language("ja") == language("") == "de"


def test_babel_knows_our_codes() -> None:
    assert babel_code("de-simple") == "de@ls" and babel_code("uk") == "uk"


def test_other_pages_stay_german_and_english(client: FlaskClient, places: None) -> None:
    client.set_cookie("obhut_locale", "de-simple")
    assert 'lang="de"' in client.get("/services/").get_data(as_text=True)
