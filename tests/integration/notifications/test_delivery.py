"""From the outbox to the provider, and what its answers make of a message."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from config import clock
from config.database import db, transaction
from config.errors import RuleViolation
from notifications.channels import sms, twilio_client
from notifications.channels.registry import configured_channels
from notifications.delivery import deliver
from notifications.models import DeliveryAttempt, Notification
from notifications.operation_models import BulkSend, BulkState
from notifications.outbox import Fallback, NewMessage, cancel, cancel_bulk, enqueue, enqueue_many, hold, release
from notifications.preferences import suppress
from notifications.recovery import recover
from notifications.statuses import Channel
from tests.factories.notifications import EMAIL, PHONE, age_claims, attempts, message, put_email, put_sms, statuses
from tests.fakes.provider import NUMBER, Provider
from tests.fakes.smtp_sink import SmtpSink
from tests.fixtures.application import DomainClock
from tests.support.at_work import at_work

pytestmark = pytest.mark.usefixtures("database")


def test_an_sms_goes_out_once_however_often_the_task_runs(provider: Provider) -> None:
    put_sms("one", expires_at=clock.now() + timedelta(hours=2))
    assert deliver(Channel.SMS) == 1
    assert deliver(Channel.SMS) == 0
    assert recover() == 0
    assert statuses() == {"one": "sent"}
    (sent,) = provider.accepted
    assert (sent["To"], sent["From"], sent["Body"]) == (PHONE, NUMBER, "Text one")
    assert sent["StatusCallback"] == "http://localhost/webhooks/twilio/status"
    assert 7000 <= int(sent["ValidityPeriod"]) <= 7200
    (attempt,) = attempts("one")
    assert (attempt.provider_id, attempt.sender) == (sent["sid"], NUMBER)


def test_two_workers_at_once_send_each_message_once(app: Flask, provider: Provider) -> None:
    for number in range(60):
        put_sms(f"k{number:02}")

    def work(_: int) -> None:
        with at_work(app):
            while deliver(Channel.SMS):
                pass

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert provider.bodies() == sorted(f"Text k{number:02}" for number in range(60))
    assert set(statuses().values()) == {"sent"}


def test_a_key_makes_one_message_even_from_two_transactions_at_once(app: Flask) -> None:
    def put(number: int) -> bool:
        with at_work(app), transaction():
            return (
                enqueue(
                    template="notifications.plain",
                    channel=Channel.SMS,
                    to=PHONE,
                    locale="de",
                    variables={"text": str(number)},
                    key="same",
                    about="test",
                )
                is not None
            )

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(put, range(8))) == [False] * 7 + [True]
    assert db.session.scalar(select(func.count()).select_from(Notification)) == 1


def test_what_is_missing_fails_at_enqueue_and_nothing_is_left() -> None:
    with pytest.raises(RuleViolation) as violation, transaction():
        enqueue(
            template="notifications.plain", channel=Channel.SMS, to=PHONE, locale="de", variables={}, key="k", about="t"
        )
    assert "text" in str(violation.value)
    assert statuses() == {}


def test_recipient_and_text_are_sealed_and_the_text_is_wiped_when_done(sink: SmtpSink) -> None:
    put_email("mail", text="Streng vertraulich")
    put_sms("sms", text="Auch vertraulich")
    row = message("mail")
    assert row.body == "Streng vertraulich" and row.recipient == EMAIL
    stored = b"".join(bytes(getattr(row, f"{name}_sealed") or b"") for name in ("recipient", "subject", "body", "html"))
    assert b"vertraulich" not in stored and b"mira" not in stored
    deliver(Channel.EMAIL)
    done = message("mail")
    assert (done.status.value, done.body, done.subject, done.html, done.recipient) == ("sent", None, None, None, EMAIL)


def test_not_before_and_expiry_follow_the_domains_clock(provider: Provider, domain_clock: DomainClock) -> None:
    put_sms("later", not_before=domain_clock.at + timedelta(hours=8))
    put_sms("stale", not_before=domain_clock.at + timedelta(hours=1), expires_at=domain_clock.at + timedelta(hours=2))
    assert deliver(Channel.SMS) == 0
    domain_clock.forward(hours=8)
    assert deliver(Channel.SMS) == 2
    assert statuses() == {"later": "sent", "stale": "expired"}
    assert provider.bodies() == ["Text later"]
    assert message("stale").body is None


def test_withdrawn_messages_do_not_go_out(provider: Provider) -> None:
    put_sms("a", about="case-1")
    put_sms("b", about="case-2")
    with transaction():
        assert cancel("case-1") == 1
    with transaction():
        assert cancel("case-1") == 0
    deliver(Channel.SMS)
    assert statuses() == {"a": "cancelled", "b": "sent"}
    assert provider.bodies() == ["Text b"] and message("a").body is None


@pytest.mark.parametrize(
    ("mood", "status", "meaning"),
    [
        ((400, 21211), "failed", "bad_address"),
        ((400, 21614), "failed", "bad_address"),
        ((400, 21610), "suppressed", "opted_out"),
        ((400, 21408), "failed", "region"),
        ((400, 21611), "pending", "queue_full"),
        ((429, 20429), "pending", "retry_later"),
        ((401, 20003), "pending", "retry_later"),
    ],
)
def test_definite_refusals(provider: Provider, mood: tuple[int, int], status: str, meaning: str) -> None:
    provider.mood = lambda _: mood
    put_sms("one")
    deliver(Channel.SMS)
    assert statuses() == {"one": status}
    assert [attempt.meaning.value for attempt in attempts("one")] == [meaning]
    provider.mood = lambda _: "ok"
    age_claims()
    deliver(Channel.SMS)
    assert len(provider.accepted) == (1 if status == "pending" else 0)


def test_an_unreachable_provider_costs_a_wait_not_a_look_up(app: Flask, provider: Provider) -> None:
    put_sms("one")
    provider.stop()
    assert deliver(Channel.SMS) == 1
    assert statuses() == {"one": "pending"}
    assert message("one").next_attempt_at is not None
    assert deliver(Channel.SMS) == 0  # it waits


@pytest.mark.parametrize("mood", ["drop", "garbage"])
def test_a_lost_answer_is_looked_up_and_nothing_is_sent_twice(provider: Provider, mood: str) -> None:
    provider.mood = lambda _: mood
    put_sms("one")
    deliver(Channel.SMS)
    assert statuses() == {"one": "sending"}
    assert recover() == 0  # a late accept still counts
    provider.mood = lambda _: "ok"
    age_claims()
    assert recover() == 1
    assert statuses() == {"one": "sent"}
    assert len(provider.posts) == len(provider.accepted) == 1
    assert attempts("one")[0].provider_id == provider.accepted[0]["sid"]


@pytest.mark.parametrize("mood", ["refuse", (500, 20500), (503, 20503)])
def test_what_the_provider_never_took_is_sent_again(provider: Provider, mood: str | tuple[int, int]) -> None:
    provider.mood = lambda _: mood
    put_sms("one")
    deliver(Channel.SMS)
    assert statuses() == {"one": "sending"}
    provider.mood = lambda _: "ok"
    age_claims()
    assert recover() == 1
    assert statuses() == {"one": "pending"}
    age_claims()
    deliver(Channel.SMS)
    assert statuses() == {"one": "sent"} and len(provider.accepted) == 1


def test_a_timeout_with_a_late_accept_is_not_sent_again(
    provider: Provider, monkeypatch: pytest.MonkeyPatch, release: threading.Event
) -> None:
    monkeypatch.setattr(twilio_client, "ANSWER_S", 2.0)
    provider.after_accept = lambda _: release.wait(120)
    put_sms("one")
    deliver(Channel.SMS)
    release.set()
    assert statuses() == {"one": "sending"}
    age_claims()
    recover()
    assert statuses() == {"one": "sent"} and len(provider.accepted) == 1


def test_when_the_look_up_fails_too_it_waits_and_in_the_end_people_decide(provider: Provider) -> None:
    provider.mood, provider.listing_is_down = lambda _: "drop", True
    put_sms("one")
    deliver(Channel.SMS)
    age_claims()
    assert recover() == 0
    assert statuses() == {"one": "sending"}
    with transaction():
        for attempt in db.session.scalars(select(Notification)):
            assert attempt.lease_until is not None and attempt.lease_until > clock.wall()
    _age_attempts(timedelta(hours=7))
    age_claims()
    assert recover() == 1
    assert statuses() == {"one": "unknown"}
    assert len(provider.posts) == 1


def test_equal_texts_to_one_phone_are_told_apart_after_a_crash(provider: Provider) -> None:
    put_sms("a", text="gleich")
    put_sms("b", text="gleich")
    provider.mood = lambda _: "drop" if len(provider.posts) == 1 else "refuse"
    deliver(Channel.SMS)
    age_claims()
    recover()
    assert sorted(statuses().values()) == ["pending", "sent"]
    provider.mood = lambda _: "ok"
    age_claims()
    deliver(Channel.SMS)
    assert set(statuses().values()) == {"sent"} and len(provider.accepted) == 2


def test_a_crash_of_ours_three_times_parks_the_message(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ArithmeticError

    monkeypatch.setattr(sms.SmsChannel, "_post", fail)
    put_sms("one")
    for _ in range(5):
        deliver(Channel.SMS)
        age_claims()
    assert statuses() == {"one": "parked"}
    assert len(attempts("one")) == 3


def test_who_does_not_want_messages_gets_none_at_enqueue_and_at_send(provider: Provider) -> None:
    put_sms("before")
    with transaction():
        suppress(Channel.SMS, PHONE, "staff")
    put_sms("after")
    assert statuses() == {"before": "pending", "after": "suppressed"}
    deliver(Channel.SMS)
    assert statuses() == {"before": "suppressed", "after": "suppressed"}
    assert not provider.posts


def test_the_next_rung_follows_when_a_message_cannot_reach_the_person(provider: Provider, sink: SmtpSink) -> None:
    provider.mood = lambda _: (400, 21614)
    with transaction():
        enqueue(
            template="notifications.plain",
            channel=Channel.SMS,
            to=PHONE,
            locale="de",
            variables={"text": "Hallo", "subject": "Gruß"},
            key="one",
            about="test",
            fallbacks=[Fallback(Channel.EMAIL, EMAIL)],
        )
    deliver(Channel.SMS)
    deliver(Channel.EMAIL)
    assert statuses() == {"one": "failed", "one:email:1": "sent"}
    assert message("one:email:1").fallback_for == message("one").id
    assert [str(mail["Subject"]) for mail in sink.mails] == ["Gruß"]


def _age_attempts(by: timedelta) -> None:
    with transaction():
        db.session.execute(update(DeliveryAttempt).values(started_at=clock.wall() - by))


def test_many_messages_are_put_into_the_outbox_at_once(provider: Provider) -> None:
    def new(number: int, key: str) -> NewMessage:
        return NewMessage(
            "notifications.plain", Channel.SMS, f"+4915735990{number:03}", "de", {"text": f"Text {number}"}, key, "test"
        )

    with transaction():
        assert enqueue_many([new(number, f"k{number}") for number in range(30)]) == 30
    with transaction():
        assert enqueue_many([new(1, "k1"), new(40, "k40"), new(41, "k40")]) == 1
    deliver(Channel.SMS)
    assert provider.bodies() == sorted(f"Text {number}" for number in [*range(30), 40])
    assert {each["To"] for each in provider.accepted} == {f"+4915735990{number:03}" for number in [*range(30), 40]}
    assert set(statuses().values()) == {"sent"}


def test_one_faulty_among_many_and_nothing_is_left() -> None:
    good = NewMessage("notifications.plain", Channel.SMS, PHONE, "de", {"text": "Text"}, "good", "test")
    with pytest.raises(RuleViolation) as violation, transaction():
        enqueue_many([good, replace(good, key="bad", variables={})])
    assert violation.value.errors[0].field == "variables"
    assert statuses() == {}


def test_a_bulk_send_can_be_held_released_and_withdrawn(provider: Provider) -> None:
    with transaction():
        bulk = BulkSend(key="b", name="b", template="notifications.plain", source="test", created_by="test",
                        created_at=clock.now())  # fmt: skip
        db.session.add(bulk)
        db.session.flush()
        bulk_id = bulk.id
    put_sms("one", bulk_id=bulk_id)
    put_sms("two", bulk_id=bulk_id)
    put_sms("other")
    with transaction():
        assert hold(bulk_id) == 2
    deliver(Channel.SMS)
    assert statuses() == {"one": "paused", "two": "paused", "other": "sent"}
    with transaction():
        assert release(bulk_id) == 2
    with transaction():
        assert cancel_bulk(bulk_id) == 2
    deliver(Channel.SMS)
    assert statuses() == {"one": "cancelled", "two": "cancelled", "other": "sent"}
    assert len(provider.accepted) == 1 and not message("one").has_text


def test_what_comes_back_while_its_bulk_send_is_paused_waits_too(provider: Provider) -> None:
    provider.mood = lambda _: (429, 20429)
    with transaction():
        bulk = BulkSend(key="b", name="b", template="notifications.plain", source="test", created_by="test",
                        created_at=clock.now(), state=BulkState.PAUSED)  # fmt: skip
        db.session.add(bulk)
        db.session.flush()
        bulk_id = bulk.id
    put_sms("one", bulk_id=bulk_id)  # claimed just before somebody pressed “pause”
    deliver(Channel.SMS)
    assert statuses() == {"one": "paused"}
    provider.mood = lambda _: "ok"
    with transaction():
        release(bulk_id)
    age_claims()
    deliver(Channel.SMS)
    assert statuses() == {"one": "sent"}


def test_many_who_want_nothing_do_not_end_the_round(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(configured_channels()[Channel.SMS], "batch_size", 5)
    for number in range(12):
        put_sms(f"k{number}")
    put_sms("other", to="+4915735990002")
    with transaction():
        suppress(Channel.SMS, PHONE, "staff")
    deliver(Channel.SMS)
    assert statuses() == {f"k{number}": "suppressed" for number in range(12)} | {"other": "sent"}
