"""kill -9 at any moment: after the restart nothing is lost and nothing is sent twice, counted at the provider."""

import random
import threading
import time

import pytest

from tests.fixtures.processes import Obhut, eventually
from tests.integration.faults.conftest import World, send, send_until_accepted

# In the long suite a claim of a killed process may last 75 s, the sweep comes once a minute; then the receipts.
SETTLED_WITHIN_S = 600
BATCH = 6


def _kill_again_and_again(server: Obhut, world: World, kills: int, seed: int) -> None:
    dice = random.Random(seed)
    server.start()
    headers = server.token("health_officer")
    wanted: list[str] = []
    for kill in range(kills):
        world.twilio.delay_s = dice.choice((0.0, 0.02, 0.2))
        moment = dice.uniform(0.0, 0.4)
        killer = threading.Thread(target=lambda moment=moment: (time.sleep(moment), server.kill()))
        killer.start()
        unanswered = []
        for number in range(BATCH):
            text = f"Nachricht {kill}.{number}"
            wanted.append(text)
            if not send(server, headers, kill % 90, text):
                unanswered.append((number, text))
        killer.join()
        server.start()
        for _, text in unanswered:
            send_until_accepted(server, headers, kill % 90, text)
    world.twilio.delay_s = 0.0
    eventually(lambda: set(world.texts()) >= set(wanted), "every message at the provider", SETTLED_WITHIN_S)

    def open_messages() -> list[str]:
        found = server.http.get(f"{server.url}/api/v1/notifications?about=faults", headers=headers, timeout=60).json()
        return [item["status"] for item in found["items"] if item["status"] not in ("sent", "delivered")]

    eventually(lambda: not open_messages(), "every message settled", SETTLED_WITHIN_S)
    assert world.texts() == dict.fromkeys(wanted, 1)
    assert server.stop() == 0


@pytest.mark.timeout(1200)
def test_kills_lose_nothing_and_double_nothing(embedded: Obhut, world: World) -> None:
    _kill_again_and_again(embedded, world, kills=5, seed=1)


@pytest.mark.chaos
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("seed", [2, 3])
def test_hundreds_of_kills_lose_nothing_and_double_nothing(embedded: Obhut, world: World, seed: int) -> None:
    _kill_again_and_again(embedded, world, kills=150, seed=seed)
