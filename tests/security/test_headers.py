"""Headers on everything that goes out: pages of every role, errors, files, and what the server itself says."""

import contextlib
import re
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from auth.policies import ACCESS
from config.security import NOTHING_INSIDE
from tests.factories import services as given
from tests.fixtures.application import Login
from tests.fixtures.processes import Obhut
from tests.support import repository

ACCOUNTS = (None, "resident", "officer", "admin")
KEPT_BY_ALL = (
    "/robots.txt",
    "/.well-known/security.txt",
    "/.well-known/obhut-signing.pem",
    "/static/",
    "/metrics",
    "/open311/v2/",
)
READ_BY_PAGES_ELSEWHERE = "/open311/v2/"  # what is public, without a cookie
INLINE = re.compile(r"<[a-z][^>]*?\s(?:style|on[a-z]+)\s*=|javascript:", re.IGNORECASE)
TAG_WITHOUT_NONCE = re.compile(r"<(script|style)(?![^>]*nonce)(?![^>]*\ssrc=)[^>]*>", re.IGNORECASE)


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """One database: headers know nothing of it."""
    return f"sqlite:///{shutil.copyfile(sqlite_template, tmp_path / 'test.sqlite3')}"


def _pages(app: Flask) -> list[str]:
    """Addresses of every view that can be asked with GET; those with arguments are asked for what is not there."""
    found = []
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint.endswith("logout"):
            continue
        path = re.sub(r"<uuid:[^>]+>", "01890000-0000-7000-8000-000000000000", rule.rule)
        path = re.sub(r"<int:[^>]+>", "7", path)
        path = re.sub(r"<any\(([^,)]+)[^>]*>", r"\1", path)
        found.append(re.sub(r"<[^>]+>", "AAAAAAAA", path))
    return sorted(set(found))


def _problems(path: str, answer: Any) -> Iterator[str]:
    headers, policy = answer.headers, answer.headers.get("Content-Security-Policy", "")
    if "unsafe" in policy or not ("default-src 'self'" in policy or "default-src 'none'" in policy):
        yield f"policy {policy!r}"
    if "Content-Disposition" in headers and policy != NOTHING_INSIDE:
        yield "a file that is not kept apart from our pages"
    if "default-src 'self'" in policy:
        for directive in ("object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"):
            if directive not in policy:
                yield f"{directive} is missing"
    for name, value in (("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY")):
        if headers.getlist(name) != [value]:
            yield f"{name}: {headers.getlist(name)}"
    for name in ("Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy", "Permissions-Policy", "Referrer-Policy"):
        if len(headers.getlist(name)) != 1:
            yield f"{name}: {headers.getlist(name)}"
    if not path.startswith(KEPT_BY_ALL) and "no-store" not in headers.get("Cache-Control", ""):
        yield f"Cache-Control: {headers.get('Cache-Control')}"
    if path.startswith(("/c/", "/verify/")) and headers["Referrer-Policy"] != "no-referrer":
        yield "an address with a secret may be told"
    if "Server" in headers or "X-Powered-By" in headers:
        yield "says what it runs on"


@pytest.mark.parametrize("account", ACCOUNTS)
def test_headers_of_everything_and_nothing_inline(
    app: Flask, client: FlaskClient, login: Login, account: str | None
) -> None:
    if account:
        login(client, account)
    wrong: list[tuple[str, int, str]] = []
    seen = 0
    for path in _pages(app):
        answer = client.get(path)
        wrong += [(path, answer.status_code, problem) for problem in _problems(path, answer)]
        if answer.mimetype == "text/html":
            seen += 1
            wrong += [(path, answer.status_code, problem) for problem in _inline(answer)]
        answer.close()
    assert not wrong
    assert seen > 20


def _inline(answer: Any) -> Iterator[str]:
    text, policy = answer.get_data(as_text=True), answer.headers["Content-Security-Policy"]
    for found in filter(None, (INLINE.search(text), TAG_WITHOUT_NONCE.search(text))):
        yield found.group()[:80]
    for nonce in set(re.findall(r"nonce=\"([^\"]+)\"", text)):
        if f"'nonce-{nonce}'" not in policy:
            yield f"nonce {nonce}"


def test_looking_at_the_head_alone_shows_the_same(app: Flask, client: FlaskClient) -> None:
    wrong = [(path, problem) for path in _pages(app) for problem in _problems(path, client.head(path))]
    assert not wrong


def test_no_template_has_anything_inline() -> None:
    pages = [
        path
        for room in ("auth", "care", "config", "notifications", "services")
        for path in (repository.ROOT / room).rglob("templates/**/*.html")
        if not path.name.startswith("email.")
    ]
    assert len(pages) > 30
    wrong = [path.name for path in pages if INLINE.search(re.sub(r"\{[{%#].*?[}%#]\}", "", path.read_text("utf-8")))]
    assert not wrong


def test_a_nonce_is_used_once(client: FlaskClient) -> None:
    found = [re.findall(r"'nonce-([^']+)'", client.get("/").headers["Content-Security-Policy"]) for _ in range(5)]
    every = [nonce for nonces in found for nonce in set(nonces)]
    assert len(set(every)) == len(every)


def test_files_go_out_as_files(client: FlaskClient, bearer: Callable[..., dict[str, str]]) -> None:
    import base64

    file = {"field": "registration", "file_name": "schein.pdf", "data": base64.b64encode(given.PDF).decode()}
    resident = bearer("resident")
    body = {"answers": given.answers(), "uploads": [file]}
    made = client.post(f"/api/v1/services/{given.SLUG}/requests", json=body, headers=resident).get_json()
    address = f"/api/v1/requests/{made['reference']}/files/{made['attachments'][0]['id']}"
    answer = client.get(address, headers=resident)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Security-Policy"] == NOTHING_INSIDE
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "PROPFIND", "PUT", "DELETE", "XYZ"])
def test_other_methods_do_nothing(client: FlaskClient, method: str) -> None:
    for path in ("/", "/c/x", "/status", "/auth/login", "/api/v1/requests", "/webhooks/twilio/status", "/requests/"):
        assert client.open(path, method=method).status_code == 405


def test_asking_for_options_tells_methods_and_acts_on_nothing(app: Flask, client: FlaskClient) -> None:
    for path in _pages(app):
        answer = client.open(path, method="OPTIONS")
        assert answer.status_code in (200, 308, 400, 404, 405)
        is_open = path.startswith(READ_BY_PAGES_ELSEWHERE)
        assert ("Access-Control-Allow-Origin" in answer.headers) == is_open
        assert "Access-Control-Allow-Credentials" not in answer.headers


def test_every_view_that_takes_files_says_so(app: Flask) -> None:
    """Others take 1 MB, so a new upload is noticed here and not by the first large file."""
    takers = {name for name, view in app.view_functions.items() if getattr(view, "obhut_large_body", False)}
    assert all(getattr(app.view_functions[name], ACCESS, None) for name in takers)
    assert {
        "services.begin",
        "services.enter",
        "requests.act",
        "care_imports.upload",
        "bulk.new",
        "api_services.create",
    } <= takers


def _raw(server: Obhut, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", urlsplit(server.url).port or 0), timeout=20) as line:
        line.sendall(request)
        line.settimeout(20)
        parts = []
        with contextlib.suppress(ConnectionResetError):  # it does not wait for the rest of what it refuses
            while part := line.recv(65536):
                parts.append(part)
    return b"".join(parts)


BROKEN = (
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * 33_000 + b"\r\n\r\n",
    b"GET /" + b"a" * 33_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"POST /status HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: x\r\n\r\n",
    b"POST /status HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 3000000000\r\n\r\n",
    b"POST /status HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: gzip\r\n\r\n",
    b"POST /status HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"nonsense\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\nb\r\n\r\n",
)


@pytest.mark.parametrize("request_", BROKEN, ids=range(len(BROKEN)))
def test_what_the_server_itself_refuses(live_server: Obhut, request_: bytes) -> None:
    head = _raw(live_server, request_).partition(b"\r\n\r\n")[0].decode("latin-1").lower()
    assert re.match(r"http/1\.[01] (400|413|414|431|501) ", head), head[:200]
    for line in (
        "x-content-type-options: nosniff",
        "content-security-policy: default-src 'none'",
        "cache-control: no-store",
    ):
        assert line in head
    assert "waitress" not in head


HOSTS = {
    b"Host: evil.example": 400,
    b"Host: 127.0.0.1\r\nHost: evil.example": 400,
    b"Host: 127.0.0.1@evil.example": 400,
    b"Host: evil.example:80#127.0.0.1": 400,
    b"Host: localhost.evil.example": 400,
    b"Host: 127.0.0.1:port": 400,
    b"X-Forwarded-Host: evil.example\r\nHost: 127.0.0.1": 200,
    b"Forwarded: host=evil.example\r\nHost: localhost": 200,
}


@pytest.mark.parametrize("target", [b"/", b"http://evil.example/"])
@pytest.mark.parametrize("host", HOSTS)
def test_other_names_are_refused(live_server: Obhut, host: bytes, target: bytes) -> None:
    answer = _raw(live_server, b"GET " + target + b" HTTP/1.1\r\n" + host + b"\r\nConnection: close\r\n\r\n")
    assert answer.split(b" ")[1] == str(HOSTS[host]).encode()
    assert b"evil.example" not in answer
