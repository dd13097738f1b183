"""What people do in the browser, as steps that several tests share."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.factories.care import new_birth_date

REFERENCE = re.compile(r"\b[ABCDEFGHJKLMNPRSTUVWXY2-9]{8}\b")


def log_in(page: Page, account: str, start: str = "/auth/login") -> None:
    """Log in through the identity provider's page, beginning at `start`."""
    page.goto(start)
    page.locator(f"button[name=sub][value={account}]").click()
    expect(page).not_to_have_url(re.compile(r"/oauth2/"))


def fill_in_parking_permit(page: Page, photo: Path, *, sms: bool = False) -> None:
    """Fill the steps of the parking permit in, up to the summary; what the login knew stands there already."""
    expect(page.locator("[name=f_given_name]")).to_have_value("Lena")
    expect(page.locator("[name=f_address-street]")).to_have_value("Beispielweg")
    go_on(page)
    fill_in_vehicle(page, photo)
    go_on(page)
    page.locator("[name=f_zone][value=B]").check()
    page.locator("[name=f_valid_months][value='12']").check()
    go_on(page)
    page.locator("[name=f_consent]").check()
    if sms:
        page.locator("[name=f_sms]").check()
    go_on(page)
    summary = page.get_by_role("heading", name="Prüfen und absenden")
    asked_anew = page.get_by_text("weitere Fragen").first  # for the number, unless the page's script was there before
    expect(summary.or_(asked_anew)).to_be_visible()
    if asked_anew.is_visible():
        go_on(page)
    expect(summary).to_be_visible()


def fill_in_vehicle(page: Page, photo: Path) -> None:
    """The step about the vehicle."""
    page.locator("[name=f_licence_plate]").fill("BS-OB 2026")
    page.locator("[name=f_holder][value=self]").check()
    page.locator("[name=f_registration]").set_input_files(photo)


def go_on(page: Page) -> None:
    """Press “continue” on a step."""
    page.get_by_role("button", name="Weiter", exact=True).click()


def reference_on(page: Page) -> str:
    """The reference number in the page's main part."""
    match = REFERENCE.search(page.locator("main").inner_text())
    assert match, page.locator("main").inner_text()
    return match.group()


def enrol(page: Page, kind: str, given_name: str, family_name: str, day: str) -> None:
    """Take somebody into care by hand whom nobody writes to; `day`: the field of the day they are counted from."""
    page.goto("/care/cases/new")
    page.locator("[name=kind]").select_option(kind)
    page.locator("[name=person-given_name]").fill(given_name)
    page.locator("[name=person-family_name]").fill(family_name)
    page.locator("[name=person-birth_date]").fill(new_birth_date().isoformat())
    page.locator("[name=person-channel]").select_option("none")
    page.locator(f"[name={day}]").fill("2026-11-20")
    page.locator("main form [type=submit]").last.click()
    expect(page.locator("h1")).to_contain_text(family_name)


def act(page: Page, action: str) -> None:
    """Press the button of the form that takes `action`."""
    page.locator(f"form:has(input[name=action][value={action}]) button[type=submit]").click()
