"""The benchmarks' provider counts rightly: a figure is worth as much as the tool that gave it."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests

from config.settings import load_settings
from tests.bench import bare_sdk
from tests.bench.provider import NUMBER, TOKEN, Stub
from tests.bench.stub import ACCOUNT
from tests.fixtures.processes import eventually

TO = "+4915735990001"
MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
HEAD = "POST /2010-04-01/Accounts/{account}/Messages.json HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"


@pytest.fixture(scope="module")
def process() -> Iterator[Stub]:
    stub = Stub()
    yield stub
    stub.stop()


@pytest.fixture
def stub(process: Stub) -> Stub:
    process.reset(0)
    return process


@pytest.fixture
def connection(stub: Stub) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", urlsplit(stub.url).port or 0), timeout=20) as opened:
        yield opened


def _request(number: int) -> bytes:
    form = f"To=%2B49157359900{number:02}&From=%2B4915735990099&Body=Text+{number}"
    return (HEAD.format(account=ACCOUNT, length=len(form)) + form).encode()


def _send(http: requests.Session, stub: Stub, to: str, body: str) -> str:
    form = {"To": to, "From": NUMBER, "Body": body}
    answer = http.post(stub.url + MESSAGES, data=form, auth=(ACCOUNT, TOKEN), timeout=20)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["sid"])


def test_a_message_that_comes_twice_is_a_duplicate(stub: Stub, http: requests.Session) -> None:
    for body in ("eins", "zwei", "zwei", "drei", "zwei"):
        _send(http, stub, TO, body)
    _send(http, stub, NUMBER, "eins")
    found = stub.statistics()
    assert (found.requests, found.answered, found.distinct, found.duplicates) == (6, 6, 4, 2)
    assert len(stub.arrivals()) == 6


def test_every_message_has_an_id_of_its_own_and_can_be_looked_up(stub: Stub, http: requests.Session) -> None:
    sids = [_send(http, stub, TO, body) for body in ("Grüße & mehr", "zwei", "zwei")]
    assert len(set(sids)) == 3 and all(len(sid) == 34 for sid in sids)
    listed = {
        to: http.get(stub.url + MESSAGES, params={"To": to}, timeout=20).json()["messages"] for to in (TO, NUMBER)
    }
    assert (sids[0], "Grüße & mehr") in [(each["sid"], each["body"]) for each in listed[TO]]
    assert listed[NUMBER] == []


def test_requests_in_pieces_and_several_at_once_are_told_apart(stub: Stub, connection: socket.socket) -> None:
    stream = b"".join(_request(number) for number in range(5))
    cut = len(_request(0)) + 30
    connection.sendall(stream[:cut])
    eventually(lambda: stub.statistics().requests == 1, "the first of them")
    connection.sendall(stream[cut:])
    eventually(lambda: stub.statistics().answered == 5, "all of them")
    assert stub.statistics().distinct == 5


def test_an_answer_waits_for_the_delay(stub: Stub, connection: socket.socket) -> None:
    stub.reset(3_600_000)
    connection.sendall(_request(1) + _request(2))
    eventually(lambda: stub.statistics().requests == 2, "both requests")
    found = stub.statistics()
    assert (found.answered, found.in_flight, found.max_in_flight) == (0, 2, 2)
    stub.reset(20)
    connection.sendall(_request(3))
    assert connection.recv(100).startswith(b"HTTP/1.1 201 ")
    found = stub.statistics()
    assert found.last_answer_at and found.last_at and found.last_answer_at - found.last_at >= 0.02


def test_the_bare_loop_sends_what_it_is_told_to(stub: Stub) -> None:
    stub.reset(20)
    found = bare_sdk.measure(stub, in_flight=10, messages=50)
    seen = stub.statistics()
    assert (seen.requests, seen.duplicates, seen.max_in_flight) == (20 + 50, 0, 10)
    assert found.rate > 0 and found.cpu_ms > 0


def test_the_stubs_settings_lead_an_application_to_it(
    stub: Stub, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.chdir(str(tmp_path))
    for name, value in stub.environment.items():
        monkeypatch.setenv(name, value)
    assert load_settings().twilio_api_base == stub.url
