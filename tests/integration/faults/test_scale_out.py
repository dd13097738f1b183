"""Scaled out: PostgreSQL and a real broker, with web, two workers and beat as processes of their own."""

from collections.abc import Callable

import pytest

from tests.fakes.identity import IdentityProvider
from tests.fixtures.brokers import Broker
from tests.fixtures.processes import Obhut, StartObhut, eventually
from tests.integration.faults.conftest import World, prepare, send, separate

MESSAGES = 60


@pytest.fixture
def parts(
    obhut: StartObhut,
    world: World,
    new_postgresql: Callable[[str], str],
    postgresql_template: str,
    broker: Broker,
    identity_provider: IdentityProvider,
) -> list[Obhut]:
    """Web, two workers and beat, configured only through settings; nothing is started yet."""
    database_url = new_postgresql(postgresql_template)
    environment = separate(world, database_url, broker.url, identity_provider) | broker.environment
    web = obhut(environment, "web")
    shared = environment | {"OBHUT_BASE_URL": web.url, "OBHUT_PORT": str(web.port)}
    return [web, *(obhut(shared, part) for part in ("worker", "worker", "beat"))]


@pytest.mark.timeout(1200)
def test_every_message_is_sent_once_though_a_worker_is_killed(parts: list[Obhut], world: World) -> None:
    web, *others = parts
    headers = prepare(web)
    web.start()
    for part in others:
        part.start(wait=False)
    world.twilio.delay_s = 0.05
    for number in range(MESSAGES):
        assert send(web, headers, number, f"Verteilt {number}")
        if number == MESSAGES // 2:
            assert all(part.process and part.process.poll() is None for part in others), others[0].log_end()
            others[0].kill()
    eventually(lambda: len(world.texts()) == MESSAGES, "every message at the provider", 600)
    assert set(world.texts().values()) == {1}

    def delivered() -> bool:
        found = web.http.get(f"{web.url}/api/v1/notifications?about=faults", headers=headers, timeout=60).json()
        return [item["status"] for item in found["items"]].count("delivered") == len(found["items"]) > 0

    eventually(delivered, "every receipt taken in", 600)
    assert web.stop() == 0
    assert [part.stop() for part in others[1:]] == [0, 0]


def test_separate_processes_refuse_an_embedded_broker(obhut: StartObhut) -> None:
    done = obhut().run("worker")
    assert done.returncode == 1
    assert "OBHUT_BROKER_URL" in done.stderr
