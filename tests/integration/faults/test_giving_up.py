"""Celery ends a worker for an error that it does not know, such as one of a broker that goes while it is greeted."""

from collections.abc import Callable

import pytest

from tests.fakes.identity import IdentityProvider
from tests.fixtures.brokers import Broker
from tests.fixtures.processes import Obhut, StartObhut, eventually
from tests.integration.faults.conftest import World, prepare, send, separate

# The console script, whose first worker does not live to take a task.
GIVES_UP_ONCE = """
from pathlib import Path
from celery.worker.consumer import Consumer
from config.cli import main

given_up, start = Path("given-up"), Consumer.start
def give_up_once(consumer):
    if not given_up.exists():
        given_up.touch()
        raise AttributeError("of what had gone")
    start(consumer)
Consumer.start = give_up_once
main()
"""


def giving_up(house: Obhut) -> Obhut:
    house.program = GIVES_UP_ONCE
    return house


def test_the_worker_of_the_whole_house_begins_anew(embedded: Obhut, world: World) -> None:
    giving_up(embedded).start()
    assert send(embedded, embedded.token("health_officer"), 1, "Trotzdem")
    eventually(lambda: world.texts() == {"Trotzdem": 1}, "the message")
    assert (embedded.folder / "given-up").exists()
    assert embedded.stop() == 0


@pytest.mark.timeout(1200)
def test_a_worker_of_its_own_begins_anew(
    obhut: StartObhut,
    world: World,
    new_postgresql: Callable[[str], str],
    postgresql_template: str,
    redis_broker: Broker,
    identity_provider: IdentityProvider,
) -> None:
    # It gives up above whatever speaks to a broker: one kind will do.
    environment = separate(world, new_postgresql(postgresql_template), redis_broker.url, identity_provider)
    environment |= redis_broker.environment
    web = obhut(environment, "web")
    worker = giving_up(obhut(environment, "worker"))
    headers = prepare(web)
    web.start()
    worker.start(wait=False)
    assert send(web, headers, 1, "Trotzdem")
    eventually(lambda: world.texts() == {"Trotzdem": 1}, "the message", 300)
    assert (worker.folder / "given-up").exists()
    assert worker.stop() == 0
