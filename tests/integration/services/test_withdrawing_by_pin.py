"""Who has no login withdraws by reference and PIN, by the same rules as everybody else."""

import base64
import uuid
import zlib
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from auth.actors import Actor
from auth.models import AuditEvent, Department
from config import clock
from config.database import db, transaction
from notifications.models import Notification
from services import opened, queries, timeline
from services.commands import Act
from services.lifecycle import Action, Party, RequestStatus
from services.models import ServiceRequest
from tests.factories import services as given
from tests.integration.services.test_pages import csrf, page

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


def _opened(client: FlaskClient, guest: dict[str, str]) -> str:
    """The address of the page that reference and PIN open."""
    return str(client.post("/status", data=guest).location)


def _withdraw(client: FlaskClient, guest: dict[str, str], reason: str = "") -> TestResponse:
    sent = {"csrf_token": guest["csrf_token"], "action": "withdraw", "message": reason}
    return client.post(f"{_opened(client, guest)}/act", data=sent, follow_redirects=True)


def _can_be_asked(client: FlaskClient, guest: dict[str, str]) -> bool:
    address = _opened(client, guest)
    return page(client.get(address)).select_one(f"a[href='{address}/withdraw']") is not None


def _request(app: Flask, guest: dict[str, str]) -> ServiceRequest:
    db.session.rollback()
    return queries.get(given.caseworker(), guest["reference"])


def _told(template: str) -> list[str]:
    wanted = select(Notification.template).where(Notification.template == f"services.{template}")
    return list(db.session.scalars(wanted))


def test_it_is_asked_before_and_done_once(app: Flask, client: FlaskClient, guest: dict[str, str]) -> None:
    assert _can_be_asked(client, guest)
    address = _opened(client, guest)
    asked = page(client.get(f"{address}/withdraw"))
    form = asked.select_one(f"form[action='{address}/act']")
    assert form is not None and form.select_one("input[name=action]")["value"] == "withdraw"  # type: ignore[index]
    assert form.select_one(f"a[href='{address}']") is not None
    assert "nicht rückgängig machen" in asked.get_text()
    with app.app_context():
        assert _request(app, guest).status is RequestStatus.SUBMITTED
    for reason in ("Ich ziehe um.", "Ich ziehe um.", ""):  # the page is loaded anew, or gone through again
        assert "Zurückgezogen" in page(_withdraw(client, guest, reason)).get_text()
        assert not _can_be_asked(client, guest)
    with app.app_context():
        request = _request(app, guest)
        assert request.status is RequestStatus.WITHDRAWN
        assert [event.action for event in request.events] == [Action.SUBMIT, Action.WITHDRAW]
        assert request.events[-1].message == "Ich ziehe um."
        assert len(_told("withdrawn")) == len(_told("withdrawal_confirmed")) == 1


def test_timeline_and_audit_trail_say_who_it_was_and_how(
    app: Flask, client: FlaskClient, guest: dict[str, str]
) -> None:
    _withdraw(client, guest)
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


def test_without_the_pin_nothing_is_shown_and_guessing_ends(client: FlaskClient, guest: dict[str, str]) -> None:
    answers = [client.post("/status", data=guest | {"pin": "x"}) for _ in range(11)]
    assert [one.status_code for one in answers] == [422] * 10 + [429]
    assert "zurückziehen" not in answers[0].get_data(as_text=True)


def test_nothing_is_done_where_nothing_was_opened(app: Flask, client: FlaskClient, guest: dict[str, str]) -> None:
    address, stranger = _opened(client, guest), app.test_client()
    sent = csrf(stranger, "/status") | {"action": "withdraw", "message": ""}
    assert stranger.post(f"{address}/act", data=sent).location == "/status"
    assert stranger.get(f"{address}/receipt").location == "/status"
    with app.app_context():
        assert _request(app, guest).status is RequestStatus.SUBMITTED


def test_what_has_been_decided_is_no_longer_withdrawn(app: Flask, client: FlaskClient, guest: dict[str, str]) -> None:
    caseworker = given.caseworker()
    with app.app_context():
        for action in (Action.TAKE, Action.APPROVE):
            given.acted(guest["reference"], action, caseworker)
    assert not _can_be_asked(client, guest)
    asked = page(client.get(f"{_opened(client, guest)}/withdraw"))
    assert "lässt sich nicht mehr zurückziehen" in asked.get_text()
    assert asked.select_one("form[action$='/act']") is None
    for reason in ("", "Ich ziehe um."):  # which is no message to be sent anew
        shown = page(_withdraw(client, guest, reason))
        assert "Das geht nicht mehr" in shown.get_text() and "Ich ziehe um." not in shown.get_text()
    with app.app_context():
        assert _request(app, guest).status is RequestStatus.APPROVED


def test_an_open_question_ends_with_it(app: Flask, client: FlaskClient, guest: dict[str, str]) -> None:
    caseworker = given.caseworker()
    with app.app_context():
        given.acted(guest["reference"], Action.TAKE, caseworker)
        given.acted(guest["reference"], Action.ASK, caseworker, "Seit wann wohnen Sie dort?")
    _withdraw(client, guest)
    with app.app_context():
        request = _request(app, guest)
        assert (request.status, request.answer_due_on) == (RequestStatus.WITHDRAWN, None)
        assert request.news_at is not None


def test_with_an_account_it_is_withdrawn_after_login_alone(
    app: Flask, client: FlaskClient, guest: dict[str, str]
) -> None:
    with app.app_context():
        _belongs_to(uuid.uuid4())
    assert not _can_be_asked(client, guest)
    assert page(client.get(f"{_opened(client, guest)}/withdraw")).select_one("form[action$='/act']") is None
    _withdraw(client, guest)
    with app.app_context():
        assert _request(app, guest).status is RequestStatus.SUBMITTED


def test_where_a_secure_login_is_needed_a_pin_does_not_do(
    app: Flask, client: FlaskClient, guest: dict[str, str]
) -> None:
    with given.defined(assurance_for={"withdraw": "substantial"}) as defined, app.app_context():
        receipt = given.submitted(given.resident(), slug=defined.slug)
        _belongs_to(None)
        stricter = guest | {"reference": receipt.reference, "pin": receipt.pin}
        assert not _can_be_asked(client, stricter)
        assert "sicherere Anmeldung" in page(_withdraw(client, stricter)).get_text()
        assert _request(app, stricter).status is RequestStatus.SUBMITTED


def test_the_office_takes_it_up_again_and_it_can_be_withdrawn_anew(
    app: Flask, client: FlaskClient, guest: dict[str, str]
) -> None:
    _withdraw(client, guest)
    with app.app_context():
        given.acted(guest["reference"], Action.REOPEN, given.caseworker(), "Auf Ihren Anruf hin.")
    _withdraw(client, guest)
    with app.app_context():
        request = _request(app, guest)
        assert [event.action for event in request.events][1:] == [Action.WITHDRAW, Action.REOPEN, Action.WITHDRAW]


def test_closing_it_is_not_in_the_holders_hand(app: Flask, client: FlaskClient, guest: dict[str, str]) -> None:
    sent = guest | {"action": Act(action=Action.CLOSE).action.value, "message": ""}
    client.post(f"{_opened(client, guest)}/act", data=sent)
    with app.app_context():
        assert _request(app, guest).status is RequestStatus.SUBMITTED


def test_what_the_pin_opened_is_there_for_a_while_in_this_browser_alone(
    app: Flask, client: FlaskClient, guest: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So "back" and reload are no form to be sent again; neither address, cookie nor page gives the PIN away."""
    address, began = _opened(client, guest), clock.wall()
    assert "Zurückgezogen" in page(_withdraw(client, guest)).get_text()
    for where, words in ((address, "Zurückgezogen"), (f"{address}/withdraw", "nicht mehr zurückziehen")):
        shown = client.get(where)
        assert words in page(shown).get_text() and shown.headers["Cache-Control"] == "no-store"
        assert guest["pin"] not in where + _session(client) + shown.get_data(as_text=True)
        assert guest["reference"] not in where + _session(client)
        assert app.test_client().get(where).location == "/status"
    assert page(client.get("/status")).select_one("input#pin") is not None
    for minutes, location in ((20, None), (31, "/status")):  # what is done there does not lengthen it
        monkeypatch.setattr(clock, "wall", lambda later=began + timedelta(minutes=minutes): later)
        assert client.get(f"{address}/withdraw").location == client.get(address).location == location
    written = {"csrf_token": guest["csrf_token"], "action": "reply", "message": "Noch etwas: es eilt."}
    refused = page(client.post(f"{address}/act", data=written), 409)
    assert "Noch etwas: es eilt." in refused.get_text() and refused.select_one("input#pin") is not None


def test_another_pin_closes_what_the_old_one_opened(app: Flask, client: FlaskClient, guest: dict[str, str]) -> None:
    address = _opened(client, guest)
    with app.app_context(), transaction():
        _request(app, guest).pin = "000000"
    assert client.get(address).location == "/status"


def test_on_somebody_elses_device_one_closes_it(app: Flask, client: FlaskClient, guest: dict[str, str]) -> None:
    address = client.post("/status", data=guest).location
    form = page(client.get(address)).select_one("form[action='/status/close']")
    assert form is not None and form.get_text(strip=True) == "Seite schließen"
    assert client.post("/status/close", data={"csrf_token": guest["csrf_token"]}).location == "/status"
    assert guest["reference"] not in page(client.get(address, follow_redirects=True)).get_text()
    assert guest["reference"] in page(client.post("/status", data=guest, follow_redirects=True)).get_text()


def test_each_request_keeps_its_page_and_the_oldest_goes_first(
    app: Flask, client: FlaskClient, guest: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        receipts = [given.submitted(given.resident()) for _ in range(opened.MOST)]
        _belongs_to(None)
    all_ = [guest, *(guest | {"reference": one.reference, "pin": one.pin} for one in receipts)]
    began, addresses = clock.wall(), []
    for second, one in enumerate(all_):
        monkeypatch.setattr(clock, "wall", lambda later=began + timedelta(seconds=second): later)
        addresses.append(_opened(client, one))
    assert client.get(addresses[0]).location == "/status"
    for address, one in list(zip(addresses, all_, strict=True))[1:]:
        assert one["reference"] in page(client.get(address)).get_text().replace(" ", "")
        assert _opened(client, one) == address


def _session(client: FlaskClient) -> str:
    cookie = client.get_cookie("obhut_visit")
    assert cookie is not None
    payload = str(cookie.decoded_value).lstrip(".").partition(".")[0]
    raw = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    return (zlib.decompress(raw) if str(cookie.decoded_value).startswith(".") else raw).decode()
