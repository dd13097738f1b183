"""The queue view, the statistics page and what /metrics says of them."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from auth.actors import Actor
from config import clock
from config.database import db, transaction
from config.settings import Settings
from notifications.models import DeliveryAttempt, Notification
from notifications.operation_models import Heartbeat, Sender
from notifications.query_queue import Flow, queue_state
from notifications.query_statistics import Period, Slot, statistics
from notifications.statuses import Channel, Meaning, Priority, Status
from tests.factories.message_rows import add_row, put_row
from tests.fixtures.application import DomainClock

Login = Callable[..., FlaskClient]
STAFF = Actor.system("tests")
BERLIN = ZoneInfo("Europe/Berlin")


def flow(channel: Channel) -> Flow:
    return next(each for each in queue_state().flows if each.channel is channel)


@pytest.mark.usefixtures("database")
def test_the_queue_tells_what_is_due_from_what_waits_for_its_hour() -> None:
    now = clock.now()
    put_row(Status.PENDING, created=now - timedelta(minutes=9))
    put_row(Status.PENDING, created=now - timedelta(minutes=4), priority=Priority.BULK)
    put_row(Status.PENDING, not_before=now + timedelta(hours=3))
    put_row(Status.PENDING, next_attempt_at=clock.wall() + timedelta(minutes=3))
    put_row(Status.SENDING, lease_until=clock.wall() + timedelta(minutes=3))
    put_row(Status.PAUSED)
    put_row(
        Status.PENDING, channel=Channel.EMAIL, not_before=now - timedelta(minutes=2), created=now - timedelta(days=1)
    )
    sms = flow(Channel.SMS)
    assert (sms.due, sms.later, sms.retries, sms.in_flight) == (2, 1, 1, 1)
    assert 530 < sms.oldest_s < 560
    assert sms.next_due is not None and abs(sms.next_due - now - timedelta(hours=3)) < timedelta(seconds=1)
    assert 110 < flow(Channel.EMAIL).oldest_s < 140, "it has waited since it was due"
    assert {(each.channel, each.priority): each.due for each in queue_state().waiting} == {
        (Channel.SMS, Priority.NORMAL): 1,
        (Channel.SMS, Priority.BULK): 1,
        (Channel.EMAIL, Priority.NORMAL): 1,
    }


@pytest.mark.usefixtures("database")
def test_when_the_backlog_will_be_through_follows_from_what_went_out_lately() -> None:
    with transaction():
        for _ in range(30):
            add_row(Status.PENDING)
        for _ in range(60):
            add_row(Status.SENT, sender="+4915735990090")
        db.session.add(Sender(channel=Channel.SMS, name="+4915735990090", refilled_at=clock.wall()))
        long_ago = clock.wall() - timedelta(seconds=60)
        db.session.flush()
        first = db.session.query(DeliveryAttempt).order_by(DeliveryAttempt.id).first()
        assert first is not None
        first.started_at = long_ago
    found = flow(Channel.SMS)
    assert 40 < found.per_minute < 61
    assert found.left_s is not None and 28 < found.left_s < 46
    sender = next(each for each in queue_state().senders if each.name == "+4915735990090")
    assert sender.per_minute == pytest.approx(found.per_minute, rel=0.3)


@pytest.mark.usefixtures("database")
def test_nothing_is_promised_while_nothing_goes_out() -> None:
    put_row(Status.PENDING)
    assert flow(Channel.SMS).left_s is None
    assert flow(Channel.EMAIL).left_s == 0


def test_the_queue_page_is_for_those_who_run_the_house_too(
    app: Flask, client: FlaskClient, login: Login, settings: Settings
) -> None:
    name = settings.twilio_accounts[0].senders[0]
    with app.app_context(), transaction():
        for _ in range(3):
            add_row(Status.PENDING, about="CASE2345")
        db.session.add(
            Sender(channel=Channel.SMS, name=name, weight=0.1, refilled_at=clock.wall(), troubled_at=clock.wall())
        )
        db.session.add(
            Heartbeat(name="delivery", asked_at=clock.wall(), answered_at=clock.wall() - timedelta(minutes=20))
        )
    login(client, "admin")
    answer = client.get("/staff/messages/queue")
    shown = BeautifulSoup(answer.data, "html.parser").get_text(" ", strip=True)
    assert name in shown and "Geschont" in shown and "Antwortet nicht" in shown
    assert "CASE2345" not in shown and client.get("/staff/messages/").status_code == 403
    assert 'http-equiv="refresh"' in answer.get_data(as_text=True)
    other = app.test_client()
    login(other, "auditor")
    assert other.get("/staff/messages/queue").status_code == 403


def test_the_metrics_say_how_old_the_backlog_is(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        put_row(Status.PENDING, created=clock.now() - timedelta(minutes=10))
    text = client.get("/metrics").get_data(as_text=True)
    values = dict(re.findall(r'^(obhut_messages_\w+\{channel="sms"\}) (\S+)$', text, re.MULTILINE))
    assert values['obhut_messages_waiting{channel="sms"}'] == "1.0"
    assert 590 < float(values['obhut_messages_oldest_seconds{channel="sms"}']) < 660
    assert values['obhut_messages_backlog_seconds{channel="sms"}'] == "NaN"


def by_hour(hour: int) -> Slot:
    found = statistics(STAFF, Period.DAY)
    return next(each for each in found.slots if each.begins.hour == hour)


@pytest.mark.usefixtures("database")
def test_each_event_counts_in_its_own_hour(domain_clock: DomainClock) -> None:
    domain_clock.set(datetime(2026, 11, 24, 15, 30, tzinfo=BERLIN))
    at_nine = datetime(2026, 11, 24, 9, 59, tzinfo=BERLIN)
    put_row(Status.DELIVERED, created=at_nine, took=timedelta(minutes=2))
    put_row(Status.FAILED, created=at_nine, took=timedelta(minutes=2), cause=Meaning.BLOCKED)
    put_row(Status.DELIVERED, created=at_nine - timedelta(days=2))
    nine, ten = by_hour(9), by_hour(10)
    assert (nine.created, nine.sent, nine.delivered, nine.failed) == (2, 0, 0, 0)
    assert (ten.created, ten.sent, ten.delivered, ten.failed) == (0, 1, 1, 1)


@pytest.mark.usefixtures("database")
def test_days_are_those_of_the_city_also_when_clocks_change(domain_clock: DomainClock) -> None:
    domain_clock.set(datetime(2026, 10, 26, 12, tzinfo=BERLIN))
    for created in (
        datetime(2026, 10, 24, 23, 30, tzinfo=BERLIN),
        datetime(2026, 10, 25, 0, 30, tzinfo=BERLIN),
        datetime(2026, 10, 25, 23, 30, tzinfo=BERLIN),
    ):
        put_row(Status.SENT, created=created)
    days = {f"{each.begins:%d.%m.}": each.created for each in statistics(STAFF, Period.MONTH).slots}
    assert len(days) == 30
    assert (days["24.10."], days["25.10."], days["26.10."]) == (1, 2, 0)


@pytest.mark.usefixtures("database")
def test_rates_and_times_by_channel_and_sender() -> None:
    with transaction():
        for number in range(20):
            add_row(
                Status.DELIVERED if number < 18 else Status.UNDELIVERED,
                took=timedelta(seconds=2 if number < 15 else 40),
                created=clock.now() - timedelta(minutes=20),
                sender="MG-eins" if number % 2 else "MG-zwei",
            )
        for number in range(10):
            add_row(Status.SENT if number else Status.UNDELIVERED, channel=Channel.EMAIL, sender="mail.stadt.example")
        due = clock.now() - timedelta(seconds=5)
        add_row(
            Status.SENT,
            channel=Channel.EMAIL,
            sender="mail.stadt.example",
            created=clock.now() - timedelta(hours=9),
            not_before=due,
            sent_at=due + timedelta(seconds=2),
        )
    found = statistics(STAFF, Period.DAY)
    rates = {each.channel: each.delivered_share for each in found.channels}
    assert rates == {Channel.SMS: 90.0, Channel.EMAIL: 90.9}
    senders = {each.name: (each.handed, each.delivered, each.failed) for each in found.senders}
    assert senders == {"MG-eins": (10, 9, 1), "MG-zwei": (10, 9, 1), "mail.stadt.example": (11, 0, 1)}
    times = {each.channel: each for each in found.times}
    assert times[Channel.SMS].to_sent == (pytest.approx(2, abs=0.11), pytest.approx(40, abs=0.11))
    assert times[Channel.SMS].to_delivered == (pytest.approx(4, abs=0.11), pytest.approx(80, abs=1.1))
    assert times[Channel.EMAIL].to_sent == (pytest.approx(2, abs=0.11), pytest.approx(2, abs=0.11))


def test_the_charts_numbers_stand_in_a_table_too(app: Flask, client: FlaskClient, login: Login) -> None:
    with app.app_context():
        for _ in range(7):
            put_row(Status.DELIVERED)
        put_row(Status.FAILED, owner="office:00000000-0000-0000-0000-000000000000")
    login(client, "officer")
    answer = client.get("/staff/messages/statistics")
    shown = BeautifulSoup(answer.data, "html.parser")
    assert answer.status_code == 200 and not shown.select("[style]")
    charts = shown.select("figure svg[role=img]")
    assert len(charts) == 2 and all(each.find("title") and each.find("desc") for each in charts)
    rows = [[cell.get_text(strip=True) for cell in row.find_all("td")] for row in shown.select("details tbody tr")]
    sums = [sum(int(row[column]) for row in rows) for column in range(4)]
    assert sums == [7, 7, 7, 0], "another office's failure is not shown"
    assert client.get("/staff/messages/statistics?period=month").status_code == 200
    with app.app_context():
        assert db.session.query(Notification).count() == 8
