"""The database goes away during deliveries: pages say so and recover, workers go on, nothing is lost or doubled.

The test plays beat: it gives the ticks of the next minute, and ends the leases of what was in flight.
"""

import itertools
import threading
from collections.abc import Callable, Iterator

import psycopg
import pytest
import requests
from celery import Celery

from config import clock
from notifications.celery_app import RUN_JOB
from notifications.channels.sms import SmsChannel
from notifications.schedule import Queue
from tests.fakes.identity import IdentityProvider
from tests.fixtures.brokers import Broker
from tests.fixtures.databases import application_address
from tests.fixtures.processes import Obhut, StartObhut, eventually
from tests.integration.faults.conftest import World, prepare, send, separate
from tests.servers import Missing, postgresql
from tests.servers.base import hung

MESSAGES = 40
DATABASE = "obhut"
OPEN = "SELECT count(*) FROM notification WHERE status IN ('pending', 'sending')"
# Of what was claimed before the fault alone: the rest is in flight in a living process.
END_LEASES = "UPDATE notification SET lease_until = now() - interval '1 minute' WHERE lease_until < '{}'"
NOW = "UPDATE notification SET next_attempt_at = NULL WHERE next_attempt_at IS NOT NULL"


@pytest.fixture(scope="module")
def server() -> Iterator[postgresql.Private]:
    program = postgresql.program()
    if program is None:
        pytest.skip("needs PostgreSQL: a server of this test's own cannot be started")
    try:
        with postgresql.private(program) as made:
            yield made
    except Missing as reason:
        pytest.skip(f"needs PostgreSQL: {reason}")


class House:
    """Web and worker on a database that comes and goes."""

    def __init__(self, server: postgresql.Private, web: Obhut, worker: Obhut, ticks: Callable[[str], None]) -> None:
        self.server, self.web, self.worker, self.tick = server, web, worker, ticks
        self.headers: dict[str, str] = {}

    def start(self) -> None:
        self.headers = prepare(self.web)
        self.web.start()
        self.worker.start(wait=False)

    def took(self, text: str) -> bool:
        """Whether web took a message; a connection of its pool may still be a dead one, of which it says 503."""
        recipient = {"phone": "+4917604069107", "locale": "de"}
        body = {"template": "notifications.plain", "recipient": recipient, "variables": {"text": text}, "key": text}
        answer = self.web.http.post(self.web.url + "/api/v1/notifications", json=body, headers=self.headers, timeout=60)
        assert answer.status_code in (202, 503), answer.text
        return answer.status_code == 202

    def ask(self, statement: str) -> int:
        """Run `statement` in the house's database; the first number it gives."""
        with psycopg.connect(self.server.address.rpartition("/")[0] + f"/{DATABASE}", autocommit=True) as owner:
            done = owner.execute(statement)
            return int(done.fetchone()[0]) if done.description else done.rowcount  # type: ignore[index]

    def finish(self) -> None:
        """What beat does within the next minutes, until nothing is left."""

        def finished() -> bool:
            if not self.ask(OPEN):
                return True
            self.ask(NOW)
            self.tick("notifications.recover")
            self.tick("notifications.deliver_sms")
            return False

        eventually(finished, "all is dealt with", 400)


@pytest.fixture
def house(
    server: postgresql.Private,
    obhut: StartObhut,
    world: World,
    redis_broker: Broker,
    identity_provider: IdentityProvider,
) -> Iterator[House]:
    with psycopg.connect(server.address, autocommit=True) as owner:
        owner.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        owner.execute(f"CREATE DATABASE {DATABASE}")
    world.patience = {}  # the test itself plays beat and ends leases
    environment = separate(world, application_address(server.address, DATABASE), redis_broker.url, identity_provider)
    environment |= redis_broker.environment
    web = obhut(environment, "web")
    worker = obhut(environment | {"OBHUT_BASE_URL": web.url, "OBHUT_PORT": str(web.port)}, "worker")
    with Celery("ticks", broker=redis_broker.url, set_as_current=False) as beat:
        prefix = redis_broker.environment["OBHUT_BROKER_PREFIX"]
        beat.conf.broker_transport_options = {"global_keyprefix": prefix}

        def tick(job: str) -> None:
            beat.send_task(RUN_JOB, queue=Queue.DELIVERY.value, kwargs={"job": job}, ignore_result=True)

        yield House(server, web, worker, tick)


Fault = Callable[[postgresql.Private, Callable[[], None]], None]


def restart(server: postgresql.Private, meanwhile: Callable[[], None]) -> None:
    server.crash()
    try:
        meanwhile()
    finally:
        server.start()


def kill_a_backend(server: postgresql.Private, _: Callable[[], None]) -> None:
    server.kill_backend(DATABASE)


def hang_up(server: postgresql.Private, _: Callable[[], None]) -> None:
    server.hang_up(DATABASE)


FAULTS = {"restart": restart, "crash": kill_a_backend, "hang_up": hang_up}


@pytest.mark.timeout(1200)
def test_a_database_that_goes_away_loses_and_doubles_nothing(house: House, world: World) -> None:
    house.start()
    expected = {text for name, fault in FAULTS.items() for text in went_away(house, world, name, fault)}
    assert world.texts() == dict.fromkeys(expected, 1)
    states = house.ask("SELECT count(*) FROM notification WHERE status NOT IN ('sent', 'delivered')")
    assert states == 0, "none is unknown, since the provider could be asked"
    assert house.web.stop() == 0 and house.worker.stop() == 0


def went_away(house: House, world: World, name: str, fault: Fault) -> set[str]:
    """The texts that the house was asked to send before, while and after its database had the `fault`."""
    half, gone, held = threading.Event(), threading.Event(), itertools.count(1)

    def hold(_: object) -> None:
        if next(held) >= MESSAGES // 2:
            half.set()
        gone.wait(400)  # what is in flight stays there until the database is gone

    world.twilio.before_answer = hold
    texts = [f"{name} {number}" for number in range(MESSAGES)]
    assert house.worker.process
    with hung(house.worker.process):  # so that it finds all of them at once
        for number, text in enumerate(texts):
            assert send(house.web, house.headers, number, text)
    assert half.wait(400), house.worker.log_end()
    fault(house.server, lambda: refused_politely(house))
    gone_at = clock.wall()
    gone.set()
    eventually(house.web.is_ready, "the house to be ready again", 400)
    last = f"{name}: danach"
    eventually(lambda: house.took(last), "requests to be served again", 400)
    eventually(lambda: last in world.texts(), "the worker to go on by itself", 400)
    house.ask(END_LEASES.format((gone_at + SmsChannel.lease).isoformat()))
    house.finish()
    return {*texts, last}


def refused_politely(house: House) -> None:
    """While the database is away pages and programs are told so, and nothing of ours shows."""
    assert house.web.http.get(house.web.url + "/services/", timeout=60).ok, "what needs no database is still there"
    page = house.web.http.get(house.web.url + "/verify/AAAA-BBBB-CCCC", timeout=60)
    assert page.status_code == 503 and page.headers["Retry-After"]
    assert "text/html" in page.headers["Content-Type"] and "<h1" in page.text
    answer = house.web.http.get(house.web.url + "/api/v1/notifications?about=x", headers=house.headers, timeout=60)
    assert answer.status_code == 503 and answer.headers["Content-Type"] == "application/problem+json"
    for text in (page.text, answer.text):
        assert "Traceback" not in text and "psycopg" not in text and str(house.server.port) not in text
    assert requests.get(house.web.url + "/healthz", timeout=60, proxies={"http": ""}).status_code == 200
    assert not house.web.is_ready()
