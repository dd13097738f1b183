"""The broker is only a hint: without it requests are served, and everything is sent once it is back."""

from collections.abc import Iterator

import pytest

from tests.fixtures.processes import Obhut, StartObhut, eventually
from tests.integration.faults.conftest import World, send
from tests.servers import Missing, base, redis


@pytest.fixture
def port() -> Iterator[int]:
    """The port on which a Redis of this test's own comes and goes."""
    if redis.program() is None:
        pytest.skip("needs Redis: a server of this test's own cannot be started")
    return base.free_port()


@pytest.fixture
def house(obhut: StartObhut, world: World, port: int) -> Obhut:
    return obhut(world.environment | {"OBHUT_BROKER_URL": f"redis://127.0.0.1:{port}/0"})


@pytest.mark.timeout(1200)
def test_requests_are_served_while_the_broker_is_down(house: Obhut, world: World, port: int) -> None:
    program = redis.program()
    assert program
    try:
        with redis.private(program, port):
            house.start()
            headers = house.token("health_officer")
            assert send(house, headers, 1, "Vorher")
            eventually(lambda: "Vorher" in world.texts(), "the message before")
        for number in range(10):
            assert send(house, headers, 2, f"Ohne Broker {number}")
        assert house.is_ready()
        with redis.private(program, port):
            expected = {"Vorher", *(f"Ohne Broker {number}" for number in range(10))}
            eventually(lambda: set(world.texts()) == expected, "all messages after the broker came back", 600)
            assert set(world.texts().values()) == {1}
    except Missing as reason:
        pytest.skip(f"needs Redis: {reason}")
