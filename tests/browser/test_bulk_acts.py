"""An officer does something with several cases at once, and takes it back."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, OpenContext
from tests.browser.people import log_in


def _new_case(page: Page, family_name: str) -> str:
    page.goto("/care/cases/new")
    page.locator("[name=person-given_name]").fill("Ilka")
    page.locator("[name=person-family_name]").fill(family_name)
    page.locator("[name=person-channel]").select_option("none")
    page.locator("[name=last_exposure_on]").fill(datetime.now(ZoneInfo("Europe/Berlin")).date().isoformat())
    page.locator("main form button[type=submit]").last.click()
    expect(page).to_have_url(re.compile(r"/care/cases/[A-Z2-9]{8}$"))
    return page.url.rsplit("/", 1)[-1]


def _choose(page: Page, references: list[str], kind: str) -> None:
    page.goto("/care/cases/")
    for reference in references:
        page.locator(f"input[name=case][value='{reference}']").check()
    page.locator("#bulk-kind").select_option(kind)
    page.get_by_role("button", name="Weiter").click()


def _confirm(page: Page, number: int) -> None:
    page.get_by_role("button", name="Ansehen").click()
    expect(page.locator("main tbody tr")).to_have_count(number)
    expect(page.locator("main")).to_contain_text("Noch ist nichts geändert.")
    page.get_by_role("button", name=re.compile(rf"^{number} .*ändern")).click()
    expect(page.get_by_role("button", name="Zurücknehmen")).to_be_visible(timeout=60_000)


def test_chosen_looked_at_done_and_taken_back(page: Page) -> None:
    log_in(page, "officer", "/auth/login?staff=1")
    page.on("dialog", lambda dialog: dialog.accept())
    references = [_new_case(page, "Sammelmann"), _new_case(page, "Sammelfrau")]
    _choose(page, references, "close")
    page.locator("[name=reason]").select_option("not_a_case")
    _confirm(page, 2)
    expect(page.locator("main")).to_contain_text("ausgeführt", timeout=60_000)
    page.get_by_role("button", name="Zurücknehmen").click()
    expect(page.locator("main")).to_contain_text("Zurückgenommen am", timeout=60_000)
    page.goto("/care/cases/")
    for reference in references:
        expect(page.locator(f"input[name=case][value='{reference}']")).to_be_visible()


def test_without_javascript_and_on_a_phone(visit: OpenContext) -> None:
    page = visit(javascript=False, viewport=PHONE).new_page()
    log_in(page, "officer", "/auth/login?staff=1")
    reference = _new_case(page, "Ohneskript")
    _choose(page, [reference], "risk")
    page.locator("[name=risk_level]").select_option("high")
    page.get_by_role("button", name="Ansehen").click()
    page.get_by_role("button", name="1 Fall ändern").click()
    expect(page.locator("main")).to_contain_text(re.compile("wird ausgeführt|ausgeführt"))


def test_all_of_a_page_at_one_click(page: Page) -> None:
    log_in(page, "officer", "/auth/login?staff=1")
    _new_case(page, "Allesamt")
    page.goto("/care/cases/")
    boxes = page.locator("input[name=case]")
    page.get_by_label("Alle auf dieser Seite auswählen").check()
    for number in range(boxes.count()):
        expect(boxes.nth(number)).to_be_checked()
    page.reload()
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("input[name=case]:checked")).to_have_count(1)
