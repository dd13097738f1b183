"""Single statements that very many requests need, handed to PostgreSQL as they are (`config.direct`).

SQLAlchemy's execution of a statement costs several times what the driver's does. It still writes the SQL and knows how
values are stored; on SQLite, and for everything else, it executes as well.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple
from uuid import UUID

from flask import has_request_context, request
from sqlalchemy import Connection, Dialect, Select, Table, Update, bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.sql import Executable, visitors
from sqlalchemy.sql.dml import Delete, Insert, ReturningDelete

from config.database import Base, connection_of, db, has_not_begun, in_transaction
from config.direct import Statement
from config.row_security import PROTECTED
from config.rowsets import insert_for
from config.scoping import end_softly, tell_scope, worded

BROUGHT = "obhut.answers_brought_along"
Row = tuple[Any, ...] | None


class Look:
    """A SELECT of one row, or of a few, outside of any transaction.

    It goes over the connection that the session keeps for what comes next: two visits to the pool cost more than it.
    Values come as the driver gives them: enumerations as text, moments in any zone. A look at rows of people is held
    to the scope, as everything is, which needs a transaction: two more round trips.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        self._statement = statement
        self._width = len(statement.selected_columns)
        self._with: dict[tuple[Look, ...], Look] = {}
        self._of_people = any(table.name in PROTECTED for table in _tables(statement))
        self._prepared = lru_cache(maxsize=2)(partial(Statement, statement))

    def first(self, **parameters: Any) -> Row:
        """The first row, by what is committed now, or was when another look brought it along; None if there is none."""
        if has_request_context():
            asked, row = request.environ.get(BROUGHT, {}).pop(self, (None, None))
            if asked == parameters:
                return row  # type: ignore[no-any-return]
        return next(iter(self.all(**parameters)), None)

    def first_along(self, others: "Sequence[Question]", **parameters: Any) -> Row:
        """The same, with `others` as for `all_along`."""
        if not others or (has_request_context() and self in request.environ.get(BROUGHT, ())):
            return self.first(**parameters)
        return next(iter(self.all_along(others, **parameters)), None)

    def all_along(self, others: "Sequence[Question]", **parameters: Any) -> Sequence[tuple[Any, ...]]:
        """All rows, and in the same round trip the answers to `others`, which select from no tables of their own.

        If there is a row, whoever asks one of them next in this web request has the answer, once. Raises ValueError
        if one is about people: it would be answered in the scope of this look.
        """
        if not others or not has_request_context():
            return self.all(**parameters)
        for other in others:
            parameters |= other.parameters
        rows = self._bringing(tuple(other.look for other in others)).all(**parameters)
        if not rows:
            return rows
        brought, end = request.environ.setdefault(BROUGHT, {}), len(rows[0])
        for look, asked in reversed(others):
            begin = end - look._width
            brought[look], end = (asked, rows[0][begin:end]), begin
        return [row[:end] for row in rows]

    def _bringing(self, others: "tuple[Look, ...]") -> "Look":
        if any(other._of_people for other in others):
            raise ValueError("a look that was brought along would not be held to the scope of whoever asks")
        if others not in self._with:
            columns = [column for other in others for column in other._statement.selected_columns]
            self._with[others] = Look(self._statement.add_columns(*columns))
        return self._with[others]

    def all(self, **parameters: Any) -> Sequence[tuple[Any, ...]]:
        """All rows."""
        engine = db.engine
        if engine.dialect.name != "postgresql":
            if in_transaction():  # which sees what it has written itself
                return db.session.connection().execute(self._statement, parameters).all()
            with engine.connect() as connection:
                return connection.execute(self._statement, parameters).all()
        connection = connection_of(db.session())
        driver: Any = connection.connection.driver_connection
        idle = has_not_begun(driver)  # else the caller is reading already, and sees what is committed as well
        try:
            if self._of_people or not idle:
                tell_scope(driver)
            found = self._prepared(engine.dialect).run(driver, parameters)
            if idle and self._of_people:
                end_softly(driver)
        except BaseException as error:
            known = isinstance(error, engine.dialect.loaded_dbapi.Error)
            told = worded(connection, error) if known else error
            connection.invalidate(error)
            db.session.rollback()
            if told is error:
                raise
            raise told from error
        return found


class Question(NamedTuple):
    """What a look is to find, with its parameters."""

    look: Look
    parameters: dict[str, Any]


class Shape(NamedTuple):
    """What a statement writes, but for the values: those of the same shape are one statement."""

    table: Table
    names: tuple[str, ...]
    unless_taken: tuple[str, ...] = ()
    is_change: bool = False


class NewRow(NamedTuple):
    """A row to be inserted, by column; `unless_taken`: unless somebody has these columns, which are a unique key."""

    model: type[Base]
    values: Mapping[str, Any]
    unless_taken: tuple[str, ...] = ()

    @property
    def shape(self) -> Shape:
        return Shape(self.model.__table__, tuple(self.values), self.unless_taken)  # type: ignore[arg-type]

    @property
    def bound(self) -> Mapping[str, Any]:
        return self.values


class ChangedRow(NamedTuple):
    """A row that is in the database, and what its columns are to hold from now on; it keeps its id."""

    model: type[Base]
    id: UUID
    values: Mapping[str, Any]

    @property
    def shape(self) -> Shape:
        return Shape(self.model.__table__, (*self.values, "id"), is_change=True)  # type: ignore[arg-type]

    @property
    def bound(self) -> dict[str, Any]:
        return {**self.values, "id": self.id}


class OneRow:
    """An INSERT of one row, a DELETE, both with RETURNING, or a SELECT that locks one row; inside the caller's
    transaction, past its session.

    `write(dialect)` gives the statement.
    """

    def __init__(self, write: Callable[[str], Insert | Delete | ReturningDelete[Any] | Select[Any]]) -> None:
        self._write = lru_cache(maxsize=2)(write)  # a statement that is made anew is also compiled anew
        self._prepared = lru_cache(maxsize=64)(self._prepare)

    def first(self, values: Mapping[str, Any]) -> Row:
        """Carry it out with `values`, by column or parameter; the first row of RETURNING, None without any."""
        connection = connection_of(db.session())
        dialect = connection.dialect
        if dialect.name != "postgresql":
            return connection.execute(self._write(dialect.name), dict(values)).first()
        rows = _carried_out(connection, self._prepared(dialect, tuple(values)), values)
        return rows[0] if rows else None

    def _prepare(self, dialect: Dialect, names: tuple[str, ...]) -> Statement:
        return Statement(self._write(dialect.name), dialect, names)


def write_at_once(rows: Sequence[NewRow | ChangedRow]) -> None:
    """Write a few rows inside the caller's transaction, after what its session still holds back.

    On PostgreSQL they travel as CTEs of one statement, in one round trip: they are carried out whether or not it looks
    at them. New ones may refer to each other, but a policy of one does not see another, nor what is changed with it.
    Columns that a new row does not name have no defaults. No row is named twice. Raises StaleDataError when a row that
    is to be changed is not there, or not for us.
    """
    session = db.session()
    session.flush()
    connection = connection_of(session)
    dialect = connection.dialect
    if dialect.name == "postgresql":
        values = {f"{name}_{at}": value for at, row in enumerate(rows) for name, value in row.bound.items()}
        for counted in _carried_out(connection, _together(dialect, tuple(row.shape for row in rows)), values):
            _refuse_unless(all(number == 1 for number in counted))
        return
    for row in rows:
        values = {f"{name}_": value for name, value in row.bound.items()}
        done = connection.execute(_statement(row.shape, dialect.name), values)
        _refuse_unless(done.rowcount == 1 or not row.shape.is_change)


def _refuse_unless(is_changed: bool) -> None:
    if not is_changed:
        raise StaleDataError("a row that was to be changed was not found")


@lru_cache(maxsize=64)
def _together(dialect: Dialect, shapes: tuple[Shape, ...]) -> Statement:
    """One statement for rows of these shapes; if some are changes, it gives for each how many it found."""
    statements = [_statement(shape, dialect.name, str(at)) for at, shape in enumerate(shapes)]
    changes = [
        one.returning(one.table.c.id).cte(f"change_{at}")
        for at, one in enumerate(statements)
        if isinstance(one, Update)
    ]
    added = [one for one in statements if not isinstance(one, Update)]
    others = [one.cte(f"other_{at}") for at, one in enumerate(added)]
    if not changes:
        return Statement(added[-1].add_cte(*others[:-1]), dialect)
    counted = (select(func.count()).select_from(change).scalar_subquery() for change in changes)
    return Statement(select(*counted).add_cte(*others), dialect)


@lru_cache(maxsize=256)
def _statement(shape: Shape, dialect: str, at: str = "") -> postgresql.Insert | sqlite.Insert | Update:
    """The statement for rows of this shape; the parameter of a column is called `<column>_<at>`."""
    table, names = shape.table, shape.names
    values = {name: bindparam(f"{name}_{at}", type_=table.c[name].type) for name in names}
    if shape.is_change:
        return update(table).where(table.c.id == values.pop("id")).values(values)
    insert = insert_for(table, dialect).values(values)
    return insert.on_conflict_do_nothing(index_elements=shape.unless_taken) if shape.unless_taken else insert


def _carried_out(connection: Connection, statement: Statement, values: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
    driver: Any = connection.connection.driver_connection
    try:
        tell_scope(driver)
        return statement.run(driver, values)
    except connection.dialect.loaded_dbapi.Error as error:
        raise worded(connection, error) from error


def _tables(statement: Executable) -> Iterator[Table]:
    return (element for element in visitors.iterate(statement) if isinstance(element, Table))  # type: ignore[arg-type]
