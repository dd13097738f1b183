"""A broker that forgets, hangs or hangs up: requests are answered meanwhile, and everything goes out once."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import redis as redis_client

from tests.fixtures.processes import Obhut, StartObhut, eventually
from tests.integration.faults.conftest import World, send
from tests.servers import Missing, base, rabbitmq, redis

HUNG_FOR_S = 10
SWEPT_WITHIN_S = 400  # the sweep comes every quarter of a minute; the machine may be busy


@contextmanager
def private_redis() -> Iterator[tuple[str, base.Process]]:
    program = redis.program()
    if program is None:
        pytest.skip("needs Redis: a server of this test's own cannot be started")
    try:
        with redis.private_process(program) as made:
            yield made
    except Missing as reason:
        pytest.skip(f"needs Redis: {reason}")


@contextmanager
def private_rabbitmq() -> Iterator[tuple[str, base.Process]]:
    try:
        with rabbitmq.private_process() as made:
            yield made
    except Missing as reason:
        pytest.skip(f"needs RabbitMQ: {reason}")


PRIVATE = {"redis": private_redis, "rabbitmq": private_rabbitmq}


def house_at(obhut: StartObhut, world: World, broker: str) -> Obhut:
    return obhut(world.environment | {"OBHUT_BROKER_URL": broker}).start()


def everything_once(world: World, texts: set[str]) -> None:
    eventually(lambda: set(world.texts()) >= texts, "every message at the provider", SWEPT_WITHIN_S)
    assert world.texts() == dict.fromkeys(texts, 1)


@pytest.mark.timeout(1200)
def test_a_broker_that_forgets_everything_loses_only_wake_ups(obhut: StartObhut, world: World) -> None:
    with private_redis() as (address, _), redis_client.Redis.from_url(address) as broker:
        house = house_at(obhut, world, address)
        headers = house.token("health_officer")
        over = threading.Event()

        def flush() -> None:
            while not over.is_set():
                broker.flushall()

        flusher = threading.Thread(target=flush)
        flusher.start()
        texts = {f"Vergessen {number}" for number in range(30)}
        for number, text in enumerate(sorted(texts)):
            assert send(house, headers, number % 9, text)
        over.set()
        flusher.join()
        broker.flushall()
        everything_once(world, texts)
        assert house.stop() == 0


@pytest.mark.chaos
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("kind", sorted(PRIVATE))
def test_while_the_broker_hangs_requests_are_answered_and_afterwards_everything_goes_out_once(
    obhut: StartObhut, world: World, kind: str
) -> None:
    with PRIVATE[kind]() as (address, process):
        house = house_at(obhut, world, address)
        headers = house.token("health_officer")
        assert send(house, headers, 1, "Vorher")
        everything_once(world, {"Vorher"})
        texts = {f"Hängt {number}" for number in range(20)}
        with base.hung(process):
            began = time.monotonic()
            for number, text in enumerate(sorted(texts)):
                assert send(house, headers, number % 9, text)  # within this block: nobody waits for the broker
            assert house.is_ready()
            time.sleep(max(0.0, HUNG_FOR_S - (time.monotonic() - began)))  # the fault itself
        everything_once(world, {"Vorher", *texts})
        assert house.stop() == 0


def _beat_is_cut_off(house: Obhut, server: str) -> bool:
    """Close all connections; whether beat has noticed that within half a minute."""
    rabbitmq.close_all_connections(server)
    try:
        return bool(eventually(lambda: "beat_connects_anew" in house.log_end(999), "beat to connect anew", 30))
    except AssertionError:
        return False


@pytest.mark.timeout(1200)
def test_a_worker_whose_connection_is_closed_comes_back(obhut: StartObhut, world: World, rabbitmq_server: str) -> None:
    house = house_at(obhut, world, rabbitmq_server)
    headers = house.token("health_officer")
    assert send(house, headers, 1, "Vorher")
    everything_once(world, {"Vorher"})
    for number in range(3):
        if not rabbitmq.close_all_connections(rabbitmq_server):
            pytest.skip("needs RabbitMQ: its connections cannot be closed from here")
        assert send(house, headers, 2, f"Danach {number}")
        everything_once(world, {"Vorher", *(f"Danach {each}" for each in range(number + 1))})
    # Beat connects with its first tick, perhaps after all this, and notices with a later one that it was cut off.
    assert any(_beat_is_cut_off(house, rabbitmq_server) for _ in range(4)), "beat never connected anew"
    assert "Couldn't apply scheduled task" not in house.log_end(999), "beat's ticks go on"
    assert house.stop() == 0
