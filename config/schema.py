"""The state of the database's schema: migrate it, and say in one line what is wrong with it."""

import time

import flask_migrate
import structlog
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from config import row_security
from config.database import MIGRATIONS
from config.engines import engine_options
from config.errors import N_, ConfigurationError
from config.settings import Settings

log = structlog.get_logger(__name__)
VERSION_TABLE = "alembic_version"
OURS = "OBHUT_DATABASE_URL"
LONGEST_WAIT_S = 30.0
SEALED_SINCE = "0005"  # what older schemas held in plain is sealed by this one
SEALED_TABLES = (
    "care_case",
    "care_order_event",
    "care_review",
    "bulk_send",
    "user_session",
    "login_attempt",
    "idempotency_record",
)
POLICIES = "SELECT polrelid::regclass::text, quote_ident(polname) FROM pg_policy"


def upgrade(app: Flask, settings: Settings) -> None:
    """Bring the database to the newest schema. Raises ConfigurationError if it is unreadable, foreign or too new."""
    before = check(settings.migration_database_url, setting=owners_setting(settings))
    with app.app_context():
        flask_migrate.upgrade(directory=str(MIGRATIONS))
    if before is not None and before < SEALED_SINCE:
        forget_what_was_readable(settings.migration_database_url)


def forget_what_was_readable(url: str) -> None:
    """Write the tables anew whose columns were sealed: a dropped column and an old version of a row stay in the file.

    Run by the owner, outside of any transaction. Backups made before keep what they hold.
    """
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                connection.execute(text("VACUUM"))
                connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
                return
            has_keys = connection.scalar(text("SELECT EXISTS (SELECT 1 FROM notification WHERE key LIKE 'api:%')"))
            connection.execute(text("SELECT set_config('obhut.system', 'upgrade', false)"))  # else no row is seen
            _wait_for_others_to_end(connection)
            for table in (*SEALED_TABLES, *(["notification"] if has_keys else [])):
                connection.execute(text(f"VACUUM (FULL) {table}"))
    finally:
        engine.dispose()


def _wait_for_others_to_end(connection: Connection) -> None:
    """A table written anew keeps what transactions could still see that are older, of whatever database of the server.

    After a while we go on all the same, and say so.
    """
    ours = connection.scalar(text("SELECT pg_current_xact_id()::text::bigint"))
    oldest = text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
    deadline = time.monotonic() + LONGEST_WAIT_S
    while connection.scalar(oldest) <= ours:
        if time.monotonic() > deadline:
            log.warning("old_rows_may_be_left", mend="VACUUM FULL once no transaction is open", tables=SEALED_TABLES)
            return
        time.sleep(0.1)


def protect(settings: Settings) -> int:
    """Make the policies of every protected table anew; how many tables. For PostgreSQL's owner.

    Raises ConfigurationError on SQLite, and where the schema is not the newest.
    """
    url = settings.migration_database_url
    if not url.startswith("postgresql"):
        raise ConfigurationError(N_("OBHUT_DATABASE_URL: SQLite has no row-level security."))
    if check(url, setting=owners_setting(settings)) != newest_revision():
        raise ConfigurationError(N_("The database has not the newest schema; run `obhut db upgrade`."))
    engine = create_engine(url, **engine_options(url))
    try:
        with engine.begin() as connection:
            for table, policy in connection.execute(text(POLICIES)).all():
                connection.execute(text(f"DROP POLICY {policy} ON {table}"))
            for table in row_security.PROTECTED:
                for statement in row_security.statements(table):
                    connection.execute(text(statement))
    finally:
        engine.dispose()
    return len(row_security.PROTECTED)


def newest_revision() -> str | None:
    """The revision that this code expects."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


def owners_setting(settings: Settings) -> str:
    """By which setting the owner's address came: the application's own, where no other is set."""
    is_set = settings.migration_database_url != settings.database_url
    return "OBHUT_MIGRATION_DATABASE_URL" if is_set else OURS


def check(url: str, *, setting: str = OURS) -> str | None:
    """The revision of the database at `url`, None for an empty one. Raises ConfigurationError as `upgrade` does.

    `setting` is the one to name where it is wrong.
    """
    engine = create_engine(url, **engine_options(url))
    try:
        return _checked(engine, setting)
    except (OperationalError, DBAPIError) as error:
        raise ConfigurationError(
            N_("{setting}: {name} cannot be opened ({reason}); check the address, the file and its rights."),
            setting=setting,
            name=engine.url.render_as_string(hide_password=True),
            reason=str(error.orig).splitlines()[0] if error.orig else type(error).__name__,
        ) from None
    finally:
        engine.dispose()


def _checked(engine: Engine, setting: str) -> str | None:
    with engine.connect() as connection:
        tables = inspect(connection).get_table_names()
        revision = (
            connection.scalar(text("SELECT version_num FROM alembic_version")) if VERSION_TABLE in tables else None
        )
    name = engine.url.render_as_string(hide_password=True)
    if tables and revision is None and tables != [VERSION_TABLE]:
        raise ConfigurationError(
            N_("{setting}: {name} holds tables of another program; choose an empty database."),
            setting=setting,
            name=name,
        )
    known = {script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}
    if revision is not None and revision not in known:
        raise ConfigurationError(
            N_("{setting}: {name} has schema {revision}, which this version does not know; update Obhut."),
            setting=setting,
            name=name,
            revision=revision,
        )
    return str(revision) if revision else None
