"""The role of the application can add to the audit trail and read it, and nothing else; nor can a careless owner."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

from auth import audit, audit_anchors
from auth.actors import Actor
from config import schema
from config.app import create_app
from config.database import db, transaction
from config.settings import load_settings

TABLES = ("audit_event", "audit_seal", "audit_anchor")
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
BY_AN_OWNER = ("UPDATE {table} SET {column} = {column}", "DELETE FROM {table}", "TRUNCATE {table} CASCADE")
COLUMNS = {"audit_event": "actor", "audit_seal": "number", "audit_anchor": "events"}


@pytest.fixture
def application(
    new_postgresql: Callable[[str], str], postgresql_template: str, tmp_path: Path
) -> Iterator[tuple[Flask, str]]:
    """The application under a role of its own, on a database that another owns; and the owner's address."""
    owner = new_postgresql(postgresql_template)
    role, password = f"obhut_test_{uuid.uuid4().hex[:10]}", "only-for-this-test"
    engine = create_engine(owner, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE ROLE {role} LOGIN PASSWORD '{password}'"))
    url = make_url(owner).set(username=role, password=password).render_as_string(hide_password=False)
    settings = load_settings(
        data_dir=tmp_path, database_url=url, migration_database_url=owner, base_url="http://localhost"
    )
    app = create_app(settings)
    schema.upgrade(app, settings)
    with app.app_context():
        yield app, owner
        db.session.remove()
        db.engine.dispose()
    with engine.connect() as connection:
        connection.execute(text(f"DROP OWNED BY {role}"))
        connection.execute(text(f"DROP ROLE {role}"))
    engine.dispose()


def _some_trail() -> None:
    with transaction():
        audit.record(Actor.system("tests"), "case.closed", "case:1")
        audit.looked(Actor(kind="user", id="x"), "case.viewed", ["case:1"], chain="house")
    assert audit.seal() == 2
    assert audit_anchors.write() == 1


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_the_application_s_role_can_only_add(application: tuple[Flask, str], table: str, attempt: str) -> None:
    _some_trail()
    with pytest.raises(DBAPIError), transaction():
        db.session.execute(text(attempt.format(table=table, column=COLUMNS[table])))
    assert audit.verify().is_whole
    assert audit.verify().sealed == 2


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("attempt", BY_AN_OWNER)
def test_the_triggers_hold_the_owner_too(application: tuple[Flask, str], table: str, attempt: str) -> None:
    _some_trail()
    engine = create_engine(application[1])
    with engine.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
        connection.execute(text(attempt.format(table=table, column=COLUMNS[table])))
    engine.dispose()
    assert audit.verify().is_whole


def test_on_sqlite_the_triggers_do_it(database: Flask) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("tested above, with roles")
    _some_trail()
    for table, column in COLUMNS.items():
        for attempt in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
            with pytest.raises(DBAPIError, match="append-only"), transaction():
                db.session.execute(text(attempt))
    assert audit.verify().is_whole
