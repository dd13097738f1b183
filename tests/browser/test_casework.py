"""A caseworker's day in a real browser: enter a paper, choose, take on, note, decide with a text module, post."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenContext
from tests.browser.people import act, log_in, reference_on

LIST = "/staff/requests/?status=open&source=paper"


def _enter(page: Page, name: str) -> str:
    """A parking permit that came on paper today; its reference."""
    page.goto("/staff/requests/new/bewohnerparkausweis")
    page.locator("[name=source][value=paper]").check()
    page.locator("[name=received_on]").fill(page.evaluate("new Date().toISOString().slice(0, 10)"))
    page.locator("[name=f_given_name]").fill("Papier")
    page.locator("[name=f_family_name]").fill(name)
    for part, value in (("street", "Lindenweg"), ("house_number", "4"), ("postal_code", "38100"), ("city", "Okerfeld")):
        page.locator(f"[name=f_address-{part}]").fill(value)
    page.locator("[name=f_licence_plate]").fill("BS-PA 12")
    page.locator("[name=f_holder][value=self]").check()
    page.locator("[name=f_zone][value=B]").check()
    page.locator("[name=f_valid_months][value='12']").check()
    page.locator("main form[enctype] button[type=submit]").last.click()
    expect(page).to_have_url(re.compile(r"/staff/requests/[A-Z0-9]{8}$"))
    return page.url.rsplit("/", 1)[-1]


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_caseworkers_day(visit: OpenContext, javascript: bool) -> None:
    desk = visit(javascript=True).new_page()
    log_in(desk, "caseworker", "/auth/login?staff=1")
    references = [_enter(desk, f"Eingang{letter}") for letter in "ab"]

    page = visit(javascript=javascript).new_page()
    log_in(page, "caseworker", "/auth/login?staff=1")
    page.goto(LIST)
    expect(page.locator(".obhut-chip").first).to_contain_text("auf Papier")
    for reference in references:
        page.get_by_label(f"Vorgang {reference} auswählen").check()
    page.locator("#bulk-kind").select_option("take")
    page.get_by_role("button", name="Weiter").click()
    expect(page.locator("main")).to_contain_text("2 Vorgänge sind ausgewählt")
    page.get_by_role("button", name="Bei allen ausführen").click()
    expect(page.locator("main")).to_contain_text("Bei 2 von 2 Vorgängen erledigt.")

    page.goto("/staff/requests/?status=open&assigned_to=me&source=paper")
    page.get_by_role("link", name=references[0]).click()
    assert reference_on(page)
    page.locator("#note textarea").fill("Rückruf morgen früh.")
    page.locator("#note button[type=submit]").click()
    expect(page.locator("#timeline")).to_contain_text("Rückruf morgen früh.")
    page.locator("#decide select[name=text]").select_option("granted")
    page.get_by_role("button", name="Text einfügen").click()
    expect(page.locator("#decide-message")).to_have_value(re.compile("BS-PA 12"))
    expect(page.locator("#decide select[name=way]")).to_have_value("post")
    page.locator("button[name=action][value=approve]").click()
    expect(page.locator("#decisions")).to_contain_text("noch nicht")

    page.goto("/staff/requests/mail/")
    page.get_by_label(f"Brief {references[0]} auswählen").check()
    page.get_by_role("button", name="Angekreuzte als abgesandt vermerken").click()
    page.goto(f"/staff/requests/{references[0]}")
    expect(page.locator("#decisions")).to_contain_text("Klage möglich bis")
    act(page, "close")
    expect(page.locator("#acts")).to_contain_text("Wieder aufnehmen")


def test_two_colleagues_at_one_request_lose_nothing(visit: OpenContext) -> None:
    one, other = visit().new_page(), visit().new_page()
    for page in (one, other):
        log_in(page, "caseworker", "/auth/login?staff=1")
    reference = _enter(one, "Zwei")
    act(one, "take")
    other.goto(f"/staff/requests/{reference}")
    other.locator("#ask textarea").fill("Gehört der Wagen Ihnen?")
    one.goto(f"/staff/requests/{reference}")
    one.locator("#ask textarea").fill("Seit wann wohnen Sie dort?")
    act(one, "ask")
    expect(one.locator("#messages")).to_contain_text("Seit wann wohnen Sie dort?")
    act(other, "ask")
    expect(other.locator("main")).to_contain_text("Jemand war schneller")


def test_the_list_is_walked_by_keyboard(visit: OpenContext) -> None:
    page = visit().new_page()
    log_in(page, "caseworker", "/auth/login?staff=1")
    reference = _enter(page, "Taste")
    page.goto(f"/staff/requests/?q={reference}")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.get_by_label(f"Vorgang {reference} auswählen")).to_be_checked()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/staff/requests/{reference}"))


def test_all_tabs_of_the_work_list_stand_in_one_row(visit: OpenContext) -> None:
    page = visit(viewport={"width": 1280, "height": 900}).new_page()
    log_in(page, "caseworker", "/auth/login?staff=1")
    page.goto("/staff/requests/?status=open&to_confirm=1")  # with the tab that is shown only when it is wanted
    tabs = page.locator(".obhut-tabs li")
    expect(tabs).to_have_count(8)
    assert len({tabs.nth(number).bounding_box()["y"] for number in range(8)}) == 1  # type: ignore[index]
