"""Canaries in every field that takes people's words: none in logs, addresses, broker, SMS, or readable in the database.

Pages may show them to whoever may see them, mails where their template says so, papers to whom they were made for.
"""

import base64
import contextlib
import logging
from collections.abc import Callable, Iterator

import pytest
import redis as redis_client
from amqp.exceptions import NotFound
from flask import Flask
from kombu import Connection

from auth.models import Department
from config import clock, group_keys
from config.database import db
from config.settings import Settings
from notifications.celery_app import waker
from notifications.schedule import Queue
from tests.factories.care import MONDAY
from tests.fakes.provider import Provider
from tests.fakes.smtp_sink import SmtpSink
from tests.fixtures.application import DomainClock, Login
from tests.fixtures.brokers import Broker
from tests.security.canary_town import Town, people_answer, people_come_into_care, residents_apply, the_office_writes
from tests.support.canaries import Canaries, WatchedClient, stored

pytestmark = [pytest.mark.timeout(300)]
# The office writes these into a message itself, with these very words.
MEANT_FOR_SMS = ("answer to a reply", "text of a bulk send", "value of a bulk send", "text by API")


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    yield made
    made.stop()


@pytest.fixture
def sink() -> Iterator[SmtpSink]:
    made = SmtpSink()
    yield made
    made.stop()


@pytest.fixture
def settings(settings: Settings, provider: Provider, sink: SmtpSink, broker: Broker) -> Settings:
    return settings.changed(
        smtp_url=sink.url,
        broker_url=broker.url,
        broker_prefix=broker.environment.get("OBHUT_BROKER_PREFIX", ""),
        log_level="DEBUG",
        **provider.settings,
    )


@pytest.fixture
def canaries() -> Canaries:
    return Canaries()


@pytest.fixture
def town(app: Flask, canaries: Canaries, login: Login, bearer: Callable[..., dict[str, str]]) -> Town:
    app.test_client_class = WatchedClient
    with app.app_context():
        group_keys.prepare()
    return Town(app, canaries, login, bearer)


def test_no_canary_sings(
    town: Town, canaries: Canaries, provider: Provider, sink: SmtpSink, settings: Settings, broker: Broker,
    domain_clock: DomainClock, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    domain_clock.set(MONDAY)
    residents_apply(town)
    reference = people_come_into_care(town)
    town.settle()
    domain_clock.forward(hours=4)
    town.settle()
    people_answer(town, provider, reference)
    town.settle()
    the_office_writes(town, reference)
    domain_clock.forward(hours=30)
    town.settle()
    assert waker.flush(timeout=30)

    assert len(canaries.planted) > 80
    assert len(provider.accepted) >= 5 and sink.mails
    metrics = town.app.test_client().get("/metrics")
    said = capfd.readouterr()
    logs = "\n".join(f"{one.name} {one.getMessage()} {one.args} {one.exc_text}" for one in caplog.records)
    own = "\n".join(line for line in logs.splitlines() if not line.startswith(("mail.log", "asyncio")))
    assert canaries.found_in(said.out + said.err) == []
    assert canaries.found_in(own) == []
    assert canaries.found_in(town.addresses()) == []
    assert canaries.found_in("\n".join(provider.bodies()), except_in=MEANT_FOR_SMS) == []
    assert canaries.found_in(metrics.data) == []
    assert canaries.found_in(_queued(broker)) == []
    leaks = {name: found for name, data in stored(settings.database_url) if (found := canaries.found_in(data))}
    # The office counts every day, and a day names nobody; SQLite's files hold that table, too.
    days = set(leaks.pop("care_daily_count", ()))
    assert days <= {"API: first positive sample", "API: report to the office"}
    in_files = {name: [one for one in found if one not in days] for name, found in leaks.items() if ".sqlite3" in name}
    assert {name: found for name, found in (leaks | in_files).items() if found} == {}


def _queued(broker: Broker) -> bytes:
    """Every message that waits in the broker, with its body decoded."""
    found = _in_redis(broker) if broker.kind == "redis" else _in_rabbitmq(broker)
    assert found, "nothing was published"
    bodies = [part for each in found for part in each.split(b'"') if len(part) > 40]
    return b"\n".join([*found, *map(_decoded, bodies)])


def _in_redis(broker: Broker) -> list[bytes]:
    with redis_client.Redis.from_url(broker.url) as connection:
        keys = list(connection.scan_iter(match=f"{broker.environment['OBHUT_BROKER_PREFIX']}*"))
        return [each for key in keys if connection.type(key) == b"list" for each in connection.lrange(key, 0, -1)]


def _in_rabbitmq(broker: Broker) -> list[bytes]:
    found = []
    with Connection(broker.url) as connection:
        for queue in Queue:
            with contextlib.suppress(NotFound), connection.channel() as channel:  # there once somebody was woken by it
                while (one := channel.basic_get(queue.value, no_ack=True)) is not None:
                    found.append(repr((one.body, one.properties, one.headers)).encode())
    return found


def _decoded(part: bytes) -> bytes:
    try:
        return base64.b64decode(part, validate=True)
    except ValueError:
        return b""


def test_a_canary_that_sings_is_heard(canaries: Canaries, settings: Settings, app: Flask) -> None:
    with app.app_context():
        word = canaries.word("department: name")
        db.session.add(Department(code="x", name=word, created_at=clock.wall()))
        db.session.commit()
    heard = [name for name, data in stored(settings.database_url) if canaries.found_in(data)]
    assert "department" in heard
    for disguised in (f"/care/?q={word.upper()}", word.encode().hex(), word.encode("utf-16-le")):
        assert canaries.found_in(disguised) == ["department: name"]
