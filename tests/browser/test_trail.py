"""The auditor's page and "who looked at my data", wide and narrow, with and without JavaScript."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, OpenContext
from tests.browser.people import log_in


@pytest.mark.parametrize("javascript", [True, False], ids=["with-js", "without-js"])
def test_the_auditor_filters_and_fetches(visit: OpenContext, javascript: bool, tmp_path: Path) -> None:
    officer = visit().new_page()
    log_in(officer, "officer", "/auth/login?staff=1")
    officer.goto("/care/")
    officer.goto("/staff/messages/")
    for viewport in (None, PHONE):
        page = visit(javascript=javascript, viewport=viewport).new_page()
        log_in(page, "auditor", "/auth/login?staff=1")
        page.goto("/audit/")
        expect(page.get_by_role("heading", level=1)).to_have_text("Protokoll")
        page.get_by_label("Was", exact=True).select_option("login.completed")
        page.get_by_role("button", name="Anzeigen").click()
        expect(page.get_by_role("table")).to_contain_text("Angemeldet")
        too_wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert javascript is False or not page.evaluate(too_wide)
        page.screenshot(path=_shot(tmp_path, f"audit-{'phone' if viewport else 'wide'}-{javascript}"), full_page=True)
        with page.expect_download() as fetched:
            page.get_by_role("link", name="Als JSON").click()
        assert "login.completed" in Path(fetched.value.path()).read_text()


def test_a_person_finds_who_looked(visit: OpenContext, tmp_path: Path) -> None:
    for viewport in (None, PHONE):
        page = visit(viewport=viewport).new_page()
        log_in(page, "resident")
        page.goto("/account/")
        page.get_by_role("link", name="Wer meine Daten angesehen hat").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Wer meine Daten angesehen hat")
        page.screenshot(path=_shot(tmp_path, f"looks-{'phone' if viewport else 'wide'}"), full_page=True)


def _shot(folder: Path, name: str) -> Path:
    return Path(os.environ.get("OBHUT_TEST_SHOTS", folder)) / f"{name}.png"
