"""A login runs out while somebody writes: they are warned, and what they have typed survives, script or no script."""

import re
import sqlite3
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, OpenContext
from tests.browser.people import fill_in_vehicle, go_on, log_in
from tests.factories.care import new_birth_date, new_phone
from tests.fixtures.processes import Obhut

NEW_CASE = "/care/cases/new"
APPLY = "/services/bewohnerparkausweis/apply"
BOX = "#login-ends"


def logins_end_in(server: Obhut, seconds: int) -> None:
    """Let all logins of the server end so many seconds from now, as if nobody had clicked for that long."""
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    with sqlite3.connect(server.folder / "obhut.sqlite3", timeout=20) as database:
        database.execute("UPDATE user_session SET idle_until = ?", (until.strftime("%Y-%m-%d %H:%M:%S.%f"),))
    database.close()


def write_case(page: Page, name: str) -> None:
    page.locator("[name=person-given_name]").fill("Ilka")
    page.locator("[name=person-family_name]").fill(name)
    page.locator("[name=person-birth_date]").fill(new_birth_date().isoformat())
    page.locator("[name=person-phone]").fill(new_phone())
    page.locator("[name=last_exposure_on]").fill(datetime.now(UTC).date().isoformat())


@pytest.mark.parametrize("viewport", [None, PHONE], ids=["desk", "phone"])
def test_staff_are_warned_and_stay_logged_in(
    visit: OpenContext, live_server: Obhut, viewport: dict[str, int] | None
) -> None:
    page = visit(viewport=viewport).new_page()
    page.clock.install()
    log_in(page, "officer", "/auth/login?staff=1")
    page.goto(NEW_CASE)
    write_case(page, "Halbfertig")
    expect(page.locator(BOX)).to_be_hidden()
    logins_end_in(live_server, 100)
    page.clock.fast_forward(timedelta(minutes=13, seconds=30).seconds * 1000)
    box = page.locator(BOX)
    expect(box).to_be_visible()
    expect(box.get_by_role("heading")).to_have_text("Sind Sie noch da?")
    expect(page.get_by_role("button", name="Angemeldet bleiben")).to_be_focused()
    expect(box.locator("[data-said]")).to_have_text("Sie werden in zwei Minuten abgemeldet.")
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    page.clock.fast_forward(200_000)
    expect(box).to_be_hidden()  # the server says that the time is not over yet; who closed the warning is left alone
    page.reload()
    logins_end_in(live_server, 100)
    page.clock.fast_forward(timedelta(minutes=13, seconds=30).seconds * 1000)
    page.get_by_role("button", name="Angemeldet bleiben").click()
    expect(box).to_be_hidden()
    expect(page.locator("#login-news")).to_have_text("Sie bleiben angemeldet.")


def test_after_the_end_one_logs_in_beside_the_page_and_goes_on(visit: OpenContext, live_server: Obhut) -> None:
    context = visit()
    page = context.new_page()
    page.clock.install()
    log_in(page, "officer", "/auth/login?staff=1")
    page.goto(NEW_CASE)
    write_case(page, "Weitergeschrieben")
    logins_end_in(live_server, -1)
    page.clock.fast_forward(timedelta(minutes=16).seconds * 1000)
    box = page.locator(BOX)
    expect(box.get_by_role("heading")).to_have_text("Sie wurden abgemeldet")
    link = page.get_by_role("link", name="In einem neuen Tab wieder anmelden")
    expect(link).to_be_focused()
    with context.expect_page() as opened:
        link.click()
    beside = opened.value
    beside.locator("button[name=sub][value=officer]").click()
    expect(beside.locator("h1")).to_have_text("Sie sind wieder angemeldet")
    beside.close()
    page.clock.run_for(6000)
    expect(box).to_be_hidden()
    expect(page.locator("[name=person-family_name]")).to_have_value("Weitergeschrieben")
    page.locator("main form button[type=submit]").last.click()
    expect(page).to_have_url(re.compile(r"/care/cases/[A-Z2-9]{8}$"))
    expect(page.locator("h1")).to_contain_text("Weitergeschrieben")


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_the_form_of_staff_survives_being_sent_too_late(
    visit: OpenContext, live_server: Obhut, javascript: bool
) -> None:
    page = visit(javascript=javascript).new_page()
    log_in(page, "officer", "/auth/login?staff=1")
    page.goto(NEW_CASE)
    name = f"Verspätet{time.time_ns()}"
    write_case(page, name)
    logins_end_in(live_server, -1)
    page.locator("main form button[type=submit]").last.click()
    page.locator("button[name=sub][value=officer]").click()
    expect(page.locator("h1")).to_have_text("Ihre Eingaben sind noch da")
    page.get_by_role("button", name="Eingaben senden").click()
    expect(page).to_have_url(re.compile(r"/care/cases/[A-Z2-9]{8}$"))
    expect(page.locator("h1")).to_contain_text(name)
    page.goto("/account/kept-form")
    expect(page.locator("h1")).to_have_text("Hier liegen keine Eingaben")


def test_the_application_of_a_resident_survives_without_script(
    visit: OpenContext, live_server: Obhut, photo: Path
) -> None:
    page = visit(javascript=False, viewport=PHONE).new_page()
    log_in(page, "resident", APPLY)
    page.goto(APPLY)
    go_on(page)
    fill_in_vehicle(page, photo)
    logins_end_in(live_server, -1)
    go_on(page)
    page.locator("button[name=sub][value=resident]").click()
    expect(page.locator("h1")).to_have_text("Ihre Eingaben sind noch da")
    expect(page.locator("main")).to_contain_text("Bitte wählen Sie Ihre Dateien noch einmal aus")
    page.get_by_role("button", name="Eingaben senden").click()
    expect(page.locator("[name=f_licence_plate]")).to_have_value("BS-OB 2026")
    page.locator("[name=f_registration]").set_input_files(photo)
    go_on(page)
    expect(page.locator("h1")).to_have_text("Ihr Ausweis")
