"""How much at once and how often: bodies of any size in flat memory, and limits that keep guessers out, not people."""

import contextlib
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from auth.policies import public
from config import limits
from tests.factories import services as given
from tests.fixtures.application import Login
from tests.fixtures.processes import Obhut
from tests.support.memory import Memory

pytestmark = pytest.mark.timeout(900)
Amount = Callable[[int, int], int]
MakeApp = Callable[..., Flask]
GB = 1024**3
MOST_GROWTH = 48 * 1024 * 1024
AT_ONCE = 5
PIECE = b"10000\r\n" + b"x" * 65536 + b"\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
JSON = b"Content-Type: application/json\r\n"
MULTIPART = b"Content-Type: multipart/form-data; boundary=b\r\n"


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """One database: limits are counted elsewhere."""
    return f"sqlite:///{shutil.copyfile(sqlite_template, tmp_path / 'test.sqlite3')}"


def _send(server: Obhut, head: bytes, pieces: Iterator[bytes]) -> bytes:
    """The beginning of the answer to a request whose body is sent until the server has had enough."""
    with socket.create_connection(("127.0.0.1", urlsplit(server.url).port or 0), timeout=60) as line:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            line.sendall(head)
            for piece in pieces:
                line.sendall(piece)
        with contextlib.suppress(ConnectionResetError):
            return line.recv(64)
    return b""


def _bodies(path: bytes, kind: bytes) -> Iterator[tuple[bytes, Iterator[bytes]]]:
    """Declared as 2 GB; declared small enough for the server and sent; streamed in chunks until it hangs up."""
    head = b"POST " + path + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n" + kind
    yield head + f"Content-Length: {2 * GB}\r\n\r\n".encode(), iter([b"x" * 65536] * 4)
    yield head + b"Content-Length: 20000000\r\n\r\n", iter([b"x" * 1_000_000] * 20)
    yield head + b"Transfer-Encoding: chunked\r\n\r\n", iter([PIECE] * (2 * GB // 65536))


def test_bodies_without_end_take_no_memory(live_server: Obhut, amount: Amount) -> None:
    places = (
        (b"/status", FORM), (b"/services/bewohnerparkausweis/apply", MULTIPART), (b"/api/v1/requests", JSON),
        (b"/webhooks/twilio/status", FORM), (b"/nothing", FORM), (b"/c/x", MULTIPART),
    )  # fmt: skip
    rounds = range(amount(1, 3))
    attacks = [attack for _ in rounds for path, kind in places[: amount(3, 6)] for attack in _bodies(path, kind)]
    answers: list[bytes] = []

    def attack(part: list[tuple[bytes, Iterator[bytes]]]) -> None:
        answers.extend(_send(live_server, head, pieces) for head, pieces in part)

    with Memory(live_server) as memory:
        threads = [threading.Thread(target=attack, args=(attacks[n::AT_ONCE],)) for n in range(AT_ONCE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert memory.most - memory.before < MOST_GROWTH, f"{(memory.most - memory.before) / 2**20:.0f} MB"
    codes = {answer.split(b" ")[1] for answer in answers if answer}
    assert codes <= {b"413", b"404", b"302", b"400", b"401", b"405"}, codes
    assert live_server.http.get(live_server.url + "/healthz", timeout=20).status_code == 200


@pytest.mark.parametrize("size", [1024 * 1024 + 1, 3_000_000, 13_000_000])
@pytest.mark.parametrize("path", ["/status", "/c/x", "/webhooks/twilio/status", "/api/v1/requests/A/transitions"])
def test_too_large_is_said_before_anything_is_read(client: FlaskClient, path: str, size: int) -> None:
    answer = client.post(path, data=b"x" * size, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 413


def test_many_small_parts_and_fields_are_too_much(client: FlaskClient, login: Login) -> None:
    login(client, "resident")
    path = f"/services/{given.SLUG}/apply"
    for names, size in ((range(2500), 1), (range(1), 3_000_000)):
        parts = [f'--b\r\nContent-Disposition: form-data; name="f_{n}"\r\n\r\n' + "x" * size for n in names]
        body = "\r\n".join([*parts, "--b--"]).encode()
        assert client.post(path, data=body, content_type="multipart/form-data; boundary=b").status_code == 413


DEEP = '{"answers": ' + "[" * 5000 + "]" * 5000 + "}"


@pytest.mark.parametrize(
    "body",
    [
        DEEP, '{"answers": {"x": ' + '{"x": ' * 40 + "1" + "}" * 40 + "}}", '{"answers": {"x": 1e999}}',
        '{"answers": {"x": NaN}}', '{"answers": {"x": -Infinity}}', '{"answers": {"x": ' + "9" * 400 + "}}",
        '{"answers": {"x": ' + "9" * 9000 + "}}", '{"answers": {"given_name": "\\ud800"}}',
        '{"answers": {"given_name": "\\u0000"}}', '{"answers": {"\\udfff": 1}}',
        '{"x\\u0000": 1}', "[]", '"x"', "7", "null", "{",
        '{"a": 1} {"b": 2}', "\xff",
    ],
)  # fmt: skip
def test_json_that_nothing_can_hold_is_refused(
    client: FlaskClient, bearer: Callable[..., dict[str, str]], body: str
) -> None:
    for path, role in (
        (f"/api/v1/services/{given.SLUG}/requests", "resident"),
        ("/api/v1/care/cases", "health_officer"),
    ):
        answer = client.post(path, data=body.encode("latin-1"), content_type="application/json", headers=bearer(role))
        assert answer.status_code == 422
        assert answer.mimetype == "application/problem+json"


def test_a_limit_is_a_page_for_people_and_a_problem_for_programs(make_app: MakeApp) -> None:
    app = make_app(limit_logins="1 per hour")
    app.add_url_rule("/api/v1/once", "once", public(api=True)(limits.limited("logins")(lambda: "ok")))
    client = app.test_client()
    assert client.get("/api/v1/once").status_code == 200
    problem = client.get("/api/v1/once")
    assert (problem.status_code, problem.mimetype) == (429, "application/problem+json")
    assert 1 <= int(problem.headers["Retry-After"]) <= 3601
    page = client.get("/auth/login")
    assert (page.status_code, page.mimetype) == (429, "text/html")
    assert 1 <= int(page.headers["Retry-After"]) <= 3601
    assert "<h1" in page.get_data(as_text=True)


def _status(client: FlaskClient, reference: str, pin: str, address: str = "192.0.2.1") -> int:
    token = _token(client.get("/status", environ_overrides={"REMOTE_ADDR": address}))
    data = {"reference": reference, "pin": pin, "csrf_token": token}
    return client.post("/status", data=data, environ_overrides={"REMOTE_ADDR": address}).status_code


def _token(page: Any) -> str:
    return str(page.get_data(as_text=True).partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0])


def test_a_pin_cannot_be_guessed_from_many_addresses(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        receipt = given.submitted(given.resident())
    wrong = "000000" if receipt.pin != "000000" else "111111"
    codes = [_status(client, receipt.reference, wrong, f"192.0.2.{n}") for n in range(12)]
    assert codes == [422] * 10 + [429] * 2
    assert _status(client, receipt.reference, receipt.pin, "192.0.2.99") == 429, (
        "the right one does not count either now"
    )


def test_many_people_behind_one_address_are_not_locked_out(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        receipts = [given.submitted(given.resident()) for _ in range(3)]
    for _ in range(15):
        assert {_status(client, one.reference, one.pin) for one in receipts} == {303}
    assert {_status(client, f"AAAAA{n:03}", "123456") for n in range(60)} == {422}
    assert _status(client, "AAAAAAAA", "123456") == 429
    assert _status(client, receipts[0].reference, receipts[0].pin, "192.0.2.2") == 303


def test_all_of_one_office_log_in_within_a_minute(
    app: Flask, client: FlaskClient, login: Login, amount: Amount
) -> None:
    login(client, "officer")  # the provider is awake
    codes = {app.test_client().get("/auth/login?staff=1").status_code for _ in range(amount(100, 299))}
    assert codes == {302}


def test_failed_logins_do_not_keep_a_good_one_out(app: Flask, client: FlaskClient, login: Login) -> None:
    codes = [client.get("/auth/callback?state=x&code=y").status_code for _ in range(70)]
    assert codes[0] == 400
    assert codes[-1] == 429
    login(app.test_client(), "officer")


def test_whoever_has_logged_in_is_counted_by_account(make_app: MakeApp, login: Login, app: Flask) -> None:
    app.extensions["obhut.settings"] = app.extensions["obhut.settings"].changed(limit_steps="3 per hour")
    first, second = login(app.test_client(), "resident"), login(app.test_client(), "resident2")
    path = f"/services/{given.SLUG}/apply"

    def post(visitor: FlaskClient) -> int:
        return visitor.post(
            path, data={"csrf_token": _token(visitor.get(path)), "submission_key": "x" * 20}
        ).status_code

    assert [post(first) for _ in range(4)] == [422, 422, 422, 429]
    assert post(second) == 422


def test_programs_are_counted_by_token(app: Flask, client: FlaskClient, bearer: Callable[..., dict[str, str]]) -> None:
    app.extensions["obhut.settings"] = app.extensions["obhut.settings"].changed(limit_api="3 per hour")
    first, second = bearer("health_officer"), bearer("health_officer")
    codes = [client.get("/api/v1/care/cases", headers=first).status_code for _ in range(4)]
    assert codes == [200, 200, 200, 429]
    assert client.get("/api/v1/care/cases", headers=second).status_code == 200


def test_a_link_is_called_only_so_often(make_app: MakeApp) -> None:
    client = make_app(limit_links="5 per hour").test_client()
    assert [client.get("/c/one").status_code for _ in range(6)] == [404] * 5 + [429]
    assert client.get("/c/two").status_code == 404


def test_a_store_that_is_away_fails_no_request(make_app: MakeApp) -> None:
    client = make_app(limiter_url="redis://127.0.0.1:1/0", limit_links="3 per hour").test_client()
    began = time.monotonic()
    assert [client.get("/c/one").status_code for _ in range(4)] == [404, 404, 404, 429], "counted by this process"
    assert time.monotonic() - began < 60, "nobody waits for it"


FORWARDED = (
    # setting, who connects, what is claimed, who it is
    ("0", "203.0.113.9", "198.51.100.1", "203.0.113.9"),
    ("1", "10.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
    ("1", "10.0.0.1", "203.0.113.9", "203.0.113.9"),
    ("2", "10.0.0.1", "198.51.100.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
    ("2", "10.0.0.1", "203.0.113.9", "10.0.0.1"),
    ("10.0.0.0/8", "10.0.0.1", "198.51.100.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
    ("10.0.0.0/8", "10.0.0.1", "10.9.9.9", "10.9.9.9"),
    ("10.0.0.0/8", "203.0.113.9", "198.51.100.1", "203.0.113.9"),
    ("10.0.0.0/8", "10.0.0.1", "", "10.0.0.1"),
    ("10.0.0.0/8, fd00::/8", "fd00::1", "2001:db8::7, 10.0.0.2", "2001:db8::7"),
    ("10.0.0.0/8", "10.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
    ("10.0.0.0/8", "::ffff:10.0.0.1", "[2001:db8::7]:4711", "2001:db8::7"),
    ("10.0.0.0/8", "10.0.0.1", "203.0.113.9, nonsense", "nonsense"),
)


@pytest.mark.parametrize(("trusted", "connects", "claimed", "expected"), FORWARDED)
def test_only_our_own_proxies_say_who_asks(
    make_app: MakeApp, trusted: str, connects: str, claimed: str, expected: str
) -> None:
    app = make_app(trusted_proxies=trusted)
    app.add_url_rule("/ip", "ip", public(lambda: str(request.remote_addr)))
    answer = app.test_client().get(
        "/ip", headers={"X-Forwarded-For": claimed}, environ_overrides={"REMOTE_ADDR": connects}
    )
    assert answer.get_data(as_text=True) == expected


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1%eth0", "2001:db8:1:2::/64"),
        ("nonsense:", "nonsense:"),
    ],
)
def test_one_customer_of_ipv6_is_one_address(app: Flask, address: str, key: str) -> None:
    with app.test_request_context(environ_overrides={"REMOTE_ADDR": address}):
        assert limits.by_address() == key


def test_counting_starts_no_thread_that_two_could_start_at_once(app: Flask) -> None:
    before = set(threading.enumerate())
    with app.test_request_context():
        limits.spend("reports", "somebody")
        counters = app.extensions[limits.EXTENSION]
        assert counters._own.hit(*limits.of("reports"), "somebody")
        assert set(threading.enumerate()) <= before


def test_the_store_reads_no_address_and_no_reference(app: Flask) -> None:
    counters = app.extensions[limits.EXTENSION]
    assert counters.mark("203.0.113.9") != counters.mark("203.0.113.8")
    assert len(counters.mark("x" * 10_000)) == len(counters.mark("")) == 32
