"""A real broker with a real worker, and requests that do not care whether the broker lives."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from config.app import create_app
from config.database import db
from config.settings import Settings
from notifications.celery_app import RUN_JOB, celery, queue_names, waker
from notifications.delivery import deliver
from notifications.heartbeats import pulses
from notifications.schedule import Queue, jobs, run_due_jobs
from notifications.statuses import Channel
from tests.factories.notifications import put_email, put_sms, statuses
from tests.fakes.provider import Provider
from tests.fakes.smtp_sink import SmtpSink
from tests.fixtures.brokers import Broker
from tests.fixtures.processes import Obhut, eventually

LONG = 100.0


@pytest.fixture
def arrived(provider: Provider, sink: SmtpSink) -> tuple[threading.Event, threading.Event]:
    """Set when an SMS, and when an e-mail, has reached its provider."""
    sms, mail = threading.Event(), threading.Event()
    provider.after_accept = lambda _: sms.set()

    def at_end(_: object) -> str:
        mail.set()
        return "250 OK"

    sink.at_end = at_end
    return sms, mail


@pytest.fixture
def worker(settings: Settings, provider: Provider, sink: SmtpSink, broker: Broker, tmp_path: Path) -> Iterator[Obhut]:
    """`obhut worker` as a process of its own, on the test's database and broker."""
    environment = provider.environment | broker.environment
    environment |= {
        "OBHUT_BROKER_URL": broker.url,
        "OBHUT_DATABASE_URL": settings.database_url,
        "OBHUT_SMTP_URL": sink.url,
        "OBHUT_OIDC_ISSUER": settings.oidc_issuer,
        "OBHUT_OIDC_CLIENT_ID": settings.oidc_client_id,
        "OBHUT_OIDC_CLIENT_SECRET": "not-a-secret",
    }
    process = Obhut(tmp_path, environment, "worker")
    yield process
    process.close()


@pytest.mark.one_database
@pytest.mark.timeout(300)
def test_a_commit_wakes_the_worker_and_a_starting_worker_finds_what_was_left(
    settings: Settings, broker: Broker, worker: Obhut, arrived: tuple[threading.Event, threading.Event]
) -> None:
    prefix = broker.environment.get("OBHUT_BROKER_PREFIX", "")
    app = create_app(settings.changed(broker_url=broker.url, broker_prefix=prefix))
    sms, mail = arrived
    with app.app_context():
        put_sms("left")  # nobody is there yet
        worker.start(wait=False)
        assert sms.wait(LONG), worker.log_end()
        put_email("woken")
        assert mail.wait(LONG), worker.log_end()
        db.session.remove()
        db.engine.dispose()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_beats_send_nothing_twice(
    settings: Settings, worker: Obhut, provider: Provider, app: Flask, tmp_path: Path
) -> None:
    beats = [Obhut(tmp_path, worker.environment, "beat") for _ in range(2)]
    provider.after_accept = lambda _: time.sleep(0.05)  # so that the second tick comes while the first is at work
    try:
        for process in (worker, *beats):
            process.start(wait=False)
        with app.app_context():
            eventually(lambda: not any(pulse.is_silent for pulse in pulses()), "a worker for each queue", LONG)
            texts = sorted(f"Text k{number}" for number in range(60))
            for number in range(60):
                put_sms(f"k{number}")  # through a broker that this worker does not hear: only beats can find them
            eventually(lambda: len(provider.accepted) >= 60, "all messages found by a beat", LONG)
            eventually(lambda: set(statuses().values()) == {"sent"}, "all messages settled", LONG)
        assert provider.bodies() == texts
        assert all(beat.process and beat.process.poll() is None for beat in beats), beats[1].log_end()
    finally:
        for beat in beats:
            beat.close()


@pytest.fixture(params=["dead", "hung"])
def bad_broker(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a broker that refuses connections, or takes them and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        if request.param == "dead":
            listener.close()
            yield "redis://127.0.0.1:1/0"
        else:
            yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


def test_requests_are_served_and_messages_sent_without_a_broker(
    settings: Settings, bad_broker: str, provider: Provider
) -> None:
    app = create_app(settings.changed(broker_url=bad_broker))
    with app.app_context():
        for number in range(20):
            put_sms(f"k{number}")  # twenty commits wake; none of them waits for the broker, whatever it does
        assert set(statuses().values()) == {"pending"}
        while deliver(Channel.SMS):  # what beat's sweep does
            pass
        assert set(statuses().values()) == {"sent"} and len(provider.accepted) == 20
        db.session.remove()
        db.engine.dispose()
    celery.conf.broker_url = "memory://"
    waker.flush(timeout=LONG)


def test_every_job_has_a_queue_with_a_worker_and_a_tick(app: Flask) -> None:
    assert {job.queue for job in jobs()} <= set(Queue)
    ticks = {name: entry for name, entry in celery.conf.beat_schedule.items() if entry["task"] == RUN_JOB}
    assert {name: (entry["kwargs"], entry["options"]["queue"]) for name, entry in ticks.items()} == {
        job.name: ({"job": job.name}, job.queue.value) for job in jobs()
    }
    assert {entry["options"]["queue"] for entry in celery.conf.beat_schedule.values()} == set(queue_names())
    assert {entry["task"] for entry in celery.conf.beat_schedule.values()} <= set(celery.tasks)


def test_all_jobs_together_do_what_is_due_and_then_nothing(app: Flask, provider: Provider, sink: SmtpSink) -> None:
    with app.app_context():
        put_sms("a")
        put_email("b")
        first = run_due_jobs()
        assert first["notifications.deliver_sms"] == first["notifications.deliver_email"] == 1
        assert statuses() == {"a": "sent", "b": "sent"}
        again = run_due_jobs()
        assert again["notifications.deliver_sms"] == again["notifications.deliver_email"] == 0


def test_a_worker_never_gives_up_on_its_broker(app: Flask) -> None:
    assert app.extensions["celery"].conf.broker_connection_max_retries is None
