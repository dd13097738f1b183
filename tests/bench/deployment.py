"""Scale-out as an operator runs it: PostgreSQL, a real broker, worker and beat as processes; and our end of it."""

import contextlib
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import redis as redis_client
from flask import Flask
from sqlalchemy import func, select, text

from config import schema
from config.app import create_app
from config.database import db, transaction
from config.ids import new_id
from config.settings import Settings, load_settings
from notifications import celery_app
from notifications.models import Notification
from notifications.statuses import Channel, Status
from tests.bench.provider import Stub, phone
from tests.bench.writing import NewMessage, enqueue_many
from tests.fixtures.databases import address_of
from tests.fixtures.processes import Obhut
from tests.servers import postgresql, rabbitmq, redis

PREFIX = "obhut_bench_"
LEFT_OVER_S = 6 * 3600
CHUNK = 1_000
# What a process insists on and nobody here speaks to; and a bench at night is no different.
NEEDED = {
    "OBHUT_OIDC_ISSUER": "http://127.0.0.1:9",
    "OBHUT_OIDC_CLIENT_ID": "obhut-bench",
    "OBHUT_OIDC_CLIENT_SECRET": "not-a-secret",
    "OBHUT_SMTP_URL": "smtp://127.0.0.1:9",
    "OBHUT_QUIET_HOURS": "off",
}
# Spelt so that the partial indexes serve: asking must cost nothing beside millions of old messages.
OPEN = text("""
    (SELECT 1 FROM notification WHERE status = 'pending' LIMIT 1)
    UNION ALL (SELECT 1 FROM notification WHERE status = 'sending' LIMIT 1)
""")
LONGEST_WAIT_S = 600


class Deployment:
    """A database, a broker's corner and a folder of secrets; `start_worker()` lets the product work on them."""

    def __init__(self, folder: Path, database: str, broker: dict[str, str], stub: Stub) -> None:
        self.database, self.stub = database, stub
        self.environment = {"OBHUT_DATABASE_URL": database, **NEEDED, **broker, **stub.environment}
        self._folder = folder
        self._processes: list[Obhut] = []
        self._written, self._first_id = 0, new_id()
        named = {name.removeprefix("OBHUT_").lower(): value for name, value in self.environment.items()}
        self.settings: Settings = load_settings(data_dir=folder, log_level="WARNING", **named)
        self.app: Flask = create_app(self.settings)
        schema.upgrade(self.app, self.settings)

    @property
    def dsn(self) -> str:
        """libpq's address of the database."""
        return self.database.replace("postgresql+psycopg://", "postgresql://")

    @contextlib.contextmanager
    def at_hand(self) -> Iterator[None]:
        """This process speaks to the domain of this deployment, and wakes its workers."""
        celery_app.init_app(self.app, self.settings)
        with self.app.app_context():
            try:
                yield
            finally:
                db.session.remove()
                db.engine.dispose()

    def start_worker(self, *arguments: str) -> Obhut:
        """`obhut worker` with `obhut beat` beside it; returns when a message has gone through and both are at rest."""
        worker = self._start("worker", *arguments)
        self._start("beat")
        with self.at_hand():
            self.write(1)
            self.wait_until_settled()
        time.sleep(3)  # what beat and the worker begin with
        return worker

    def _start(self, *arguments: str) -> Obhut:
        process = Obhut(self._folder, self.environment, *arguments)
        self._processes.append(process)
        return process.start(wait=False)

    def messages(self, number: int) -> list[NewMessage]:
        """Check-in reminders to `number` people, none of which were written before."""
        first, self._written = self._written, self._written + number
        self._first_id = new_id()
        return [
            NewMessage(
                template="notifications.plain",
                channel=Channel.SMS,
                to=phone(each),
                locale="de",
                variables={"text": f"Bitte melden Sie sich: https://obhut.example/c/{each:022}"},
                key=f"bench:{each}",
                about=f"bench:{each}",
            )
            for each in range(first, first + number)
        ]

    def write(self, number: int) -> float:
        """Put `number` messages into the outbox in one transaction, so that workers see all of them at once.

        Returns the time.monotonic() of the commit.
        """
        messages = self.messages(number)
        with transaction():
            for chunk in chunks(messages):
                enqueue_many(chunk)
        return time.monotonic()

    def wait_until_settled(self) -> float:
        """Return, with the time.monotonic(), when nothing is pending or being sent any more."""
        deadline = time.monotonic() + LONGEST_WAIT_S
        while db.session.scalar(OPEN) is not None:
            db.session.rollback()
            ended = next((one for one in self._processes if one.process and one.process.poll() is not None), None)
            assert ended is None, f"{ended.arguments} ended:\n{ended.log_end()}"
            assert time.monotonic() < deadline, f"not settled within {LONGEST_WAIT_S} s"
            time.sleep(0.05)
        db.session.rollback()
        return time.monotonic()

    def not_sent(self) -> int:
        """How many of the messages written last do not stand as sent, as far as the database knows."""
        others = select(func.count()).where(Notification.id >= self._first_id, Notification.status != Status.SENT)
        found = db.session.scalar(others)
        db.session.rollback()
        return found or 0

    def stop(self) -> None:
        for process in self._processes:
            process.close()


def chunks(messages: Sequence[NewMessage]) -> Iterator[Sequence[NewMessage]]:
    """As many at a time as the bulk job writes."""
    for first in range(0, len(messages), CHUNK):
        yield messages[first : first + CHUNK]


@contextlib.contextmanager
def deployment(stub: Stub, template: str | None = None) -> Iterator[Deployment]:
    """A deployment of its own that leaves nothing behind. Raises Missing. `template`: a database to copy."""
    with contextlib.ExitStack() as left_behind:
        folder = Path(left_behind.enter_context(TemporaryDirectory(prefix="obhut-bench-")))
        left_behind.enter_context(contextlib.chdir(folder))  # no .env of whoever runs this
        server = left_behind.enter_context(postgresql.running())
        database = left_behind.enter_context(_new_database(server, template))
        broker = left_behind.enter_context(_broker())
        made = Deployment(folder, database, broker, stub)
        left_behind.callback(made.stop)
        yield made


@contextlib.contextmanager
def provider() -> Iterator[Stub]:
    """The stub's process."""
    stub = Stub()
    try:
        yield stub
    finally:
        stub.stop()


@contextlib.contextmanager
def _new_database(server: str, template: str | None) -> Iterator[str]:
    name = f"{PREFIX}{int(time.time())}_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(server, autocommit=True) as owner:
        _drop_left_overs(owner)
        owner.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template or "template0"}"')
        try:
            yield address_of(server, name)
        finally:
            owner.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _drop_left_overs(owner: psycopg.Connection[tuple[str]]) -> None:
    """Databases of runs that were killed; those of runs that may still be going on stay."""
    for (name,) in owner.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", (PREFIX + "%",)).fetchall():
        made_at = name.removeprefix(PREFIX).split("_")[0]
        if made_at.isdigit() and int(made_at) < time.time() - LEFT_OVER_S:
            owner.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextlib.contextmanager
def _broker() -> Iterator[dict[str, str]]:
    if redis.installed() is None:
        with rabbitmq.running() as address:
            yield {"OBHUT_BROKER_URL": address}
        return
    with redis.running() as address:
        prefix = f"obhut-bench-{uuid.uuid4().hex[:10]}-"
        try:
            yield {"OBHUT_BROKER_URL": address, "OBHUT_BROKER_PREFIX": prefix}
        finally:
            with redis_client.Redis.from_url(address) as connection:
                for key in connection.scan_iter(match=f"{prefix}*", count=500):
                    connection.delete(key)
