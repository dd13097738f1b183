"""Alembic's entry: runs migrations as the owner (OBHUT_MIGRATION_DATABASE_URL), one process at a time."""

from typing import Any

from alembic import context
from sqlalchemy import Column, create_engine, text
from sqlalchemy.engine import Connection

from config.database import UTCDateTime, db, engine_options, prepare_engine
from config.settings import current_settings

ADVISORY_LOCK = 7_264_011  # any number, the same in every process


def render_item(kind: str, item: Any, _: Any) -> str | bool:
    """Write our own types as the plain ones they are stored as, so that old migrations need none of our code."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def compare_type(_: Any, __: Column[Any], ___: Column[Any], inspected: Any, declared: Any) -> bool | None:
    """SQLite reflects fewer types than we declare; there, only PostgreSQL's comparison counts."""
    return False if context.get_bind().dialect.name == "sqlite" else None


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        render_as_batch=True,
        render_item=render_item,
        compare_type=compare_type,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        context.run_migrations()


url = current_settings().migration_database_url
engine = create_engine(url, **engine_options(url))
prepare_engine(engine)
with engine.connect() as connection:
    run(connection)
engine.dispose()
