"""The one way to write: nothing lost between threads, nothing published before the commit, nothing naive stored."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, MetaData, inspect, select, text
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from auth.models import UsedLogoutToken
from config.database import UTCDateTime, begin_writing, db, in_transaction, locked, on_commit, transaction


class Scratch(DeclarativeBase):
    metadata = MetaData()


class Counter(Scratch):
    __tablename__ = "test_counters"
    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime | None] = mapped_column(UTCDateTime())


@pytest.fixture
def counter(database: Flask, owner: Engine) -> Iterator[Flask]:
    Scratch.metadata.create_all(owner)
    if owner.dialect.name == "postgresql":
        with owner.begin() as connection:
            connection.execute(text("GRANT ALL ON test_counters TO PUBLIC"))
    with transaction():
        db.session.add(Counter(id=1, value=0))
    yield database


def test_no_update_is_lost_between_threads(counter: Flask) -> None:
    def add_fifty() -> None:
        with counter.app_context():
            for _ in range(50):
                with transaction():
                    row = db.session.scalars(locked(select(Counter))).one()
                    row.value += 1

    threads = [threading.Thread(target=add_fifty) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    assert db.session.scalars(select(Counter.value)).one() == 200


def test_the_block_sees_the_present_even_if_it_was_read_before(counter: Flask) -> None:
    stale = db.session.get_one(Counter, 1)
    assert stale.value == 0

    def other() -> None:
        with counter.app_context(), transaction():
            db.session.get_one(Counter, 1).value = 7

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    with transaction():
        assert stale.value == 7


def test_callbacks_run_once_per_key_and_only_after_the_commit(counter: Flask) -> None:
    calls: list[Any] = []
    with transaction():
        on_commit("wake", lambda: calls.append(in_transaction()))
        on_commit("wake", lambda: calls.append("second"))
        assert calls == []
    assert calls == [False]


def test_a_rolled_back_block_publishes_nothing(counter: Flask) -> None:
    calls: list[str] = []
    with pytest.raises(ValueError, match="no"), transaction():
        db.session.get_one(Counter, 1).value = 9
        on_commit("wake", lambda: calls.append("called"))
        raise ValueError("no")
    assert calls == []
    assert db.session.get_one(Counter, 1).value == 0


def test_a_failing_callback_does_not_undo_or_fail_the_commit(counter: Flask) -> None:
    def broken() -> None:
        raise ConnectionError("the broker is down")

    with transaction():
        db.session.get_one(Counter, 1).value = 3
        on_commit("wake", broken)
    assert db.session.get_one(Counter, 1).value == 3


def test_transactions_do_not_nest_and_writing_outside_is_refused(counter: Flask) -> None:
    with transaction(), pytest.raises(RuntimeError, match="inside"), transaction():
        pass
    with pytest.raises(RuntimeError, match="outside"):
        on_commit("wake", lambda: None)
    db.session.get_one(Counter, 1).value = 1
    with pytest.raises(RuntimeError, match="outside"), transaction():
        pass


def test_nobody_waits_for_a_transaction_that_still_reckons(counter: Flask) -> None:
    with transaction(writes_later=True):
        before = db.session.scalar(select(Counter.value))
        other = threading.Thread(target=add_one, args=(counter,))
        other.start()
        other.join(60)
        assert not other.is_alive()
        begin_writing()
        seen = db.session.scalar(select(Counter.value).execution_options(populate_existing=True))
        db.session.execute(text("UPDATE test_counters SET value = value + 10"))
    assert (before, seen) == (0, 1)
    assert db.session.scalar(select(Counter.value)) == 11


def test_a_transaction_that_writes_later_can_be_undone_like_any_other(counter: Flask) -> None:
    with pytest.raises(ZeroDivisionError), transaction(writes_later=True):
        assert begin_writing()
        assert not begin_writing()
        db.session.execute(text("UPDATE test_counters SET value = 5"))
        raise ZeroDivisionError
    assert db.session.scalar(select(Counter.value)) == 0
    add_one(counter)  # whose turn it is


def test_writing_before_it_has_begun_is_refused_where_it_would_not_be_undone(counter: Flask) -> None:
    if db.engine.dialect.name == "postgresql":
        pytest.skip("PostgreSQL begins with the first statement")
    with pytest.raises(RuntimeError, match="before begin_writing"), transaction(writes_later=True):
        db.session.execute(text("UPDATE test_counters SET value = 5"))
    refused = pytest.raises(RuntimeError, match="before begin_writing")
    with refused, transaction(writes_later=True), db.session.begin_nested():
        db.session.scalar(select(Counter.value))
    assert db.session.scalar(select(Counter.value)) == 0


def add_one(app: Flask) -> None:
    with app.app_context(), transaction():
        db.session.execute(text("UPDATE test_counters SET value = value + 1"))


def test_times_are_stored_in_utc_and_naive_ones_refused(counter: Flask) -> None:
    with transaction():
        db.session.get_one(Counter, 1).at = datetime(2026, 10, 25, 2, 30, tzinfo=timezone(timedelta(hours=1)))
    db.session.expire_all()
    at = db.session.get_one(Counter, 1).at
    assert at is not None
    assert at.isoformat() == "2026-10-25T01:30:00+00:00"
    with pytest.raises((StatementError, ValueError), match="time zone"), transaction():
        db.session.get_one(Counter, 1).at = datetime(2026, 1, 1)


def test_a_row_that_takes_the_place_of_one_that_goes_is_stored_with_its_own_values(database: Flask) -> None:
    first, then = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    with transaction():
        db.session.add(UsedLogoutToken(token_hash=b"k", expires_at=first))
    with transaction():
        db.session.delete(db.session.scalars(select(UsedLogoutToken)).one())
        db.session.add(UsedLogoutToken(token_hash=b"k", expires_at=then))
    db.session.expire_all()
    assert db.session.scalars(select(UsedLogoutToken)).one().expires_at == then


def test_a_new_row_knows_its_columns_and_no_others() -> None:
    with pytest.raises(TypeError, match="UsedLogoutToken has no expired_at"):
        UsedLogoutToken(token_hash=b"k", expired_at=None)
    row = UsedLogoutToken(token_hash=b"k")
    assert inspect(row).attrs.token_hash.history.added == [b"k"]
