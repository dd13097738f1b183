"""The log of messages and a message's timeline, as a caseworker uses them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from auth.actors import Actor
from config import clock
from config.database import db, transaction
from notifications import query_log
from notifications.models import ContactBasis, Notification, Receipt
from notifications.operation_models import BulkSend
from notifications.preferences import address_index, recipient_index
from notifications.query_log import Filters
from notifications.query_timeline import details
from notifications.rendering import template_names
from notifications.statuses import Channel, Meaning, Status
from notifications.template_titles import title_of
from tests.factories.message_rows import add_row, put_row
from tests.factories.notifications import PHONE
from tests.fixtures.application import DomainClock

pytestmark = pytest.mark.one_database

Login = Callable[..., FlaskClient]
STAFF = Actor.system("tests")
OTHER_PHONE = "+4915735990002"
ROOMS = {"auth", "notifications", "services", "care"}


def ids(found: query_log.Page) -> list[Any]:
    return [line.id for line in found.lines]


def page_text(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return BeautifulSoup(answer.data, "html.parser").get_text(" ", strip=True)


@pytest.mark.usefixtures("database")
def test_each_filter_finds_what_it_names_and_nothing_else() -> None:
    old = put_row(Status.DELIVERED, created=clock.now() - timedelta(days=3), sender="+4915735990091")
    mail = put_row(Status.SENT, channel=Channel.EMAIL, about="ABC23456")
    other = put_row(Status.FAILED, to=OTHER_PHONE, template="notifications.answer", cause=Meaning.BAD_ADDRESS)
    waiting = put_row(Status.PENDING)
    with transaction():
        bulk = BulkSend(key="k", name="Impfaktion", template="x", source="csv", created_by="y", created_at=clock.now())
        db.session.add(bulk)
        db.session.flush()
        sent_to_many = add_row(Status.SENT, bulk_id=bulk.id)
        bulk_id = bulk.id
    today = clock.now().date()
    expected: dict[Filters, set[Any]] = {
        Filters(): {old, mail, other, waiting, sent_to_many},
        Filters(status="delivered"): {old},
        Filters(status="trouble"): {other},
        Filters(status="failed"): {other},
        Filters(status="open"): {waiting},
        Filters(status="pending"): {waiting},
        Filters(status="sent", channel=Channel.SMS): {sent_to_many},
        Filters(channel=Channel.EMAIL): {mail},
        Filters(about="ABC23456"): {mail},
        Filters(template="notifications.answer"): {other},
        Filters(sender="+4915735990091"): {old},
        Filters(recipient=recipient_index("0157 35990002")): {other},
        Filters(bulk=bulk_id): {sent_to_many},
        Filters(until=today - timedelta(days=2)): {old},
        Filters(since=today - timedelta(days=1)): {mail, other, waiting, sent_to_many},
        Filters(recipient=recipient_index("0157 35990002"), status="delivered"): set(),
    }
    for filters, wanted in expected.items():
        assert set(ids(query_log.log_page(STAFF, filters))) == wanted, filters
    assert query_log.counts(STAFF, Filters(status="delivered")).by_group == {
        "open": 1,
        "out": 2,
        "arrived": 1,
        "trouble": 1,
        "withheld": 0,
    }


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("filters", [Filters(), Filters(about="test")], ids=["window", "index"])
def test_pages_lead_back_and_forth_without_a_gap(filters: Filters) -> None:
    with transaction():
        made = [add_row(Status.SENT) for _ in range(2 * query_log.PAGE + 7)][::-1]
    first = query_log.log_page(STAFF, filters)
    assert first.newer is None
    second = query_log.log_page(STAFF, filters, before=first.older)
    third = query_log.log_page(STAFF, filters, before=second.older)
    assert ids(first) + ids(second) + ids(third) == made and third.older is None
    assert ids(query_log.log_page(STAFF, filters, after=third.newer)) == ids(second)
    assert ids(query_log.log_page(STAFF, filters, after=second.newer)) == ids(first)
    assert query_log.log_page(STAFF, filters, after=second.newer).newer is None


@pytest.mark.usefixtures("database")
def test_a_search_that_reads_no_further_says_so_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_log, "WINDOW", 10)
    rare = put_row(Status.EXPIRED)
    with transaction():
        for _ in range(25):
            add_row(Status.SENT)
    wanted, before, searches = Filters(status="expired"), None, 0
    while True:
        found = query_log.log_page(STAFF, wanted, before=before)
        searches += 1
        if found.lines:
            break
        assert found.searched_to is not None
        before = found.older
        assert before is not None
    assert ids(found) == [rare] and searches == 3 and found.older is None
    assert not query_log.counts(STAFF, wanted).complete


def test_a_number_is_searched_for_without_standing_in_any_address(
    app: Flask, client: FlaskClient, login: Login
) -> None:
    with app.app_context():
        put_row(Status.SENT, about="WANTED23")
        put_row(Status.SENT, about="OTHER234", to=OTHER_PHONE)
    login(client, "officer")
    form = BeautifulSoup(client.get("/staff/messages/search").data, "html.parser")
    token = form.find("input", {"name": "csrf_token"})["value"]  # type: ignore[index]
    answer = client.post("/staff/messages/search", data={"csrf_token": token, "recipient": "0157 359 900 01"})
    assert answer.status_code == 302 and "359900" not in answer.headers["Location"]
    shown = page_text(client, answer.headers["Location"])
    assert "WANTED23" in shown and "OTHER234" not in shown
    wrong = client.post("/staff/messages/search", data={"csrf_token": token, "recipient": "12"})
    assert wrong.status_code in (200, 422) and "Telefonnummer" in wrong.get_data(as_text=True)


@pytest.mark.usefixtures("database")
def test_every_template_has_a_name_for_people(client: FlaskClient, login: Login) -> None:
    names = [name for name in template_names() if name.split(".")[0] in ROOMS]  # tests bring some of their own
    assert len(names) > 30 and [name for name in names if title_of(name) == name] == []
    put_row(Status.SENT, template="notifications.answer")
    shown = page_text(login(client, "officer"), "/staff/messages/")
    assert shown.count("Antwort aus dem Posteingang") == 2  # the filter and the row
    assert "notifications.answer" not in shown


def test_nonsense_in_the_address_is_no_error(client: FlaskClient, login: Login) -> None:
    login(client, "officer")
    nonsense = "status=x&channel=y&since=tomorrow&until=0&recipient=zz&bulk=1&before=2&after=3&sender=%00&template='"
    for query in (nonsense, "since=0001-01-01&until=9999-12-31", "about=%00%ff"):
        assert client.get(f"/staff/messages/?{query}").status_code == 200, query
    assert client.get("/staff/messages/statistics?period=never").status_code == 200
    assert client.get("/staff/messages/failures/group?status=x").status_code == 404


def test_the_timeline_says_in_words_what_happened(app: Flask, client: FlaskClient, login: Login) -> None:
    with app.app_context():
        first = put_row(Status.FAILED, cause=Meaning.BAD_ADDRESS, code="21211", sender="+4915735990090")
        second = put_row(Status.DELIVERED, channel=Channel.EMAIL, fallback_for=first, key=f"{first}:email:1")
        with transaction():
            db.session.add(
                ContactBasis(
                    channel=Channel.SMS,
                    recipient_index=address_index(Channel.SMS, PHONE),
                    basis="IfSG § 25",
                    source="enrolment",
                    recorded_at=clock.now(),
                )
            )
    login(client, "officer")
    shown = page_text(client, f"/staff/messages/{first}")
    assert "Das ist keine gültige Telefonnummer" in shown and "21211" in shown
    assert "Von +4915735990090" in shown and "IfSG § 25" in shown
    assert "Nach dieser Nachricht" in shown and f"/staff/messages/{second}" in client.get(
        f"/staff/messages/{first}"
    ).get_data(as_text=True)
    assert f"/staff/messages/{first}" in client.get(f"/staff/messages/{second}").get_data(as_text=True)
    assert PHONE not in shown


@pytest.mark.usefixtures("database")
def test_receipts_stand_with_their_time_and_code_and_are_not_told_twice() -> None:
    number = put_row(Status.UNDELIVERED, cause=Meaning.OTHER_CHANNEL, code="30006")
    with transaction():
        for status, code in (("sent", None), ("undelivered", "30006")):
            db.session.add(Receipt(provider_id=f"SM{number.hex}", status=status, code=code, received_at=clock.now()))
    entries = details(STAFF, number).timeline
    assert [each.what for each in entries] == ["enqueued", "attempt", "receipt_sent", "receipt_undelivered"]
    assert entries[-1].code == "30006" and "landline" in entries[-1].explanation
    assert entries[-1].provider_id == f"SM{number.hex}"


def test_what_comes_next_is_announced(app: Flask, domain_clock: DomainClock) -> None:
    with app.app_context():
        retried = put_row(Status.PENDING, next_attempt_at=clock.wall() + timedelta(minutes=5))
        later = put_row(Status.PENDING, not_before=clock.now() + timedelta(hours=3))
        sent = put_row(Status.SENT, next_rung_at=clock.now() + timedelta(hours=1))
        assert details(STAFF, retried).next_attempt_at and not details(STAFF, retried).waits_until
        assert details(STAFF, later).waits_until and details(STAFF, sent).next_rung_at
        domain_clock.forward(hours=4)
        assert not details(STAFF, later).waits_until and not details(STAFF, sent).next_rung_at


def test_who_sent_it_again_stands_in_the_timeline(app: Flask, client: FlaskClient, login: Login) -> None:
    with app.app_context():
        number = put_row(Status.FAILED, cause=Meaning.BLOCKED, code="30007")
    login(client, "officer", name="Olga Beispiel", given_name="Olga", family_name="Beispiel")
    path = f"/staff/messages/{number}"
    form = BeautifulSoup(client.get(path).data, "html.parser").find("input", {"name": "csrf_token"})
    assert client.post(f"{path}/aside", data={"csrf_token": form["value"]}).status_code == 302  # type: ignore[index]
    shown = page_text(client, path)
    assert "Beiseitegelegt" in shown and "Olga Beispiel" in shown and "Das ist erledigt." in shown
    assert "Noch einmal senden" not in shown
    with app.app_context():
        assert db.session.get(Notification, number).status is Status.FAILED  # type: ignore[union-attr]
