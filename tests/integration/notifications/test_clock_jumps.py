"""Clocks that jump during a delivery: leases and retries keep to the wall clock, usefulness to the domain's."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from config import clock
from config.app import create_app
from config.database import db
from config.settings import Settings
from notifications import recovery
from notifications.channels import email
from notifications.channels.base import Outcome
from notifications.delivery import deliver
from notifications.recovery import recover
from notifications.statuses import Channel
from tests.factories.notifications import age_claims, attempts, message, put_email, put_sms, statuses
from tests.fakes.provider import Provider
from tests.fakes.smtp_sink import SmtpSink
from tests.fixtures.application import DomainClock
from tests.support.at_work import at_work

pytestmark = pytest.mark.usefixtures("database", "newly_started")
ARRIVES_WITHIN_S = 300


@pytest.fixture
def newly_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a process that has just started: what clocks did in other tests is not known."""
    monkeypatch.setattr(recovery, "steadiness", clock.Steadiness())


@pytest.fixture
def other(settings: Settings) -> Iterator[Flask]:
    """Another worker, with connections and counts of its own."""
    app = create_app(settings)
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@contextmanager
def under_way(other: Flask, channel: Channel) -> Iterator[None]:
    """Within the block the other worker delivers."""

    def work() -> None:
        with at_work(other):
            deliver(channel)

    thread = threading.Thread(target=work)
    thread.start()
    yield
    thread.join(ARRIVES_WITHIN_S)
    assert not thread.is_alive()


@pytest.fixture
def held(provider: Provider, release: threading.Event) -> threading.Event:
    """Set when an SMS has come to the provider, which takes it only when `release` is set."""
    came = threading.Event()

    def mood(_: dict[str, str]) -> str:
        came.set()
        release.wait(ARRIVES_WITHIN_S)
        return "ok"

    provider.mood = mood
    return came


@contextmanager
def wall_clock_set(by: timedelta) -> Iterator[ExitStack]:
    """Within the block, or until what is given is closed, the wall clock is another."""
    with ExitStack() as until:
        until.enter_context(time_machine.travel(clock.wall() + by, tick=True))
        yield until


@pytest.mark.parametrize("hours", [24, -24])
def test_a_jump_of_the_domains_clock_leaves_alone_what_is_in_flight(
    other: Flask, provider: Provider, held: threading.Event, release: threading.Event, domain_clock: DomainClock,
    hours: float,
) -> None:  # fmt: skip
    put_sms("one")
    with under_way(other, Channel.SMS):
        assert held.wait(ARRIVES_WITHIN_S)
        domain_clock.forward(hours=hours)
        assert recover() == 0 and deliver(Channel.SMS) == 0
        release.set()
    assert statuses() == {"one": "sent"} and len(provider.posts) == 1


@pytest.mark.parametrize("hours", [24, -24])
def test_a_jump_of_the_domains_clock_neither_hastens_nor_delays_a_retry(
    provider: Provider, domain_clock: DomainClock, hours: float
) -> None:
    provider.mood = lambda _: (429, 20429)
    put_sms("one", not_before=domain_clock.at - timedelta(days=2))
    deliver(Channel.SMS)
    domain_clock.forward(hours=hours)
    assert deliver(Channel.SMS) == 0, "the provider asked for a pause"
    provider.mood = lambda _: "ok"
    age_claims()
    assert deliver(Channel.SMS) == 1
    assert statuses() == {"one": "sent"}


def test_usefulness_follows_the_domains_clock(provider: Provider, domain_clock: DomainClock) -> None:
    begins, ends = domain_clock.at + timedelta(hours=1), domain_clock.at + timedelta(hours=2)
    for key in ("today", "never"):
        put_sms(key, not_before=begins, expires_at=ends)
        domain_clock.forward(hours=-24)
        assert deliver(Channel.SMS) == 0, "not yet, and yesterday neither"
        domain_clock.forward(hours=24)
        if key == "today":
            domain_clock.forward(minutes=90)
            assert deliver(Channel.SMS) == 1
            domain_clock.forward(minutes=-90)
    domain_clock.forward(hours=24)
    deliver(Channel.SMS)
    assert statuses() == {"today": "sent", "never": "expired"}
    assert provider.bodies() == ["Text today"]


@pytest.mark.parametrize("hours", [1, -1, 24])
def test_what_is_in_flight_is_not_sent_again_when_the_wall_clock_is_set(
    other: Flask, provider: Provider, held: threading.Event, release: threading.Event, hours: float
) -> None:
    put_sms("one")
    with under_way(other, Channel.SMS):
        assert held.wait(ARRIVES_WITHIN_S)
        with wall_clock_set(timedelta(hours=hours)):
            assert recover() == 0, "the lease has ended, or so it seems"
            assert deliver(Channel.SMS) == 0
            release.set()
    assert statuses() == {"one": "sent"} and len(provider.posts) == 1


def test_a_mail_in_flight_does_not_become_unknown_when_the_wall_clock_is_set(
    other: Flask, sink: SmtpSink, release: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed = threading.Event()
    hand_over = email.EmailChannel._hand_over

    def slowly(*arguments: Any) -> Outcome:
        handed.set()
        release.wait(ARRIVES_WITHIN_S)
        return hand_over(*arguments)

    monkeypatch.setattr(email.EmailChannel, "_hand_over", slowly)
    put_email("one")
    with under_way(other, Channel.EMAIL):
        assert handed.wait(ARRIVES_WITHIN_S)
        with wall_clock_set(timedelta(hours=1)):
            assert recover() == 0
            release.set()
    assert statuses() == {"one": "sent"} and len(sink.mails) == 1


def test_what_has_not_begun_when_the_wall_clock_jumps_is_left_to_the_next_round(
    settings: Settings, provider: Provider, held: threading.Event, release: threading.Event
) -> None:
    app = create_app(settings.changed(sms_in_flight=1))
    for key in ("a", "b", "c"):
        put_sms(key)
    with under_way(app, Channel.SMS):
        assert held.wait(ARRIVES_WITHIN_S)
        jump = time_machine.travel(clock.wall() + timedelta(hours=1), tick=True)
        jump.start()
        release.set()
    try:
        assert sorted(statuses().values()) == ["sent"] * 3
        assert provider.bodies() == ["Text a", "Text b", "Text c"]
        states = [attempt.state.value for key in "abc" for attempt in attempts(key)]
        assert states.count("released") >= 1, "who holds a claim that may be another's by now does not begin"
    finally:
        jump.stop()
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def test_a_wall_clock_set_back_holds_up_neither_retries_nor_what_the_dead_left(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.mood = lambda _: (429, 20429) if len(provider.posts) == 1 else "drop"
    put_sms("retry")
    deliver(Channel.SMS)
    put_sms("left")
    deliver(Channel.SMS)
    assert statuses() == {"retry": "pending", "left": "sending"}
    provider.mood = lambda _: "ok"
    with wall_clock_set(timedelta(hours=-2)):
        assert recover() == 0, "for as long as a lease nobody can say whose it is"
        monkeypatch.setattr(recovery, "steadiness", clock.Steadiness())  # a lease later
        assert deliver(Channel.SMS) == 1 and recover() == 1
        assert statuses() == {"retry": "sent", "left": "sent"}
        assert message("left").sent_at is not None
    assert provider.bodies() == ["Text left", "Text retry"]


@pytest.mark.parametrize("minutes", [-40, 40])
@pytest.mark.parametrize("is_put_right", [True, False])
def test_a_wall_clock_that_is_wrong_by_minutes_still_finds_what_the_provider_took(
    provider: Provider, monkeypatch: pytest.MonkeyPatch, minutes: int, is_put_right: bool
) -> None:
    provider.mood = lambda _: "drop"
    with wall_clock_set(timedelta(minutes=minutes)) as wrong:
        put_sms("one")
        deliver(Channel.SMS)
        if is_put_right:
            wrong.close()
        monkeypatch.setattr(recovery, "steadiness", clock.Steadiness())  # a lease later
        age_claims()
        assert recover() == 1
        assert statuses() == {"one": "sent"} and len(provider.posts) == 1
