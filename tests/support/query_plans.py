"""How the database would answer a question: for tests that an index is used, whatever the number of rows."""

from typing import Any

from sqlalchemy import Select, text

from config.database import db


def plan_of(statement: Select[Any] | str, parameters: Any = None) -> str:
    """The plan of `statement` (text: as the driver has it) on this database. Inside the caller's transaction."""
    words = statement if isinstance(statement, str) else _literal(statement)
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SET LOCAL enable_seqscan = off"))  # of a few rows it would read all
        explain = "EXPLAIN"
    else:
        explain = "EXPLAIN QUERY PLAN"
    return str(db.session.connection().exec_driver_sql(f"{explain} {words}", parameters).all())


def _literal(statement: Select[Any]) -> str:
    words = str(statement.compile(db.engine, compile_kwargs={"literal_binds": True}))
    return words.replace("%%", "%") if db.engine.dialect.name == "postgresql" else words
