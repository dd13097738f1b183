"""Single rows past the unit of work and past the mapper's query, each of which costs several times the statement.

Rows that are made whole are stored once: inserted unless a unique key of theirs is taken, without a savepoint. A
savepoint costs two more round trips, and a row that is completed after it was stored is written twice, with all its
entries in indexes. A row that is about to be changed is locked and read by a unique key.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Generic

from psycopg import adapters
from sqlalchemy import Dialect, Table, bindparam, inspect, select
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.util import identity_key
from sqlalchemy.sql.dml import Insert

from config.database import Base, ModelT, columns_of, connection_of, db, locked
from config.gathering import gathered_columns
from config.looks import ChangedRow, NewRow, OneRow, write_at_once
from config.rowsets import insert_for

FLOAT = adapters.types["float8"].oid
"""Told to what reads numbers that are not whole, and asks how the server has them: no column of ours is NUMERIC."""


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
        write_at_once([NewRow(type(row), values)])
    _as_if_read(row, values, relations)


def taken_change(row: Base) -> ChangedRow | None:
    """What of `row` has changed since it was read, for `gathered_change`; its session holds it for written.

    Whoever takes it writes it, or rolls back. None if nothing has changed; and what is the session's to write: a row
    that is not stored yet, relations that have changed as well, what a savepoint may roll back without its knowledge.
    """
    state: Any = inspect(row)
    changed = sorted(state.committed_state)
    is_plain = state.persistent and columns_of(type(row)).keys() >= set(changed)
    if not changed or not is_plain or state.session.in_nested_transaction():
        return None
    values = {name: row.__dict__[name] for name in changed}
    state._commit_all(row.__dict__, state.session.identity_map)  # what the unit of work says of what it has written
    return ChangedRow(type(row), row.id, values)  # type: ignore[attr-defined]


class LockedRow(Generic[ModelT]):
    """The row of `model` with given values in `columns`, of which one is unique; locked, for a change."""

    def __init__(self, model: type[ModelT], *columns: str) -> None:
        self._model = model
        self._table: Table = model.__table__  # type: ignore[assignment]
        wanted = select(*self._table.columns).where(*(self._table.c[name] == bindparam(name) for name in columns))
        self._find = OneRow(lambda _: locked(wanted))
        self._reading = lru_cache(maxsize=2)(self._readers)

    def first(self, **values: Any) -> ModelT | None:
        """The row as it is now, locked until the caller's transaction ends; None if there is none, or not for us."""
        session: Any = db.session()
        session.flush()
        found = self._find.first(values)
        if found is None:
            return None
        read = self._reading(connection_of(session).dialect)
        columns = {name: turn(value) if turn else value for (name, turn), value in zip(read, found, strict=True)}
        known: ModelT | None = session.identity_map.get(identity_key(self._model, columns["id"]))
        if known is not None:  # read before it was locked
            session.expire(known)
            return known
        row: Any = inspect(self._model).class_manager.new_instance()  # as the mapper makes what it reads
        row.__dict__.update(columns)
        make_transient_to_detached(row)
        session._save_or_update_impl(inspect(row))  # `add` would also look for what is related to it: nothing yet
        return row  # type: ignore[no-any-return]

    def _readers(self, dialect: Dialect) -> list[tuple[str, Callable[[Any], Any] | None]]:
        """What turns a value into the attribute's; SQLite's have been turned by SQLAlchemy already."""
        if dialect.name != "postgresql":
            return [(column.key, None) for column in self._table.columns]
        return [
            (column.key, column.type.dialect_impl(dialect).result_processor(dialect, FLOAT))
            for column in self._table.columns
        ]


def _as_if_read(row: Base, values: dict[str, Any], relations: dict[str, Any]) -> None:
    row.__dict__.update(values)  # committed with the last line, all at once
    for name, value in relations.items():
        set_committed_value(row, name, value)
    make_transient_to_detached(row)


def _table(row: Base) -> Table:
    return type(row).__table__  # type: ignore[return-value]


def _values(row: Base) -> dict[str, Any]:
    blank = _blank(type(row))
    return blank | {name: value for name, value in row.__dict__.items() if name in blank and value is not None}


@lru_cache
def _blank(model: type[Base]) -> dict[str, Any]:
    """A row of which nothing is given: its columns with their defaults."""
    return {name: column.default.arg if column.default else None for name, column in columns_of(model).items()}


@lru_cache
def _insert(table: Table) -> OneRow:
    def write(dialect: str) -> Insert:
        return insert_for(table, dialect).on_conflict_do_nothing().returning(*table.primary_key)

    return OneRow(write)
