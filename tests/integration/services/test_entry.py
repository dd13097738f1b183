"""Staff enter for somebody whatever a form can ask: groups that repeat, choices, rules, a file."""

import io
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from config import clock, scopes
from config.database import db
from services.models import ServiceRequest
from tests.factories import services as given
from tests.integration.services.filling_in import CHILD, MONEY, PERSON, PLACE, soup, values_of

pytestmark = [pytest.mark.one_database, pytest.mark.usefixtures("made_up_services")]

ENTRY, PREVIEW = "/staff/requests/new/alles", "/staff/services/alles"


def send(client: FlaskClient, page: BeautifulSoup, go: str = "", **changes: Any) -> Any:
    """Press a button of the form on `page`, by default the one that enters the request."""
    form = page.select_one("main form[enctype]")
    assert form is not None
    data = {name: value for name, value in (values_of(form) | {"go": go} | changes).items() if value is not None}
    return client.post(ENTRY, data=data)


def stored(app: Flask) -> ServiceRequest:
    with app.app_context(), scopes.within(scopes.system("tests")):
        found = db.session.scalars(select(ServiceRequest)).one()
        assert found.answers is not None
        return found


def test_everything_that_a_form_asks_can_be_entered_on_one_page(app: Flask, client: FlaskClient, login: Any) -> None:
    login(client, "caseworker")
    came = {"source": "paper", "received_on": clock.today(ZoneInfo("Europe/Berlin")).isoformat()}
    page = soup(client.get(ENTRY))
    assert [one.get_text(strip=True) for one in page.select("main h2.kern-heading-small")][:2] == [
        "Zu Ihrer Person",
        "Kinder",
    ]
    assert page.select_one("[data-path=child][hidden]") is not None
    page = soup(send(client, page, **PERSON, **MONEY, **came, f_has_children="yes"))
    assert "weitere Fragen" in page.get_text()
    assert page.select_one("[data-path=child]:not([hidden])") is not None
    page = soup(send(client, page, go="add:child", **CHILD))
    assert page.select_one("[name=f_child-0-name]")["value"] == "Mio"  # type: ignore[index]
    second = {"f_child-1-name": "Ida", **{f"f_child-1-born-{part}": "3" for part in ("day", "month")}}
    page = soup(send(client, page, **second, **PLACE), 422)
    assert page.select_one("#errors, [role=alert], .kern-alert--danger") is not None
    assert "f_child-1-born-day" in str(page.select_one(".kern-alert a[href*='f_child-1-born']"))
    files = {"f_child-1-proof": (io.BytesIO(given.PDF), "nachweis.pdf")}
    sent = send(client, page, **{"f_child-1-born-year": "2020"}, **files)
    assert sent.status_code == 303, soup(sent, sent.status_code).select_one("main")
    found = stored(app)
    assert [one["name"] for one in found.answers["child"]] == ["Mio", "Ida"]
    assert found.answers["days"] == ["mo", "we"] and found.answers["colour"] == "red"
    assert found.source == "paper"


def test_a_missing_day_is_told_with_all_else_that_is_missing(client: FlaskClient, login: Any) -> None:
    login(client, "caseworker")
    page = soup(client.get(ENTRY))
    assert "freiwillig" not in page.select_one("label[for=received_on]").get_text()  # type: ignore[union-attr]
    page = soup(send(client, page, **PERSON | {"f_given_name": ""}), 422)
    said = [one.get_text() for one in page.select(".kern-alert--danger a")]
    assert any("Eingegangen am" in one for one in said) and any("Vorname" in one for one in said)
    assert len(page.select("#errors")) == 1


def test_an_entry_of_a_group_can_be_taken_away(client: FlaskClient, login: Any) -> None:
    login(client, "caseworker")
    page = soup(send(client, soup(client.get(ENTRY)), f_has_children="yes"))
    page = soup(send(client, soup(send(client, page, go="add:child", **CHILD)), go="remove:child.0"))
    assert page.select_one("[name=f_child-0-name]")["value"] == ""  # type: ignore[index]
    assert page.select_one("[name=f_child-1-name]") is None


def test_a_preview_shows_the_questions_as_residents_get_them(client: FlaskClient, login: Any) -> None:
    login(client, "manager")
    page = soup(client.get(PREVIEW))
    shown = page.select_one("fieldset[disabled]")
    assert shown is not None
    assert shown.select_one("[name=f_rent]") and shown.select_one("[name='f_spot-lat']")
    assert len(shown.select("[name=f_has_children]")) == 2
    assert len(shown.select("select[name=f_district] option")) == 17
    assert "Wer stellt den Antrag?" in shown.get_text()
