"""A list is worked through by keyboard, and each call is noted with one click; it works without JavaScript, too."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenContext
from tests.browser.people import enrol, log_in

LIST = "/care/cases/?status=open&kind=traveller&sort=enrolled"


@pytest.fixture
def people(visit: OpenContext) -> list[str]:
    """Three travellers, taken into care one after the other; their references as the list shows them."""
    page = visit().new_page()
    log_in(page, "officer", "/auth/login?staff=1")
    for number in range(3):
        enrol(page, "traveller", f"Tasta{'abc'[number]}", "Turweg", "entered_on")
    page.goto(LIST)
    references = page.locator("tbody td[data-label=Vorgang] a").all_inner_texts()[:3]
    page.close()  # of two open pages either may have the keyboard
    return references


def _is_at(page: Page, reference: str) -> None:
    expect(page).to_have_url(re.compile(rf"/care/cases/{reference}\?list="))
    page.wait_for_load_state()  # the keys are listened to when the scripts have run


def test_a_list_is_worked_through_by_keyboard(visit: OpenContext, people: list[str]) -> None:
    page = visit().new_page()
    log_in(page, "officer", "/auth/login?staff=1")
    page.goto(LIST)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    _is_at(page, people[0])
    page.keyboard.press("n")
    _is_at(page, people[1])
    page.keyboard.press("k")
    _is_at(page, people[0])
    page.keyboard.press("c")
    expect(page.locator("#call button").first).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # not reached
    _is_at(page, people[1])
    expect(page.locator("main")).to_contain_text(f"Anruf bei {people[0]} notiert: Nicht erreicht.")
    page.keyboard.press("m")
    page.keyboard.type("nun")  # what is typed is no command
    _is_at(page, people[1])
    expect(page.locator("textarea[name=comment-text]").last).to_have_value("nun")
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("n")
    _is_at(page, people[1])
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.press("l")
    expect(page).to_have_url(re.compile("kind=traveller"))


def test_without_javascript(visit: OpenContext, people: list[str]) -> None:
    page = visit(javascript=False).new_page()
    log_in(page, "officer", "/auth/login?staff=1")
    page.goto(LIST)
    page.get_by_role("link", name=people[0]).click()
    page.get_by_role("link", name="Nächster Fall").click()
    _is_at(page, people[1])
    page.get_by_role("button", name="Besetzt").click()
    _is_at(page, people[2])
    expect(page.locator("main")).to_contain_text("Besetzt")


UNCOVERED = """() => { const focused = document.activeElement, box = focused.getBoundingClientRect();
    const above = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    return above !== null && (focused === above || focused.contains(above)); }"""


def test_what_has_the_focus_is_not_below_the_bar_of_the_ticked(visit: OpenContext, people: list[str]) -> None:
    page = visit(viewport={"width": 1280, "height": 420}).new_page()
    log_in(page, "officer", "/auth/login?staff=1")
    page.goto(LIST)
    page.get_by_label(f"Fall {people[0]} auswählen").check()
    page.evaluate("scrollTo(0, 0)")
    for reference in people[1:]:
        for wanted in (page.get_by_label(f"Fall {reference} auswählen"), page.get_by_role("link", name=reference)):
            page.keyboard.press("Tab")
            while not wanted.evaluate("element => element === document.activeElement"):
                page.keyboard.press("Tab")
            page.wait_for_function(UNCOVERED, timeout=5_000)
