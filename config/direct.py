"""Statements that PostgreSQL's library carries out in one go, prepared by name on each connection.

The driver's cursor hands the interpreter's lock to another thread at each of its seven small steps; with eight threads
at work that costs more than the statement. Values are adapted by the driver as ever.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from psycopg import errors
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ConnStatus, ExecStatus
from sqlalchemy import Dialect, Enum
from sqlalchemy.sql import Executable

MOST_PREPARED = 200  # of a connection; beyond them a statement is parsed each time
DONE = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)
Row = tuple[Any, ...]


class Statement:
    """A statement as the library wants it, with what turns values into what its columns hold.

    `names`: the columns of an INSERT that are given. All its values are parameters.
    """

    def __init__(self, statement: Executable, dialect: Dialect, names: Sequence[str] | None = None) -> None:
        compiled: Any = statement.compile(dialect=_numbered(dialect), column_keys=names)  # type: ignore[attr-defined]
        self._sql = compiled.string.encode()
        self._turns: list[tuple[str, Callable[[Any], Any] | None]] = [
            (name, _turn(compiled.binds[name].type.dialect_impl(dialect), dialect))
            for name in compiled.positiontup or ()
        ]
        self._formats = [PyFormat.AUTO] * len(self._turns)

    def run(self, driver: Any, values: Mapping[str, Any]) -> Sequence[Row]:
        """The rows that it gives, on a connection of psycopg. Raises the driver's errors."""
        adapting: Any = driver.adapting_here
        given = adapting.dump_sequence(
            [turn(values[name]) if turn else values[name] for name, turn in self._turns], self._formats
        )
        result = self._carried_out(driver, given, adapting.types or (), adapting.formats)
        if result.status not in DONE:
            raise _failure(driver, result)
        if not result.nfields:
            return ()
        adapting.set_pgresult(result)
        rows: Sequence[Row] = adapting.load_rows(0, result.ntuples, tuple)
        return rows

    def _carried_out(self, driver: Any, given: Any, types: tuple[int, ...], formats: Any) -> Any:
        names, pgconn = driver.prepared_here, driver.pgconn
        name = names.get((self._sql, types))
        if name is None:
            if len(names) >= MOST_PREPARED:
                return pgconn.exec_params(self._sql, given, types, formats)
            driver.names_used += 1
            name = b"obhut_%d" % driver.names_used
            result = pgconn.prepare(name, self._sql, types)
            if result.status not in DONE:
                return result
            names[self._sql, types] = name
        return pgconn.exec_prepared(name, given, formats)


def begin_anew(driver: Any) -> None:
    """On a new connection, and where nothing of what was prepared is there any more. No name is ever used twice."""
    driver.prepared_here = {}
    driver.adapting_here = Transformer(driver)  # kept, as each cursor keeps its own: half of adapting is to begin
    driver.names_used = getattr(driver, "names_used", 0)


def send(driver: Any, statements: bytes) -> None:
    """Hand over statements without parameters. Raises the driver's errors."""
    result = driver.pgconn.exec_(statements)
    if result.status not in DONE:
        raise _failure(driver, result)


def _turn(kind: Any, dialect: Dialect) -> Callable[[Any], Any] | None:
    """What turns a value into what is stored, as SQLAlchemy does; None if the driver does it by itself.

    Of an enumeration that is looked up once for all members, with which their texts are equal; it raises KeyError for
    what is none of them.
    """
    turn: Callable[[Any], Any] | None = kind.bind_processor(dialect)
    if turn is None or not isinstance(kind, Enum) or kind.enum_class is None:
        return turn
    return {one: turn(one) for one in (None, *kind.enum_class)}.__getitem__


def _failure(driver: Any, result: Any) -> Exception:
    if driver.pgconn.status == ConnStatus.BAD:  # of which the server could not say a code
        return errors.OperationalError(result.get_error_message())
    error = errors.error_from_result(result, driver.info.encoding)
    if isinstance(error, errors.InvalidSqlStatementName):  # somebody has thrown away what was prepared: not once more
        begin_anew(driver)
    return error


def _numbered(dialect: Dialect) -> Dialect:
    """The dialect with parameters that are numbered, as the library counts them."""
    kind: Any = type(dialect)
    made: Dialect = kind(paramstyle="numeric_dollar")
    return made
