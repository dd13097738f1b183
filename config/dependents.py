"""Deleting rows with all that hangs on them, whatever tables have come since: the foreign keys say what that is.

A key that may be empty is emptied (the other row is somebody else's); a row that cannot be without it goes, too.
All functions run inside the caller's transaction and pass the session by.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.sql.schema import Column, Table

from config.database import Base, db
from config.rowsets import among

AT_ONCE = 500


def delete_with_dependents(table: Table, ids: Sequence[UUID]) -> int:
    """Delete the rows of `table` with these ids, after everything that refers to them; how many rows of `table`."""
    return sum(_delete(table, list(ids[start : start + AT_ONCE])) for start in range(0, len(ids), AT_ONCE))


def _delete(table: Table, ids: list[UUID]) -> int:
    if not ids:
        return 0
    for child, key in _references_to(table):
        if key.nullable:
            _run(update(child).where(among(key, ids)).values({key.name: None}))
        elif _references_to(child):
            _delete(child, list(db.session.scalars(select(child.c.id).where(among(key, ids)))))
        else:
            _run(delete(child).where(among(key, ids)))
    return _run(delete(table).where(among(table.c.id, ids)))


def _references_to(table: Table) -> list[tuple[Table, Column[object]]]:
    return [
        (child, foreign_key.parent)
        for child in Base.metadata.sorted_tables
        for foreign_key in sorted(child.foreign_keys, key=lambda each: each.parent.name)
        if foreign_key.column.table is table
    ]


def _run(statement: object) -> int:
    done = db.session.execute(statement, execution_options={"synchronize_session": False})  # type: ignore[call-overload]
    return int(done.rowcount)
