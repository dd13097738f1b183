"""A full disk: who asks is told so, nothing is half-written, and everything goes on once there is room."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Protocol

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from config.database import db
from notifications.delivery import deliver
from notifications.recovery import recover
from notifications.statuses import Channel
from tests.factories.notifications import PHONE, age_claims, put_many_sms, statuses
from tests.fakes.provider import Provider
from tests.fixtures.databases import application_address, migrate
from tests.servers import Missing, base, postgresql
from tests.support.small_disk import NoDisk, small_disk

WAITING = [f"waits {number}" for number in range(40)]
IN_THE_MIDDLE = 10
MOST_REQUESTS = 3000
ROOM_MB = 40


class Disk(Protocol):
    """What the database of the application is on."""

    def fill(self) -> None: ...
    def free(self) -> None: ...


class LimitedFile:
    """A SQLite file that may not grow: SQLite says the same as on a full disk."""

    def __init__(self, app: Flask) -> None:
        self._app, self._is_full = app, False
        with app.app_context():
            event.listen(db.engine, "connect", self._limit)

    def fill(self) -> None:
        self._is_full = True
        self._connect_anew()

    def free(self) -> None:
        self._is_full = False
        self._connect_anew()

    def _limit(self, connection: Any, _: Any) -> None:
        if self._is_full:
            connection.execute("PRAGMA max_page_count=1")  # which means: as many as there are

    def _connect_anew(self) -> None:
        with self._app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database with the newest schema: SQLite, or PostgreSQL with its tables on a disk of their own."""
    if request.param == "sqlite":
        file = tmp_path / "test.sqlite3"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), file)
        yield f"sqlite:///{file}"
        return
    program = postgresql.program()
    if program is None:
        pytest.skip("needs PostgreSQL: a server of this test's own cannot be started")
    with ExitStack() as stack:
        try:
            disk = stack.enter_context(small_disk(ROOM_MB, base.first_user("postgres")))
            server = stack.enter_context(postgresql.private(program))
        except (NoDisk, Missing) as reason:
            pytest.skip(f"needs PostgreSQL on a small disk: {reason}")
        with psycopg.connect(server.address, autocommit=True) as owner:
            owner.execute(f"CREATE TABLESPACE small LOCATION '{disk.path}'")
            owner.execute("CREATE DATABASE small TABLESPACE small")
        url = application_address(server.address, "small")
        migrate(url, tmp_path)
        request.node.small_disk = disk
        yield url


@pytest.fixture
def disk(request: pytest.FixtureRequest, app: Flask) -> Disk:
    found: Disk | None = getattr(request.node, "small_disk", None)
    return found or LimitedFile(app)


Post = Callable[[str], TestResponse]


@pytest.fixture
def post(client: FlaskClient, bearer: Callable[..., dict[str, str]]) -> Post:
    headers = bearer("health_officer")

    def post_one(key: str) -> TestResponse:
        body = {"template": "notifications.plain", "recipient": {"phone": PHONE}, "variables": {"text": text_of(key)}}
        return client.post("/api/v1/notifications", json=body | {"key": key, "about": "full"}, headers=headers)

    return post_one


def text_of(key: str) -> str:
    return f"Text {key} " + "x" * 900


def posted_until_full(post: Post) -> tuple[list[str], str]:
    """The keys that were taken, and the one that was refused."""
    taken: list[str] = []
    for number in range(MOST_REQUESTS):
        answer = post(f"full {number}")
        if answer.status_code != 202:
            assert answer.status_code == 503 and answer.headers["Retry-After"]
            assert answer.mimetype == "application/problem+json"
            text = answer.get_data(as_text=True)
            assert "Traceback" not in text and "INSERT" not in text and "disk" not in text
            return taken, f"full {number}"
        taken.append(f"full {number}")
    raise AssertionError("the disk was never full")


def work() -> None:
    """A worker's round, as a job runs it: what fails is tried again with the next tick."""
    with suppress(OperationalError):
        while recover() + deliver(Channel.SMS):
            pass


def test_a_full_disk_refuses_readably_and_loses_nothing(
    app: Flask, provider: Provider, disk: Disk, post: Post, client: FlaskClient
) -> None:
    assert post("before").status_code == 202
    with app.app_context():
        put_many_sms(WAITING)
        provider.after_accept = lambda _: disk.fill() if len(provider.accepted) == IN_THE_MIDDLE else None
        work()
        taken, refused = posted_until_full(post)
        assert client.get("/healthz").status_code == 200
        work()  # may fail, and may have sent what it then could not write down
        left = open_messages()
        assert left, "what could not be written down stays to be done"
        disk.free()
        for _ in range(3):
            age_claims()
            work()
        found = statuses()
        assert set(found.values()) == {"sent"}
        assert not [key for key in found if key.endswith(refused)], "what was refused was not stored"
        expected = [f"Text {key}" for key in WAITING] + [text_of(key) for key in ("before", *taken)]
        assert provider.bodies() == sorted(expected), "once each"
        assert post(refused).status_code == 202, "and is taken when it comes again"
        work()
        assert set(statuses().values()) == {"sent"}
        assert provider.bodies() == sorted([*expected, text_of(refused)])


def open_messages() -> set[str]:
    return {key for key, status in statuses().items() if status in ("pending", "sending")}
