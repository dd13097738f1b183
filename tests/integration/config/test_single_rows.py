"""Rows that are locked, read and changed past the mapper are what the mapper would have made of them."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import event, select, update
from sqlalchemy.orm.exc import StaleDataError

from auth.models import Department
from config import clock, scopes
from config.database import db, transaction
from config.gathering import gathered_change, gathered_columns, gathering
from config.ids import new_id
from config.looks import ChangedRow, write_at_once
from config.single_rows import LockedRow, taken_change
from services.lifecycle import RequestStatus
from services.models import Attachment, ServiceRequest, ServiceVersion
from tests.factories import services as given

BY_REFERENCE = LockedRow(ServiceRequest, "reference", "slug")
SLUG: str = given.WHOLE["slug"]
pytestmark = pytest.mark.usefixtures("in_the_house")


@pytest.fixture
def in_the_house(database: Flask) -> Any:
    with scopes.within(scopes.system("tests")):
        yield


@pytest.fixture
def reference(in_the_house: None) -> str:
    """Of a request with a value in each kind of column."""
    found = given.submitted(given.resident(), **given.WHOLE).reference
    with transaction():
        db.session.execute(
            update(ServiceRequest).where(ServiceRequest.reference == found).values(latitude=52.25, longitude=10.5)
        )
    db.session.remove()
    return found


def locked(reference: str) -> ServiceRequest:
    row = BY_REFERENCE.first(reference=reference, slug=SLUG)
    assert row is not None
    return row


def columns(row: Any) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in type(row).__table__.columns}


def stored(reference: str) -> ServiceRequest:
    """As another session sees it."""
    db.session.remove()
    return db.session.scalars(select(ServiceRequest).where(ServiceRequest.reference == reference)).one()


def test_a_locked_row_is_what_the_mapper_reads(reference: str) -> None:
    with transaction():
        row = locked(reference)
        read, answers = columns(row), row.answers
        assert row.service_version.slug == SLUG and [one.request for one in row.events] == [row]
    expected = stored(reference)
    assert read == columns(expected)
    assert {name: type(one) for name, one in read.items()} == {
        name: type(one) for name, one in columns(expected).items()
    }
    assert read["latitude"] == 52.25 and read["status"] is RequestStatus.SUBMITTED
    assert answers == expected.answers != {}


def test_no_row_is_none(reference: str) -> None:
    with transaction():
        assert BY_REFERENCE.first(reference=reference, slug="another") is None


def test_what_changes_on_a_locked_row_is_stored_at_the_commit(reference: str) -> None:
    with transaction():
        locked(reference).locale = "uk"
    assert stored(reference).locale == "uk"


def test_a_row_that_was_read_before_is_read_anew(reference: str) -> None:
    before = stored(reference)
    assert before.locale == "de"
    with db.engine.begin() as other:
        scoped = "SET LOCAL obhut.system TO 'tests'"
        if db.engine.dialect.name == "postgresql":
            other.exec_driver_sql(scoped)
        other.execute(update(ServiceRequest.__table__).values(locale="tr"))  # type: ignore[arg-type]
    with transaction():
        row = locked(reference)
        assert row is before and row.locale == "tr"


def test_nobody_else_gets_the_row_meanwhile(reference: str) -> None:
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite locks the whole database")
    address = db.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
    with transaction():
        locked(reference)
        with psycopg.connect(address) as other, pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute("SET LOCAL obhut.system TO 'tests'")
            other.execute("SELECT 1 FROM service_request FOR NO KEY UPDATE NOWAIT")


def test_a_change_is_written_with_what_is_added_and_once(reference: str) -> None:
    version = {"id": new_id(), "slug": "new", "version": 1, "digest": "d", "definition": {}, "recorded_at": clock.now()}
    by_the_session: list[str] = []
    with transaction():
        row = locked(reference)
        row.locale, row.contact = "pl", {"email": "jorinde@ackerknecht.example"}
        with gathering():
            change = taken_change(row)
            assert change is not None and set(change.values) == {"locale", "contact_sealed"}
            gathered_change(change)
            gathered_columns(ServiceVersion, version)
        event.listen(db.engine, "before_cursor_execute", lambda *of: by_the_session.append(of[2]))
    assert not by_the_session
    found = stored(reference)
    assert found.locale == "pl" and found.contact == {"email": "jorinde@ackerknecht.example"}
    assert db.session.get(ServiceVersion, version["id"]) is not None


def test_what_changes_after_that_is_for_the_session_again(reference: str) -> None:
    with transaction():
        row = locked(reference)
        row.locale = "pl"
        change = taken_change(row)
        assert change is not None
        gathered_change(change)
        row.locale = "fr"
        row.changed_at += timedelta(days=1)
    assert stored(reference).locale == "fr"


def test_a_row_without_changes_has_none_to_take(reference: str) -> None:
    with transaction():
        assert taken_change(locked(reference)) is None


def test_what_is_not_stored_yet_is_left_to_the_session() -> None:
    with transaction():
        row = Department(code="neu", name="Neu")
        db.session.add(row)
        row.name = "Ganz neu"
        assert taken_change(row) is None
    assert db.session.scalars(select(Department.name).where(Department.code == "neu")).one() == "Ganz neu"


def test_a_change_of_relations_is_left_to_the_session(reference: str) -> None:
    with transaction():
        row = locked(reference)
        row.attachments.append(
            Attachment(
                request=row, request_id=row.id, kind="upload", field="x", scan="clean", media_type="application/pdf",
                size=1, created_at=row.created_at,
            )
        )  # fmt: skip
        row.locale = "ru"
        assert taken_change(row) is None
    found = stored(reference)
    assert found.locale == "ru" and len(found.attachments) == 1


def test_a_change_that_was_taken_goes_with_the_transaction_that_fails(reference: str) -> None:
    with pytest.raises(ZeroDivisionError), transaction():
        row = locked(reference)
        row.locale = "pl"
        change = taken_change(row)
        assert change is not None
        gathered_change(change)
        _ = 1 / 0
    assert row.locale == "de"


def test_nothing_but_the_named_row_is_changed(reference: str) -> None:
    other = given.submitted(given.resident(), **given.WHOLE).reference
    with transaction():
        write_at_once([ChangedRow(ServiceRequest, locked(reference).id, {"locale": "ar"})])
    assert (stored(reference).locale, stored(other).locale) == ("ar", "de")


def test_within_a_savepoint_the_session_writes_and_knows_what_is_rolled_back(reference: str) -> None:
    with transaction():
        row = locked(reference)
        with pytest.raises(ZeroDivisionError), db.session.begin_nested():
            row.locale = "pl"
            assert taken_change(row) is None
            db.session.flush()
            _ = 1 / 0
        assert row.locale == "de"
    assert stored(reference).locale == "de"


def test_what_is_written_at_once_goes_with_its_savepoint(reference: str) -> None:
    with transaction():
        row_id = locked(reference).id
        with pytest.raises(ZeroDivisionError), db.session.begin_nested():
            write_at_once([ChangedRow(ServiceRequest, row_id, {"locale": "pl"})])
            _ = 1 / 0
    assert stored(reference).locale == "de"


def test_a_change_of_a_row_that_is_not_there_is_an_error(reference: str) -> None:
    with pytest.raises(StaleDataError), transaction():
        write_at_once([ChangedRow(ServiceRequest, new_id(), {"locale": "pl"})])


def test_two_changes_go_together(reference: str) -> None:
    other = given.submitted(given.resident(), **given.WHOLE).reference
    with transaction():
        first, second = locked(reference), locked(other)
        write_at_once([ChangedRow(ServiceRequest, one.id, {"locale": "pl"}) for one in (first, second)])
    assert (stored(reference).locale, stored(other).locale) == ("pl", "pl")
