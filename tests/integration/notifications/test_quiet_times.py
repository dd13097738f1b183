"""Quiet hours where they meet the outbox."""

from datetime import UTC, datetime

import pytest
from flask import Flask

from config.settings import Settings
from notifications.delivery import deliver
from notifications.outbox import Fallback
from notifications.rendering import traits_of
from notifications.statuses import Channel, Priority, Purpose
from tests.factories.notifications import PHONE, message, put_email, put_sms, statuses
from tests.fakes.provider import Provider
from tests.fakes.smtp_sink import SmtpSink
from tests.fixtures.application import DomainClock

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.one_database]
NIGHT = datetime(2026, 11, 2, 22, 0, tzinfo=UTC)  # 23:00 in Berlin
MORNING = datetime(2026, 11, 3, 7, 0, tzinfo=UTC)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.changed(quiet_hours="21:00-08:00")


def test_an_sms_of_the_night_comes_in_the_morning(domain_clock: DomainClock, provider: Provider) -> None:
    domain_clock.set(NIGHT)
    put_sms("one")
    put_sms("urgent", priority=Priority.URGENT)
    put_sms("far", zone="America/New_York")
    put_sms("nowhere", zone="Mars/Olympus")
    put_email("mail")
    deliver(Channel.SMS)
    assert statuses() == {"one": "pending", "urgent": "sent", "far": "sent", "nowhere": "pending", "mail": "pending"}
    assert message("one").not_before == MORNING and message("mail").not_before is None
    domain_clock.set(MORNING)
    deliver(Channel.SMS)
    assert statuses()["one"] == "sent"


def test_what_is_useless_in_the_morning_goes_at_once(domain_clock: DomainClock, provider: Provider) -> None:
    domain_clock.set(NIGHT)
    put_sms("one", expires_at=datetime(2026, 11, 3, 6, 0, tzinfo=UTC))
    deliver(Channel.SMS)
    assert statuses() == {"one": "sent"}


def test_a_time_that_lies_in_the_night_moves_too(domain_clock: DomainClock) -> None:
    domain_clock.set(datetime(2026, 11, 2, 12, 0, tzinfo=UTC))
    put_sms("one", not_before=NIGHT)
    put_sms("two", not_before=MORNING)
    assert message("one").not_before == MORNING and message("two").not_before == MORNING


def test_what_lay_while_nobody_sent_and_what_is_tried_again_wait_too(
    domain_clock: DomainClock, provider: Provider
) -> None:
    domain_clock.set(datetime(2026, 11, 2, 19, 0, tzinfo=UTC))  # 20:00 in Berlin
    put_sms("waiting")
    put_sms("far", zone="America/New_York")
    put_sms("short", expires_at=datetime(2026, 11, 3, 6, 0, tzinfo=UTC))
    put_sms("decision", template="notifications.opted_out")  # of legal purpose
    put_sms("many", priority=Priority.BULK)
    domain_clock.set(NIGHT)
    deliver(Channel.SMS)
    found = statuses()
    assert {key for key, status in found.items() if status == "sent"} == {"far", "short", "decision"}
    assert message("waiting").not_before == message("many").not_before == MORNING
    domain_clock.set(MORNING)
    deliver(Channel.SMS)
    assert set(statuses().values()) == {"sent"}


def test_the_next_rung_waits_for_the_morning_as_well(domain_clock: DomainClock, sink: SmtpSink) -> None:
    domain_clock.set(NIGHT)
    sink.at_recipient = lambda _: "550 5.1.1 no such user"
    put_email("mail", fallbacks=[Fallback(Channel.SMS, PHONE)])
    deliver(Channel.EMAIL)
    (following,) = [key for key in statuses() if key != "mail"]
    assert message(following).not_before == MORNING


def test_what_the_wings_send_says_why_it_comes_when_it_comes(app: Flask) -> None:
    assert traits_of("care.check_in").purpose is Purpose.WINDOW
    assert traits_of("care.invitation").purpose is Purpose.GENERAL
    assert traits_of("services.decided").purpose is Purpose.LEGAL
    assert traits_of("notifications.answer").priority is Priority.URGENT
