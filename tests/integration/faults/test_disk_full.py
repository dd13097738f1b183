"""The whole house on a disk that is full for a while: log, database and all."""

from collections.abc import Iterator

import pytest

from tests.fixtures.processes import Obhut, StartObhut, eventually
from tests.integration.faults.conftest import World, send
from tests.support.small_disk import NoDisk, SmallDisk, small_disk

ROOM_MB = 32
MOST_REQUESTS = 500


@pytest.fixture
def disk() -> Iterator[SmallDisk]:
    try:
        with small_disk(ROOM_MB) as made:
            yield made
    except NoDisk as reason:
        pytest.skip(f"needs a small disk: {reason}")


@pytest.fixture
def house(disk: SmallDisk, obhut: StartObhut, world: World) -> Obhut:
    return obhut(world.environment, folder=disk.path)


@pytest.mark.timeout(1200)
def test_a_house_on_a_full_disk_says_so_and_goes_on_when_there_is_room(
    house: Obhut, disk: SmallDisk, world: World
) -> None:
    house.start()
    headers = house.token("health_officer")
    assert send(house, headers, 1, "Vorher")
    eventually(lambda: "Vorher" in world.texts(), "the message before")
    disk.fill()
    taken = set()
    for number in range(MOST_REQUESTS):
        text = f"Voll {number}"
        answer = ask(house, headers, text)
        if answer != 202:
            break
        taken.add(text)
    assert answer == 503, "a full disk is no fault of who asks, and no secret"
    page = house.http.get(house.url + "/auth/login", headers={"Accept": "text/html"}, timeout=60, allow_redirects=False)
    assert page.status_code in (302, 503) and "Traceback" not in page.text
    assert house.http.get(house.url + "/healthz", timeout=60).status_code == 200
    disk.free()
    assert send(house, headers, 3, "Nachher")
    expected = {"Vorher", *taken, "Nachher"}
    eventually(lambda: set(world.texts()) >= expected, "everything that was accepted, at the provider", 400)
    assert world.texts() == dict.fromkeys(expected, 1), "once each, and nothing that was refused"
    assert house.is_ready()
    assert house.stop() == 0


def ask(house: Obhut, headers: dict[str, str], text: str) -> int:
    """Ask for a message; the status code of a readable answer."""
    body = {
        "template": "notifications.plain",
        "recipient": {"phone": "+4917604069102"},
        "variables": {"text": text},
        "key": text,
    }
    answer = house.http.post(house.url + "/api/v1/notifications", json=body, headers=headers, timeout=60)
    assert answer.headers["Content-Type"] in ("application/json", "application/problem+json"), answer.text
    assert "Traceback" not in answer.text
    return answer.status_code
