"""The inbox with its threads, and the page of closed addresses."""

from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from auth.models import AuditEvent, Office
from config.database import db, transaction
from notifications import inbound, inbox
from notifications.delivery import deliver
from notifications.inbound import process_inbound
from notifications.models import Suppression
from notifications.preferences import Basis, record_basis
from notifications.statuses import Channel
from tests.factories.notifications import EMAIL, PHONE, put_sms, statuses
from tests.fakes.provider import Provider

pytestmark = pytest.mark.one_database

Login = Callable[..., FlaskClient]
Inside = Callable[[Callable[[], Any]], Any]
OTHER = "+4915735990002"
LIST = "/staff/messages/suppressions"


@pytest.fixture
def inside(app: Flask) -> Inside:
    """Runs something in an application context of its own: one that stays open would keep the first visitor's actor."""

    def run(act: Callable[[], Any]) -> Any:
        with app.app_context():
            return act()

    return run


@pytest.fixture
def hear(inside: Inside) -> Callable[..., None]:
    """`hear("Was?")`: a reply comes in and is worked on."""
    counter = iter(range(1000))

    def receive(*bodies: str, sender: str = PHONE) -> None:
        def act() -> None:
            with transaction():
                for body in bodies:
                    inbound.store(f"SM{next(counter):032x}", sender, body)
            while process_inbound():
                pass

        inside(act)

    return receive


def owner(code: str) -> str:
    return f"office:{db.session.scalars(select(Office.id).where(Office.code == code)).one()}"


def text_of(answer: Any) -> str:
    return BeautifulSoup(answer.data, "html.parser").get_text(" ", strip=True)


def page(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return text_of(answer)


def links(client: FlaskClient, path: str, part: str) -> list[str]:
    found = BeautifulSoup(client.get(path).data, "html.parser").find_all("a", href=True)
    return [str(each["href"]) for each in found if part in str(each["href"])]


def send(client: FlaskClient, path: str, form: dict[str, str], at: str | None = None) -> Any:
    field = BeautifulSoup(client.get(at or path).data, "html.parser").find("input", {"name": "csrf_token"})
    return client.post(path, data={"csrf_token": str(field["value"])} | form)  # type: ignore[index]


def audited(inside: Inside) -> list[str]:
    return list(inside(lambda: list(db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))))


def test_each_office_reads_its_own_replies_and_those_of_nobody(
    app: Flask, inside: Inside, client: FlaskClient, login: Login, hear: Callable[..., None]
) -> None:
    login(client, "officer")
    other = app.test_client()
    login(other, "officer2")
    codes = inside(lambda: list(db.session.scalars(select(Office.code).order_by(Office.is_default.desc()))))
    inside(lambda: put_sms("one", about="MINE2345", owner=owner(codes[0])))
    inside(lambda: put_sms("two", to=OTHER, about="ELSE2345", owner=owner(codes[1])))
    hear("Frage eins")
    hear("Frage zwei", sender=OTHER)
    hear("Frage drei", sender="+4915735990003")
    mine, theirs = page(client, "/staff/messages/inbox"), page(other, "/staff/messages/inbox")
    assert "Frage eins" in mine and "Frage drei" in mine and "Frage zwei" not in mine and "MINE2345" in mine
    assert "Frage zwei" in theirs and "Frage drei" in theirs and "Frage eins" not in theirs
    (first, _) = links(client, "/staff/messages/inbox", "/inbox/")
    assert other.get(first).status_code == 404
    assert send(other, first, {"text": "x"}, at="/staff/messages/inbox").status_code == 404


def test_the_conversation_is_that_of_the_moment_when_the_reply_came(
    inside: Inside, client: FlaskClient, login: Login, hear: Callable[..., None]
) -> None:
    inside(lambda: put_sms("one", about="FIRST234"))
    hear("Frage")
    inside(lambda: put_sms("two", about="SECOND23"))
    login(client, "officer")
    assert "FIRST234" in page(client, "/staff/messages/inbox")


def test_the_inbox_has_pages(
    inside: Inside, client: FlaskClient, login: Login, hear: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "PAGE", 2)
    hear("Frage A", "Frage B", "Frage C")
    login(client, "officer")
    first = page(client, "/staff/messages/inbox")
    assert "Frage A" in first and "Frage B" in first and "Frage C" not in first and "3 Antworten" in first
    (following,) = links(client, "/staff/messages/inbox", "after=")
    second = page(client, following)
    assert "Frage C" in second and "Frage A" not in second


def test_the_thread_shows_what_was_said_and_an_answer_settles_it(
    inside: Inside, client: FlaskClient, login: Login, hear: Callable[..., None], provider: Provider
) -> None:
    inside(lambda: put_sms("one", about="ABC23456", text="Wie geht es? http://localhost/c/geheim123"))
    inside(lambda: deliver(Channel.SMS))
    hear("Erste Frage")
    hear("Zweite Frage")
    login(client, "officer")
    newest = links(client, "/staff/messages/inbox", "/inbox/")[-1]
    shown = page(client, newest)
    assert shown.index("Wie geht es?") < shown.index("Erste Frage") < shown.index("Zweite Frage")
    assert "geheim123" not in shown and PHONE not in shown and "http://localhost/…" in shown
    assert "inbound.thread_seen" in audited(inside)
    empty = send(client, newest, {"text": " "})
    assert empty.status_code == 422 and "Bitte schreiben Sie eine Antwort." in text_of(empty)
    assert send(client, newest, {"text": "Ihr Gesundheitsamt"}).status_code == 302
    inside(lambda: deliver(Channel.SMS))
    assert provider.accepted[-1]["Body"] == "Ihr Gesundheitsamt"
    after = page(client, "/staff/messages/inbox")
    assert "Der Posteingang ist leer" in after and "Zweite Frage" in after
    shown = page(client, newest)
    assert "Ihr Gesundheitsamt" in shown and "Diese Antwort ist erledigt." in shown
    assert client.post(newest, data={"text": "noch einmal"}).status_code == 400
    assert send(client, newest, {"text": "x"}, at=LIST.replace("suppressions", "")).status_code == 409


def test_a_later_question_is_not_settled_by_an_answer_to_an_earlier_one(
    client: FlaskClient, login: Login, hear: Callable[..., None]
) -> None:
    hear("Erste Frage")
    hear("Zweite Frage")
    login(client, "officer")
    oldest = links(client, "/staff/messages/inbox", "/inbox/")[0]
    assert send(client, oldest, {"text": "Antwort"}).status_code == 302
    waiting = page(client, "/staff/messages/inbox").split("Zuletzt")[0]
    assert "Zweite Frage" in waiting and "Erste Frage" not in waiting


def test_put_aside(client: FlaskClient, login: Login, hear: Callable[..., None]) -> None:
    hear("Danke!")
    login(client, "officer")
    (link,) = links(client, "/staff/messages/inbox", "/inbox/")
    assert send(client, f"{link}/done", {}, at=link).status_code == 302
    assert "Der Posteingang ist leer" in page(client, "/staff/messages/inbox")


def test_an_address_is_closed_found_and_opened(
    inside: Inside, client: FlaskClient, login: Login, provider: Provider
) -> None:
    def known() -> None:
        with transaction():
            record_basis(Channel.SMS, PHONE, Basis.MONITORING, "case:ABC23456")

    inside(known)
    inside(lambda: put_sms("waiting"))
    login(client, "healthadmin")
    assert "Keine Adresse ist gesperrt" in page(client, LIST)
    for typed, reason, error in (
        ("hallo", "staff_asked", "Bitte geben Sie eine Telefonnummer"),
        ("a@b@c", "staff_asked", "Das ist keine E-Mail-Adresse"),
        ("0157 35990001", "", "Bitte wählen Sie"),
        ("0157 35990001", "reply", "Bitte wählen Sie"),
    ):
        refused = send(client, LIST, {"add-address": typed, "add-reason": reason})
        assert refused.status_code == 422 and error in text_of(refused)
    assert send(client, LIST, {"add-address": "0157 35990001", "add-reason": "staff_asked"}).status_code == 302
    twice = send(client, LIST, {"add-address": PHONE, "add-reason": "staff_asked"})
    assert twice.status_code == 422 and "bereits gesperrt" in text_of(twice)
    assert send(client, LIST, {"add-address": EMAIL, "add-reason": "staff_wrong"}).status_code == 302
    assert inside(statuses) == {"waiting": "suppressed"}
    shown = page(client, LIST)
    assert "+49•••••001" in shown and "m•••@example.org" in shown and PHONE not in shown and EMAIL not in shown
    found = text_of(send(client, f"{LIST}/search", {"search-address": "+49 157 359 900 01"}, at=LIST))
    assert "+49•••••001" in found and "m•••" not in found
    nothing = text_of(send(client, f"{LIST}/search", {"search-address": OTHER}, at=LIST))
    assert "Diese Adresse ist nicht gesperrt" in nothing
    entry = inside(lambda: db.session.scalars(select(Suppression.id).where(Suppression.channel == Channel.SMS)).one())
    details = page(client, f"{LIST}/{entry}")
    assert "§ 25" in details and "case:ABC23456" in details and "Einwilligung widerrufen" in details
    assert send(client, f"{LIST}/{entry}/lift", {}, at=f"{LIST}/{entry}").status_code == 302
    assert send(client, f"{LIST}/{entry}/lift", {}, at=LIST).status_code == 409
    inside(lambda: put_sms("again"))
    assert inside(statuses)["again"] == "pending"
    assert [each for each in audited(inside) if each.startswith("suppression")] == [
        "suppression.added",
        "suppression.added",
        "suppression.lifted",
    ]


@pytest.mark.parametrize("account", ["officer", "caseworker", "auditor", "admin", "resident"])
def test_others_do_not_see_closed_addresses(client: FlaskClient, login: Login, account: str) -> None:
    login(client, account)
    assert client.get(LIST).status_code == 403
