"""Rows that are made whole and stored once: inserted unless a unique key of theirs is taken, without a savepoint.

A savepoint costs two more round trips, and a row that is completed after it was stored is written twice, with all its
entries in indexes.
"""

from functools import lru_cache
from typing import Any

from sqlalchemy import Table
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.sql.dml import Insert

from config.database import Base
from config.gathering import gathered_columns
from config.looks import NewRow, OneRow, insert_at_once
from config.rowsets import insert_for


def stored(row: Base, **relations: Any) -> bool:
    """Insert `row`, which no session knows yet; False when somebody else's row has a unique key of it.

    From then on it is as if it had been read, with these `relations` loaded, and let go by its session: who goes on
    with it adds it, and so does a new row that refers to it. Inside the caller's transaction. Its columns have plain
    defaults, or none.
    """
    values = _values(row)
    given = {name: value for name, value in values.items() if value is not None}
    if _insert(_table(row)).first(given) is None:
        return False
    _as_if_read(row, values, relations)
    return True


def added(row: Base, **relations: Any) -> None:
    """The same for a row whose keys nobody else can have; within `gathering` it is written with the others."""
    values = _values(row)
    if not gathered_columns(type(row), values):
        insert_at_once([NewRow(type(row), values)])
    _as_if_read(row, values, relations)


def _as_if_read(row: Base, values: dict[str, Any], relations: dict[str, Any]) -> None:
    row.__dict__.update(values)  # committed with the last line, all at once
    for name, value in relations.items():
        set_committed_value(row, name, value)
    make_transient_to_detached(row)


def _table(row: Base) -> Table:
    return type(row).__table__  # type: ignore[return-value]


def _values(row: Base) -> dict[str, Any]:
    return {column.key: _value(row, column) for column in _table(row).columns}


def _value(row: Base, column: Any) -> Any:
    value = row.__dict__.get(column.key)
    return column.default.arg if value is None and column.default is not None else value


@lru_cache
def _insert(table: Table) -> OneRow:
    def write(dialect: str) -> Insert:
        return insert_for(table, dialect).on_conflict_do_nothing().returning(*table.primary_key)

    return OneRow(write)
