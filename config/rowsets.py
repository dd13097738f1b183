"""Many rows in one statement: PostgreSQL takes an array for each column, SQLite one row after the other in one call.

An ORM flush, a list of VALUES or an IN with hundreds of parameters costs several times as much per row, since driver
and compiler treat each value as a parameter of its own. So does the driver's own way of writing arrays, for which
`config.packed` stands in.
All functions run inside the caller's transaction and pass the session by: objects loaded before do not change.
Within `written_later` they only note what is to be written.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Dialect,
    Insert,
    LargeBinary,
    Select,
    Update,
    bindparam,
    column,
    func,
    literal,
    select,
    true,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.schema import Table
from sqlalchemy.sql.selectable import TableValuedAlias
from sqlalchemy.types import TypeEngine

from config.database import db
from config.packed import packed

Row = Mapping[str, Any]
Turn = Callable[[Any], Any]
COUNTED = {"preserve_rowcount": True}
NOTED = "noted_writes"


def among(column_: Any, values: Iterable[Any]) -> ColumnElement[bool]:
    """`column_ IN values` (UUIDs, texts, bytes); on PostgreSQL one parameter, so that the statement is always the same.

    The planner uses an index for it as for IN.
    """
    wanted = list(values)
    if not _is_postgresql():
        return column_.in_(wanted)  # type: ignore[no-any-return]
    return column_ == func.any(packed(wanted, column_.type))  # type: ignore[no-any-return]


def each_of(values: Sequence[Any], column_: Any, wanted: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """`wanted` (columns, no entities) of the rows with one of these values in `column_`, a part of a unique key.

    On PostgreSQL each value is looked up by itself. A table that has just been filled has no statistics yet; for the
    whole set at once the planner then takes it for a small one and reads all of it, every time.
    """
    if not _is_postgresql():
        return wanted.where(column_.in_(values))
    given = (
        func.unnest(packed(values, column_.type))
        .table_valued(column("value", column_.type), name="given")
        .render_derived()
    )
    each = wanted.where(column_ == given.c.value).limit(1).lateral("each")
    return select(*each.c).select_from(given).join(each, true())


@contextmanager
def written_later() -> Iterator[Callable[[], None]]:
    """Within the block `insert_many` and `update_many` write nothing; the function that it gives does, in their order.

    For work that reads and reckons long before it writes (`transaction(writes_later=True)`). Raises RuntimeError inside
    itself.
    """
    info = db.session().info
    if NOTED in info:
        raise RuntimeError("written_later() inside written_later()")
    noted: list[Callable[[], object]] = []
    info[NOTED] = noted

    def write() -> None:
        for one in noted:
            one()

    try:
        yield write
    finally:
        del info[NOTED]


def is_noting() -> bool:
    """Whether what is given to these functions now is written later."""
    return NOTED in db.session().info


def _is_noted(write: Callable[[], object]) -> bool:
    noted: list[Callable[[], object]] | None = db.session().info.get(NOTED)
    if noted is not None:
        noted.append(write)
    return noted is not None


def insert_for(model: Any, dialect: str = "") -> postgresql.Insert | sqlite.Insert:
    """An INSERT that knows ON CONFLICT, which PostgreSQL and SQLite spell alike; by default for this database."""
    return postgresql.insert(model) if (dialect or db.engine.dialect.name) == "postgresql" else sqlite.insert(model)


def insert_many(model: type[Any], rows: Sequence[Row], *, unless_taken: Sequence[str] = ()) -> int:
    """Insert `rows`, which all name the same columns; how many are new.

    `unless_taken`: columns of a unique key; a row whose key is there already, or came before in `rows`, is passed over.
    Within `written_later` all of them count as new.
    """
    if not rows:
        return 0
    if _is_noted(partial(insert_many, model, rows, unless_taken=unless_taken)):
        return len(rows)
    table: Table = model.__table__
    names = list(rows[0])
    if not _is_postgresql():
        return _insert_on_sqlite(table, rows, names, unless_taken)
    values, given = _given(table, rows, names)
    inserted = postgresql.insert(table).from_select(names, select(*values.values()).select_from(given))
    if unless_taken:
        inserted = inserted.on_conflict_do_nothing(index_elements=unless_taken)
    return int(db.session.connection().execute(inserted, execution_options=COUNTED).rowcount)


def _insert_on_sqlite(table: Table, rows: Sequence[Row], names: Sequence[str], unless_taken: Sequence[str]) -> int:
    connection = db.session.connection()
    if any(column.default is not None and column.name not in names for column in table.columns):
        statement = sqlite.insert(table)
        chosen = statement.on_conflict_do_nothing(index_elements=unless_taken) if unless_taken else statement
        return int(connection.execute(chosen, [dict(row) for row in rows]).rowcount)
    # A column after the other: for a statement of the compiler, each value is looked up and turned by itself.
    written, order = _insertion(table, tuple(names), tuple(unless_taken), connection.dialect)
    columns = (_turned(map(itemgetter(name), rows), turn) for name, turn in order)
    return int(connection.exec_driver_sql(written, list(zip(*columns, strict=True))).rowcount)


def _turned(values: Iterable[Any], turn: Turn | None) -> Iterable[Any]:
    """The values as the driver wants them. Many rows share their moments and words: each object is turned once."""
    if turn is None:
        return values
    given = list(values)
    turned = {key: turn(value) for key, value in {id(value): value for value in given}.items()}
    return map(turned.__getitem__, map(id, given))


@lru_cache(maxsize=200)
def _insertion(
    table: Table, names: tuple[str, ...], unless_taken: tuple[str, ...], dialect: Dialect
) -> tuple[str, list[tuple[str, Turn | None]]]:
    """The statement as the driver wants it; and its parameters in their order, with what turns a value into one."""
    statement = sqlite.insert(table).values({name: bindparam(name) for name in names})
    chosen = statement.on_conflict_do_nothing(index_elements=unless_taken) if unless_taken else statement
    return _for_the_driver(chosen, table, dialect)


def _for_the_driver(
    statement: Insert | Update, table: Table, dialect: Dialect, prefix: str = ""
) -> tuple[str, list[tuple[str, Turn | None]]]:
    compiled = statement.compile(dialect=dialect)
    order = [name.removeprefix(prefix) for name in compiled.positiontup or ()]
    return str(compiled), [(name, _turn_of(table.c[name].type, dialect)) for name in order]


def _turn_of(kind: TypeEngine[Any], dialect: Dialect) -> Turn | None:
    if isinstance(kind, LargeBinary):
        return None  # the driver takes bytes, too, not only the view of them that it would be given
    return kind.dialect_impl(dialect).bind_processor(dialect)


def update_many(model: type[Any], rows: Sequence[Row], *guards: Any) -> None:
    """Update the rows named by `id` with the other values of `rows` (all of the same columns), where `guards` hold."""
    if not rows or _is_noted(partial(update_many, model, rows, *guards)):
        return
    table: Table = model.__table__
    names = [name for name in rows[0] if name != "id"]
    if not _is_postgresql():
        _update_on_sqlite(table, rows, names, guards)
        return
    values, _ = _given(table, rows, ["id", *names])
    changed = update(table).where(table.c.id == values.pop("id"), *guards).values(values)
    db.session.connection().execute(changed)


def _update_on_sqlite(table: Table, rows: Sequence[Row], names: Sequence[str], guards: Sequence[Any]) -> None:
    connection = db.session.connection()
    if guards:
        changed = _update_of(table, names).where(*guards)
        connection.execute(changed, [{f"_{name}": value for name, value in row.items()} for row in rows])
        return
    written, order = _change(table, tuple(names), connection.dialect)
    columns = (_turned(map(itemgetter(name), rows), turn) for name, turn in order)
    connection.exec_driver_sql(written, list(zip(*columns, strict=True)))


def _update_of(table: Table, names: Sequence[str]) -> Update:
    # An INSERT's parameters have the names of the columns; in an UPDATE these are for the values to be set.
    return update(table).where(table.c.id == bindparam("_id")).values({name: bindparam(f"_{name}") for name in names})


@lru_cache(maxsize=200)
def _change(table: Table, names: tuple[str, ...], dialect: Dialect) -> tuple[str, list[tuple[str, Turn | None]]]:
    return _for_the_driver(_update_of(table, names), table, dialect, prefix="_")


def _is_postgresql() -> bool:
    return db.engine.dialect.name == "postgresql"


def _given(
    table: Table, rows: Sequence[Row], names: Sequence[str]
) -> tuple[dict[str, ColumnElement[Any]], TableValuedAlias]:
    """The rows as a table of the statement, with the types of `table`; what is the same in all rows travels once."""
    first = rows[0]
    same = {name for name in names[1:] if all(row[name] == first[name] for row in rows)}
    varying = [name for name in names if name not in same]
    columns = [column(name, table.c[name].type) for name in varying]
    arrays = [packed([row[name] for row in rows], table.c[name].type) for name in varying]
    given = func.unnest(*arrays).table_valued(*columns, name="given").render_derived()
    values: dict[str, ColumnElement[Any]] = {
        name: literal(first[name], table.c[name].type) if name in same else given.c[name] for name in names
    }
    return values, given
