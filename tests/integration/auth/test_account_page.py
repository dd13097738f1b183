"""The page of one's own account: the logins, as people know their devices."""

from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask

pytestmark = pytest.mark.one_database
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"
UNHEARD_OF = "Kiosk/3.1 (tv)"


def test_logins_are_called_by_browser_and_system_and_what_nobody_knows_by_itself(app: Flask, login: Any) -> None:
    for said in (UNHEARD_OF, FIREFOX):
        browser = app.test_client()
        browser.environ_base["HTTP_USER_AGENT"] = said
        login(browser, "resident")
    page = BeautifulSoup(browser.get("/account/").get_data(as_text=True), "html.parser")
    cells = [row.select_one("td") for row in page.select("table tr") if row.select_one("td[data-label='Browser']")]
    words = [cell.get_text(" ", strip=True) for cell in cells if cell is not None]
    assert sorted(words) == ["Firefox auf Linux dieser Browser", UNHEARD_OF]
    assert [one["title"] for one in page.select("table [title]")] == [FIREFOX]
