"""A resident's request from the portal to the decision, in a real browser."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenContext
from tests.browser.people import act, fill_in_parking_permit, go_on, log_in, reference_on
from tests.fixtures.processes import Obhut, eventually

APPLY = "/services/bewohnerparkausweis/apply"


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_from_application_to_decision(
    visit: OpenContext, live_server: Obhut, photo: Path, tmp_path: Path, javascript: bool
) -> None:
    resident, worker = visit(javascript=javascript).new_page(), visit(javascript=javascript).new_page()
    resident.goto("/")
    resident.get_by_role("link", name="Bewohnerparkausweis").first.click()
    resident.get_by_role("link", name=re.compile("beantragen", re.IGNORECASE)).first.click()
    resident.locator("button[name=sub][value=resident]").click()
    fill_in_parking_permit(resident, photo, sms=True)
    resident.locator("main form button[type=submit]").last.click()
    expect(resident).to_have_url(re.compile(r"/requests/"))
    reference = reference_on(resident)

    eventually(lambda: reference in str(live_server.mails_to("resident@example.org")), "the confirmation by mail")
    eventually(lambda: reference in str(live_server.texts_to("+4917604069001")), "the confirmation by text message")

    log_in(worker, "caseworker", "/auth/login?staff=1&next=/staff/requests/")
    worker.goto("/staff/requests/")
    worker.get_by_role("link", name=re.compile(reference)).click()
    act(worker, "take")
    worker.locator("#ask textarea").fill("Steht das Auto dauerhaft in der Zone?")
    act(worker, "ask")
    expect(worker.locator("main")).to_contain_text("Steht das Auto dauerhaft in der Zone?")

    resident.goto(f"/requests/{reference}")
    expect(resident.locator("#question")).to_contain_text("Steht das Auto dauerhaft in der Zone?")
    resident.locator("#question textarea").fill("Ja, jede Nacht.")
    act(resident, "answer")
    expect(resident.locator("#question")).to_have_count(0)

    worker.goto(f"/staff/requests/{reference}")
    expect(worker.locator("main")).to_contain_text("Ja, jede Nacht.")
    worker.locator("#decide textarea").fill("Die Voraussetzungen liegen vor.")
    worker.locator("button[name=action][value=approve]").click()
    expect(worker.locator("#decide")).to_have_count(0)

    resident.goto(f"/requests/{reference}")
    with resident.expect_download() as download:
        resident.locator("main a[download]").first.click()
    download.value.save_as(tmp_path / "bescheid.pdf")
    assert (tmp_path / "bescheid.pdf").read_bytes().startswith(b"%PDF")


def test_a_form_with_mistakes_says_which_and_keeps_what_was_written(page: Page) -> None:
    log_in(page, "resident", APPLY)
    go_on(page)
    page.locator("[name=f_licence_plate]").fill("???")
    go_on(page)
    expect(page.locator("[role=alert], .obhut-errors").first).to_be_visible()
    expect(page.locator("[name=f_licence_plate]")).to_have_value("???")
    expect(page.locator("[name=f_licence_plate]")).to_have_attribute("aria-invalid", "true")


def test_another_resident_does_not_see_the_request(visit: OpenContext, photo: Path) -> None:
    first, second = visit().new_page(), visit().new_page()
    log_in(first, "resident", APPLY)
    fill_in_parking_permit(first, photo)
    first.locator("main form button[type=submit]").last.click()
    reference = reference_on(first)
    log_in(second, "resident2", "/requests/")
    answer = second.goto(f"/requests/{reference}")
    assert answer is not None
    assert answer.status == 404
