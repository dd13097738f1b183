"""A draft that went on elsewhere: never a second request of it, and what was typed in its old place is not lost."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from services.models import ServiceRequest
from tests.integration.services.filling_in import (
    ask_for_link,
    count,
    mailed_link,
    main_form,
    post,
    press,
    send,
    soup,
    step,
    values_of,
)

pytestmark = [pytest.mark.one_database, pytest.mark.usefixtures("made_up_services")]

REPORT = "/services/meldung/apply"


def moved(app: Flask, client: FlaskClient) -> tuple[Any, FlaskClient, Any]:
    """A draft brought into another browser at its second step: the page still open here, that browser, its page."""
    page = step(client, soup(client.get(REPORT)), f_text="Die Laterne ist aus.")
    ask_for_link(client, page)
    there = app.test_client()
    brought = press(there, soup(there.get(mailed_link(app))), "main form")
    return page, there, soup(there.get(there.get(brought.location).location))


def test_what_went_on_elsewhere_is_not_begun_here_again(app: Flask, client: FlaskClient) -> None:
    page, there, page_there = moved(app, client)
    for _ in range(2):
        shown = soup(post(client, page, f_email="jorinde@ackerknecht.example"), 409)
        assert "in einem anderen Browser" in shown.get_text()
        assert "jorinde@ackerknecht.example" in shown.get_text()  # typed for nothing, but not lost
        assert shown.select_one("form[data-apply]") is None
    state = str(page.select_one("form[data-apply]")["data-state"])  # type: ignore[index]
    assert client.post(state, data=values_of(main_form(page))).status_code == 409
    assert count(app, ServiceRequest) == 1
    assert send(there, step(there, page_there)).status_code == 303
    shown = soup(post(client, page, f_email="jorinde@ackerknecht.example"), 409)
    assert "Meldung ist abgeschickt" in shown.get_text()
    where = str(page.select_one("form[data-apply]")["action"])  # type: ignore[index]
    assert "Meldung ist abgeschickt" in soup(client.get(where), 404).get_text()
    assert count(app, ServiceRequest) == 1


def test_the_first_page_begins_no_second_draft_when_the_first_went_on_elsewhere(
    app: Flask, client: FlaskClient
) -> None:
    first = soup(client.get(REPORT))
    page = step(client, first, f_text="Die Laterne ist aus.")
    ask_for_link(client, page)
    there = app.test_client()
    press(there, soup(there.get(mailed_link(app))), "main form")
    assert post(client, first, f_text="Die Laterne ist noch aus.").status_code == 409
    assert count(app, ServiceRequest) == 1


def test_a_browser_between_the_first_and_the_last_begins_no_second_draft_either(
    app: Flask, client: FlaskClient
) -> None:
    _page, between, page_between = moved(app, client)
    last = app.test_client()
    press(last, soup(last.get(mailed_link(app))), "main form")
    shown = soup(post(between, page_between, f_email="jorinde@ackerknecht.example"), 409)
    assert "jorinde@ackerknecht.example" in shown.get_text()
    assert count(app, ServiceRequest) == 1


def test_what_a_login_has_taken_along_is_not_begun_again_without_it(
    app: Flask, client: FlaskClient, login: Any
) -> None:
    page = step(client, soup(client.get(REPORT)), f_text="Die Laterne ist aus.")
    where = str(page.select_one("form[data-apply]")["action"])  # type: ignore[index]
    login(client, "resident")
    press(client, soup(client.get(where)), "main form")
    assert post(client, soup(client.get(where)), go="stay").status_code == 303
    visitor = app.test_client()
    cookie = client.get_cookie("obhut_applying")
    assert cookie is not None
    visitor.set_cookie("obhut_applying", cookie.value)
    assert "mit Ihrer Anmeldung" in soup(visitor.get(where), 404).get_text()
    assert count(app, ServiceRequest) == 1


def test_a_draft_that_was_deleted_in_another_tab_is_not_begun_anew_by_half(app: Flask, client: FlaskClient) -> None:
    page = step(client, soup(client.get(REPORT)), f_text="Die Laterne ist aus.")
    later = soup(client.get(post(client, page, go="later").location))
    assert press(client, later, "form[action$='/discard']").status_code == 303
    shown = soup(post(client, page, f_email="jorinde@ackerknecht.example"), 409)
    assert "nicht hier" in shown.get_text() and "jorinde@ackerknecht.example" in shown.get_text()
    assert count(app, ServiceRequest) == 0
