"""A large town on PostgreSQL: invented people in care, and processes that share a job of theirs."""

import contextlib
import json
import multiprocessing
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import psutil
import psycopg
from flask import Flask
from sqlalchemy import event, func, select, text

from care import asking, reassessing, seeding
from care.line_list import RULES_VERSION
from care.models import Case, Schedule
from care.vocabulary import OPEN_STATUSES
from config import clock, schema, scopes
from config.app import create_app
from config.command_line.seeding import seed
from config.database import db
from config.heap import leave_the_house_alone
from config.settings import Settings, load_settings
from tests.bench.parts import new_database
from tests.fixtures.databases import owners_address, owners_dsn

CASES = int(os.environ.get("OBHUT_TEST_BENCH_CASES", "100000"))
MORNING = datetime(2026, 11, 24, 5, 30, tzinfo=ZoneInfo("Europe/Berlin"))
SCOPE = scopes.system("bench")
JOBS: dict[str, Callable[[], int]] = {"asking": asking.send_due, "reassessing": reassessing.reassess_due}


@dataclass(frozen=True)
class Shared:
    """What workers did together. `core_s`: seconds of a core that they and their database connections have used, which
    say what idle cores would do while others use this machine as well."""

    cases: int
    took: float
    core_s: float

    @property
    def core_ms_per_case(self) -> float:
        return 1000 * self.core_s / self.cases


class Town:
    """`CASES` invented people, as of `at` (aware)."""

    rules_version = RULES_VERSION

    def __init__(self, folder: Path, database: str, at: datetime) -> None:
        self.folder, self.database, self.at = folder, database, at
        self.settings = _settings(folder, database)
        self.app: Flask = create_app(self.settings)
        schema.upgrade(self.app, self.settings)
        with self.at_hand(at):
            seed(self.settings)
            began = time.monotonic()
            seeding.seed_cases(CASES, 1, lambda _: None)
            self.seeded_s = time.monotonic() - began
        self.settle_down()

    @contextlib.contextmanager
    def at_hand(self, at: datetime) -> Iterator[None]:
        """This process speaks to the town's domain, whose clock stands at `at`."""
        with self.app.app_context(), scopes.within(SCOPE), clock.frozen(at):
            try:
                yield
            finally:
                db.session.remove()
                db.engine.dispose()

    def settle_down(self) -> None:
        """What autovacuum would have done by the next morning."""
        with self.owner() as owner:
            owner.execute("VACUUM (ANALYZE)")
            owner.execute("CHECKPOINT")

    @contextlib.contextmanager
    def owner(self) -> Iterator[psycopg.Connection[Any]]:
        address = owners_dsn(self.database)
        with psycopg.connect(address, autocommit=True) as owner:
            yield owner

    def count(self, *conditions: Any) -> int:
        """How many open cases these conditions hold for."""
        with self.at_hand(self.at):
            known = select(func.count()).select_from(Case).join(Schedule, Schedule.id == Case.id)
            return db.session.scalar(known.where(Case.status.in_(OPEN_STATUSES), *conditions)) or 0

    def timed(self, owner: psycopg.Connection[Any], statement: str) -> float:
        """Seconds of one statement."""
        began = time.monotonic()
        owner.execute(statement)  # type: ignore[arg-type]
        return time.monotonic() - began

    def shared(self, job: str, at: datetime, processes: int) -> Shared:
        """Let so many processes do `job` at the moment `at` until none finds anything more."""
        spawned = multiprocessing.get_context("spawn")
        ready, start, done = spawned.Barrier(processes + 1), spawned.Event(), spawned.Queue()
        arguments = (str(self.folder), self.database, job, at, ready, start, done)
        workers = [spawned.Process(target=_work, args=arguments) for _ in range(processes)]
        for worker in workers:
            worker.start()
        ready.wait(120)
        began = time.monotonic()
        start.set()
        found = [done.get(timeout=1800) for _ in workers]
        took = time.monotonic() - began
        for worker in workers:
            worker.join()
        return Shared(sum(cases for cases, _ in found), took, sum(core_s for _, core_s in found))

    def bare(self, tables: dict[str, str], chunk: int, number: int) -> float:
        """Seconds for bare INSERTs of `number` rows of each table that fit its condition, into empty copies of it."""
        with self.owner() as owner:
            packs = []
            for table, condition in tables.items():
                owner.execute(f"DROP TABLE IF EXISTS bare_{table}")
                owner.execute(f"CREATE TABLE bare_{table} (LIKE {table} INCLUDING INDEXES)")
                rows = owner.execute(
                    f"SELECT row_to_json(t) FROM {table} t WHERE {condition} LIMIT {number}"
                ).fetchall()
                packs.append((table, [row[0] for row in rows]))
            statements = [
                (table, json.dumps(rows[first : first + chunk]))
                for table, rows in packs
                for first in range(0, len(rows), chunk)
            ]
            began = time.monotonic()
            for table, rows in statements:
                owner.execute(
                    f"INSERT INTO bare_{table} SELECT * FROM json_populate_recordset(NULL::bare_{table}, %s)", (rows,)
                )
            took = time.monotonic() - began
            for table in tables:
                owner.execute(f"DROP TABLE bare_{table}")
            return took


def _settings(folder: Path, database: str) -> Settings:
    return load_settings(
        data_dir=folder,
        database_url=database,
        migration_database_url=owners_address(database),
        base_url="http://localhost",
        log_level="ERROR",
    )


def _work(folder: str, database: str, job: str, at: datetime, ready: Any, start: Any, done: Any) -> None:
    os.chdir(folder)  # no .env of whoever runs this
    app = create_app(_settings(Path(folder), database))
    clock.use(lambda: at)
    leave_the_house_alone()  # as a worker does
    with app.app_context(), scopes.within(SCOPE):
        used = {os.getpid()}  # and the backends of all connections of the pool, which take turns
        event.listen(db.engine, "checkout", lambda driver, *_: used.add(driver.info.backend_pid))
        db.session.execute(text("SELECT 1"))
        db.session.rollback()
        cases = 0
        ready.wait(120)
        start.wait()
        began = _core_s(used)
        while found := JOBS[job]():
            cases += found
        done.put((cases, _core_s(used) - began))


def _core_s(processes: Iterable[int]) -> float:
    times = [psutil.Process(one).cpu_times() for one in processes]
    return float(sum(one.user + one.system for one in times))


@contextlib.contextmanager
def town(at: datetime) -> Iterator[Town]:
    """A town of its own that leaves nothing behind. Raises Missing."""
    with contextlib.ExitStack() as left_behind:
        folder = Path(left_behind.enter_context(TemporaryDirectory(prefix="obhut-bench-")))
        left_behind.enter_context(contextlib.chdir(folder))
        yield Town(folder, left_behind.enter_context(new_database()), at)
