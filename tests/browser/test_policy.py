"""The content security policy in a real browser: no page of ours breaks it, and no name of anybody's runs."""

import json

import pytest
from playwright.sync_api import ConsoleMessage, Page

from config.local_paths import local_path
from tests.browser.people import log_in
from tests.browser.test_pages import BEHIND_LOGIN, PUBLIC
from tests.factories import care, services as given
from tests.fixtures.processes import Obhut
from tests.security.payloads import MARKUP

LISTEN = """
    window.broken = [];
    document.addEventListener("securitypolicyviolation", event => window.broken.push(
        [event.violatedDirective, event.blockedURI, event.sample].join(" ")));
"""
WAYS_OUT = (
    "/\\evil.example", "//evil.example", "/\t/evil.example", "/.//evil.example", "/@evil.example",
    "/%2F%2Fevil.example",
    "/..//evil.example", "/;//evil.example", "/?//evil.example", "/:80", "/\u3002evil.example", "/\uff0fevil.example",
)  # fmt: skip
UNKNOWN = ("/c/nothing", "/verify/AAAA-AAAA-AAAA", "/api/docs", "/nothing")
AT_ONCE = 4  # names, street and town


def _listening(page: Page) -> list[str]:
    """What the browser complains about from now on."""
    complaints: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or "Refused to" in message.text:
            complaints.append(message.text)

    page.add_init_script(LISTEN)
    page.on("console", heard)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints


@pytest.mark.parametrize("account", [None, *BEHIND_LOGIN])
def test_no_page_breaks_the_policy(page: Page, account: str | None) -> None:
    complaints = _listening(page)
    if account:
        log_in(page, account, "/auth/login" if account == "resident" else "/auth/login?staff=1")
    paths = [*PUBLIC, *(BEHIND_LOGIN[account] if account else UNKNOWN)]
    for path in paths:
        page.goto(path)
        complaints += page.evaluate("() => window.broken")
    assert complaints == []


def test_no_name_runs(page: Page, live_server: Obhut) -> None:
    complaints = _listening(page)
    headers = live_server.token("health_officer") | {"Content-Type": "application/json"}
    resident = live_server.token("resident") | {"Content-Type": "application/json"}
    paths = []
    for start in range(0, len(MARKUP), AT_ONCE):
        one, two, three, four = (MARKUP * 2)[start : start + AT_ONCE]
        person = {"given_name": one, "family_name": two, "address": {"street": three, "city": four}}
        body = json.dumps(care.enrolment(person=person))
        made = live_server.http.post(f"{live_server.url}/api/v1/care/cases", data=body, headers=headers, timeout=20)
        assert made.status_code == 201, made.text
        paths.append(f"/care/cases/{made.json()['reference']}")
        file = {"field": "registration", "file_name": one, "data": given.PDF_IN_JSON}
        address = {"street": three, "house_number": "4a", "postal_code": "38999", "city": four}
        answers = given.answers(given_name=one, family_name=two, address=address)
        wanted = json.dumps({"answers": answers, "uploads": [file]})
        place = f"{live_server.url}/api/v1/services/{given.SLUG}/requests"
        assert live_server.http.post(place, data=wanted, headers=resident, timeout=20).status_code == 201
    log_in(page, "officer", "/auth/login?staff=1")
    for path in (*paths, "/care/cases/", "/care/", "/staff/messages/"):
        page.goto(path)
        assert page.evaluate("() => window.pwned") is None, path
        complaints += page.evaluate("() => window.broken")
    page.context.clear_cookies()
    log_in(page, "caseworker", "/auth/login?staff=1")
    page.goto("/staff/requests/")
    links = page.locator("main a[href^='/staff/requests/']").evaluate_all("links => links.map(link => link.href)")
    assert len(links) >= len(MARKUP) // AT_ONCE
    for link in links[:10]:
        page.goto(link)
        assert page.evaluate("() => window.pwned") is None, link
        complaints += page.evaluate("() => window.broken")
    assert complaints == [], "nothing was even tried"


def test_the_browser_reads_a_way_back_as_we_do(page: Page, live_server: Obhut) -> None:
    page.goto("/")
    for address in WAYS_OUT:
        host = page.evaluate("address => new URL(address, location.href).host", local_path(address) or "/")
        assert live_server.url.endswith(host), address
