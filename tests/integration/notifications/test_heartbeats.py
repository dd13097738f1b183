"""Is there a worker for each queue? Asked through the broker; told by /readyz, the metrics and the doctor."""

import itertools
import re
import threading
from datetime import UTC, datetime, timedelta

import pytest
from celery.schedules import schedule
from flask import Flask
from flask.testing import FlaskClient

from config import clock
from config.app import create_app
from config.database import db
from config.settings import Settings
from notifications.celery_app import HEARTBEAT, RUN_JOB, celery
from notifications.heartbeats import answer, note_overdue, overdue_jobs, pulses
from notifications.schedule import Job, Queue, run_job
from notifications.tasks import register
from notifications.watchdog import watchdog
from tests.fixtures.brokers import Broker
from tests.fixtures.processes import StartObhut, eventually

LONG = 100.0
QUEUES = [queue.value for queue in Queue]


@pytest.fixture
def environment(settings: Settings, broker: Broker) -> dict[str, str]:
    """What leads a process to this test's database and broker, and to providers that nobody asks."""
    return broker.environment | {
        "OBHUT_BROKER_URL": broker.url,
        "OBHUT_DATABASE_URL": settings.database_url,
        "OBHUT_TWILIO_ACCOUNT_SID": settings.twilio_account_sid,
        "OBHUT_TWILIO_AUTH_TOKEN": settings.twilio_auth_token.get_secret_value(),
        "OBHUT_TWILIO_FROM": ",".join(settings.twilio_from),
        "OBHUT_TWILIO_API_BASE": settings.twilio_api_base,
        "OBHUT_SMTP_URL": settings.smtp_url.get_secret_value(),
        "OBHUT_OIDC_ISSUER": settings.oidc_issuer,
        "OBHUT_OIDC_CLIENT_ID": settings.oidc_client_id,
        "OBHUT_OIDC_CLIENT_SECRET": "not-a-secret",
    }


@pytest.mark.one_database
@pytest.mark.timeout(300)
def test_every_queue_that_has_a_worker_is_heard_and_the_others_are_named(
    settings: Settings, environment: dict[str, str], obhut: StartObhut, broker: Broker
) -> None:
    prefix = broker.environment.get("OBHUT_BROKER_PREFIX", "")
    app = create_app(settings.changed(broker_url=broker.url, broker_prefix=prefix))
    reserved = obhut(environment, "worker", "--queues=delivery,inbound").start(wait=False)

    def heard() -> set[str]:
        with app.app_context():
            return {pulse.queue for pulse in pulses() if not pulse.is_silent}

    eventually(lambda: heard() == {"delivery", "inbound"}, reserved.log_end(), LONG)
    parts = app.test_client().get("/readyz").get_json()["parts"]
    assert parts["worker"] == "not heard of yet (care, services, housekeeping)"
    done = reserved.run("doctor")
    assert "care, services, housekeeping" in done.stdout and "obhut worker" in done.stdout and done.returncode == 1
    other = obhut(environment, "worker").start(wait=False)
    eventually(lambda: heard() == set(QUEUES), other.log_end(), LONG)
    assert app.test_client().get("/readyz").get_json()["parts"]["worker"] == "ok"
    done = reserved.run("doctor")
    assert "care, services, housekeeping" not in done.stdout.replace(", ".join(QUEUES), "")
    with app.app_context():
        took = [pulse.took for pulse in pulses()]
        assert all(each is not None and timedelta() <= each < timedelta(seconds=60) for each in took)
        db.session.remove()
        db.engine.dispose()


def test_a_silent_queue_is_told_but_web_stays_ready(
    client: FlaskClient, database: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get("/readyz").get_json()["parts"]["worker"] == f"not heard of yet ({', '.join(QUEUES)})"
    for queue in QUEUES:
        answer(queue, clock.wall())
    assert client.get("/readyz").get_json()["parts"]["worker"] == "ok"
    since = clock.wall() - timedelta(minutes=4)
    with monkeypatch.context() as past:
        past.setattr(clock, "wall", lambda: since)
        answer("care", since)
    told = client.get("/readyz")
    assert told.status_code == 200
    parts = told.get_json()["parts"]
    assert parts["worker"] == f"silent since {since.isoformat(timespec='seconds')} (care)"
    assert parts["queues"]["care"] >= 239 and parts["queues"]["care"] - parts["queues"]["delivery"] >= 239
    exposed = client.get("/metrics").get_data(as_text=True)
    age = re.search(r'^obhut_queue_heartbeat_age_seconds\{queue="care"\} (\S+)$', exposed, re.MULTILINE)
    assert age and float(age[1]) >= 239


def test_a_question_counts_when_the_worker_comes_to_it(database: Flask) -> None:
    asked = clock.wall() - timedelta(seconds=20)
    celery.tasks[HEARTBEAT](queue="care", asked_at=asked.isoformat())
    (pulse,) = [each for each in pulses() if each.queue == "care"]
    assert pulse.took is not None and pulse.took >= timedelta(seconds=20) and not pulse.is_silent


def test_a_job_over_its_limit_is_told_until_it_ends(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, release: threading.Event
) -> None:
    monkeypatch.setattr("notifications.schedule.SOFT_LIMIT", timedelta(milliseconds=10))
    register()

    def hang() -> int:
        assert release.wait(LONG)
        return 0

    def work() -> None:
        with app.app_context():
            run_job(Job("test.hanging", timedelta(minutes=1), Queue.CARE, hang))

    def told() -> str:
        return str(client.get("/readyz").get_json()["parts"]["jobs"])

    thread = threading.Thread(target=work)
    thread.start()
    eventually(lambda: told() == "over their limit: test.hanging", "the job in /readyz", LONG)
    assert watchdog.overdue() == ["test.hanging"]
    release.set()
    thread.join(LONG)
    assert told() == "ok" and watchdog.overdue() == []


def test_an_overdue_job_of_a_process_that_died_is_forgotten(database: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    note_overdue("test.job", over=False)
    assert list(overdue_jobs()) == ["test.job"]
    later = clock.wall() + timedelta(minutes=5)
    monkeypatch.setattr(clock, "wall", lambda: later)
    assert list(overdue_jobs()) == []


def test_no_schedule_is_silent_or_doubled_when_summer_time_ends(app: Flask) -> None:
    assert celery.conf.enable_utc and celery.conf.timezone == "UTC"
    assert all(type(entry["schedule"]) is timedelta for entry in celery.conf.beat_schedule.values())
    now = datetime(2026, 10, 24, 22, 0, tzinfo=UTC)
    every = schedule(timedelta(minutes=15), app=celery, nowfun=lambda: now)
    last, runs = now, []
    while now < datetime(2026, 10, 25, 4, 0, tzinfo=UTC):  # the hour between two and three comes twice in Berlin
        now += timedelta(minutes=1)
        if every.is_due(last).is_due:
            last = now
            runs.append(now)
    assert {later - earlier for earlier, later in itertools.pairwise(runs)} == {timedelta(minutes=15)}


def test_every_task_has_a_soft_and_a_hard_limit(app: Flask) -> None:
    ours = [task for name, task in celery.tasks.items() if name.startswith("obhut.")]
    assert {task.name for task in ours} >= {RUN_JOB, HEARTBEAT, "obhut.wake"}
    for task in ours:
        soft = task.soft_time_limit or celery.conf.task_soft_time_limit
        hard = task.time_limit or celery.conf.task_time_limit
        assert soft and hard and soft < hard <= 180
