"""An officer writes to the people of a file: sees what is wrong, sends, and watches the numbers move."""

import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from config.exports import write_xlsx
from tests.browser.conftest import PHONE, OpenContext
from tests.browser.people import log_in

PEOPLE = 40


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """Appointments of invented people, one number mistyped."""
    rows = [(f"0157 359900{number:02}", "de", f"{number + 1}. Mai") for number in range(PEOPLE)]
    path = tmp_path / "termine.xlsx"
    path.write_bytes(
        write_xlsx(["Telefon", "Sprache", "Termin"], [*rows, ("12", "de", "1. Mai")], zone=ZoneInfo("Europe/Berlin"))
    )
    return path


def _preview(page: Page, workbook: Path, name: str) -> None:
    log_in(page, "officer", "/auth/login?staff=1")
    page.goto("/staff/messages/bulk/new")
    page.locator("[name=name]").fill(name)
    page.locator("[name=text]").fill("Ihr Termin ist am ((Termin)).")
    page.locator("[name=file]").set_input_files(workbook)
    page.get_by_role("button", name="Prüfen").click()
    expect(page.locator("main")).to_contain_text("Ihr Termin ist am 1. Mai.")
    expect(page.locator("main tbody tr")).to_have_count(1)


def test_the_numbers_move_while_one_looks(page: Page, workbook: Path) -> None:
    _preview(page, workbook, "Termine im Mai")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name=f"An {PEOPLE} Personen senden").click()
    expect(page.locator("main")).to_contain_text(f"{PEOPLE} von {PEOPLE} Nachrichten sind erledigt.", timeout=60_000)
    expect(page.locator("h1 + p .kern-badge, .obhut-work__head .kern-badge")).to_have_text("gesendet", timeout=60_000)
    expect(page.get_by_role("button", name="Anhalten")).to_have_count(0)


def test_without_javascript_and_on_a_phone(visit: OpenContext, workbook: Path) -> None:
    page = visit(javascript=False, viewport=PHONE).new_page()
    _preview(page, workbook, "Termine ohne Skript")
    page.get_by_role("button", name=f"An {PEOPLE} Personen senden").click()
    expect(page.locator("main")).to_contain_text(re.compile(r"\d+ von \d+ Nachrichten sind erledigt"))
    page.goto("/staff/messages/bulk/")
    expect(page.get_by_role("link", name="Termine ohne Skript")).to_be_visible()
