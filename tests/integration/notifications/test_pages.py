"""The staff's pages and the programs' interface."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from config.database import transaction
from notifications import inbound
from notifications.cli import notifications
from notifications.delivery import deliver
from notifications.inbound import process_inbound
from notifications.rendering import register_templates
from notifications.statuses import Channel
from tests.factories.notifications import EMAIL, PHONE, message, put_email, put_sms, statuses
from tests.fakes.provider import Provider
from tests.fakes.smtp_sink import SmtpSink

pytestmark = pytest.mark.one_database

Login = Callable[..., FlaskClient]
Bearer = Callable[..., dict[str, str]]
API = "/api/v1/notifications"


Inside = Callable[[Callable[[], Any]], Any]


@pytest.fixture
def inside(app: Flask) -> Inside:
    """Runs something in an application context of its own: one that stays open would keep the first visitor's actor."""

    def run(act: Callable[[], Any]) -> Any:
        with app.app_context():
            return act()

    return run


def send(client: FlaskClient, headers: dict[str, str], **changes: Any) -> Any:
    body = {
        "template": "notifications.plain",
        "recipient": {"phone": PHONE, "locale": "de"},
        "variables": {"text": "Hallo"},
    }
    return client.post(API, json=body | changes, headers=headers)


def page(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return BeautifulSoup(answer.data, "html.parser").get_text(" ", strip=True)


def token_of(client: FlaskClient, path: str) -> str:
    found = BeautifulSoup(client.get(path).data, "html.parser").find("input", {"name": "csrf_token"})
    return str(found["value"]) if found else ""  # type: ignore[index]


def receive(body: str) -> None:
    with transaction():
        inbound.store("SM" + "a" * 32, PHONE, body)
    process_inbound()


def test_the_log_shows_status_and_masks_people(
    inside: Inside, client: FlaskClient, login: Login, provider: Provider
) -> None:
    provider.mood = lambda form: (400, 21211) if form["Body"] == "Text bad" else "ok"
    inside(lambda: put_sms("good", about="ABC23456"))
    inside(lambda: put_sms("bad"))
    inside(lambda: put_email("mail"))
    inside(lambda: deliver(Channel.SMS))
    login(client, "officer")
    shown = page(client, "/staff/messages/")
    assert "Gesendet" in shown and "Fehlgeschlagen" in shown and "ABC23456" in shown
    assert PHONE not in shown and EMAIL not in shown and "Text good" not in shown
    assert "Wartet" not in page(client, "/staff/messages/?status=failed").split("Nachrichten, neueste zuerst")[1]
    assert "Keine Nachrichten" in page(client, "/staff/messages/?channel=email&status=failed")
    assert "ABC23456" in page(client, "/staff/messages/?about=ABC23456")
    assert page(client, "/staff/messages/?status=nonsense")


def test_a_failed_message_is_tried_again_once(
    inside: Inside, client: FlaskClient, login: Login, provider: Provider
) -> None:
    provider.mood = lambda _: (400, 21211)
    number = inside(lambda: put_sms("one"))
    inside(lambda: deliver(Channel.SMS))
    provider.mood = lambda _: "ok"
    login(client, "officer")
    path = f"/staff/messages/{number}"
    assert "21211" in page(client, path)
    token = token_of(client, path)
    for _ in range(2):
        assert client.post(f"{path}/again", data={"csrf_token": token}).status_code == 302
    inside(lambda: deliver(Channel.SMS))
    assert inside(statuses) == {"one": "failed", f"again:{number}": "sent"}
    assert inside(lambda: message(f"again:{number}").fallback_for) == number


def test_the_text_shows_on_demand_to_those_who_may_send(inside: Inside, client: FlaskClient, login: Login) -> None:
    path = f"/staff/messages/{inside(lambda: put_sms('one', text='Geheimer Text'))}"
    login(client, "officer")
    assert "Geheimer Text" not in page(client, path)
    shown = client.post(f"{path}/text", data={"csrf_token": token_of(client, path)})
    assert "Geheimer Text" in shown.get_data(as_text=True)
    other = client.application.test_client()
    login(other, "caseworker")
    assert other.post(f"{path}/text", data={"csrf_token": "x"}).status_code in (400, 403)


def test_each_sees_the_own_wings_and_places_messages(
    inside: Inside, app: Flask, client: FlaskClient, login: Login
) -> None:
    templates = Path(inbound.__file__).parent / "templates" / "messages"
    register_templates("care", templates)
    register_templates("services", templates)
    inside(lambda: put_sms("care", template="care.plain", about="CARE2345"))
    inside(lambda: put_sms("elsewhere", about="ELSE2345", owner="office:00000000-0000-0000-0000-000000000000"))
    inside(lambda: put_sms("services", template="services.plain", about="SERV2345"))
    login(client, "officer")
    shown = page(client, "/staff/messages/")
    assert "CARE2345" in shown and "SERV2345" not in shown and "ELSE2345" not in shown
    other = app.test_client()
    login(other, "caseworker")
    shown = page(other, "/staff/messages/")
    assert "CARE2345" not in shown and "SERV2345" in shown and "ELSE2345" not in shown
    third = app.test_client()
    login(third, "auditor")
    assert third.get("/staff/messages/").status_code == 403


def test_the_inbox_is_read_and_answered(inside: Inside, client: FlaskClient, login: Login, provider: Provider) -> None:
    inside(lambda: put_sms("one", about="ABC23456"))
    inside(lambda: deliver(Channel.SMS))
    inside(lambda: receive("Was ist das?"))
    login(client, "officer")
    shown = page(client, "/staff/messages/inbox")
    assert "Was ist das?" in shown and "ABC23456" in shown and PHONE not in shown
    links = BeautifulSoup(client.get("/staff/messages/inbox").data, "html.parser").find_all("a")
    link = next(each["href"] for each in links if "/inbox/" in str(each["href"]))
    token = token_of(client, str(link))
    empty = client.post(str(link), data={"csrf_token": token, "text": " "})
    assert "Bitte schreiben Sie eine Antwort." in empty.get_data(as_text=True)
    assert client.post(str(link), data={"csrf_token": token, "text": "Ihr Gesundheitsamt"}).status_code == 302
    inside(lambda: deliver(Channel.SMS))
    assert provider.accepted[-1]["Body"] == "Ihr Gesundheitsamt" and provider.accepted[-1]["To"] == PHONE
    assert client.post(str(link), data={"csrf_token": token, "text": "noch einmal"}).status_code == 409


def test_programs_send_and_look(
    inside: Inside, client: FlaskClient, bearer: Bearer, provider: Provider, sink: SmtpSink
) -> None:
    headers = bearer("health_officer")
    first = send(client, headers, about="ABC23456", key="k1")
    assert first.status_code == 202
    assert send(client, headers, about="ABC23456", key="k1").get_json() == first.get_json()
    mail = {
        "template": "notifications.plain",
        "recipient": {"email": EMAIL, "locale": "tr"},
        "variables": {"text": "x", "subject": "y"},
    }
    assert client.post(API, json=mail, headers=headers).status_code == 202
    inside(lambda: deliver(Channel.SMS))
    inside(lambda: deliver(Channel.EMAIL))
    (found,) = client.get(f"{API}?about=ABC23456", headers=headers).get_json()["items"]
    assert found["id"] == first.get_json()["id"] and found["status"] == "sent" and found["channel"] == "sms"
    (attempt,) = found["attempts"]
    assert attempt["provider_id"] == provider.accepted[0]["sid"] and attempt["status"] == "sent"
    assert [each["id"] for each in client.get(f"{API}?key=k1", headers=headers).get_json()["items"]] == [found["id"]]
    assert len(sink.mails) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"template": "notifications.none"}, "template"),
        ({"template": "../../etc.passwd"}, "template"),
        ({"variables": {}}, "variables"),
        ({"recipient": {"phone": "12"}}, "phone"),
        ({"recipient": {"phone": PHONE, "email": EMAIL}}, "recipient"),
        ({"recipient": {"email": "nobody"}}, "recipient"),
        ({"expires_at": "2026-11-03T08:00:00"}, "expires_at"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_programs_are_told_what_is_wrong(
    inside: Inside, client: FlaskClient, bearer: Bearer, changes: dict[str, Any], field: str
) -> None:
    answer = send(client, bearer("health_officer"), **changes)
    assert answer.status_code == 422 and answer.mimetype == "application/problem+json"
    assert field in [each["field"] for each in answer.get_json()["errors"]]
    assert inside(statuses) == {}


def test_programs_without_the_right_are_refused(inside: Inside, client: FlaskClient, bearer: Bearer) -> None:
    assert send(client, {}).status_code == 401
    assert send(client, bearer("auditor")).status_code == 403
    assert client.get(f"{API}?about=x", headers=bearer("auditor")).status_code == 403
    assert client.post(API, data="no json", headers=bearer("health_officer")).status_code == 422
    assert client.get(API, headers=bearer("health_officer")).status_code == 422


@pytest.mark.parametrize("field", ["about", "key"])
def test_a_nul_is_the_callers_mistake(client: FlaskClient, bearer: Bearer, field: str) -> None:
    headers = bearer("health_officer")
    assert send(client, headers, **{field: "a\0b"}).status_code == 422
    assert client.get(f"{API}?{field}=a%00b", headers=headers).status_code == 200


def test_preview(app: Flask) -> None:
    run = app.test_cli_runner().invoke
    assert "notifications.plain" in run(notifications, ["preview"]).output
    shown = run(
        notifications,
        [
            "preview",
            "notifications.plain",
            "--locale",
            "tr",
            "--channel",
            "sms",
            "--variables",
            '{"text": "Günaydın ş"}',
        ],
    )
    assert shown.exit_code == 0 and "1 × SMS (UCS-2" in shown.output and "Günaydın ş" in shown.output
    lacking = run(notifications, ["preview", "notifications.plain"])
    assert lacking.exit_code == 1 and "--samples" in lacking.output
    assert run(notifications, ["preview", "no.such"]).exit_code == 1
    assert run(notifications, ["preview", "notifications.plain", "--variables", "["]).exit_code == 2
