"""A single look into the database with which very many requests begin, without what a transaction costs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Dialect
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import Executable

from config.database import db


class Look:
    """A SELECT of one row, asked again and again.

    On PostgreSQL the driver gets it as it is, outside of any transaction: SQLAlchemy's execution and a transaction of
    its own would take several times as long as the look itself. So values come as the driver gives them: enumerations
    as text, moments in any zone.
    """

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._sql: str | None = None

    def first(self, **parameters: Any) -> tuple[Any, ...] | None:
        """The first row, by what is committed at this moment; None when there is none."""
        engine = db.engine
        if engine.dialect.name != "postgresql":
            with engine.connect() as connection:
                return connection.execute(self._statement, parameters).first()
        with _driver(engine) as driver:
            found: tuple[Any, ...] | None = driver.execute(self._text(engine.dialect), parameters).fetchone()
            return found

    def _text(self, dialect: Dialect) -> str:
        if self._sql is None:
            self._sql = str(self._statement.compile(dialect=dialect))  # type: ignore[attr-defined]
        return self._sql


@contextmanager
def _driver(engine: Engine) -> Iterator[Any]:
    base = engine.dialect.loaded_dbapi.Error
    pooled = None
    try:
        pooled = engine.raw_connection()  # which gives the driver's own error when the database is away
        driver: Any = pooled.driver_connection
        driver.autocommit = True
        try:
            yield driver
        finally:
            if not driver.closed:
                driver.autocommit = False
    except base as error:
        if pooled is not None:
            pooled.invalidate(error)
        raise DBAPIError.instance(None, None, error, base, dialect=engine.dialect) from error
    finally:
        if pooled is not None:
            pooled.close()
