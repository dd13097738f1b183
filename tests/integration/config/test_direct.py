"""Statements that are carried out by PostgreSQL's library itself, and rows that are written together."""

import uuid
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import bindparam, func, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from auth.models import AuditEvent, AuditPending, Department
from config import clock, direct
from config.database import db, transaction
from config.gathering import gathered_columns, gathering
from config.ids import new_id
from config.looks import Look, NewRow, write_at_once
from notifications import outbox
from notifications.models import Notification
from notifications.outbox import NewMessage
from notifications.statuses import Channel
from tests.factories.notifications import PHONE, put_sms

BY_CODE = Look(select(Department.name).where(Department.code == bindparam("code")))


def department(code: str) -> dict[str, Any]:
    return {"id": new_id(), "code": code, "name": f"Amt {code}", "is_default": False}


def event(action: str, **facts: Any) -> dict[str, Any]:
    now = clock.now()
    return {
        "id": new_id(),
        "at": now,
        "domain_at": now,
        "chain": "house",
        "actor_kind": "system",
        "actor": "tests",
        "action": action,
        "subject": "tests",
        "seen": None,
        "facts": facts,
    }


def waiting(of: dict[str, Any]) -> NewRow:
    return NewRow(AuditPending, {"event_id": of["id"]})


def new_event(values: dict[str, Any]) -> NewRow:
    return NewRow(AuditEvent, values)


@pytest.fixture
def one_department(database: Flask) -> None:
    with transaction():
        db.session.execute(insert(Department).values(department("one")))
    assert BY_CODE.first(code="one") == ("Amt one",)


def test_what_was_prepared_is_prepared_again_after_a_failure(one_department: None) -> None:
    for _ in range(3):
        assert BY_CODE.first(code="one") == ("Amt one",)
        with transaction():
            for _ in range(8):  # what the driver has prepared itself it throws away with all else when something fails
                db.session.scalars(select(Department.code)).all()
            write_at_once([new_event(event("house.named"))])
        with pytest.raises(IntegrityError), transaction():
            db.session.execute(insert(Department).values(department("one")))
        with transaction():
            write_at_once([new_event(event("house.named"))])
    assert BY_CODE.first(code="none") is None


def test_what_somebody_else_has_thrown_away_is_missed_once(one_department: None) -> None:
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite prepares nothing by name")
    with transaction():
        write_at_once([new_event(event("house.named"))])
        db.session.execute(text("DEALLOCATE ALL"))
    with pytest.raises(DBAPIError), transaction():
        write_at_once([new_event(event("house.named"))])
    with transaction():
        write_at_once([new_event(event("house.named"))])
    assert db.session.scalar(select(func.count()).select_from(AuditEvent)) == 2


def test_a_savepoint_that_is_rolled_back_takes_nothing_prepared_along(one_department: None) -> None:
    for _ in range(3):
        with transaction():
            for _ in range(8):
                db.session.scalars(select(Department.code)).all()
            write_at_once([new_event(event("house.named"))])
            with pytest.raises(IntegrityError), db.session.begin_nested():
                db.session.execute(insert(Department).values(department("one")))
            write_at_once([new_event(event("house.named"))])
            assert BY_CODE.first(code="one") == ("Amt one",)
    assert db.session.scalar(select(func.count()).select_from(AuditEvent)) == 6


def test_nor_does_one_of_the_connection_itself(one_department: None) -> None:
    for _ in range(3):
        with transaction():
            write_at_once([new_event(event("house.named"))])
            savepoint = db.session.connection().begin_nested()
            for _ in range(8):
                db.session.scalars(select(Department.code)).all()
            savepoint.rollback()
            write_at_once([new_event(event("house.named"))])
    assert db.session.scalar(select(func.count()).select_from(AuditEvent)) == 6


def test_one_that_is_rolled_back_by_hand_is_refused(one_department: None) -> None:
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite prepares nothing by name")
    with pytest.raises(RuntimeError, match="begin_nested"), transaction():
        db.session.execute(text("SAVEPOINT mine"))
        db.session.execute(text("ROLLBACK TO SAVEPOINT mine"))


def test_beyond_a_number_of_statements_none_is_prepared(one_department: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(direct, "MOST_PREPARED", 0)
    look = Look(select(Department.code).where(Department.name == bindparam("name")))
    assert look.first(name="Amt one") == ("one",)


def test_a_commit_that_was_lost_is_not_taken_for_one(database: Flask) -> None:
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no connections that can be cut")
    done: list[str] = []
    address = db.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
    with pytest.raises(DBAPIError), transaction():
        db.session.execute(insert(Department).values(department("lost")))
        backend = db.session.scalar(text("SELECT pg_backend_pid()"))
        with psycopg.connect(address, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 10000)", (backend,))
        done.append("ready to commit")
    assert done and BY_CODE.first(code="lost") is None


def test_rows_written_at_once_may_refer_to_each_other(database: Flask) -> None:
    one, other = event("house.named", number=uuid.UUID(int=7)), event("house.named")
    with transaction():
        write_at_once([new_event(one), waiting(one), new_event(other), waiting(other)])
    assert db.session.scalar(select(func.count()).select_from(AuditPending)) == 2
    assert db.session.scalars(select(AuditEvent.facts).order_by(AuditEvent.id)).all() == [
        {"number": str(uuid.UUID(int=7))}, {}
    ]  # fmt: skip


def test_none_of_the_rows_is_there_when_one_is_refused(database: Flask) -> None:
    one = event("house.named")
    with pytest.raises(IntegrityError), transaction():
        write_at_once([new_event(one), waiting(one), waiting(one)])
    assert db.session.scalar(select(func.count()).select_from(AuditEvent)) == 0


@pytest.mark.parametrize("others", [0, 20])
def test_a_gathered_message_whose_key_is_taken_is_passed_over(database: Flask, others: int) -> None:
    put_sms("taken")
    again = NewMessage("notifications.plain", Channel.SMS, PHONE, "de", {"text": "Again"}, "taken", "tests")
    with transaction(), gathering():
        outbox.add(again)
        for number in range(others):
            gathered_columns(AuditEvent, event("house.named", number=number))
        assert db.session.scalar(select(func.count()).select_from(AuditEvent)) == 0
    assert db.session.scalars(select(Notification.key)).all() == ["taken"]
    assert db.session.scalar(select(func.count()).select_from(AuditEvent)) == others
