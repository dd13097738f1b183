"""A health officer's day in a real browser: a file is imported, people are asked and answer, the lists follow."""

import io
import os
import re
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from care.imports.samples import sample_contacts
from config import clock
from config.localisation import language_tag
from config.settings import LOCALES
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.people import log_in
from tests.browser.test_pages import DOUBLE_IDS, OUTSIDE, TOO_WIDE, UNLABELLED
from tests.fixtures.processes import Obhut, eventually

PEOPLE = 12
BERLIN = ZoneInfo("Europe/Berlin")
LINK = re.compile(r"https?://\S+/c/[\w-]+")


@pytest.fixture
def house(tmp_path: Path, browser: Browser) -> Iterator[Obhut]:
    """A house of this test's own, since its clock is moved."""
    server = Obhut(tmp_path)
    try:
        yield server.start()
        server.stop()
    finally:
        server.close()


@pytest.fixture
def officer(browser: Browser, house: Obhut) -> Iterator[BrowserContext]:
    """The officer's browser."""
    context = browser.new_context(base_url=house.url, locale="de-DE", viewport=DESKTOP)  # type: ignore[arg-type]
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Invented people in SORMAS' own format, with current dates."""
    path = tmp_path / "kontakte.csv"
    path.write_bytes(sample_contacts(clock.today(BERLIN), PEOPLE))
    return path


@pytest.mark.timeout(300)
def test_from_import_to_the_symptomatic_list(
    house: Obhut, officer: BrowserContext, browser: Browser, file: Path
) -> None:
    page = officer.new_page()
    log_in(page, "officer", "/auth/login?staff=1")
    _import(page, file)
    _import_again_makes_nothing_new(page, file)

    house.set_clock(_at(1, 12, 30))
    asked = [text for text in _texts(house) if LINK.search(text["body"])]
    assert asked, "nobody was asked"
    person = browser.new_context(locale="de-DE", viewport=PHONE).new_page()  # type: ignore[arg-type]
    _look_in_every_language(person, asked[0]["body"])
    reference = _answer_with_symptoms(person, asked[0]["body"])

    page.goto("/care/cases/?line_list=symptomatic")
    row = page.locator("main tr", has_text=reference)
    expect(row).to_have_count(1)
    page.goto("/care/")
    expect(page.get_by_role("link", name=reference).or_(page.locator("tr", has_text=reference)).first).to_be_visible()
    page.goto(f"/care/cases/{reference}")
    expect(page.locator("h1")).to_be_visible()

    others = [text for text in asked[1:] if text["to"] != asked[0]["to"]]
    answer = house.http.post(
        house.url + "/sandbox/phone/reply", json={"from": others[0]["to"], "body": "NEIN"}, timeout=20
    )
    assert answer.status_code == 201, answer.text
    house.set_clock(_at(2, 13, 0))
    page.goto("/care/cases/?line_list=non_reporting")
    expect(page.locator("main tbody tr")).not_to_have_count(0)
    expect(page.locator("main")).not_to_contain_text(reference)


def test_looking_at_a_link_changes_nothing_and_a_wrong_one_tells_nothing(house: Obhut) -> None:
    answer = house.http.get(house.url + "/c/AAAAAAAAAAAAAAAAAAAAAA", timeout=10)
    assert answer.status_code == 404
    assert "Vorgang" not in answer.text.split("<main", 1)[1].split("</main>")[0]


def _import(page: Page, file: Path) -> None:
    page.goto("/care/imports/")
    page.locator("input[type=file]").set_input_files(file)
    page.locator("main form:has(input[type=file]) button[type=submit]").click()
    expect(page.locator("main tbody tr").first).to_be_visible()
    page.goto(page.url)
    before = _open_cases(page.context)
    assert before == 0, "nothing is stored before it is confirmed"
    page.locator("form[action$=confirm] button").click()
    eventually(lambda: _open_cases(page.context) >= PEOPLE - 1, "the people of the file", 30)
    expect(page.locator("meta[http-equiv=refresh]")).to_have_count(0)  # it no longer loads itself anew


def _import_again_makes_nothing_new(page: Page, file: Path) -> None:
    before = _open_cases(page.context)
    page.goto("/care/imports/")
    page.locator("input[type=file]").set_input_files(file)
    page.locator("main form:has(input[type=file]) button[type=submit]").click()
    expect(page.locator("main tbody tr").first).to_be_visible()
    confirm = page.locator("form[action$=confirm] button")
    if confirm.count():
        confirm.click()
    assert _open_cases(page.context) == before


def _open_cases(context: BrowserContext) -> int:
    """How many cases the lists hold, counted over their pages."""
    page = context.new_page()
    page.goto("/care/cases/")
    found = page.locator("main tbody tr").count()
    page.close()
    return found


def _look_in_every_language(person: Page, text: str) -> None:
    link = LINK.search(text)
    assert link
    for code in LOCALES:
        person.goto(f"{link.group()}?lang={code}")
        assert person.locator("html").get_attribute("lang") == language_tag(code)
        person.locator("input[name=feeling][value=yes]").check()
        _symptoms_are_in_place(person, code)
        person.locator("input[name=feeling][value=no]").check()
        person.locator("input[name=temperature_c]").fill("385")
        assert person.evaluate(TOO_WIDE) <= 0 and person.evaluate(OUTSIDE) == [], code
        assert person.evaluate(UNLABELLED) == person.evaluate(DOUBLE_IDS) == []
        person.locator("main form button[type=submit]").last.click()
        expect(person.locator("#errors")).to_be_focused()
        assert person.locator("html").get_attribute("lang") == language_tag(code)
        assert person.evaluate(TOO_WIDE) <= 0 and person.evaluate(OUTSIDE) == [], code
        if folder := os.environ.get("OBHUT_TEST_PICTURES"):
            person.screenshot(path=f"{folder}/check-in-{code}.png", full_page=True)


def _symptoms_are_in_place(person: Page, code: str) -> None:
    """The explanation stands below its question, and a tick within its box, also where one reads from the right."""
    question = person.locator("fieldset:has(input[name=symptoms])")
    title, hint = question.locator("legend").bounding_box(), question.locator(".kern-hint").bounding_box()
    assert title and hint and hint["y"] >= title["y"] + title["height"] - 1, code
    fever = question.locator("input[value=fever]")
    fever.check()
    fever.blur()
    picture = Image.open(io.BytesIO(fever.screenshot())).convert("L")
    width, height = picture.size
    inside = [(x, y) for x in range(5, width - 5) for y in range(5, height - 5)]
    dark = [x for x, y in inside if picture.getpixel((x, y)) < 100]  # type: ignore[operator]
    assert dark and abs(sum(dark) / len(dark) - width / 2) < width / 8, code
    fever.uncheck()


def _answer_with_symptoms(person: Page, text: str) -> str:
    link = LINK.search(text)
    reference = re.search(r"\b[ABCDEFGHJKLMNPRSTUVWXY2-9]{8}\b", text)
    assert link
    assert reference
    for _ in range(2):
        person.goto(link.group())
        expect(person.locator("input[name=feeling]")).to_have_count(2)
    person.locator("input[name=feeling][value=yes]").check()
    person.locator("input[name=symptoms][value=cough]").check()
    person.locator("main form button[type=submit]").last.click()
    expect(person).to_have_url(re.compile("/thanks$"))
    return reference.group()


def _texts(house: Obhut) -> list[dict[str, str]]:
    answer = house.http.get(house.url + "/sandbox/phone.json", params={"limit": "500"}, timeout=20)
    return [item for item in answer.json()["items"] if item["direction"] != "inbound"]


def _at(days: int, hour: int, minute: int) -> str:
    """A time of day so many days from now, in the jurisdiction's zone."""
    day = clock.today(BERLIN) + timedelta(days=days)
    return datetime.combine(day, time(hour, minute), BERLIN).isoformat()
