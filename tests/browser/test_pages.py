"""All pages for all people: languages, small screens, and what assistive technology needs."""

import itertools
import re
from collections.abc import Callable
from functools import cache

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from config.localisation import language_tag, text_direction
from config.settings import LOCALES
from tests.browser.conftest import PHONE, OpenContext
from tests.browser.people import log_in
from tests.fixtures.processes import Obhut

LoginOf = Callable[[str | None], StorageState | None]

PUBLIC = ("/", "/services/", "/services/bewohnerparkausweis/", "/status", "/imprint", "/privacy", "/accessibility")
MESSAGE_PAGES = (
    "/staff/messages/search",
    "/staff/messages/failures",
    "/staff/messages/queue",
    "/staff/messages/statistics?period=month",
)
BEHIND_LOGIN = {
    "resident": ("/services/bewohnerparkausweis/apply", "/requests/", "/account/", "/account/link-case"),
    "caseworker": ("/staff/requests/", "/staff/messages/"),
    "tracer": ("/care/", "/care/cases/", "/care/imports/", "/care/support/", "/care/occasions/"),
    "officer": (
        "/care/",
        "/care/cases/",
        "/staff/messages/",
        "/care/cases/bulk/",
        "/staff/messages/bulk/new",
        *MESSAGE_PAGES,
    ),
    "manager": ("/staff/services/",),
    "auditor": ("/audit/",),
    "admin": ("/admin/", "/admin/tokens/new"),
}
UNLABELLED = """() => [...document.querySelectorAll("main input, main select, main textarea, main button")]
    .filter(field => field.type !== "hidden" && !field.closest("[hidden], [aria-hidden=true]"))
    .filter(field => !(field.labels && field.labels.length) && !field.getAttribute("aria-label")
        && !field.getAttribute("aria-labelledby") && !field.title && !field.textContent.trim())
    .map(field => field.outerHTML.slice(0, 120))"""
NAMELESS_LINKS = """() => [...document.querySelectorAll("a[href]")]
    .filter(link => !link.textContent.trim() && !link.getAttribute("aria-label") && !link.title)
    .map(link => link.outerHTML.slice(0, 120))"""
HEADINGS = "() => [...document.querySelectorAll('h1,h2,h3,h4')].map(heading => Number(heading.tagName[1]))"
DOUBLE_IDS = """() => { const ids = [...document.querySelectorAll("[id]")].map(e => e.id);
    return ids.filter((id, index) => ids.indexOf(id) !== index); }"""
# What does not scroll can still be cut off, at either side.
OUTSIDE = """() => [...document.querySelectorAll("main *, header *")].filter(e => e.checkVisibility())
    .map(e => [e.outerHTML.slice(0, 100), e.getBoundingClientRect()])
    .filter(([, box]) => box.width > 1 && (box.left < -1 || box.right > innerWidth + 1)).map(([html]) => html)"""
TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def _everywhere() -> list[tuple[str | None, str]]:
    behind = [(account, path) for account, paths in BEHIND_LOGIN.items() for path in paths]
    return [(None, path) for path in PUBLIC] + behind


@pytest.fixture(scope="module")
def login_of(browser: Browser, live_server: Obhut) -> LoginOf:
    """What a browser keeps of an account's login: most of these tests' time went into logging in."""

    @cache
    def log_in_once(account: str | None) -> StorageState | None:
        if account is None:
            return None
        with browser.new_context(base_url=live_server.url) as context:
            log_in(context.new_page(), account, "/auth/login" if account == "resident" else "/auth/login?staff=1")
            return context.storage_state()

    return log_in_once


def _open(page: Page, path: str) -> None:
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == 200, path


def test_german_first_and_english_one_click_away(page: Page) -> None:
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    page.get_by_role("link", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.goto("/services/bewohnerparkausweis/")
    expect(page.locator("h1")).to_have_text("Resident parking permit")
    page.get_by_role("link", name="Deutsch").click()
    expect(page.locator("h1")).to_have_text("Bewohnerparkausweis")


@pytest.mark.parametrize("code", LOCALES)
def test_the_choice_of_language_on_a_phone_with_the_keyboard_alone(visit: OpenContext, code: str) -> None:
    page = visit(viewport=PHONE, javascript=False).new_page()
    page.goto("/quarantine")
    choice = page.locator(".obhut-languages")
    choice.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(choice.locator("a")).to_have_count(len(LOCALES))
    choice.locator(f"a[lang={language_tag(code)}]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("lang", language_tag(code))
    assert page.locator("html").get_attribute("dir") == text_direction(code)
    page.locator(".obhut-languages summary").click()
    assert page.evaluate(TOO_WIDE) <= 0
    assert page.evaluate(OUTSIDE) == []
    assert page.evaluate(DOUBLE_IDS) == []


def test_on_a_phone_the_navigation_is_no_higher_than_its_entries(visit: OpenContext, login_of: LoginOf) -> None:
    tall = {"width": 390, "height": 2000}  # a page shorter than the screen
    page = visit(viewport=tall, login=login_of("manager")).new_page()
    _open(page, "/staff/services/")
    side, entries = page.locator(".obhut-side").bounding_box(), page.locator(".obhut-side ul").bounding_box()
    assert side is not None and entries is not None
    assert side["height"] <= entries["height"] + 2


@pytest.mark.parametrize(("account", "path"), _everywhere())
def test_no_page_scrolls_sideways_on_a_phone(
    visit: OpenContext, login_of: LoginOf, account: str | None, path: str
) -> None:
    page = visit(viewport=PHONE, login=login_of(account)).new_page()
    _open(page, path)
    assert page.evaluate(TOO_WIDE) <= 0


def test_the_login_of_the_sandbox_fits_a_phone(visit: OpenContext) -> None:
    page = visit(viewport=PHONE).new_page()
    _open(page, "/auth/login")
    expect(page.locator("button[name=sub][value=resident]")).to_be_visible()
    assert page.evaluate(TOO_WIDE) <= 0


@pytest.mark.parametrize(("account", "path"), _everywhere())
def test_assistive_technology_finds_its_way(
    visit: OpenContext, login_of: LoginOf, account: str | None, path: str
) -> None:
    page = visit(login=login_of(account)).new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.extend([message.text] if message.type == "error" else []))
    page.on("pageerror", lambda error: problems.append(str(error)))
    _open(page, path)
    assert page.locator("html").get_attribute("lang") == "de"
    assert page.title()
    assert page.locator("main").count() == 1
    assert page.locator("h1").count() == 1
    levels = page.evaluate(HEADINGS)
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels)), levels
    assert page.evaluate(UNLABELLED) == []
    assert page.evaluate(NAMELESS_LINKS) == []
    assert page.evaluate(DOUBLE_IDS) == []
    page.keyboard.press("Tab")
    assert re.search("#", page.evaluate("() => document.activeElement.getAttribute('href') || ''")), "no skip link"
    assert problems == []


def test_a_page_that_is_not_there_says_so_kindly(page: Page) -> None:
    answer = page.goto("/services/gibt-es-nicht/")
    assert answer is not None
    assert answer.status == 404
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "de")
