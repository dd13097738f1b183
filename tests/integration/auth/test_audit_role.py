"""The role of the application can add to the audit trail and read it, and nothing else; nor can a careless owner."""

import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from auth import audit, audit_anchors
from auth.actors import Actor
from config.database import db, transaction
from config.settings import current_settings

COLUMNS = {"audit_event": "actor", "audit_seal": "number", "audit_anchor": "events"}
ATTEMPTS = (
    "UPDATE {table} SET {column} = {column}",
    "DELETE FROM {table}",
    "TRUNCATE {table}",
    "ALTER TABLE {table} DISABLE TRIGGER ALL",
    "ALTER TABLE {table} DISABLE TRIGGER {table}_append_only",
    "DROP TRIGGER {table}_append_only ON {table}",
    "ALTER TABLE {table} RENAME TO gone",
    "DROP TABLE {table}",
    "CREATE TRIGGER mine BEFORE INSERT ON {table} EXECUTE FUNCTION audit_append_only()",
    "CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$",
    "SET session_replication_role = replica",
)
ON_SQLITE = ATTEMPTS[:2]
BY_AN_OWNER = ("UPDATE {table} SET {column} = {column}", "DELETE FROM {table}", "TRUNCATE {table} CASCADE")


def _is_sqlite() -> bool:
    return db.engine.dialect.name == "sqlite"


@pytest.fixture
def recorded(database: Flask) -> None:
    """An act and a look, sealed and anchored by the application's own role."""
    with transaction():
        audit.record(Actor.system("tests"), "case.closed", "case:1")
        audit.looked(Actor(kind="user", id="x"), "case.viewed", ["case:1"], chain="house")
    assert audit.seal() == 2
    assert audit_anchors.write() == 1


@pytest.mark.parametrize("table", COLUMNS)
def test_the_application_s_role_can_only_add(recorded: None, table: str) -> None:
    if not _is_sqlite() and current_settings().database_url == current_settings().migration_database_url:
        pytest.skip("needs PostgreSQL: it lets no role of the application's own log in")
    done = []
    for attempt in ON_SQLITE if _is_sqlite() else ATTEMPTS:
        try:
            with transaction():
                db.session.execute(text(attempt.format(table=table, column=COLUMNS[table])))
        except DBAPIError:
            continue
        done.append(attempt)
    assert not done
    verdict = audit.verify()
    assert (verdict.sealed, verdict.anchors, verdict.faults) == (2, 1, ())


@pytest.mark.parametrize("table", COLUMNS)
def test_the_triggers_hold_the_owner_too(recorded: None, table: str) -> None:
    engine = create_engine(current_settings().migration_database_url)
    db.session.rollback()
    for attempt in ON_SQLITE if _is_sqlite() else BY_AN_OWNER:
        with engine.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
            connection.execute(text(attempt.format(table=table, column=COLUMNS[table])))
    engine.dispose()
    assert audit.verify().is_whole
