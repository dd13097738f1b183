"""The pages, as a browser without JavaScript uses them."""

import io
import re
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from auth.models import Department, User
from config.database import db, transaction
from services import casework, decisions
from services.commands import Act
from services.lifecycle import Action, RequestStatus
from services.models import ServiceRequest
from tests.factories import services as given
from tests.integration.services import filling_in

pytestmark = pytest.mark.one_database

APPLY = f"/services/{given.SLUG}/apply"
FILLED = filling_in.PERMIT


def page(response: TestResponse, status: int = 200) -> BeautifulSoup:
    assert response.status_code == status, response.get_data(as_text=True)[:3000]
    return BeautifulSoup(response.get_data(as_text=True), "html.parser")


def hidden(form: BeautifulSoup) -> dict[str, str]:
    return {str(one["name"]): str(one.get("value", "")) for one in form.select("input[type=hidden]")}


def form_at(client: FlaskClient, url: str, action: str | None = None) -> dict[str, str]:
    """The hidden fields of the form on `url` that posts to `action` (default: the same address)."""
    found = page(client.get(url)).find("form", attrs={"method": "post", "action": action or url})
    assert found is not None, f"no form for {action or url}"
    return hidden(found)


def csrf(client: FlaskClient, url: str) -> dict[str, str]:
    """The form token of any form on the page."""
    token = page(client.get(url)).select_one("input[name=csrf_token]")
    assert token is not None
    return {"csrf_token": str(token["value"])}


def apply(client: FlaskClient, **changes: Any) -> TestResponse:
    file = {"f_registration": (io.BytesIO(given.PDF), "schein.pdf")}
    return filling_in.all_through(client, APPLY, **FILLED | file | changes)


def test_the_catalogue_is_open_and_finds_services(client: FlaskClient) -> None:
    assert "Bewohnerparkausweis" in page(client.get("/services/?q=anwohner")).get_text()
    assert f"/services/{given.SLUG}/" not in page(client.get("/services/?q=hundesteuer")).decode()
    assert "15 Arbeitstage" in page(client.get(f"/services/{given.SLUG}/?lang=de")).get_text()
    assert "15 working days" in page(client.get(f"/services/{given.SLUG}/?lang=en")).get_text()
    assert client.get("/services/none/").status_code == 404


def test_whoever_applies_logs_in_first(client: FlaskClient) -> None:
    answer = client.get(APPLY)
    assert answer.status_code == 302
    assert answer.location.startswith("/auth/login")


def test_name_and_address_come_from_the_login(client: FlaskClient, login: Any) -> None:
    login(
        client,
        "resident",
        given_name="Ottokar",
        family_name="Grünspecht",
        address={"street_address": "Am Alten Wall 12 b", "postal_code": "38100", "locality": "Braunschweig"},
    )
    shown = page(client.get(APPLY))
    values = {str(one["name"]): one.get("value") for one in shown.select("input[name]")}
    assert values["f_given_name"] == "Ottokar"
    assert values["f_address-street"] == "Am Alten Wall"
    assert values["f_address-house_number"] == "12 b"
    assert values["f_address-postal_code"] == "38100"


def test_from_application_to_decision(app: Any, client: FlaskClient, login: Any) -> None:
    login(client, "resident")
    sent = apply(client)
    assert sent.status_code == 303
    url = sent.location
    reference = url.rsplit("/", 1)[-1]
    shown = page(client.get(url)).get_text()
    assert reference in shown
    assert re.search(r"\b\d{6}\b", shown)

    staff = app.test_client()
    login(staff, "caseworker")
    assert reference in page(staff.get("/staff/requests/")).get_text()
    desk = f"/staff/requests/{reference}"
    assert "BS-AB 123" in page(staff.get(desk)).get_text()
    assert staff.post(desk, data=csrf(staff, desk) | {"action": "take"}).status_code == 303
    ask = csrf(staff, desk) | {"action": "ask", "message": "Seit wann <b>wohnen</b> Sie dort?"}
    assert staff.post(desk, data=ask).status_code == 303

    asked = page(client.get(url))
    assert "Seit wann <b>wohnen</b> Sie dort?" in asked.get_text()
    answer = csrf(client, url) | {"action": "answer", "message": "Seit Mai.", "file": (io.BytesIO(given.PDF), "a.pdf")}
    assert client.post(url, data=answer).status_code == 303
    assert "Seit Mai." in page(staff.get(desk)).get_text()
    rejected = staff.post(desk, data=csrf(staff, desk) | {"action": "reject", "message": ""})
    assert page(rejected, 422).select_one("#errors") is not None
    assert staff.post(desk, data=csrf(staff, desk) | {"action": "approve"}).status_code == 303

    decided = page(client.get(url))
    link = next(str(one["href"]) for one in decided.select("a[download]") if "/files/" in str(one["href"]))
    file = client.get(link)
    assert file.data.startswith(b"%PDF-")
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    assert staff.get(link.replace("/requests/", "/staff/requests/")).status_code == 200

    late = staff.post(desk, data=csrf(staff, desk) | {"action": "approve"}, follow_redirects=True)
    assert "Das geht nicht mehr" in page(late).get_text()
    stranger = app.test_client()
    login(stranger, "resident2")
    assert stranger.get(url).status_code == 404
    assert stranger.get(link).status_code == 404
    assert stranger.get(desk).status_code == 403


def test_after_a_mistake_everything_is_still_there(app: Any, client: FlaskClient, login: Any) -> None:
    login(client, "resident")
    wrong = apply(client, f_licence_plate="keins")
    shown = page(wrong, 422)
    assert shown.select_one("#errors") is not None
    assert shown.select_one("#f_licence_plate-error") is not None
    assert shown.select_one("#f_licence_plate")["value"] == "keins"  # type: ignore[index]
    assert "schein.pdf" in shown.get_text()
    drafts = page(client.get("/requests/"))
    assert drafts.select_one(".obhut-cards a") is not None
    following = filling_in.step(client, shown, f_licence_plate="BS-AB 123")
    following = filling_in.step(client, following, f_zone="B", f_valid_months="12")
    following = filling_in.step(client, following, f_consent="y")
    assert "Lindenweg 4a, 38999 Okerfeld" in following.get_text()
    sent = filling_in.send(client, following)
    assert sent.status_code == 303
    again = filling_in.send(client, following)
    assert again.location == sent.location
    with app.app_context():
        statuses = db.session.scalars(select(ServiceRequest.status)).all()
    assert statuses == [RequestStatus.SUBMITTED]


def test_a_draft_can_be_taken_up_again(client: FlaskClient, login: Any) -> None:
    login(client, "resident")
    apply(client, f_licence_plate="keins", f_holder="other", f_holder_name="Autohaus")
    card = page(client.get("/requests/")).select_one(".obhut-cards a")
    draft = page(client.get(str(card["href"])))  # type: ignore[index]
    to_draft = str(next(one["href"] for one in draft.select("a") if "/apply/" in str(one["href"])))
    resumed = page(client.get(client.get(to_draft).location))
    assert resumed.select_one("input[name=f_holder][value=other]").has_attr("checked")  # type: ignore[union-attr]
    assert "schein.pdf" in resumed.get_text()


def test_status_needs_reference_and_pin(app: Any, client: FlaskClient) -> None:
    with app.app_context():
        receipt = given.submitted(given.resident())
    right = {"reference": receipt.reference, "pin": receipt.pin}
    found = page(client.post("/status", data=csrf(client, "/status") | right, follow_redirects=True)).get_text()
    assert receipt.reference in found
    assert "Ackerknecht" not in found
    wrong = [right | {"pin": "x"}, right | {"reference": "AAAAAAAA"}]
    answers = [client.post("/status", data=csrf(client, "/status") | one) for one in wrong]
    texts = [page(one, 422).select_one(".kern-alert").get_text() for one in answers]  # type: ignore[union-attr]
    assert texts[0] == texts[1]


def test_a_pin_cannot_be_tried_out(app: Any, client: FlaskClient) -> None:
    with app.app_context():
        receipt = given.submitted(given.resident())
    data = csrf(client, "/status") | {"reference": receipt.reference, "pin": "x"}
    answers = [client.post("/status", data=data) for _ in range(12)]
    assert [one.status_code for one in answers] == [422] * 10 + [429] * 2
    wait = int(answers[11].headers["Retry-After"])
    assert 3590 < wait <= 3601  # the rest of the hour in which ten are allowed
    text = page(answers[11], 429).get_text()
    assert "versuchen Sie es in 1 Stunde noch einmal" in text
    assert "Augenblick" not in text


def test_a_paper_says_that_it_is_genuine_and_nothing_else(app: Any, client: FlaskClient) -> None:
    with app.app_context():
        reference = given.submitted(given.resident()).reference
        worker = given.caseworker()
        given.acted(reference, Action.TAKE, worker)
        act = Act(action=Action.APPROVE)
        paper = decisions.prepare(reference, act, worker)
        assert paper is not None
        with transaction():
            casework.act(reference, act, worker, paper)
    shown = page(client.get(f"/verify/{paper.code}")).get_text()
    assert "Bewohnerparkausweis" in shown
    assert "Ackerknecht" not in shown
    assert reference not in shown
    assert client.get("/verify/AAAA-BBBB-CCCC").status_code == 404
    assert client.get("/verify/", query_string={"code": paper.code.lower()}).location == f"/verify/{paper.code}"


def test_service_managers_see_the_form_as_residents_do(client: FlaskClient, login: Any) -> None:
    login(client, "manager")
    assert given.SLUG in page(client.get("/staff/services/")).get_text()
    shown = page(client.get(f"/staff/services/{given.SLUG}"))
    assert shown.select_one("fieldset[disabled] input[name=f_licence_plate]") is not None


def test_a_caseworker_of_another_department_finds_nothing(app: Any, client: FlaskClient, login: Any) -> None:
    with app.app_context():
        with transaction():
            db.session.add(Department(code="tiefbau", name="Tiefbauamt"))
        reference = given.submitted(given.resident()).reference
    login(client, "caseworker", roles=["caseworker:tiefbau"])
    assert reference not in page(client.get("/staff/requests/")).get_text()
    assert client.get(f"/staff/requests/{reference}").status_code == 404


def test_who_opens_their_own_request_at_the_desk_reads_that_it_is_theirs(
    app: Flask, client: FlaskClient, login: Any
) -> None:
    login(client, "caseworker")
    with app.app_context():
        own = given.caseworker(user_id=db.session.scalars(select(User.id)).one())
        reference = given.submitted(own).reference
        given.acted(reference, Action.TAKE, given.caseworker())
        given.acted(reference, Action.ASK, given.caseworker(), "Seit wann wohnen Sie dort?")
    shown = page(client.get(f"/staff/requests/{reference}")).select_one("main")
    assert shown is not None
    said = shown.get_text()
    assert "Das ist Ihr eigener Antrag." in said and "Niemand darf den eigenen Antrag bearbeiten" in said
    assert "Rückfrage gestellt" in said and "Wir haben eine Frage" not in said
    assert shown.select_one(f"a[href='/requests/{reference}']") is not None
    assert shown.select("#acts form, #ask, #decide, #note") == []
    assert shown.select_one(".obhut-conversation__message--own") is None  # what colleagues wrote is not one's own
