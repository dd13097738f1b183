"""PostgreSQL is told the scope: with the BEGIN of every transaction, and again when it changes within one.

The driver's own BEGIN would be a round trip without a word in it, so transactions are begun here: `BEGIN` and the
scope travel together, with the first statement that somebody executes. The settings are local to the transaction;
neither a rollback nor the pool can hand them on.
"""

from functools import lru_cache
from typing import Any

from psycopg.errors import OperationalError
from psycopg.pq import ConnStatus, TransactionStatus
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError

from config import direct
from config.scopes import Scope, current_scope

IDLE, OPEN = TransactionStatus.IDLE, TransactionStatus.INTRANS


def prepare_engine(engine: Engine) -> None:
    """Begin the transactions of a PostgreSQL engine here, each with its scope."""

    @event.listens_for(engine, "connect")
    def begin_nothing_by_yourself(driver: Any, _: Any) -> None:
        driver.autocommit = True
        direct.begin_anew(driver)
        driver.execute("SET jit = off")  # policies look dear to the planner: it would compile, for 0.1 s

    @event.listens_for(engine, "before_cursor_execute")
    def tell(connection: Connection, cursor: Any, statement: str, *_: Any) -> None:
        driver = cursor.connection
        if statement.startswith("ROLLBACK TO"):  # the driver would forget what is prepared, and the scope be another
            raise RuntimeError("a savepoint is rolled back by what begin_nested() gives")
        try:
            tell_scope(driver)
        except engine.dialect.loaded_dbapi.Error as error:
            raise worded(connection, error) from error

    _end_gently(engine)


def _end_gently(engine: Engine) -> None:
    """Commit, and roll back where nothing has failed and to savepoints, past the driver, which forgets the prepared.

    That is how every look ends. All statements would be sent, parsed and planned anew after it, with the policies of
    their tables. What the driver is afraid of, tables that are made and dropped, the house does in migrations alone.
    """
    dialect: Any = engine.dialect
    roll_back_by_driver, commit_by_driver = dialect.do_rollback, dialect.do_commit

    def roll_back(pooled: Any) -> None:
        driver = _driver(pooled)
        if _is_open(driver):
            _send(driver, b"ROLLBACK")
            return
        has_failed = driver.pgconn.transaction_status != IDLE
        roll_back_by_driver(pooled)
        if has_failed:
            direct.begin_anew(driver)
            _send(driver, b"DEALLOCATE ALL")  # the driver has forgotten its own, and may have left ours there

    def commit(pooled: Any) -> None:
        driver = _driver(pooled)
        if _is_open(driver):
            direct.send(driver, b"COMMIT")
        else:
            commit_by_driver(pooled)

    def roll_back_to(connection: Connection, name: str) -> None:
        driver: Any = connection.connection.driver_connection
        savepoint = dialect.identifier_preparer.quote(name)
        try:
            direct.send(driver, f"ROLLBACK TO SAVEPOINT {savepoint}".encode())
        except dialect.loaded_dbapi.Error as error:
            raise worded(connection, error) from error
        driver.told_scope = None  # what was told since is taken back

    dialect.do_rollback, dialect.do_commit, dialect.do_rollback_to_savepoint = roll_back, commit, roll_back_to


def _driver(pooled: Any) -> Any:
    """The driver's own connection behind the one that the pool has given."""
    return getattr(pooled, "driver_connection", pooled)


def _is_open(driver: Any) -> bool:
    """Whether a transaction is open in which nothing has failed."""
    return bool(driver.pgconn.status == ConnStatus.OK and driver.pgconn.transaction_status == OPEN)


def tell_scope(driver: Any) -> None:
    """See that a transaction is open on `driver` (psycopg), and that it knows the scope of this moment."""
    status, scope = driver.pgconn.transaction_status, current_scope()
    if status == IDLE:
        _send(driver, _begin(scope))
        driver.told_scope = scope
    elif status == OPEN and driver.told_scope is not scope:
        if driver.told_scope != scope:
            _send(driver, _change(scope))
        driver.told_scope = scope


def end_softly(driver: Any) -> None:
    """Commit what was only read, past the driver, whose own commit does the same with more ado."""
    _send(driver, b"COMMIT")


def settings_of(scope: Scope) -> dict[str, str]:
    """The database's settings that make up `scope`, as the policies read them; "" stands for nothing."""
    return {
        "obhut.system": scope.system,
        "obhut.offices": ",".join(sorted(str(office) for office in scope.offices)),
        "obhut.departments": ",".join(sorted(scope.departments)),
        "obhut.owners": ",".join(scope.owners),
        "obhut.user_id": str(scope.user_id or ""),
        "obhut.actor": scope.actor,
        "obhut.registers": ",".join(sorted(scope.registers)),
    }


def _send(driver: Any, statements: bytes) -> None:
    try:
        direct.send(driver, statements)
    except OperationalError:
        # Of a connection that is gone the statement itself will tell, in the driver's words.
        if driver.pgconn.status != ConnStatus.BAD:
            raise


@lru_cache(maxsize=1024)
def _begin(scope: Scope) -> bytes:
    set_ = [_set(name, value) for name, value in settings_of(scope).items() if value]
    return "; ".join(["BEGIN", *set_]).encode()


@lru_cache(maxsize=1024)
def _change(scope: Scope) -> bytes:
    return "; ".join(_set(name, value) for name, value in settings_of(scope).items()).encode()


def _set(name: str, value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "''")
    return f"SET LOCAL {name} TO E'{escaped}'"


def worded(connection: Connection, error: BaseException) -> BaseException:
    """The driver's error as SQLAlchemy raises it; a connection that is gone takes those that wait in the pool along."""
    dialect = connection.dialect
    gone = dialect.is_disconnect(error, connection.connection.driver_connection, None)  # type: ignore[arg-type]
    if gone:
        connection.invalidate(error)
        connection.engine.dispose()
    return DBAPIError.instance(
        None,
        None,
        error,
        dialect.loaded_dbapi.Error,
        connection_invalidated=gone,
        dialect=dialect,
        hide_parameters=True,
    )
