"""A resident links their case by the code of a letter, on a phone, and answers in the account."""

import re
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.browser.conftest import PHONE, OpenContext
from tests.browser.people import log_in
from tests.browser.test_pages import TOO_WIDE, UNLABELLED
from tests.factories.care import new_phone

CODE = re.compile(r"[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}")


def fits(page: Page) -> None:
    """Nothing scrolls sideways, and every field has its label."""
    page.wait_for_load_state()
    assert page.evaluate(TOO_WIDE) <= 0
    assert page.evaluate(UNLABELLED) == []


def enrol(page: Page) -> str:
    """A new case by hand; its address."""
    page.goto("/care/cases/new")
    for name, value in {"given_name": "Ilka", "family_name": "Sommerfeld", "birth_date": "1984-05-17"}.items():
        page.locator(f"[name=person-{name}]").fill(value)
    page.locator("[name=person-phone]").fill(new_phone())
    page.locator("[name=last_exposure_on]").fill(datetime.now(UTC).date().isoformat())
    page.locator("main form button[type=submit]").last.click()
    expect(page).to_have_url(re.compile(r"/care/cases/[A-Z2-9]{8}$"))
    return page.url


def code_by_letter(page: Page, tmp_path: Path) -> str:
    """Issue a code on the case's page and read it in the letter."""
    page.locator("#accounts summary").click()
    with page.expect_download() as letter:
        page.locator("#accounts form button[type=submit]").last.click()
    letter.value.save_as(tmp_path / "code.pdf")
    found = CODE.search(PdfReader(tmp_path / "code.pdf").pages[0].extract_text())
    assert found
    return found[0]


def test_a_case_is_linked_and_answered_on_a_phone(visit: OpenContext, tmp_path: Path) -> None:
    officer, resident = visit().new_page(), visit(viewport=PHONE).new_page()
    log_in(officer, "officer", "/auth/login?staff=1")
    case_url = enrol(officer)
    code = code_by_letter(officer, tmp_path)
    reference = case_url[-8:]

    log_in(resident, "resident", "/account/")
    resident.goto("/account/")
    fits(resident)
    resident.get_by_role("link", name="Vorgang verknüpfen").click()
    fits(resident)
    resident.get_by_label("Code aus dem Brief oder der Nachricht").fill(code)
    resident.get_by_label("Geburtsdatum").fill("18.05.1984")
    resident.get_by_role("button", name="Verknüpfen").click()
    expect(resident.locator("#errors")).to_contain_text("Das hat nicht geklappt.")
    resident.get_by_label("Geburtsdatum").fill("17.05.1984")
    resident.get_by_role("button", name="Verknüpfen").click()
    expect(resident).to_have_url(re.compile(rf"/account/case/{reference}/$"))
    expect(resident.locator("h1")).to_have_text("Ilka Sommerfeld")
    fits(resident)
    resident.get_by_label("Ja, ich habe Beschwerden").check()
    resident.get_by_label("Husten").check()
    resident.get_by_role("button", name="Antwort senden").click()
    expect(resident.locator("main")).to_contain_text("Ihre Antwort ist angekommen.")

    officer.goto(case_url)
    expect(officer.locator("#reports")).to_contain_text("Husten")
    expect(officer.locator("#accounts")).to_contain_text("Lena Ahrens")
    officer.on("dialog", lambda dialog: dialog.accept())
    officer.locator("#accounts").get_by_role("button", name="Verknüpfung lösen").click()
    expect(officer.locator("#accounts")).to_contain_text("Mit diesem Fall ist kein Konto verknüpft.")
    answer = resident.goto(f"/account/case/{reference}/")
    assert answer is not None
    assert answer.status == 404
