"""How fast a large file of people is taken in."""

import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from care.imports.samples import sample_contacts
from config import clock
from tests.bench.deployment import deployment, provider
from tests.bench.house import house
from tests.bench.report import Line, at_most
from tests.fixtures.processes import Obhut

ROWS = 10_000


def measure() -> Iterator[Line]:
    """Ten thousand people: in a house of its own, and into a deployment that sends their invitations meanwhile."""
    bare = bare_inserts(ROWS)
    with house() as (it, _):
        yield _line("SQLite, one process", import_rows(it.start(), ROWS), bare)
    with provider() as stub, deployment(stub) as place:
        place.start_worker()
        web, _headers = place.start_web()
        yield _line("PostgreSQL, web, worker and beat", import_rows(web, ROWS), bare)


def _line(where: str, seconds: float, bare: float) -> Line:
    mark = at_most(20, "s")
    return Line(f"{where}: import of {ROWS:,} people", seconds, "s", "plain INSERTs of the lines", bare, (mark,))


def import_rows(house: Obhut, rows: int) -> float:
    """Seconds that `obhut cases import` takes for `rows` invented people, into a running house."""
    file = house.folder / "people.csv"
    file.write_bytes(sample_contacts(clock.wall().date(), rows))
    began = time.monotonic()
    done = house.run("cases", "import", str(file), timeout=3600)
    assert done.returncode == 0, done.stderr
    return time.monotonic() - began


def bare_inserts(rows: int) -> float:
    """Seconds to insert the same lines, unread, into a SQLite file with the same safety, in chunks of 200."""
    lines = sample_contacts(clock.wall().date(), rows).splitlines()
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        connection = sqlite3.connect(Path(folder) / "bare.sqlite3")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE line (id INTEGER PRIMARY KEY, text BLOB)")
        for start in range(0, len(lines), 200):
            with connection:
                connection.executemany("INSERT INTO line (text) VALUES (?)", [(x,) for x in lines[start : start + 200]])
        connection.close()
        return time.monotonic() - began
