"""Rows that are only ever added, gathered while something is done for many, and written with one statement for each
table. For the unit of work they would be the greater part of its work.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from config.database import Base, db
from config.rowsets import Row, insert_many

GATHERED = "gathered_rows"


@contextmanager
def gathering() -> Iterator[None]:
    """Write what is given to `gathered` within the block at its end, the tables in the order in which they came.

    What the rows refer to must be in the database by then. Nothing is written if the block raises. Within another such
    block it is that one's end that counts. Inside the caller's transaction.
    """
    info = db.session().info
    if GATHERED in info:
        yield
        return
    info[GATHERED] = {}
    try:
        yield
        for model, rows in info[GATHERED].items():
            insert_many(model, rows)
    finally:
        del info[GATHERED]


def gathered(row: Base) -> bool:
    """Take `row` along, whose columns (but no relations) are set; False outside of `gathering`: add it yourself."""
    return GATHERED in db.session().info and gathered_columns(type(row), _columns(type(row), row))


def gathered_columns(model: type[Base], columns: Row) -> bool:
    """The same for a row that is not made an object; it names all columns."""
    waiting: dict[type[Base], list[Row]] | None = db.session().info.get(GATHERED)
    if waiting is None:
        return False
    waiting.setdefault(model, []).append(columns)
    return True


def _columns(model: Any, row: Base) -> dict[str, Any]:
    values = row.__dict__
    return {column.key: values.get(column.key) for column in model.__table__.columns}
