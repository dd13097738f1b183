"""The doctor sees when the database no longer holds the application to its scope, and `obhut db protect` mends it."""

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from auth import audit
from auth.actors import Actor
from config import schema
from config.command_line import doctor_rows
from config.command_line.ailments import Ailment
from config.database import transaction
from config.errors import ConfigurationError
from config.row_security import PROTECTED
from config.settings import Settings

on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
HARMS = (
    "ALTER TABLE care_case NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE care_case DISABLE ROW LEVEL SECURITY",
    "DROP POLICY obhut_rows ON care_case",
    "CREATE POLICY wider ON care_case FOR SELECT USING (true)",
)


@on_postgresql
@pytest.mark.parametrize("harm", HARMS)
def test_a_table_that_is_not_held_is_found_and_mended(app: Flask, settings: Settings, owner: Engine, harm: str) -> None:
    assert str(len(PROTECTED)) in doctor_rows.examine(settings)
    with owner.begin() as connection:
        connection.execute(text(harm))
    with pytest.raises(Ailment, match="care_case"):
        doctor_rows.examine(settings)
    schema.protect(settings)
    doctor_rows.examine(settings)


@on_postgresql
def test_a_policy_that_shows_all_is_found_by_what_it_shows(database: Flask, settings: Settings, owner: Engine) -> None:
    with transaction():
        audit.record(Actor.system("tests"), "test", "test:1")
    with owner.begin() as connection:
        connection.execute(text("ALTER POLICY obhut_rows ON audit_event USING (true)"))
    with pytest.raises(Ailment, match="audit_event"):
        doctor_rows.examine(settings)


@on_postgresql
def test_roles_that_may_too_much_are_named(app: Flask, settings: Settings, owner: Engine) -> None:
    mighty = settings.changed(database_url=settings.migration_database_url)
    with pytest.raises(Ailment) as found:
        doctor_rows.examine(mighty)
    assert "BYPASSRLS" in found.value.report
    with owner.begin() as connection:
        connection.execute(text("GRANT UPDATE ON audit_event TO PUBLIC"))
        connection.execute(text("ALTER TABLE audit_seal DISABLE TRIGGER ALL"))  # so that the pool drops it
    with pytest.raises(Ailment, match="audit_event"):
        doctor_rows.examine(settings)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sqlite_says_that_it_has_no_net(app: Flask, settings: Settings) -> None:
    assert "SQLite" in doctor_rows.examine(settings)
    with pytest.raises(ConfigurationError):
        schema.protect(settings)
