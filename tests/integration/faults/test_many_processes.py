"""Web, workers and beats as processes of their own: more of them than needed, and brokers that hang or die."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta

import pytest

from config import clock
from tests.fakes.identity import IdentityProvider
from tests.fixtures.brokers import Broker
from tests.fixtures.processes import Obhut, StartObhut, eventually
from tests.integration.faults.conftest import World, prepare, send, separate
from tests.servers import Missing, base, rabbitmq, redis

PEOPLE, DAYS = 12, 2
SWEPT_WITHIN_S = 400
MESSAGES = 20
Start = Callable[..., tuple[dict[str, str], list[Obhut]]]


@pytest.fixture
def start(
    obhut: StartObhut, world: World, new_postgresql: Callable[[str], str], postgresql_template: str,
    identity_provider: IdentityProvider,
) -> Start:  # fmt: skip
    """`start(broker_url, {…}, "worker", "beat")` gives an officer's headers; web, started, and the other parts."""

    def start_all(broker: str, more: dict[str, str], *others: str) -> tuple[dict[str, str], list[Obhut]]:
        shared = separate(world, new_postgresql(postgresql_template), broker, identity_provider) | more
        web = obhut(shared, "web")
        headers = prepare(web)
        web.start()
        address = {"OBHUT_BASE_URL": web.url, "OBHUT_PORT": str(web.port)}
        return headers, [web, *(obhut(shared | address, part).start(wait=False) for part in others)]

    return start_all


def all_alive(parts: list[Obhut]) -> None:
    for part in parts:
        assert part.process and part.process.poll() is None, part.log_end()


@pytest.mark.timeout(1200)
def test_two_beats_and_two_workers_ask_everybody_once_a_day(
    start: Start, world: World, rabbitmq_broker: Broker
) -> None:
    headers, (web, *others) = start(
        rabbitmq_broker.url, rabbitmq_broker.environment, "worker", "worker", "beat", "beat"
    )
    references = [enrol(web, headers, number) for number in range(PEOPLE)]
    for day in range(1, DAYS + 1):
        at = (clock.wall() + timedelta(days=day)).date()
        web.set_clock(f"{at}T12:30:00+01:00")  # web does what is due, too: a third that is at it
        eventually(
            lambda day=day: all(written(web, headers, each)["care.check_in"] == day for each in references),
            f"the question of day {day} for everybody",
            SWEPT_WITHIN_S,
        )
        assert send(web, headers, day, f"Tag {day}")
    eventually(lambda: set(world.texts()) >= {"Tag 1", "Tag 2"}, "the messages beside", SWEPT_WITHIN_S)
    all_alive([web, *others])
    kept = [written(web, headers, each) for each in references]
    assert [each["care.check_in"] for each in kept] == [DAYS] * PEOPLE
    total = sum(sum(each.values()) for each in kept) + DAYS
    eventually(lambda: len(world.twilio.messages) >= total, "all of them at the provider", SWEPT_WITHIN_S)
    assert len(world.twilio.messages) == total
    assert set(world.texts().values()) == {1}, "each has a link of its own, and was sent once"
    assert [part.stop() for part in [*others, web]] == [0] * 5


def enrol(web: Obhut, headers: dict[str, str], number: int) -> str:
    person = {"given_name": "Runa", "family_name": f"Beispiel{number}", "birth_date": "1990-05-04", "locale": "de"}
    body = {
        "kind": "contact",
        "protocol": "covid-19",
        "person": person | {"phone": f"+491573599{number:04}", "channel": "sms"},
        "last_exposure_on": clock.wall().date().isoformat(),
    }
    answer = web.http.post(web.url + "/api/v1/care/cases", json=body, headers=headers, timeout=60)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["reference"])


def written(web: Obhut, headers: dict[str, str], reference: str) -> Counter[str]:
    """How many messages of each template the house has about a case that went out."""
    found = web.http.get(f"{web.url}/api/v1/notifications?about={reference}", headers=headers, timeout=60).json()
    return Counter(item["template"] for item in found["items"] if item["status"] in ("sent", "delivered"))


class Hangs:
    """A Redis that is stopped and goes on."""

    def __init__(self, stack: ExitStack) -> None:
        program = redis.program()
        if program is None:
            raise Missing("a server of this test's own cannot be started")
        self.address, self._process = stack.enter_context(redis.private_process(program))

    @contextmanager
    def trouble(self) -> Iterator[None]:
        with base.hung(self._process):
            yield


class Dies:
    """A RabbitMQ that is killed, and comes back without a queue."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack, self._port = stack, base.free_port()
        self._start()

    def _start(self) -> None:
        self.address, self._process = self._stack.enter_context(rabbitmq.private_process(self._port))

    @contextmanager
    def trouble(self) -> Iterator[None]:
        self._process.kill()
        self._process.wait()
        yield
        self._start()


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("kind", [Hangs, pytest.param(Dies, marks=pytest.mark.chaos)])
def test_web_answers_without_its_broker_and_everything_goes_out_once_it_is_back(
    start: Start, world: World, kind: type[Hangs] | type[Dies]
) -> None:
    with ExitStack() as stack:
        try:
            broker = kind(stack)
        except Missing as reason:
            pytest.skip(f"needs {kind.__name__}: {reason}")
        headers, (web, *others) = start(broker.address, {}, "worker", "beat")
        assert send(web, headers, 1, "Vorher")
        eventually(lambda: "Vorher" in world.texts(), "the message before", SWEPT_WITHIN_S)
        texts = {f"Ohne {number}" for number in range(MESSAGES)}
        with broker.trouble():
            for number, text in enumerate(sorted(texts)):
                assert send(web, headers, number, text)  # within this block: nobody waits for the broker
            assert web.is_ready()
        eventually(lambda: set(world.texts()) == {"Vorher", *texts}, "all of them afterwards", SWEPT_WITHIN_S)
        assert set(world.texts().values()) == {1}
        all_alive([web, *others])
        assert [part.stop() for part in [*others, web]] == [0, 0, 0]
