"""Filling a form in, in a real browser: what other systems lose, mix up or send twice."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.people import go_on, log_in
from tests.fixtures.processes import Obhut, eventually

TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
ALL = "/services/alles/apply"
REPORT = "/services/meldung/apply"
LINK = re.compile(r"http://[^\s]+(/continue/[\w-]+)")


class WithMoreServices(Obhut):
    """`obhut up` that offers the services made up for tests as well."""

    program = "from tests.support.more_services import put_there; put_there(); from config.cli import main; main()"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Obhut]:
    server = WithMoreServices(tmp_path_factory.mktemp("forms"))
    try:
        yield server.start()
        server.stop()
    finally:
        server.close()


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def javascript(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def context(browser: Browser, house: Obhut) -> Iterator[BrowserContext]:
    opened = opened_in(browser, house)
    yield opened
    opened.close()


def opened_in(browser: Browser, house: Obhut, *, script: bool = True, phone: bool = False) -> BrowserContext:
    context = browser.new_context(
        base_url=house.url,
        locale="de-DE",
        java_script_enabled=script,
        viewport=PHONE if phone else DESKTOP,  # type: ignore[arg-type]
    )
    context.set_default_timeout(10_000)
    return context


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def person(page: Page, *, name: str = "Jorinde") -> None:
    """Fill the first step in and go on."""
    page.locator("[name=f_given_name]").fill(name)
    for part, text in (("day", "17"), ("month", "5"), ("year", "1984")):
        page.locator(f"[name=f_born-{part}]").fill(text)
    go_on(page)
    expect(page.locator("h1")).to_have_text("Kinder")


def report(page: Page, text: str) -> None:
    page.goto(REPORT)
    page.locator("textarea").fill(text)
    go_on(page)
    expect(page.locator("h1")).to_have_text("Kontakt")


def kept(page: Page) -> None:
    """What was typed has been stored as a draft."""
    expect(page.locator("[data-kept]")).to_be_visible()


def test_the_browsers_back_button_loses_nothing(page: Page) -> None:
    log_in(page, "resident", f"/auth/login?next={ALL}")
    person(page)
    page.locator("[name=f_has_children][value=no]").check()
    kept(page)
    page.go_back()
    expect(page.locator("h1")).to_have_text("Zu Ihrer Person")
    expect(page.locator("[name=f_given_name]")).to_have_value("Jorinde")
    page.go_forward()
    expect(page.locator("[name=f_has_children][value=no]")).to_be_checked()


def test_a_double_click_sends_once(page: Page, house: Obhut) -> None:
    report(page, "Zweimal geklickt")
    go_on(page)
    send = page.get_by_role("button", name="Meldung absenden")
    send.dblclick()
    expect(page.locator("h1")).to_have_text("Bitte notieren Sie Aktenzeichen und PIN")
    reference = page.locator(".obhut-reference").first.inner_text()
    page.go_back()
    expect(page.locator("main")).to_contain_text(reference)


def test_correcting_one_field_keeps_the_errors_of_the_others(page: Page) -> None:
    log_in(page, "resident", f"/auth/login?next={ALL}")
    page.locator("[name=f_email]").fill("nobody")
    page.locator("[name=f_address-postal_code]").fill("3")
    go_on(page)
    links = page.locator("#errors a")
    expect(links).to_have_count(2)
    page.locator("[name=f_email]").fill("jorinde@ackerknecht.example")
    page.locator("[name=f_email]").blur()
    expect(page.locator("#f_address-postal_code-error")).to_be_visible()
    go_on(page)
    expect(links).to_have_count(1)
    links.last.click()
    expect(page.locator("[name=f_address-postal_code]")).to_be_focused()


def test_questions_come_and_go_while_somebody_types(page: Page) -> None:
    log_in(page, "resident", f"/auth/login?next={ALL}")
    phone = page.locator("[name=f_phone]")
    expect(phone).to_be_hidden()
    page.locator("[name=f_sms]").check()
    expect(phone).to_be_visible()
    expect(page).to_have_url(re.compile(r"/apply/[\w-]+/person$"))
    page.locator("[name=f_sms]").uncheck()
    expect(phone).to_be_hidden()


def test_what_is_computed_follows(page: Page) -> None:
    log_in(page, "resident", f"/auth/login?next={ALL}")
    person(page)
    page.locator("[name=f_has_children][value=no]").check()
    go_on(page)
    page.locator("[name=f_rent]").fill("1.250,50")
    page.locator("[name=f_months]").fill("3")
    expect(page.locator("output")).to_have_text("3.751,50 €")
    expect(page.locator("[data-progress-words]")).to_have_text("Schritt 3 von 6")


def test_groups_repeat(browser: Browser, house: Obhut, javascript: bool) -> None:
    context = opened_in(browser, house, script=javascript)
    page = context.new_page()
    log_in(page, "resident", f"/auth/login?next={ALL}")
    person(page)
    page.locator("[name=f_has_children][value=yes]").check()
    if not javascript:
        go_on(page)
    page.locator("[name=f_child-0-name]").fill("Mio")
    page.get_by_role("button", name="Weitere hinzufügen").click()
    page.locator("[name=f_child-1-name]").fill("Ida")
    page.get_by_role("button", name="Entfernen Kind 1").click()
    expect(page.locator("[name$='-name']")).to_have_count(1)
    expect(page.locator("[name=f_child-0-name]")).to_have_value("Ida")
    context.close()


def test_the_enter_key_goes_on_and_removes_nothing(page: Page) -> None:
    log_in(page, "resident", f"/auth/login?next={ALL}")
    person(page)
    page.locator("[name=f_has_children][value=yes]").check()
    name = page.locator("[name=f_child-0-name]")
    name.fill("Mio")
    name.press("Enter")
    expect(page.locator("#errors a")).to_have_count(1)
    expect(name).to_have_value("Mio")


def test_two_drafts_at_once_never_mix(context: BrowserContext) -> None:
    first, second = context.new_page(), context.new_page()
    log_in(first, "resident", f"/auth/login?next={ALL}")
    second.goto(ALL)
    person(first, name="Erste")
    person(second, name="Zweite")
    for page, name in ((first, "Erste"), (second, "Zweite"), (first, "Erste")):
        page.get_by_role("button", name="Zurück", exact=True).click()
        expect(page.locator("[name=f_given_name]")).to_have_value(name)
        go_on(page)


def test_a_link_continues_on_another_device(browser: Browser, house: Obhut, page: Page) -> None:
    report(page, "Die Laterne ist aus")
    page.get_by_role("button", name="Speichern und später weitermachen").click()
    page.get_by_label("E-Mail-Adresse").fill("jorinde@ackerknecht.example")
    page.get_by_role("button", name="Link senden").click()
    expect(page.locator("main")).to_contain_text("Wir haben Ihnen den Link geschickt")
    mail = eventually(lambda: house.mails_to("jorinde@ackerknecht.example"), "the link by mail")
    link = LINK.search(str(mail))
    assert link
    elsewhere = opened_in(browser, house, phone=True)
    for _ in range(2):
        other = elsewhere.new_page()
        other.goto(link[1])
        other.get_by_role("button", name="Weiter").click()
        expect(other.locator("h1")).to_have_text("Kontakt")
    go_on(other)
    expect(other.locator("main")).to_contain_text("Die Laterne ist aus")
    other.get_by_role("button", name="Meldung absenden").click()
    expect(other.locator("h1")).to_contain_text("PIN")
    page.goto(link[1])
    expect(page.locator("h1")).to_have_text("Diese Meldung ist abgeschickt")
    assert page.evaluate(TOO_WIDE) <= 0
    page.get_by_role("link", name="Stand mit Aktenzeichen").last.click()
    expect(page.locator("h1")).to_have_text("Stand mit Aktenzeichen")
    elsewhere.close()


def test_the_first_browser_says_that_a_draft_went_on_elsewhere(browser: Browser, house: Obhut, page: Page) -> None:
    report(page, "Die Bank ist kaputt")
    tab = page.context.new_page()
    tab.goto(page.url)
    tab.get_by_role("button", name="Speichern und später weitermachen").click()
    tab.get_by_label("E-Mail-Adresse").fill("mio@ackerknecht.example")
    tab.get_by_role("button", name="Link senden").click()
    mail = eventually(lambda: house.mails_to("mio@ackerknecht.example"), "the link by mail")
    link = LINK.search(str(mail))
    assert link
    elsewhere = opened_in(browser, house, phone=True)
    other = elsewhere.new_page()
    other.goto(link[1])
    other.get_by_role("button", name="Weiter").click()
    expect(other.locator("h1")).to_have_text("Kontakt")
    page.get_by_label("E-Mail-Adresse").fill("spaet@ackerknecht.example")
    expect(page.locator("[data-not-kept]")).to_be_visible()
    expect(page.locator("[data-kept]")).to_be_hidden()
    go_on(page)
    expect(page.locator("h1")).to_contain_text("in einem anderen Browser")
    expect(page.locator("main")).to_contain_text("spaet@ackerknecht.example")
    assert page.evaluate(TOO_WIDE) <= 0
    elsewhere.close()


def test_a_surer_login_in_mid_form_loses_nothing(page: Page) -> None:
    page.goto("/auth/login?next=/services/sicher/apply")
    weak_login(page)
    go_on(page)
    page.locator("textarea").fill("Weil es sein muss")
    go_on(page)
    page.locator("button[name=sub][value=resident]").click()
    expect(page.locator("h1")).to_have_text("Prüfen und absenden")
    expect(page.locator("main")).to_contain_text("Weil es sein muss")
    page.get_by_role("button", name="Antrag absenden").click()
    expect(page).to_have_url(re.compile(r"/requests/"))


def weak_login(page: Page) -> None:
    """As the sandbox lets one choose it."""
    page.locator("select[name=level]").select_option("basic")
    page.locator("button[name=sub][value=resident]").click()


def test_nothing_is_too_wide_for_a_phone(browser: Browser, house: Obhut, photo: Path) -> None:
    context = opened_in(browser, house, phone=True)
    page = context.new_page()
    log_in(page, "resident", f"/auth/login?next={ALL}")
    seen = []

    def fits() -> None:
        seen.append(page.locator("h1").inner_text())
        assert page.evaluate(TOO_WIDE) <= 0, seen

    fits()
    person(page)
    page.locator("[name=f_has_children][value=yes]").check()
    page.locator("[name=f_child-0-name]").fill("Mio")
    fits()
    page.locator("[name=f_has_children][value=no]").check()
    go_on(page)
    page.locator("[name=f_rent]").fill("100")
    page.locator("[name=f_months]").fill("2")
    page.locator("[name=f_iban]").fill("DE89370400440532013000")
    fits()
    go_on(page)
    page.locator("[name=f_colour][value=red]").check()
    fits()
    page.get_by_label("In dieser Liste suchen").fill("ostlich")
    expect(page.locator("[name=f_district] option")).to_have_count(2)
    page.locator("[name=f_district]").select_option(label="Östliches Ringgebiet")
    go_on(page)
    page.locator("[name=f_papers]").set_input_files([photo, photo])
    page.locator("[name=f_agree]").check()
    fits()
    go_on(page)
    fits()
    expect(page.locator("main")).to_contain_text("Östliches Ringgebiet")
    assert seen[-1] == "Prüfen und absenden"
    context.close()
