"""Two officers have the same case open: each sees the other without loading the page again, and what is new."""

from playwright.sync_api import expect

from tests.browser.conftest import OpenContext
from tests.browser.people import enrol, log_in, reference_on


def test_each_sees_the_other_while_the_page_is_open(visit: OpenContext) -> None:
    mine, other = visit().new_page(), visit().new_page()
    mine.clock.install()
    log_in(mine, "officer", "/auth/login?staff=1")
    log_in(other, "tracer", "/auth/login?staff=1")
    enrol(mine, "contact", "Zweia", "Augen", "last_exposure_on")
    address = f"/care/cases/{reference_on(mine)}"
    here = mine.locator("[data-readers]")
    expect(here).not_to_contain_text("Auch geöffnet bei")

    other.goto(address)
    expect(other.locator("[data-readers]")).to_contain_text("Auch geöffnet bei")
    mine.clock.run_for(21_000)
    expect(here).to_contain_text("Auch geöffnet bei")
    expect(here).not_to_contain_text("Das hat sich geändert")

    other.get_by_text("Exposition", exact=True).click()
    other.locator("[name=exposure-until_on]").fill("2026-11-23")
    other.locator("[name=exposure-setting]").select_option("work")
    other.locator("[name=exposure-place]").fill("Kantine")
    other.get_by_role("button", name="Exposition notieren").click()
    expect(other.locator("#exposures")).to_contain_text("Kantine")
    mine.clock.run_for(21_000)
    expect(here).to_contain_text("Das hat sich geändert")
