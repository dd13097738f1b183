"""Scale-out as an operator runs it: PostgreSQL, a real broker, worker and beat as processes; and our end of it."""

import contextlib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import requests
from flask import Flask
from sqlalchemy import func, select, text

from config import schema, scopes
from config.app import create_app
from config.command_line.seeding import seed
from config.database import db, transaction
from config.ids import new_id
from config.settings import Settings, load_settings
from notifications import celery_app
from notifications.models import Notification
from notifications.outbox import NewMessage, enqueue_many
from notifications.statuses import Channel, Status
from tests.bench import parts
from tests.bench.provider import Stub, phone
from tests.fixtures.databases import owners_address, owners_dsn
from tests.fixtures.processes import Obhut, eventually

SCOPE = scopes.system("bench")
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
LONGEST_WAIT_S, LOOK_EVERY_S = 600, 0.02


class Deployment:
    """A database, a broker's corner and a folder of secrets; `start_worker()` lets the product work on them.

    All ids made since the last `write` come after `first_id`.
    """

    def __init__(self, folder: Path, database: str, broker: dict[str, str], stub: Stub) -> None:
        self.database, self.owners, self.stub = database, owners_address(database), stub
        own = {"OBHUT_DATABASE_URL": database, "OBHUT_MIGRATION_DATABASE_URL": self.owners}
        self.environment = {**own, **NEEDED, **broker, **stub.environment}
        self._folder = folder
        self._processes: list[Obhut] = []
        self._written, self.first_id = 0, new_id()
        named = {name.removeprefix("OBHUT_").lower(): value for name, value in self.environment.items()}
        self.settings: Settings = load_settings(data_dir=folder, log_level="WARNING", **named)
        self.app: Flask = create_app(self.settings)
        schema.upgrade(self.app, self.settings)
        with self.app.app_context(), scopes.within(SCOPE):
            seed(self.settings)

    @property
    def dsn(self) -> str:
        """libpq's address of the database, for its owner."""
        return owners_dsn(self.database)

    @contextlib.contextmanager
    def at_hand(self) -> Iterator[None]:
        """This process speaks to the domain of this deployment, and wakes its workers."""
        celery_app.init_app(self.app, self.settings)
        with self.app.app_context(), scopes.within(SCOPE):
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

    def start_web(
        self, role: str = "health_officer", kind: type[Obhut] = Obhut, **more: str
    ) -> tuple[Obhut, dict[str, str]]:
        """`obhut web`, with the headers of a client of this role. `more`: further settings, by their names."""
        web = kind(self._folder, self.environment | more, "web")
        self._processes.append(web)
        headers = web.token(role)
        web.start(wait=False)
        eventually(lambda: _is_up(web), "the web server answers", 60)
        return web, headers

    def _start(self, *arguments: str) -> Obhut:
        process = Obhut(self._folder, self.environment, *arguments)
        self._processes.append(process)
        return process.start(wait=False)

    def messages(self, number: int) -> list[NewMessage]:
        """Check-in reminders to `number` people, none of which were written before."""
        first, self._written = self._written, self._written + number
        self.first_id = new_id()
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
            time.sleep(LOOK_EVERY_S)
        db.session.rollback()
        return time.monotonic()

    def not_sent(self) -> int:
        """How many of the messages written last do not stand as sent, as far as the database knows."""
        others = select(func.count()).where(Notification.id >= self.first_id, Notification.status != Status.SENT)
        found = db.session.scalar(others)
        db.session.rollback()
        return found or 0

    def stop(self) -> None:
        for process in self._processes:
            process.close()


def _is_up(web: Obhut) -> bool:
    try:
        return web.http.get(web.url + "/healthz", timeout=5).status_code == 200
    except requests.RequestException:
        return False


def chunks(messages: Sequence[NewMessage]) -> Iterator[Sequence[NewMessage]]:
    """As many at a time as the bulk job writes."""
    for first in range(0, len(messages), CHUNK):
        yield messages[first : first + CHUNK]


@contextlib.contextmanager
def deployment(stub: Stub) -> Iterator[Deployment]:
    """A deployment of its own that leaves nothing behind. Raises Missing."""
    with contextlib.ExitStack() as left_behind:
        folder = Path(left_behind.enter_context(TemporaryDirectory(prefix="obhut-bench-")))
        left_behind.enter_context(contextlib.chdir(folder))  # no .env of whoever runs this
        database = left_behind.enter_context(parts.new_database())
        broker = left_behind.enter_context(parts.broker())
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
