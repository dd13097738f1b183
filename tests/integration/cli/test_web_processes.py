"""`obhut web` with several processes on one socket."""

import signal

import psutil
import pytest
import requests

from tests.fixtures.brokers import Broker
from tests.fixtures.processes import Obhut, StartObhut, eventually

NOBODY = "http://127.0.0.1:9"
PROCESSES = 2
PROVIDERS = {
    "OBHUT_OIDC_ISSUER": NOBODY, "OBHUT_OIDC_CLIENT_ID": "x", "OBHUT_OIDC_CLIENT_SECRET": "x",
    "OBHUT_TWILIO_ACCOUNT_SID": "AC" + "0" * 32, "OBHUT_TWILIO_AUTH_TOKEN": "x", "OBHUT_TWILIO_FROM": "+4915735990099",
    "OBHUT_TWILIO_API_BASE": NOBODY, "OBHUT_SMTP_URL": "smtp://127.0.0.1:9",
}  # fmt: skip


@pytest.fixture
def web(obhut: StartObhut, database_url: str, redis_broker: Broker) -> Obhut:
    """Two processes, with a provider of everything that is not asked here."""
    own = {"OBHUT_DATABASE_URL": database_url, "OBHUT_BROKER_URL": redis_broker.url}
    house = obhut(own | redis_broker.environment | PROVIDERS | {"OBHUT_WEB_PROCESSES": str(PROCESSES)}, "web")
    return house.start()


def children(web: Obhut) -> list[psutil.Process]:
    return [each for each in web.family()[1:] if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]


def answers(web: Obhut) -> bool:
    """Asks over a connection of its own, so that any process may take it."""
    try:
        return requests.get(web.url + "/healthz", timeout=30, proxies={"http": ""}).status_code == 200
    except requests.RequestException:
        return False


def test_a_process_that_is_killed_comes_back_and_none_stays(web: Obhut) -> None:
    first = children(web)
    assert len(first) == PROCESSES
    first[0].kill()
    eventually(lambda: first[0].pid not in {each.pid for each in children(web)}, "the killed one is gone")
    second = eventually(lambda: len(children(web)) == PROCESSES and children(web), "there are two again")
    assert {each.pid for each in second} - {each.pid for each in first}
    eventually(lambda: answers(web), "the address answers")
    first[1].kill()  # so that it is the new one who answers
    office = ("offices", "add", "--code", "mitte", "--name", "Mitte")
    headers = web.token("health_officer", "tests", office)
    eventually(lambda: answers(web), "the new one answers")
    answer = eventually(lambda: _find(web, headers), "the new one has the database")
    assert answer.json()["items"] == []
    assert web.stop() == 0  # and raises when a child is left


@pytest.mark.one_database
def test_they_go_with_a_parent_that_is_killed(web: Obhut) -> None:
    assert len(children(web)) == PROCESSES
    web.kill()  # raises when a child is left


@pytest.mark.one_database
def test_an_interrupt_ends_them_too(web: Obhut) -> None:
    assert web.stop(signal.SIGINT) == 0


@pytest.mark.one_database
def test_limits_are_counted_together_or_not_at_all(obhut: StartObhut, database_url: str) -> None:
    own = {"OBHUT_DATABASE_URL": database_url, "OBHUT_BROKER_URL": "amqp://127.0.0.1:9/", "OBHUT_WEB_PROCESSES": "2"}
    refused = obhut(own | PROVIDERS, "web").run("web")
    assert refused.returncode == 1 and "OBHUT_LIMITER_URL" in refused.stderr


def _find(web: Obhut, headers: dict[str, str]) -> requests.Response | None:
    try:
        answer = requests.get(f"{web.url}/api/v1/notifications?about=x", headers=headers, timeout=30)
    except requests.RequestException:
        return None
    return answer if answer.status_code == 200 else None
