"""Alembic's entry: runs migrations as the owner (OBHUT_MIGRATION_DATABASE_URL), one process at a time."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import Column, Enum, create_engine, inspect, text
from sqlalchemy.engine import Connection, make_url

from config import scopes
from config.database import UTCDateTime, db
from config.engines import engine_options, prepare_engine
from config.settings import current_settings

ADVISORY_LOCK = 7_264_011  # any number, the same in every process


def render_item(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """Write our own types as the plain ones they are stored as, so that old migrations need none of our code."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Enum):
        return f"sa.String(length={item.length})"
    return False


def compare_type(_: Any, __: Column[Any], ___: Column[Any], inspected: Any, declared: Any) -> bool | None:
    """SQLite reflects fewer types than we declare; there, only PostgreSQL's comparison counts."""
    return False if context.get_bind().dialect.name == "sqlite" else None


def run(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        let_tables_be_replaced(connection)
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
        if connection.dialect.name == "postgresql":
            grant_to_application(connection)
        elif found := connection.execute(text("PRAGMA foreign_key_check")).first():
            raise RuntimeError(f"a row of {found[0]} refers to a row of {found[2]} that there is not")


def let_tables_be_replaced(connection: Connection) -> None:
    """SQLite alters many a column only by copying its table: rows that refer to it must not mind that for a moment."""
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys=OFF")  # no effect within a transaction, so before it; checked at its end


def grant_to_application(connection: Connection) -> None:
    """Let the application's own role read and write, where the owner is somebody else. It owns and alters nothing."""
    settings = current_settings()
    role = make_url(settings.database_url).username
    is_owner = not role or role == make_url(settings.migration_database_url).username
    if is_owner or not inspect(connection).has_table("audit_event"):
        return
    assert role
    quoted = connection.dialect.identifier_preparer.quote(role)
    for statement in (
        f"GRANT USAGE ON SCHEMA public TO {quoted}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quoted}",
        f"REVOKE UPDATE, DELETE ON audit_event, audit_seal, audit_anchor FROM {quoted}",
        f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {quoted}",
    ):
        connection.execute(text(statement))


url = current_settings().migration_database_url
engine = create_engine(url, **engine_options(url))
prepare_engine(engine)
with scopes.within(scopes.system("migration")), engine.connect() as connection:
    run(connection)
engine.dispose()
