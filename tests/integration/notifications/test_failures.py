"""Failures by cause, decisions about them, and the daily digest."""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from auth.actors import Actor
from auth.models import Department, Office
from config.database import db, transaction
from config.settings import Settings
from notifications import failures as decisions, receipts
from notifications.delivery import deliver
from notifications.digest import send_digests
from notifications.models import Notification
from notifications.query_failures import Group, failures, needing_attention, of_group
from notifications.statuses import Channel, Meaning, Status
from tests.factories.message_rows import add_row, put_row
from tests.factories.notifications import message
from tests.fakes.provider import Provider
from tests.fakes.smtp_sink import SmtpSink
from tests.fixtures.application import DomainClock

pytestmark = pytest.mark.one_database

Login = Callable[..., FlaskClient]
STAFF = Actor.system("tests")
BAD = {"cause": Meaning.BAD_ADDRESS, "code": "21211"}
BERLIN = ZoneInfo("Europe/Berlin")


def by_cause() -> dict[tuple[str, str, str], int]:
    return {(each.group.status, each.group.cause, each.group.code): each.count for each in failures(STAFF)}


def successors() -> int:
    found = select(func.count()).where(Notification.key.like("again:%"))
    return int(db.session.scalar(found) or 0)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.changed(digest_to="stelle@stadt.example")


@pytest.mark.usefixtures("database")
def test_failures_are_grouped_by_what_went_wrong() -> None:
    for _ in range(3):
        put_row(Status.FAILED, **BAD)
    put_row(Status.UNDELIVERED, cause=Meaning.RETRY_LATER, code="30003")
    put_row(Status.UNKNOWN, code="ReadTimeout")
    put_row(Status.DELIVERED)
    put_row(Status.SUPPRESSED, cause=Meaning.OPTED_OUT)
    assert by_cause() == {
        ("failed", "bad_address", "21211"): 3,
        ("undelivered", "retry_later", "30003"): 1,
        ("unknown", "none", "ReadTimeout"): 1,
    }
    assert needing_attention(STAFF) == 5
    largest = failures(STAFF)[0]
    assert "does not exist" in largest.group.explained.words and "phone number" in largest.group.code_explained


@pytest.mark.usefixtures("database")
def test_what_is_decided_leaves_the_list_and_keeps_its_status() -> None:
    aside = put_row(Status.FAILED, **BAD)
    again = put_row(Status.FAILED, **BAD)
    with transaction():
        assert decisions.put_these_aside(STAFF, [aside]) == 1
    with transaction():
        decisions.try_again(STAFF, again)
    assert needing_attention(STAFF) == 0 and failures(STAFF) == []
    left = db.session.get_one(Notification, aside)
    assert left.status is Status.FAILED and not left.has_text and left.cause_code == "21211"
    with transaction():
        assert decisions.put_these_aside(STAFF, [aside, again]) == 0


@pytest.mark.usefixtures("database")
def test_a_large_group_is_sent_again_once_each_by_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decisions, "AT_ONCE", 3)
    with transaction():
        for _ in range(8):
            add_row(Status.FAILED, **BAD)
        add_row(Status.FAILED, **BAD, body=None, has_text=False)
        add_row(Status.FAILED, cause=Meaning.BAD_ADDRESS, code="21614")
    group = next(each.group for each in failures(STAFF) if each.group.code == "21211")
    with transaction():
        assert decisions.try_group_again(STAFF, group) == 8
    assert successors() == 3
    assert by_cause() == {("failed", "bad_address", "21211"): 1, ("failed", "bad_address", "21614"): 1}
    with transaction():
        assert decisions.try_group_again(STAFF, group) == 0
    assert [decisions.send_marked() for _ in range(3)] == [3, 2, 0]
    assert successors() == 8


@pytest.mark.usefixtures("database")
def test_a_marked_message_whose_text_is_gone_comes_back_to_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decisions, "AT_ONCE", 0)
    number = put_row(Status.FAILED, **BAD)
    (found,) = failures(STAFF)
    with transaction():
        assert decisions.try_group_again(STAFF, found.group) == 1
    with transaction():
        db.session.get_one(Notification, number).wipe()
    monkeypatch.undo()
    assert decisions.send_marked() == 1 and decisions.send_marked() == 0
    assert by_cause() == {("failed", "bad_address", "21211"): 1}


@pytest.mark.usefixtures("database")
def test_decided_groups_cannot_be_asked_for() -> None:
    number = put_row(Status.FAILED, **BAD)
    with transaction():
        decisions.put_these_aside(STAFF, [number])
    decided = Group(Status.FAILED, Meaning.DECIDED, "21211", Channel.SMS)
    assert of_group(STAFF, decided) == ([], None)
    with transaction():
        assert decisions.try_group_again(STAFF, decided) == 0


def test_staff_send_a_selection_again_and_put_the_rest_aside(
    app: Flask, client: FlaskClient, login: Login, provider: Provider
) -> None:
    with app.app_context():
        numbers = [put_row(Status.FAILED, cause=Meaning.REGION, code="21408") for _ in range(3)]
    login(client, "officer")
    shown = BeautifulSoup(client.get("/staff/messages/failures").data, "html.parser")
    assert "Der Anbieter sendet nicht in dieses Land" in shown.get_text()
    link = next(str(each["href"]) for each in shown.find_all("a") if "/failures/group?" in str(each["href"]))
    group = BeautifulSoup(client.get(link).data, "html.parser")
    assert len(group.find_all("input", {"name": "chosen"})) == 3
    fields = {
        str(each["name"]): str(each["value"]) for each in group.select("form[action$='/again'] input[type=hidden]")
    }
    chosen = fields | {"chosen": str(numbers[0])}
    for _ in range(2):
        assert client.post("/staff/messages/failures/group/again", data=chosen).status_code == 302
    everything = client.post("/staff/messages/failures/group/aside", data=fields | {"all": "1"})
    assert everything.headers["Location"] == "/staff/messages/failures"
    assert "Nichts zu entscheiden" in client.get("/staff/messages/failures").get_data(as_text=True)
    with app.app_context():
        deliver(Channel.SMS)
        assert len(provider.accepted) == 1 and successors() == 1
        assert message(f"again:{numbers[0]}").fallback_for == numbers[0]


def test_nobody_decides_about_another_offices_messages(app: Flask, client: FlaskClient, login: Login) -> None:
    with app.app_context():
        number = put_row(Status.FAILED, **BAD, owner="office:00000000-0000-0000-0000-000000000000")
    login(client, "officer")
    assert "Nichts zu entscheiden" in client.get("/staff/messages/failures").get_data(as_text=True)
    form = BeautifulSoup(client.get("/staff/messages/search").data, "html.parser").find("input", {"name": "csrf_token"})
    fields = {"csrf_token": form["value"], "status": "failed", "cause": "bad_address", "code": "21211"}  # type: ignore[index]
    for act in ("again", "aside"):
        for extra in ({"all": "1"}, {"chosen": str(number)}):
            client.post(f"/staff/messages/failures/group/{act}", data=fields | {"channel": "sms"} | extra)
    assert client.post(f"/staff/messages/{number}/again", data=fields).status_code == 404
    client.post(f"/staff/messages/{number}/aside", data=fields)
    with app.app_context():
        assert db.session.get_one(Notification, number).cause is Meaning.BAD_ADDRESS and successors() == 0


def test_the_digest_goes_to_each_mailbox_once_a_day_with_numbers_only(
    app: Flask, places: None, domain_clock: DomainClock, sink: SmtpSink
) -> None:
    morning = datetime(2026, 11, 24, 7, 5, tzinfo=BERLIN)
    with app.app_context():
        with transaction():
            office = db.session.scalars(select(Office).where(Office.is_default)).one()
            office.email = "amt@gesundheit.example"
            owner = f"office:{office.id}"
            department = db.session.scalars(select(Department)).one()
        yesterday = morning - timedelta(hours=12)
        for _ in range(2):
            put_row(Status.FAILED, created=yesterday, owner=owner, **BAD)
        put_row(Status.FAILED, created=yesterday - timedelta(days=4), owner=owner, **BAD)
        put_row(Status.UNKNOWN, created=yesterday, owner=f"department:{department.code}", code="ReadTimeout")
        put_row(Status.DELIVERED, created=yesterday, owner=owner)
        domain_clock.set(morning - timedelta(minutes=10))
        assert send_digests() == 0
        domain_clock.set(morning)
        assert send_digests() == 2
        domain_clock.forward(minutes=15)
        assert send_digests() == 0
        deliver(Channel.EMAIL)
        mails = {str(mail["To"]): str(mail.get_body(("plain",)).get_content()) for mail in sink.mails}  # type: ignore[union-attr]
        text = mails["amt@gesundheit.example"]
        assert "2 × SMS: Die Nummer oder Adresse gibt es nicht" in text
        assert "3 Nachrichten" in text and "/staff/messages/failures" in text and "359900" not in text
        assert "Unbekannt, ob gesendet" in mails["stelle@stadt.example"]
        domain_clock.forward(hours=24)
        assert send_digests() == 0, "nothing failed since"


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(("receipt", "status", "cause"), [
    ("undelivered", Status.UNDELIVERED, Meaning.DECIDED),
    ("delivered", Status.DELIVERED, Meaning.NONE),
])  # fmt: skip
def test_a_receipt_that_comes_after_the_decision_does_not_ask_again(
    receipt: str, status: Status, cause: Meaning
) -> None:
    number = put_row(Status.UNKNOWN, code="ReadTimeout")
    with transaction():
        assert decisions.put_these_aside(STAFF, [number]) == 1
        receipts.store(f"SM{number.hex}", receipt, "30006" if receipt == "undelivered" else None)
    assert receipts.process_receipts() == 1
    found = db.session.get_one(Notification, number)
    assert (found.status, found.cause) == (status, cause)
    assert needing_attention(STAFF) == 0
