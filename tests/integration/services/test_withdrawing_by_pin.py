"""Who has no login withdraws by reference and PIN, by the same rules as everybody else."""

import base64
import uuid
import zlib
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from auth.actors import Actor
from auth.models import AuditEvent, Department
from config.database import db, transaction
from notifications.models import Notification
from services import opened, queries, timeline
from services.commands import Act
from services.lifecycle import Action, Party, RequestStatus
from services.models import ServiceRequest
from tests.factories import services as given
from tests.integration.services.test_pages import csrf, page

ASKED, ACT = "/status/withdraw", "/status/act"
OFFICE = "parken@okerfeld.example"


@pytest.fixture
def guest(app: Flask, client: FlaskClient) -> dict[str, str]:
    """Reference and PIN of a request without an account, as its holder types them, with a form token."""
    with app.app_context():
        with transaction():
            db.session.add(Department(code=given.DEPARTMENT, name="Bürgerservice", email=OFFICE))
        receipt = given.submitted(given.resident())
        _belongs_to(None)
    return csrf(client, "/status") | {"reference": receipt.reference, "pin": receipt.pin}


def _belongs_to(user_id: uuid.UUID | None) -> None:
    with transaction():
        db.session.execute(update(ServiceRequest).values(applicant_id=user_id))
    db.session.expire_all()


def test_who_has_no_account_is_not_sent_to_a_page_of_theirs_for_the_pin(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        given.submitted(Actor.visitor("m" * 32))
        given.submitted(given.resident())
        wanted = select(Notification).where(Notification.template == "services.submitted").order_by(Notification.id)
        without, owned = (mail.body or "" for mail in db.session.scalars(wanted))
    assert "die Sie beim Absenden" in without and "steht auf der Seite" not in without
    assert without.count("/status") == 1
    assert "Die PIN steht auf der Seite Ihres Antrags" in owned


def _withdrawal(guest: dict[str, str], reason: str = "") -> dict[str, str]:
    return guest | {"action": "withdraw", "message": reason}


def _request(app: Flask, guest: dict[str, str]) -> ServiceRequest:
    db.session.rollback()
    return queries.get(given.caseworker(), guest["reference"])


def _form_to(shown: BeautifulSoup, address: str) -> Any:
    return shown.find("form", attrs={"action": address})


def _told(template: str) -> list[str]:
    wanted = select(Notification.template).where(Notification.template == f"services.{template}")
    return list(db.session.scalars(wanted))


def test_it_is_asked_before_and_done_once(app: Flask, client: FlaskClient, guest: dict[str, str]) -> None:
    assert _form_to(page(client.post("/status", data=guest, follow_redirects=True)), ASKED) is not None
    asked = page(client.post(ASKED, data=guest, follow_redirects=True))
    form = _form_to(asked, ACT)
    assert form.select_one("input[name=action]")["value"] == "withdraw"
    assert form.select_one("button[formaction]")["formaction"] == "/status"
    assert "nicht rückgängig machen" in asked.get_text()
    with app.app_context():
        assert _request(app, guest).status is RequestStatus.SUBMITTED
    for reason in ("Ich ziehe um.", "Ich ziehe um.", ""):  # the page is loaded anew, or gone through again
        shown = page(client.post(ACT, data=_withdrawal(guest, reason), follow_redirects=True))
        assert "Zurückgezogen" in shown.get_text()
        assert _form_to(shown, ASKED) is None
    with app.app_context():
        request = _request(app, guest)
        assert request.status is RequestStatus.WITHDRAWN
        assert [event.action for event in request.events] == [Action.SUBMIT, Action.WITHDRAW]
        assert request.events[-1].message == "Ich ziehe um."
        assert len(_told("withdrawn")) == len(_told("withdrawal_confirmed")) == 1


def test_timeline_and_audit_trail_say_who_it_was_and_how(
    app: Flask, client: FlaskClient, guest: dict[str, str]
) -> None:
    client.post(ACT, data=_withdrawal(guest))
    with app.test_request_context():
        request = _request(app, guest)
        assert request.events[-1].by is Party.APPLICANT
        withdrawn, submitted = timeline.of(request, Party.CASEWORKER)
        assert withdrawn["by"] == "Antragstellende Person, mit Aktenzeichen und PIN"
        assert submitted["by"] == "Antragstellende Person"
        wanted = select(AuditEvent).where(AuditEvent.action == "request.withdraw")
        event = db.session.scalars(wanted).one()
        assert (event.actor_kind, event.subject) == ("link", f"request:{guest['reference']}")
        assert event.facts == {"status": "withdrawn", "proof": "pin"}


def test_the_audit_trail_names_no_pin_where_there_was_a_login(app: Flask, guest: dict[str, str]) -> None:
    resident = given.resident()
    with app.app_context():
        _belongs_to(resident.user_id)
        given.acted(guest["reference"], Action.WITHDRAW, resident)
        event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "request.withdraw")).one()
        assert event.facts == {"status": "withdrawn"}


@pytest.mark.parametrize("address", [ASKED, ACT])
def test_without_the_pin_nothing_is_shown_or_done_and_guessing_ends(
    app: Flask, client: FlaskClient, guest: dict[str, str], address: str
) -> None:
    wrong = _withdrawal(guest) | {"pin": "x"}
    answers = [client.post(address, data=wrong) for _ in range(11)]
    assert [one.status_code for one in answers] == [422] * 10 + [429]
    assert "zurückziehen" not in answers[0].get_data(as_text=True)
    with app.app_context():
        assert _request(app, guest).status is RequestStatus.SUBMITTED


def test_what_has_been_decided_is_no_longer_withdrawn(app: Flask, client: FlaskClient, guest: dict[str, str]) -> None:
    caseworker = given.caseworker()
    with app.app_context():
        for action in (Action.TAKE, Action.APPROVE):
            given.acted(guest["reference"], action, caseworker)
    assert _form_to(page(client.post("/status", data=guest, follow_redirects=True)), ASKED) is None
    asked = page(client.post(ASKED, data=guest, follow_redirects=True))
    assert "lässt sich nicht mehr zurückziehen" in asked.get_text()
    assert _form_to(asked, ACT) is None
    assert "Das geht nicht mehr" in page(client.post(ACT, data=_withdrawal(guest), follow_redirects=True)).get_text()
    with app.app_context():
        assert _request(app, guest).status is RequestStatus.APPROVED


def test_an_open_question_ends_with_it(app: Flask, client: FlaskClient, guest: dict[str, str]) -> None:
    caseworker = given.caseworker()
    with app.app_context():
        given.acted(guest["reference"], Action.TAKE, caseworker)
        given.acted(guest["reference"], Action.ASK, caseworker, "Seit wann wohnen Sie dort?")
    client.post(ACT, data=_withdrawal(guest))
    with app.app_context():
        request = _request(app, guest)
        assert (request.status, request.answer_due_on) == (RequestStatus.WITHDRAWN, None)
        assert request.news_at is not None


def test_with_an_account_it_is_withdrawn_after_login_alone(
    app: Flask, client: FlaskClient, guest: dict[str, str]
) -> None:
    with app.app_context():
        _belongs_to(uuid.uuid4())
    assert _form_to(page(client.post("/status", data=guest, follow_redirects=True)), ASKED) is None
    assert _form_to(page(client.post(ASKED, data=guest, follow_redirects=True)), ACT) is None
    client.post(ACT, data=_withdrawal(guest))
    with app.app_context():
        assert _request(app, guest).status is RequestStatus.SUBMITTED


def test_where_a_secure_login_is_needed_a_pin_does_not_do(
    app: Flask, client: FlaskClient, guest: dict[str, str]
) -> None:
    with given.defined(assurance_for={"withdraw": "substantial"}) as defined, app.app_context():
        receipt = given.submitted(given.resident(), slug=defined.slug)
        _belongs_to(None)
        stricter = guest | {"reference": receipt.reference, "pin": receipt.pin}
        assert _form_to(page(client.post("/status", data=stricter, follow_redirects=True)), ASKED) is None
        assert (
            "sicherere Anmeldung"
            in page(client.post(ACT, data=_withdrawal(stricter), follow_redirects=True)).get_text()
        )
        assert _request(app, stricter).status is RequestStatus.SUBMITTED


def test_the_office_takes_it_up_again_and_it_can_be_withdrawn_anew(
    app: Flask, client: FlaskClient, guest: dict[str, str]
) -> None:
    client.post(ACT, data=_withdrawal(guest))
    with app.app_context():
        given.acted(guest["reference"], Action.REOPEN, given.caseworker(), "Auf Ihren Anruf hin.")
    client.post(ACT, data=_withdrawal(guest))
    with app.app_context():
        request = _request(app, guest)
        assert [event.action for event in request.events][1:] == [Action.WITHDRAW, Action.REOPEN, Action.WITHDRAW]


def test_closing_it_is_not_in_the_holders_hand(app: Flask, client: FlaskClient, guest: dict[str, str]) -> None:
    client.post(ACT, data=guest | {"action": Act(action=Action.CLOSE).action.value, "message": ""})
    with app.app_context():
        assert _request(app, guest).status is RequestStatus.SUBMITTED


def test_what_the_pin_opened_can_be_loaded_anew_for_a_while_in_this_browser_alone(
    app: Flask, client: FlaskClient, guest: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So "back" and reload are no form to be sent again, and neither address nor cookie gives anything away."""
    first = client.post("/status", data=guest)
    asked = client.post(ASKED, data=guest)
    assert (first.status_code, asked.status_code) == (303, 303)
    assert client.post(ACT, data=_withdrawal(guest, "Ich ziehe um.")).location == first.location
    for address, words in ((first.location, "Zurückgezogen"), (asked.location, "nicht mehr zurückziehen")):
        for secret in (guest["reference"], guest["pin"]):
            assert secret not in address and secret not in _session(client)
        shown = client.get(address)
        assert words in page(shown).get_text() and shown.headers["Cache-Control"] == "no-store"
        assert app.test_client().get(address).location == "/status"
    assert page(client.get("/status")).select_one("input#pin") is not None
    monkeypatch.setattr(opened, "LASTS", timedelta(seconds=-1))
    again = page(client.post("/status", data=guest, follow_redirects=True)).get_text()
    assert "Zurückgezogen" not in again and "PIN neu ein" in again


def test_on_somebody_elses_device_one_closes_it(app: Flask, client: FlaskClient, guest: dict[str, str]) -> None:
    address = client.post("/status", data=guest).location
    form = page(client.get(address)).select_one("form[action='/status/close']")
    assert form is not None and form.get_text(strip=True) == "Seite schließen"
    assert client.post("/status/close", data={"csrf_token": guest["csrf_token"]}).location == "/status"
    assert guest["reference"] not in page(client.get(address, follow_redirects=True)).get_text()
    assert guest["reference"] in page(client.post("/status", data=guest, follow_redirects=True)).get_text()


def test_each_request_keeps_its_page(app: Flask, client: FlaskClient, guest: dict[str, str]) -> None:
    with app.app_context():
        other = given.submitted(given.resident())
        _belongs_to(None)
    second = guest | {"reference": other.reference, "pin": other.pin}
    addresses = [client.post("/status", data=one).location for one in (guest, second, guest)]
    assert addresses[0] == addresses[2] != addresses[1]
    for address, sent in zip(addresses, (guest, second), strict=False):
        shown = _form_to(page(client.get(address)), ACT)
        assert shown.select_one("input[name=reference]")["value"] == sent["reference"]


def _session(client: FlaskClient) -> str:
    cookie = client.get_cookie("obhut_visit")
    assert cookie is not None
    payload = str(cookie.decoded_value).lstrip(".").partition(".")[0]
    raw = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    return (zlib.decompress(raw) if str(cookie.decoded_value).startswith(".") else raw).decode()
