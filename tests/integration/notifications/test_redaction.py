"""The provider's copy of a text is wiped when the message is over, and not before."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from config import clock
from config.app import create_app
from config.database import db, transaction
from config.settings import Settings
from notifications.delivery import deliver
from notifications.housekeeping import forget_texts
from notifications.models import DeliveryAttempt
from notifications.outbox import cancel
from notifications.receipts import process_receipts, store
from notifications.redaction import redact
from notifications.statuses import Channel
from tests.factories.notifications import age_claims, attempts, put_sms, statuses
from tests.fakes.provider import Provider
from tests.fixtures.application import DomainClock

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.one_database]


def sent(provider: Provider, key: str = "one", **more: Any) -> str:
    put_sms(key, **more)
    deliver(Channel.SMS)
    return str(provider.accepted[-1]["sid"])


def report(sid: str, status: str, code: str | None = None) -> None:
    with transaction():
        store(sid, status, code)
    process_receipts()


def later(**delta: float) -> None:
    """Let that much wall time have passed for all attempts."""
    by = timedelta(**delta)
    with transaction():
        for attempt in db.session.scalars(select(DeliveryAttempt)):
            attempt.settled_at = attempt.settled_at and attempt.settled_at - by
            attempt.redact_at = attempt.redact_at and attempt.redact_at - by


@pytest.mark.parametrize(("status", "code"), [("delivered", None), ("undelivered", "30006"), ("failed", "30007")])
def test_after_its_end_a_text_is_wiped_once(provider: Provider, status: str, code: str | None) -> None:
    sid = sent(provider)
    assert redact() == 0
    report(sid, status, code)
    assert redact() == 0, "the last receipts may still be on their way"
    later(minutes=2)
    assert (redact(), redact()) == (1, 0)
    assert provider.redacted == [sid]
    (attempt,) = attempts("one")
    assert attempt.redacted_at is not None and attempt.redact_at is None and attempt.provider_id == sid


def test_every_attempt_of_a_message_is_wiped_but_none_while_it_is_tried_again(
    provider: Provider, domain_clock: DomainClock
) -> None:
    first = sent(provider)
    report(first, "undelivered", "30003")
    later(hours=1)
    assert redact() == 0 and statuses() == {"one": "pending"}
    domain_clock.forward(hours=1)
    age_claims()
    deliver(Channel.SMS)
    second = provider.accepted[-1]["sid"]
    later(hours=1)
    assert redact() == 0 and second != first
    report(second, "delivered")
    later(minutes=2)
    assert redact() == 2
    assert sorted(provider.redacted) == sorted([first, second])


def test_what_was_cancelled_while_waiting_for_another_try_is_wiped(provider: Provider) -> None:
    sid = sent(provider)
    report(sid, "undelivered", "30003")
    with transaction():
        assert cancel("test") == 1
    later(minutes=2)
    assert redact() == 1 and provider.redacted == [sid]


def test_what_nobody_reported_on_is_wiped_with_our_own_copy(provider: Provider, domain_clock: DomainClock) -> None:
    sid = sent(provider)
    domain_clock.forward(days=4)
    assert forget_texts() == 1
    later(days=4)
    provider.redaction_mood = lambda _: (500, 20500)
    assert redact() == 0
    assert attempts("one")[0].redact_at is not None, "its three days of trying begin only now"
    provider.redaction_mood = lambda _: "ok"
    later(days=1)
    assert redact() == 1 and provider.redacted == [sid]


@pytest.mark.parametrize("mood", ["refuse", (500, 20500), (429, 20429), (401, 20003), (400, 20009)])
def test_a_provider_in_trouble_is_asked_again_later_and_after_three_days_no_more(
    provider: Provider, mood: str | tuple[int, int], caplog: pytest.LogCaptureFixture
) -> None:
    sid = sent(provider)
    report(sid, "delivered")
    later(minutes=2)
    provider.redaction_mood = lambda _: mood
    assert redact() == 0
    (attempt,) = attempts("one")
    assert attempt.redacted_at is None and attempt.redact_at is not None
    assert attempt.redact_at > clock.wall() + timedelta(seconds=30)
    assert redact() == 0  # not due again yet
    later(days=3)
    assert redact() == 0
    (attempt,) = attempts("one")
    assert attempt.redacted_at is None and attempt.redact_at is None
    assert any("redaction_given_up" in str(record.msg) for record in caplog.records)


def test_a_message_that_the_provider_has_deleted_itself_is_done(provider: Provider) -> None:
    sid = sent(provider)
    report(sid, "delivered")
    later(minutes=2)
    provider.redaction_mood = lambda _: (404, 20404)
    assert (redact(), redact()) == (1, 0)


@pytest.fixture
def second_account() -> Iterator[Provider]:
    made = Provider(first_sid=1_000)
    yield made
    made.stop()


def test_the_account_that_sent_it_wipes_it_and_one_that_left_the_settings_is_looked_for(
    settings: Settings, provider: Provider, second_account: Provider
) -> None:
    account = {
        "account_sid": "AC" + "2" * 32,
        "auth_token": "x" * 32,
        "from": ["+4915735990077"],
        "api_base": second_account.settings["twilio_api_base"],
    }
    app = create_app(settings.changed(twilio_more=[account]))
    with app.app_context():
        for number in range(12):
            put_sms(f"k{number}", to=f"+49157359900{number + 10}")
        while deliver(Channel.SMS):
            pass
        for where in (provider, second_account):
            assert where.accepted, "both senders share the traffic"
            for each in where.accepted:
                report(each["sid"], "delivered")
        later(minutes=2)
        with transaction():
            for attempt in db.session.scalars(select(DeliveryAttempt).where(DeliveryAttempt.number == 1).limit(3)):
                attempt.sender = "+4915735990055"
        assert redact() == 12
        for where in (provider, second_account):
            assert sorted(where.redacted) == sorted(each["sid"] for each in where.accepted)
        db.session.remove()
        db.engine.dispose()
