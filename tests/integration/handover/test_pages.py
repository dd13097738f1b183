"""What staff see of hand-overs, and do about them."""

from collections.abc import Iterator
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from auth.models import Department
from config.database import db, transaction
from services.definition_parts import HandOver
from services.handover import work
from services.handover.models import HandOverRow
from services.handover.states import State
from tests.factories import services as given
from tests.factories.offers import on_offer
from tests.fakes.records_system import RecordsSystem

pytestmark = pytest.mark.one_database

PAGE = "/staff/services/handovers"


@pytest.fixture(autouse=True)
def by_webhook(records: RecordsSystem) -> Iterator[None]:
    with on_offer(hand_over=(HandOver(to="webhook", options={"url": records.url, "secret": "records"}),)):
        yield


def page(response: TestResponse, status: int = 200) -> BeautifulSoup:
    assert response.status_code == status, response.get_data(as_text=True)[:3000]
    return BeautifulSoup(response.get_data(as_text=True), "html.parser")


def refused(app: Any, records: RecordsSystem) -> str:
    records.answers = lambda _: (422, {})
    with app.app_context():
        reference = given.submitted(given.resident()).reference
        work.hand_over()
    return reference


def state(app: Any) -> State:
    with app.app_context():
        return db.session.scalars(select(HandOverRow.state)).one()


def forms(shown: BeautifulSoup) -> dict[str, dict[str, str]]:
    """The hidden fields of the page's forms by their action's name, with the address."""
    found = {}
    for form in shown.select(f"form[action^='{PAGE}/']"):
        fields = {str(one["name"]): str(one["value"]) for one in form.select("input[type=hidden]")}
        found[fields["action"]] = fields | {"url": str(form["action"])}
    return found


def test_failures_are_shown_and_tried_again(app: Any, client: FlaskClient, login: Any, records: RecordsSystem) -> None:
    reference = refused(app, records)
    login(client, "caseworker")
    desk = page(client.get(f"/staff/requests/{reference}")).get_text()
    assert "Vom Empfänger zurückgewiesen" in desk and "Angenommen" in desk
    shown = page(client.get(PAGE))
    assert reference in shown.get_text() and "Das Fach „Zone“ fehlt." in shown.get_text()
    records.answers = lambda _: (200, {})
    retry = forms(shown)["retry"]
    assert client.post(retry.pop("url"), data=retry).status_code == 303
    assert reference in page(client.get(PAGE)).get_text()  # under way
    with app.app_context():
        work.hand_over()
    assert state(app) is State.ACCEPTED
    assert "Alles ist übergeben" in page(client.get(PAGE)).get_text()


def test_managers_note_that_it_went_otherwise(
    app: Any, client: FlaskClient, login: Any, records: RecordsSystem
) -> None:
    refused(app, records)
    login(client, "manager")
    settle = forms(page(client.get(PAGE)))["settle"]
    url = settle.pop("url")
    client.post(url, data=settle | {"reason": " "})
    assert state(app) is State.REJECTED
    client.post(url, data=settle | {"reason": "auf Papier gebracht"})
    assert state(app) is State.ACCEPTED


def test_others_see_and_change_nothing(app: Any, client: FlaskClient, login: Any, records: RecordsSystem) -> None:
    with app.app_context(), transaction():
        db.session.add(Department(code="tiefbau", name="Tiefbau"))
    reference = refused(app, records)
    own = app.test_client()
    login(own, "manager")
    retry = forms(page(own.get(PAGE)))["retry"] if reference in page(own.get(PAGE)).get_text() else None
    login(client, "caseworker", roles=["caseworker:tiefbau"])
    shown = page(client.get(PAGE))
    assert reference not in shown.get_text()
    if retry:
        token = shown.select_one("input[name=csrf_token]")
        data = {"action": "retry", "csrf_token": str(token["value"]) if token else ""}
        assert client.post(retry["url"], data=data).status_code in (400, 404)
    assert state(app) is State.REJECTED
    resident = app.test_client()
    login(resident, "resident")
    assert resident.get(PAGE).status_code == 403
