"""Writing a bulk send into the outbox: 100,000 recipients, beside plain INSERTs of the same bytes."""

import time
from collections.abc import Iterator

import psycopg

from config.database import transaction
from notifications.outbox import enqueue_many
from tests.bench.deployment import CHUNK, Deployment, chunks, deployment, provider
from tests.bench.report import Line, at_least

RECIPIENTS, ROWS_PER_S = 100_000, 10_000


def measure() -> Iterator[Line]:
    """Rows per second, in transactions of as many rows as the bulk job writes."""
    with provider() as stub, deployment(stub) as place:
        with place.at_hand():
            messages = place.messages(RECIPIENTS)
            began = time.monotonic()
            for chunk in chunks(messages):
                with transaction():
                    new = enqueue_many(chunk)
                assert new == len(chunk), f"{new} new rows of {len(chunk)}"
            rate = RECIPIENTS / (time.monotonic() - began)
        bare = RECIPIENTS / _bare_inserts(place)
    yield Line(
        f"bulk enqueue of {RECIPIENTS:,}",
        rate,
        "rows/s",
        "psycopg executemany",
        bare,
        (at_least(ROWS_PER_S, "rows/s"),),
    )


def _bare_inserts(place: Deployment) -> float:
    """Seconds to insert the rows that the outbox has now into a table without indexes, committing as often."""
    with psycopg.connect(place.dsn) as connection:
        rows = connection.execute("SELECT * FROM notification").fetchall()
        assert len(rows) == RECIPIENTS
        connection.execute("CREATE TABLE bare (LIKE notification)")
        connection.commit()
        statement = f"INSERT INTO bare VALUES ({', '.join(['%s'] * len(rows[0]))})"
        began = time.monotonic()
        for first in range(0, RECIPIENTS, CHUNK):
            with connection.cursor() as cursor:
                cursor.executemany(statement, rows[first : first + CHUNK])
            connection.commit()
        return time.monotonic() - began
