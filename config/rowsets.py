"""Many rows in one statement: PostgreSQL takes them as arrays, SQLite one after the other in one call.

An ORM flush or a list of VALUES costs several times as much per row, since each value becomes a parameter of its own.
All functions run inside the caller's transaction and pass the session by: objects loaded before do not change.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, bindparam, column, func, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.schema import Table
from sqlalchemy.sql.selectable import TableValuedAlias

from config.database import db

Row = Mapping[str, Any]
COUNTED = {"preserve_rowcount": True}


def insert_many(model: type[Any], rows: Sequence[Row], *, unless_taken: Sequence[str] = ()) -> int:
    """Insert `rows`, which all name the same columns; how many are new.

    `unless_taken`: columns of a unique key; a row whose key is there already, or came before in `rows`, is passed over.
    """
    if not rows:
        return 0
    table: Table = model.__table__
    names = list(rows[0])
    if db.session.connection().dialect.name != "postgresql":
        statement = sqlite.insert(table)
        chosen = statement.on_conflict_do_nothing(index_elements=unless_taken) if unless_taken else statement
        return int(db.session.connection().execute(chosen, [dict(row) for row in rows]).rowcount)
    same, different = _sorted_out(rows, names[1:])
    given = _arrays(table, rows, [names[0], *different])
    values = [literal(same[name], table.c[name].type) if name in same else given.c[name] for name in names]
    source = select(*values).select_from(given)
    inserted = postgresql.insert(table).from_select(names, source)
    if unless_taken:
        inserted = inserted.on_conflict_do_nothing(index_elements=unless_taken)
    return int(db.session.connection().execute(inserted, execution_options=COUNTED).rowcount)


def update_many(model: type[Any], rows: Sequence[Row], *guards: Any) -> None:
    """Update the rows named by `id` with the other values of `rows` (all of the same columns), where `guards` hold."""
    if not rows:
        return
    table: Table = model.__table__
    names = [name for name in rows[0] if name != "id"]
    if db.session.connection().dialect.name != "postgresql":
        changed = (
            update(table)
            .where(table.c.id == bindparam("_id"), *guards)
            .values({name: bindparam(f"_{name}") for name in names})
        )
        db.session.connection().execute(changed, [{f"_{name}": value for name, value in row.items()} for row in rows])
        return
    same, different = _sorted_out(rows, names)
    given = _arrays(table, rows, ["id", *different])
    values = {name: literal(same[name], table.c[name].type) if name in same else given.c[name] for name in names}
    db.session.connection().execute(update(table).where(table.c.id == given.c.id, *guards).values(values))


def _sorted_out(rows: Sequence[Row], names: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """Columns with one value for all rows, which travel once, and the others."""
    first = rows[0]
    same = {name: first[name] for name in names if all(row[name] == first[name] for row in rows)}
    return same, [name for name in names if name not in same]


def _arrays(table: Table, rows: Sequence[Row], names: Sequence[str]) -> TableValuedAlias:
    arrays = [literal([row[name] for row in rows], ARRAY(table.c[name].type)) for name in names]
    columns = [column(name, table.c[name].type) for name in names]
    return func.unnest(*arrays).table_valued(*columns, name="given").render_derived()
