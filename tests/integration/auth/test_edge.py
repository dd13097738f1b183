"""Headers, errors and limits at the edge."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, abort, request
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import TooManyRequests

from auth.policies import public
from config.errors import FieldError, NotFound, RuleViolation
from tests.fakes.identity import IdentityProvider

pytestmark = pytest.mark.one_database


@pytest.fixture
def app(app: Flask) -> Flask:
    """The application with views that fail."""
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def fail(how: str) -> str:
        match how:
            case "bug":
                raise ZeroDivisionError("canary-value")
            case "database":
                raise OperationalError("SELECT canary-value", {}, Exception("database is locked"))
            case "missing":
                raise NotFound()
            case "rules":
                raise RuleViolation.of([FieldError("phone", "Bad {x}.", {"x": "<b>"}), FieldError("name", "Worse.")])
            case "body":
                return str(len(request.get_data()))
        abort(int(how))

    app.add_url_rule("/fail/<how>", "fail", public(fail), methods=["GET"])
    app.add_url_rule("/api/v1/fail/<how>", "api_fail", public(api=True)(fail), methods=["GET", "POST"])
    return app


def test_headers_of_every_page(client: FlaskClient) -> None:
    for path in ("/", "/nothing-here", "/auth/logout"):
        headers = client.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert "base-uri 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "same-origin"
    assert client.get("/c/whatever").headers["Referrer-Policy"] == "no-referrer"


def test_https_brings_hsts_and_host_cookies(
    make_app: Callable[..., Flask], identity_provider: IdentityProvider
) -> None:
    identity_provider.start()
    app = make_app(base_url="https://obhut.example")
    answer = app.test_client().get("/status", base_url="https://obhut.example")
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=63072000")
    cookies = answer.headers.getlist("Set-Cookie")
    assert cookies
    for line in cookies:
        assert line.startswith("__Host-obhut_")
        for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
            assert flag in line


@pytest.mark.parametrize(
    ("how", "status"), [("missing", 404), ("rules", 422), ("405", 405), ("413", 413), ("429", 429), ("400", 400)]
)
def test_errors_are_pages_for_people_and_problems_for_programs(client: FlaskClient, how: str, status: int) -> None:
    page = client.get(f"/fail/{how}")
    assert (page.status_code, page.mimetype) == (status, "text/html")
    assert "<h1" in page.get_data(as_text=True)
    problem = client.get(f"/api/v1/fail/{how}")
    assert (problem.status_code, problem.mimetype) == (status, "application/problem+json")
    assert {"type", "title", "status", "detail"} <= set(problem.get_json())
    asked = client.get(f"/fail/{how}", headers={"Accept": "application/json"})
    assert asked.mimetype == "application/problem+json"


def test_field_errors_are_named_and_escaped(client: FlaskClient) -> None:
    assert client.get("/api/v1/fail/rules").get_json()["errors"] == [
        {"field": "phone", "message": "Bad <b>."},
        {"field": "name", "message": "Worse."},
    ]
    assert "Bad &lt;b&gt;." in client.get("/fail/rules").get_data(as_text=True)


def test_a_bug_becomes_a_number_and_nothing_more(client: FlaskClient, caplog: Any) -> None:
    answer = client.get("/api/v1/fail/bug")
    assert answer.status_code == 500
    number = answer.get_json()["instance"].rsplit(":", 1)[1]
    page = client.get("/fail/bug").get_data(as_text=True)
    for text in (answer.get_data(as_text=True), page):
        assert "canary" not in text
        assert "ZeroDivisionError" not in text
    assert len(number) == 8


def test_an_unreachable_database_is_said_so(client: FlaskClient) -> None:
    answer = client.get("/fail/database")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "canary" not in answer.get_data(as_text=True)


def test_too_much_at_once(client: FlaskClient) -> None:
    for size, limit in ((1024 * 1024 + 1, "1 MB"), (13 * 1024 * 1024, "1 MB")):
        answer = client.post("/api/v1/fail/body", data=b"x" * size)
        assert answer.status_code == 413
        assert limit in answer.get_json()["detail"]


def test_logins_that_fail_are_limited_by_address(client: FlaskClient) -> None:
    statuses = [client.get("/auth/callback").status_code for _ in range(61)]
    assert set(statuses[:50]) == {400}  # the minute may turn in between
    answer = client.get("/auth/callback")
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 61
    assert "in 1 Minute noch einmal" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        *((1, "in 1 Minute"), (61, "in 1 Minute"), (62, "in 2 Minuten"), (47 * 60, "in 47 Minuten")),
        *((3540, "in 59 Minuten"), (3601, "in 1 Stunde"), (3700, "in 2 Stunden"), (86_401, "in 1 Tag")),
        *((8 * 86_400, "in 2 Wochen"), (40 * 86_400, "in 2 Monaten")),
    ],
)
def test_how_long_to_wait_is_said_in_plain_words(app: Flask, seconds: int, words: str) -> None:
    def busy() -> str:
        raise TooManyRequests(retry_after=seconds)

    app.add_url_rule("/busy", "busy", public(busy))
    app.add_url_rule("/api/v1/busy", "api_busy", public(api=True)(busy))
    answer = app.test_client().get("/busy")
    assert f"versuchen Sie es {words} noch einmal" in answer.get_data(as_text=True)
    assert answer.headers["Retry-After"] == str(seconds)
    assert words in app.test_client().get("/api/v1/busy").get_json()["detail"]


def test_forwarded_addresses_count_only_behind_our_proxy(make_app: Callable[..., Flask]) -> None:
    for hops, expected in ((0, "127.0.0.1"), (1, "203.0.113.9")):
        app = make_app(trusted_proxies=hops)
        app.add_url_rule("/ip", "ip", public(lambda: str(request.remote_addr)))
        answer = app.test_client().get("/ip", headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.9"})
        assert answer.get_data(as_text=True) == expected
