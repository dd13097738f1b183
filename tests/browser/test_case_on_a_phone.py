"""The page of a case with findings is read on a telephone without scrolling to the side."""

from playwright.sync_api import expect

from tests.browser.conftest import PHONE, OpenContext
from tests.browser.people import enrol, log_in
from tests.browser.test_pages import TOO_WIDE


def test_findings_fit_on_a_phone(visit: OpenContext) -> None:
    page = visit(viewport=PHONE).new_page()
    log_in(page, "officer", "/auth/login?staff=1")
    enrol(page, "contact", "Schmala", "Schirmer", "last_exposure_on")
    page.locator("#act-report summary").click()
    page.locator("[name=report-feeling][value=yes]").check()
    for symptom in ("fever", "shortness_of_breath", "loss_of_smell"):
        page.locator(f"[name=report-symptoms][value={symptom}]").check()
    page.locator("[name=report-temperature_c]").fill("38,9")
    page.locator("#act-report [type=submit]").click()
    expect(page.locator("#why")).to_contain_text("38,9")
    assert page.evaluate(TOO_WIDE) <= 0
