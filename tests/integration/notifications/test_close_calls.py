"""What happens between two steps, or to one message among many, and must not cost another message anything."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from auth.actors import Actor
from config import clock
from config.database import db, transaction
from config.settings import Settings
from notifications import claiming, delivery, inbound, loop, outcomes, recovery
from notifications.channels.base import Outgoing, Sent, Unknown
from notifications.channels.connections import Connections
from notifications.channels.registry import configured_channels
from notifications.channels.sms import Lines
from notifications.delivery import deliver
from notifications.inbound import process_inbound, register_reply_handler
from notifications.ladder import climb
from notifications.models import DeliveryAttempt, InboundMessage, Notification, Suppression
from notifications.outbox import Fallback, cancel
from notifications.outcomes import Outcome, register_outcome_handler, tell_outcomes
from notifications.preferences import suppress
from notifications.query_timeline import details
from notifications.recovery import recover
from notifications.statuses import Channel
from tests.factories.notifications import (
    EMAIL,
    PHONE,
    age_claims,
    attempts,
    message,
    put_email,
    put_sms,
    receipt,
    statuses,
)
from tests.fakes.provider import Provider
from tests.fakes.smtp_sink import SmtpSink
from tests.fixtures.application import DomainClock
from tests.support.at_work import at_work

pytestmark = pytest.mark.usefixtures("database")
TO_EMAIL = [Fallback(Channel.EMAIL, EMAIL)]


def test_a_backlog_that_became_useless_is_not_sent_late(
    domain_clock: DomainClock, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "EXPIRE_AT_ONCE", 2)
    for number in range(5):
        put_sms(f"k{number}", expires_at=domain_clock.at + timedelta(hours=1))
    domain_clock.forward(hours=2)  # nobody sent meanwhile
    deliver(Channel.SMS)
    assert not provider.posts and set(statuses().values()) == {"expired"}


def test_a_worker_that_was_frozen_after_its_claim_begins_nothing(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_sms("one")
    opened = delivery.outgoing

    def thawed(*arguments: Any) -> list[Outgoing]:
        monkeypatch.setattr(clock, "wall", lambda real=clock.wall: real() + timedelta(seconds=70))
        return opened(*arguments)

    monkeypatch.setattr(delivery, "outgoing", thawed)
    deliver_once(Channel.SMS)
    assert not provider.posts and [each.state.value for each in attempts("one")] == ["released"]


def deliver_once(channel: Channel) -> None:
    delivery._batch(channel, configured_channels()[channel])


@pytest.mark.parametrize(
    "content", [b"[]", b"null", b'"OK"', b'{"sid": "SM\\u0000"}', b'{"sid": "' + b"x" * 200 + b'"}']
)
def test_an_answer_that_is_none_is_looked_up_and_spoils_no_other(
    provider: Provider, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    from tests.fakes import provider as fakes

    put_sms("odd")
    put_sms("other")
    answer = fakes._Handler._answer

    def odd(self: Any, code: int, body: dict[str, Any]) -> None:
        if body.get("body") == "Text odd":
            self._write(code, content)
        else:
            answer(self, code, body)

    monkeypatch.setattr(fakes._Handler, "_answer", odd)
    deliver(Channel.SMS)
    assert statuses() == {"odd": "sending", "other": "sent"}
    age_claims()
    recover()
    assert statuses() == {"odd": "sent", "other": "sent"} and len(provider.posts) == 2


def test_a_refusal_with_a_code_that_is_none(provider: Provider) -> None:
    provider.mood = lambda _: (400, "\0" * 50)  # type: ignore[return-value]
    put_sms("one")
    deliver(Channel.SMS)
    assert statuses() == {"one": "failed"} and message("one").cause_code == "400"


def test_nothing_follows_what_was_under_way_when_the_case_was_closed(
    domain_clock: DomainClock, hurried: str, provider: Provider
) -> None:
    for key in ("late", "off"):
        put_sms(key, template=hurried, fallbacks=TO_EMAIL, about="case-1")
    put_sms("open", template=hurried, fallbacks=TO_EMAIL, about="case-2")
    deliver(Channel.SMS)
    with transaction():
        assert cancel("case-1") == 0
    receipt("off", "undelivered", "30003")
    domain_clock.forward(minutes=61)
    climb()
    assert statuses() == {"late": "sent", "off": "undelivered", "open": "sent", "open:email:1": "pending"}


def test_what_was_claimed_when_the_case_was_closed_is_not_tried_again(provider: Provider) -> None:
    def refused(_: object) -> tuple[int, int]:
        with provider_app.app_context(), transaction():
            cancel("case-1")
        return (429, 20429)

    from flask import current_app

    provider_app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    provider.mood = refused
    put_sms("one", about="case-1")
    deliver(Channel.SMS)
    provider.mood = lambda _: "ok"
    age_claims()
    deliver(Channel.SMS)
    assert statuses()["one"] in ("failed", "expired") and not provider.accepted


@pytest.mark.parametrize("claimed_before", [False, True])
def test_a_message_whose_key_is_gone_holds_up_no_other(provider: Provider, claimed_before: bool) -> None:
    put_sms("shut", fallbacks=TO_EMAIL, template="notifications.plain", variables={"text": "x", "subject": "y"})
    put_sms("other")
    if claimed_before:
        provider.mood = lambda _: "refuse"
        deliver(Channel.SMS)
        provider.mood = lambda _: "ok"
    with transaction():
        ruined = update(Notification).where(Notification.key == "shut")
        db.session.execute(ruined.values(body_sealed=b"x" * 40, fallbacks_sealed=b"x" * 40))
    for _ in range(4):
        age_claims()
        recover()
        age_claims()
        deliver(Channel.SMS)
    assert statuses() == {"shut": "unknown" if claimed_before else "parked", "other": "sent"}
    assert provider.bodies() == ["Text other"]


def test_two_at_once_may_learn_that_somebody_wants_no_messages(app: Flask) -> None:
    both = threading.Barrier(2)

    def learn(_: int) -> bool:
        with at_work(app), transaction():
            if db.engine.dialect.name == "postgresql":
                db.session.execute(select(1))
                both.wait(120)
            return suppress(Channel.SMS, PHONE, "provider")

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(learn, range(2))) == [False, True]
    assert db.session.scalar(select(func.count()).select_from(Suppression)) == 1


def test_a_mail_whose_sender_goes_on_just_when_it_is_given_up_is_not_sent_again(
    monkeypatch: pytest.MonkeyPatch, sink: SmtpSink
) -> None:
    put_email("one")
    way = configured_channels()[Channel.EMAIL]
    with transaction():
        ((_, attempt_id, _),) = claiming.claim(Channel.EMAIL, way)
    age_claims()
    taken_over = recovery._taken_over

    def overtaken(*arguments: Any) -> Any:
        found = taken_over(*arguments)
        monkeypatch.setattr(recovery, "settle_outcomes", late)
        return found

    def late(*arguments: Any) -> None:
        assert delivery.handing(attempt_id)
        delivery.settle_outcomes(*arguments)

    monkeypatch.setattr(recovery, "_taken_over", overtaken)
    recover()
    assert statuses() == {"one": "unknown"}


def test_a_late_receipt_tells_nobody_twice(domain_clock: DomainClock, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[Outcome] = []
    monkeypatch.setattr(outcomes, "_handlers", [])
    register_outcome_handler(heard.append)
    put_sms("one", expires_at=clock.now() + timedelta(minutes=20))
    deliver(Channel.SMS)
    receipt("one", "undelivered", "30003")
    tell_outcomes()
    receipt("one", "sent")
    tell_outcomes()
    assert statuses() == {"one": "undelivered"} and [each.status.value for each in heard] == ["undelivered"]


def test_the_next_rung_waits_from_now_when_the_message_comes_late(
    domain_clock: DomainClock, hurried: str, provider: Provider
) -> None:
    put_sms("one", template=hurried, fallbacks=TO_EMAIL, not_before=clock.now() - timedelta(hours=2))
    deliver(Channel.SMS)
    assert climb() == 0 and statuses() == {"one": "sent"}


def test_a_delivered_message_promises_no_other_way(domain_clock: DomainClock, hurried: str) -> None:
    put_sms("one", template=hurried, fallbacks=TO_EMAIL)
    deliver(Channel.SMS)
    system, message_id = Actor.system("test"), message("one").id
    assert details(system, message_id).next_rung_at is not None
    db.session.rollback()
    receipt("one", "delivered")
    assert details(system, message_id).next_rung_at is None


def test_a_crash_of_the_mail_thread_costs_every_message_a_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise UnicodeError("label empty or too long")  # what a mistyped host gives

    monkeypatch.setattr(Connections, "borrow", fail)
    put_email("one")
    put_email("two")
    deliver(Channel.EMAIL)
    assert [len(attempts(key)) for key in ("one", "two")] == [1, 1]
    assert message("one").next_attempt_at is not None and set(statuses().values()) == {"pending"}


def test_yes_is_an_answer_even_if_the_provider_takes_it_for_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbound, "_handlers", [])
    heard: list[str] = []
    register_reply_handler(lambda reply: not heard.append(reply.body))
    with transaction():
        suppress(Channel.SMS, PHONE, "reply")
        inbound.store("SM" + "0" * 32, PHONE, "Yes", "START")
    process_inbound()
    assert heard == ["Yes"]
    assert db.session.scalars(select(InboundMessage.state)).one().value == "understood"
    assert db.session.scalars(select(Suppression.lifted_at)).one() is not None


def test_a_task_that_is_ended_leaves_nobody_waiting(settings: Settings) -> None:
    made = [
        Outgoing(UUID(int=n), UUID(int=n), PHONE, "", "x", "", "de", clock.wall(), clock.wall(), None) for n in (1, 2)
    ]

    async def post(one: Outgoing) -> Any:
        if one.attempt_id == UUID(int=1):
            raise asyncio.CancelledError
        await asyncio.sleep(0)
        return Sent("SM1")

    async def both() -> list[Any]:
        lines = Lines(settings.twilio_accounts, 2)
        try:
            return await asyncio.wait_for(lines.send(made, post), 5)
        finally:
            await lines.close()

    assert loop.run(both()) == [Unknown("interrupted"), Sent("SM1")]


def test_what_was_claimed_while_our_clock_was_ahead_is_found_at_the_provider(provider: Provider) -> None:
    provider.mood = lambda _: "drop"
    put_sms("one")
    deliver(Channel.SMS)
    with transaction():
        db.session.execute(update(DeliveryAttempt).values(started_at=clock.wall() + timedelta(hours=2)))
    age_claims()
    recover()
    assert statuses() == {"one": "sent"} and len(provider.posts) == 1
