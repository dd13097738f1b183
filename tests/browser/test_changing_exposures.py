"""An exposure is changed by keyboard, by telephone and without scripts: its form is there when it is asked for."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PHONE, OpenContext
from tests.browser.people import enrol, log_in, reference_on

CHANGE = "Ändern: Exposition vom 23.11.2026"


@pytest.mark.parametrize(("javascript", "viewport"), [(True, DESKTOP), (True, PHONE), (False, PHONE)])
def test_the_form_comes_when_it_is_asked_for_and_keeps_what_was_typed(
    visit: OpenContext, javascript: bool, viewport: dict[str, int]
) -> None:
    page = visit(javascript=javascript, viewport=viewport).new_page()
    log_in(page, "officer", "/auth/login?staff=1")
    enrol(page, "contact", "Dreia", "Orte", "last_exposure_on")
    reference = reference_on(page)
    page.locator("summary", has_text=re.compile(r"^\s*Exposition\s*$")).click()
    page.locator("[name=exposure-until_on]").fill("2026-11-23")
    page.locator("[name=exposure-place]").fill("Kantine")
    page.get_by_role("button", name="Exposition notieren").click()

    shown = page.locator("#exposures")
    expect(shown).to_contain_text("Kantine")
    expect(shown.get_by_label("Wo?")).to_have_count(0)
    page.get_by_role("link", name=CHANGE).focus()
    page.keyboard.press("Enter")
    form = page.get_by_role("region", name=CHANGE)
    expect(form.get_by_label("Wo?")).to_have_value("Kantine")
    expect(page.get_by_role("heading", name=CHANGE)).to_be_focused()
    form.get_by_label("Wo?").fill("Pausenraum")
    form.get_by_label("Tag oder letzter Tag").fill("2099-01-01")
    form.get_by_role("button", name="Änderung notieren").click()
    expect(form).to_contain_text("Dieses Datum liegt in der Zukunft.")
    expect(form.get_by_label("Wo?")).to_have_value("Pausenraum")
    form.get_by_label("Tag oder letzter Tag").fill("2026-11-23")
    form.get_by_role("button", name="Änderung notieren").click()
    expect(page).to_have_url(re.compile(rf"/care/cases/{reference}$"))
    expect(shown).to_contain_text("Pausenraum")
    expect(form).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth") if javascript else True
