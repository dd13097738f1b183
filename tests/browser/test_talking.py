"""A resident's request after it was sent, on a phone and by keyboard: messages, a question with a day, the receipt."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, OpenContext
from tests.browser.people import act, fill_in_parking_permit, log_in, reference_on
from tests.browser.test_pages import DOUBLE_IDS, TOO_WIDE, UNLABELLED
from tests.fixtures.processes import Obhut, eventually

APPLY = "/services/bewohnerparkausweis/apply"
TEXT = "Darf ich den Nachweis auch nachreichen?"


def is_sound(page: Page) -> None:
    page.wait_for_load_state()  # on a busy machine a click ends before the next page has begun
    assert page.evaluate(TOO_WIDE) <= 0
    assert page.evaluate(UNLABELLED) == []
    assert page.evaluate(DOUBLE_IDS) == []


def handed_in(page: Page, photo: Path) -> str:
    log_in(page, "resident", APPLY)
    fill_in_parking_permit(page, photo)
    page.locator("main form button[type=submit]").last.click()
    expect(page).to_have_url(re.compile(r"/requests/"))
    return reference_on(page)


def test_both_sides_write_and_the_mail_says_only_that(visit: OpenContext, live_server: Obhut, photo: Path) -> None:
    resident, worker = visit(viewport=PHONE).new_page(), visit().new_page()
    reference = handed_in(resident, photo)
    expect(resident.locator("main")).to_contain_text("Wie es weitergeht")
    is_sound(resident)
    resident.locator("#messages summary").focus()
    resident.keyboard.press("Enter")
    resident.keyboard.press("Tab")
    resident.keyboard.type(TEXT)
    resident.locator("#messages input[type=file]").set_input_files([photo, photo])
    resident.locator("#messages button[type=submit]").press("Enter")
    expect(resident.locator(".obhut-conversation")).to_contain_text(TEXT)
    expect(resident.locator(".obhut-conversation a[download]")).to_have_count(2)
    is_sound(resident)

    log_in(worker, "caseworker", "/auth/login?staff=1&next=/staff/requests/")
    worker.goto(f"/staff/requests/{reference}")
    expect(worker.locator("#messages")).to_contain_text(TEXT)
    worker.locator("#messages summary").click()
    worker.locator("#write-message").fill("Ja, bis Freitag.")
    act(worker, "write")
    expect(worker.locator("#messages")).to_contain_text("Ja, bis Freitag.")
    is_sound(worker)
    mails = eventually(
        lambda: [one for one in live_server.mails_to("resident@example.org") if "Nachricht" in str(one)], "the mail"
    )
    assert "Freitag" not in str(mails)
    act(worker, "take")
    worker.locator("#ask textarea").fill("Seit wann wohnen Sie dort?")
    act(worker, "ask")

    resident.goto("/requests/")
    expect(resident.locator("main")).to_contain_text("Bitte antworten Sie bis zum")
    resident.goto(f"/requests/{reference}")
    expect(resident.locator("#question")).to_contain_text("Bitte antworten Sie bis zum")
    is_sound(resident)


def test_the_receipt_is_a_pdf_and_withdrawing_asks_first(visit: OpenContext, photo: Path, tmp_path: Path) -> None:
    page = visit(viewport=PHONE).new_page()
    reference = handed_in(page, photo)
    page.get_by_text("Eingangsbestätigung als PDF").click()
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("Eingangsbestätigung herunterladen")).click()
    download.value.save_as(tmp_path / "receipt.pdf")
    assert (tmp_path / "receipt.pdf").read_bytes().startswith(b"%PDF")
    page.get_by_role("link", name="Antrag zurückziehen").click()
    is_sound(page)
    page.get_by_role("link", name="Antrag behalten").click()
    expect(page).to_have_url(re.compile(rf"/requests/{reference}$"))
    page.get_by_role("link", name="Antrag zurückziehen").click()
    page.get_by_role("button", name="Endgültig zurückziehen").press("Enter")
    expect(page.locator("main")).to_contain_text("Sie haben diesen Antrag zurückgezogen")


def test_the_catalogue_is_found_by_situation_and_by_mistyped_words(visit: OpenContext) -> None:
    page = visit(viewport=PHONE).new_page()
    page.goto("/")
    is_sound(page)
    page.get_by_role("link", name=re.compile("Fahren und Parken")).press("Enter")
    expect(page.locator("h1")).to_have_text("Fahren und Parken")
    expect(page.locator("main")).to_contain_text("Bewohnerparkausweis")
    page.locator("input[type=search]").fill("anwonerparkausweiß")
    page.keyboard.press("Enter")
    expect(page.locator("[role=status]")).to_contain_text("1 Leistung gefunden")
    is_sound(page)
