"""From SMS to e-mail when the first does not reach the person in time, and which messages go first."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from config import clock
from config.database import db, transaction
from notifications.channels.base import Outgoing
from notifications.channels.registry import configured_channels
from notifications.delivery import deliver
from notifications.ladder import climb
from notifications.models import DeliveryAttempt
from notifications.outbox import Fallback
from notifications.recovery import recover
from notifications.statuses import Channel, Priority
from tests.factories.notifications import EMAIL, age_claims, message, put_sms, receipt, statuses
from tests.fakes.provider import Provider
from tests.fakes.smtp_sink import SmtpSink
from tests.fixtures.application import DomainClock

pytestmark = pytest.mark.usefixtures("database")
TO_EMAIL = [Fallback(Channel.EMAIL, EMAIL)]


def test_what_is_not_delivered_in_time_goes_by_email_once(
    domain_clock: DomainClock, hurried: str, provider: Provider, sink: SmtpSink
) -> None:
    put_sms("one", template=hurried, fallbacks=TO_EMAIL, expires_at=clock.now() + timedelta(hours=4))
    deliver(Channel.SMS)
    assert climb() == 0
    domain_clock.forward(minutes=61)
    assert climb() == 1 and climb() == 0
    deliver(Channel.EMAIL)
    assert statuses() == {"one": "sent", "one:email:1": "sent"} and len(sink.mails) == 1
    receipt("one", "delivered")  # the phone was switched on after all
    assert statuses()["one"] == "delivered"


def test_a_delivered_sms_needs_no_email(domain_clock: DomainClock, hurried: str, sink: SmtpSink) -> None:
    put_sms("one", template=hurried, fallbacks=TO_EMAIL)
    deliver(Channel.SMS)
    receipt("one", "delivered")
    domain_clock.forward(hours=2)
    assert climb() == 0 and statuses() == {"one": "delivered"}


def test_what_has_not_left_us_is_taken_back_when_the_email_goes(
    domain_clock: DomainClock, hurried: str, provider: Provider
) -> None:
    provider.mood = lambda _: (429, 20429)
    put_sms("one", template=hurried, fallbacks=TO_EMAIL, expires_at=clock.now() + timedelta(hours=4))
    deliver(Channel.SMS)
    domain_clock.forward(minutes=61)
    climb()
    assert statuses() == {"one": "expired", "one:email:1": "pending"}
    provider.mood = lambda _: "ok"
    age_claims()
    deliver(Channel.SMS)
    assert not provider.accepted


def test_nothing_follows_when_the_question_is_useless_by_then(domain_clock: DomainClock, hurried: str) -> None:
    put_sms("one", template=hurried, fallbacks=TO_EMAIL, expires_at=clock.now() + timedelta(minutes=50))
    deliver(Channel.SMS)
    domain_clock.forward(minutes=61)
    climb()
    assert statuses() == {"one": "sent"}


def test_a_retry_that_would_come_too_late_is_the_next_channels_turn(domain_clock: DomainClock, hurried: str) -> None:
    """A switched-off phone is tried again after half an hour; with twenty minutes left, the e-mail goes now."""
    put_sms("one", template=hurried, fallbacks=TO_EMAIL, expires_at=clock.now() + timedelta(minutes=20))
    deliver(Channel.SMS)
    receipt("one", "undelivered", "30003")
    assert statuses() == {"one": "undelivered", "one:email:1": "pending"}
    assert message("one").cause.value == "retry_later" and message("one").cause_code == "30003"


def test_urgent_goes_first_and_bulk_never_starves(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    way = configured_channels()[Channel.SMS]
    monkeypatch.setattr(way, "batch_size", 10)
    batches: list[list[str]] = []
    send = way.send

    def noted(batch: list[Outgoing], handing: object) -> object:
        batches.append([each.body[5] for each in batch])
        return send(batch, handing)  # type: ignore[arg-type]

    monkeypatch.setattr(way, "send", noted)
    for priority in (Priority.BULK, Priority.NORMAL, Priority.URGENT):
        for number in range(12):
            put_sms(f"{priority.name[0]}{number}", priority=priority)
    deliver(Channel.SMS)
    assert batches[0] == ["U"] * 7 + ["N"] * 2 + ["B"]
    assert sum(map(len, batches)) == 36 and set(statuses().values()) == {"sent"}
    assert sum("U" in batch for batch in batches) <= 3  # several batches are claimed at once


def test_messages_for_later_and_for_now_do_not_stand_in_each_others_way(domain_clock: DomainClock) -> None:
    for number in range(30):
        put_sms(f"later{number}", not_before=clock.now() + timedelta(hours=1))
    put_sms("now")
    assert deliver(Channel.SMS) == 1
    domain_clock.forward(hours=1)
    assert deliver(Channel.SMS) == 30


def test_when_nobody_can_say_whether_an_sms_went_out_the_email_follows(hurried: str, provider: Provider) -> None:
    provider.mood, provider.listing_is_down = lambda _: "drop", True
    put_sms("one", template=hurried, fallbacks=TO_EMAIL)
    deliver(Channel.SMS)
    with transaction():
        long_ago = clock.wall() - timedelta(hours=7)
        db.session.execute(update(DeliveryAttempt).values(started_at=long_ago))
    age_claims()
    recover()
    assert statuses() == {"one": "unknown", "one:email:1": "pending"}
