"""Row-level security on PostgreSQL: what a query forgets to ask for, the database does not give."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, Engine, bindparam, create_engine, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.pool import StaticPool

from auth import audit
from auth.actors import Actor
from auth.models import AuditEvent
from config import row_security, scopes
from config.database import db, transaction
from config.engines import prepare_engine
from config.looks import Look, OneRow
from config.row_security import FREE, PROTECTED
from notifications.models import Notification
from tests.factories import rows
from tests.factories.notifications import put_sms
from tests.factories.rows import id_of, scope_of

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
A, B = scope_of("a"), scope_of("b")
KEY_ONLY = {name for name, kind in PROTECTED.items() if kind == row_security.of_the_house()}
REGISTERS = {"role_grant": "roles"} | dict.fromkeys(
    ("audit_event", "audit_pending", "audit_seal", "audit_anchor"), "audit"
)
WITHOUT_ID = {"care_name_prefix", "care_meeting_point"}
OF_STAFF = {name for name, kind in PROTECTED.items() if kind == row_security.of_staff()}
PARTED = sorted(PROTECTED.keys() - KEY_ONLY - REGISTERS.keys() - OF_STAFF - WITHOUT_ID)
SHAPE = """
    SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, p.polname, p.polcmd::text, p.polpermissive, p.polroles,
           pg_get_expr(p.polqual, c.oid), pg_get_expr(p.polwithcheck, c.oid)
    FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace ORDER BY c.relname, p.polname
"""


@pytest.fixture
def filled(database: Flask, owner: Engine) -> Flask:
    """Every table has a row of side A and one of side B."""
    with owner.begin() as connection:
        rows.fill(connection)
    return database


def seen(table: str, scope: scopes.Scope) -> int:
    """How many rows of `table` raw SQL finds in `scope`."""
    with scopes.within(scope):
        return int(db.session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


def ids(table: str, scope: scopes.Scope) -> list[Any]:
    with scopes.within(scope):
        return list(db.session.scalars(text(f"SELECT id FROM {table}")))


def test_every_table_is_in_one_of_the_two_lists(database: Flask, owner: Engine) -> None:
    with owner.connect() as connection:
        there = set(connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")))
    for table in sorted(there - PROTECTED.keys() - FREE.keys()):
        raise AssertionError(
            f"{table} is in no list. In config/row_security.py, give it a line in PROTECTED that says how its office, "
            f'owner or user is found, such as "{table}": of_office(), or one in FREE with the reason why it tells '
            "nothing of anybody. What is protected needs its policy as well: a line in ROWS of migration 0009 as long "
            "as that is not released, afterwards a migration of its own with what row_security.statements(…) gives."
        )
    assert not (PROTECTED.keys() | FREE.keys()) - there, "a list names a table that is gone"
    assert not PROTECTED.keys() & FREE.keys()


def test_the_database_has_the_policies_that_are_declared(database: Flask, owner: Engine) -> None:
    """The migration's words and the declared ones, as PostgreSQL understands both."""
    with owner.connect() as connection:
        migrated = connection.execute(text(SHAPE)).all()
        for table in PROTECTED:
            for name in connection.scalars(
                text("SELECT polname FROM pg_policy WHERE polrelid = :t ::regclass"), {"t": table}
            ):
                connection.execute(text(f"DROP POLICY {name} ON {table}"))
            connection.execute(text(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY"))
            for statement in row_security.statements(table):
                connection.execute(text(statement))
        declared = connection.execute(text(SHAPE)).all()
        connection.rollback()
    assert migrated == declared
    assert {row[0] for row in migrated if row[1]} == PROTECTED.keys() == {row[0] for row in migrated if row[2]}


def test_the_application_owns_nothing(database: Flask) -> None:
    role = "SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user"
    owned = "SELECT count(*) FROM pg_class WHERE relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)"
    assert tuple(db.session.execute(text(role)).one()) == (False, False, False)
    assert db.session.scalar(text(owned)) == 0


def test_without_a_scope_there_is_nothing_and_the_house_sees_all(filled: Flask) -> None:
    nobody = {table: seen(table, scopes.NOBODY) + seen(table, scopes.people()) for table in PROTECTED}
    assert nobody == dict.fromkeys(PROTECTED, 0)
    assert {table: seen(table, scopes.system("tests")) for table in PROTECTED} == dict.fromkeys(PROTECTED, 2)


def test_a_scope_sees_its_own_side_alone(filled: Flask) -> None:
    for scope, side in ((A, "a"), (B, "b")):
        assert {table: ids(table, scope) for table in PARTED} == {table: [id_of(table, side)] for table in PARTED}
    for table, register in REGISTERS.items():
        assert [seen(table, scope_of("a", *names)) for names in ((), ("another",), (register,))] == [0, 0, 2], table
    for table in WITHOUT_ID:
        assert [seen(table, scope) for scope in (A, B)] == [1, 1], table
    for table in KEY_ONLY:
        assert seen(table, A) == 0, table
    resident = scopes.people(user_id=id_of("user_account", "a"), actor="a")
    for table in OF_STAFF:
        assert (seen(table, A), seen(table, resident)) == (2, 0), table


def test_nothing_of_the_other_side_is_written(filled: Flask) -> None:
    for table in PARTED:
        made = db.metadata.tables[table]
        fresh = rows.row(made, "b", id=id_of(table, "c"))
        fresh |= {
            column.name: _another(fresh[column.name])
            for column in made.columns
            if column.unique and column.name in fresh
        }
        others = made.c.id == id_of(table, "b")
        with scopes.within(A):
            done = [made.update().values(id=made.c.id), made.update().where(others).values(id=made.c.id)]
            assert [_rows(change) for change in (*done, made.delete().where(others))] == [1, 0, 0], table
            _is_refused(made.insert().values(fresh))
            moved = {
                place: rows.row(made, "b")[place]
                for place in ("office_id", "owner", "case_id", "user_id", "request_id")
                if place in made.c and re.search(rf"\b{place}( =|\))", PROTECTED[table].condition)
            }
            if moved:
                _is_refused(made.update().values(moved))


def _rows(change: Any) -> int:
    return int(db.session.execute(change, execution_options={"synchronize_session": False}).rowcount)  # type: ignore[attr-defined]


def _is_refused(change: Any) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"):
        db.session.execute(change)
    db.session.rollback()


def _another(value: Any) -> Any:
    return value[::-1] if isinstance(value, str | bytes) else value


def test_anybody_adds_to_the_trail_and_does_not_read_it(filled: Flask) -> None:
    with scopes.within(scopes.NOBODY), transaction():
        audit.record(Actor.anonymous(), "login.refused", "login", reason="test")
    assert seen("audit_event", scopes.NOBODY) == 0
    assert seen("audit_event", scope_of("a", "audit")) == 3


def test_what_nobody_owns_is_seen_by_all_who_work_in_a_place(database: Flask) -> None:
    put_sms("nobodys")
    assert [seen("notification", scope) for scope in (A, B, scopes.NOBODY)] == [1, 1, 0]


def test_programs_find_the_requests_they_have_made(filled: Flask) -> None:
    assert ids("service_request", scopes.people(actor="b")) == [id_of("service_request", "b")]
    assert ids("service_request", scopes.people(departments=["dep-b"])) == [id_of("service_request", "b")]


def test_a_scope_that_changes_within_a_transaction_counts_at_once(filled: Flask) -> None:
    with transaction():
        found = [ids("care_case", scope) for scope in (A, B, scopes.NOBODY, A)]
    assert found == [[id_of("care_case", "a")], [id_of("care_case", "b")], [], [id_of("care_case", "a")]]


def test_a_savepoint_that_is_rolled_back_takes_no_scope_with_it(filled: Flask) -> None:
    with scopes.within(A), transaction():
        savepoint = db.session.begin_nested()
        assert ids("care_case", B) == [id_of("care_case", "b")]
        savepoint.rollback()
        assert ids("care_case", A) == [id_of("care_case", "a")]
        with scopes.within(B):
            savepoint = db.session.begin_nested()
            assert ids("care_case", A) == [id_of("care_case", "a")]
            savepoint.rollback()
            assert ids("care_case", B) == [id_of("care_case", "b")]


End = Callable[[Connection], None]


def fail(connection: Connection) -> None:
    with pytest.raises(ProgrammingError):
        connection.execute(text("SELECT nonsense"))
    connection.rollback()


@pytest.mark.parametrize("end", [Connection.commit, Connection.rollback, fail, Connection.close])
def test_nothing_leaks_through_the_pool(filled: Flask, end: End) -> None:
    """One connection for all: whoever has it next begins with their own scope, or with none."""
    engine = create_engine(db.engine.url, poolclass=StaticPool)
    prepare_engine(engine)
    cases = text("SELECT id FROM care_case")
    try:
        with engine.connect() as connection:
            with scopes.within(scopes.system("tests")):
                assert len(connection.scalars(cases).all()) == 2
            end(connection)
        for scope, expected in ((scopes.NOBODY, []), (B, [id_of("care_case", "b")]), (scopes.NOBODY, [])):
            with scopes.within(scope), engine.connect() as connection:
                assert connection.scalars(cases).all() == expected
        with engine.connect() as connection:  # and what is told to the driver directly finds nothing set
            driver = connection.connection.driver_connection
            assert driver is not None
            told = driver.execute("SELECT current_setting('obhut.system', true)").fetchone()
            assert told[0] in (None, "")
    finally:
        engine.dispose()


def test_a_look_obeys(filled: Flask) -> None:
    look = Look(select(Notification.id).order_by(Notification.id.desc()))
    for begun in (False, True):
        for side, scope in (("a", A), ("b", B)):
            with scopes.within(scope):
                if begun:
                    db.session.execute(text("SELECT 1"))
                assert look.first() == (id_of("notification", side),)
        with scopes.within(scopes.NOBODY):
            assert look.first() is None
        db.session.rollback()


def test_a_look_at_what_was_written_a_moment_ago(filled: Flask) -> None:
    look = Look(select(AuditEvent.id).where(AuditEvent.action == bindparam("action")))
    with transaction():
        written = audit.record(Actor.system("tests"), "test.look", "test:1")
        assert look.first(action="test.look") == (written,)
    with scopes.within(A):
        assert look.first(action="test.look") is None


def test_an_insert_of_one_row_obeys(filled: Flask) -> None:
    table = db.metadata.tables["care_import"]
    insert = OneRow(lambda _: postgresql.insert(table).returning(table.c.id))
    new = {side: rows.row(table, side, id=id_of("care_import", f"new {side}")) for side in rows.SIDES}
    with scopes.within(A), pytest.raises(ProgrammingError, match="row-level security"), transaction():
        assert insert.first(new["a"]) == (new["a"]["id"],)
        insert.first(new["b"])
    with scopes.within(A), transaction():
        insert.first(new["a"])
    assert (seen("care_import", A), seen("care_import", B)) == (2, 1)
