"""Who has a record open, too: known for minutes, to those who work where it is, and by nobody's name but their own."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from auth import own_data, readers, tasks
from auth.actors import Actor
from auth.erasures import EVERYTHING
from auth.models import RecordReader, User
from config import scopes
from config.database import db, transaction
from tests.factories.people import somebody

pytestmark = pytest.mark.usefixtures("database")
CASE, OWNER = "case:ABCD2345", f"office:{uuid4()}"


def of(user: User) -> Actor:
    return Actor.of("user", str(user.id), frozenset(), user_id=user.id, name="what the session says")


def left() -> int:
    return db.session.scalar(select(func.count()).select_from(RecordReader)) or 0


def age(by: timedelta) -> None:
    with transaction():
        for row in db.session.scalars(select(RecordReader)):
            row.seen_at -= by


def test_who_looks_at_it_is_shown_to_the_others() -> None:
    ada, bo = of(somebody("Ada")), of(somebody("Bo"))
    assert readers.note(CASE, OWNER, ada) == []
    assert readers.note(CASE, OWNER, bo) == ["Ada"]
    assert readers.note(CASE, OWNER, ada) == ["Bo"]
    assert readers.note("case:WXYZ2345", OWNER, of(somebody("Cleo"))) == []
    assert left() == 3


def test_who_has_left_is_shown_no_longer_and_then_forgotten() -> None:
    ada, bo = of(somebody("Ada")), of(somebody("Bo"))
    readers.note(CASE, OWNER, ada)
    age(readers.HERE_FOR)
    assert readers.note(CASE, OWNER, bo) == []
    tasks.tidy()
    assert left() == 2
    age(readers.KEPT_FOR)
    assert readers.note(CASE, OWNER, ada) == []
    tasks.tidy()
    assert left() == 1


def test_a_record_or_an_account_that_is_erased_takes_it_along() -> None:
    ada, bo = somebody("Ada"), of(somebody("Bo"))
    readers.note(CASE, OWNER, of(ada))
    with transaction():
        own_data.erase_users([ada.id], EVERYTHING, bo)
    assert readers.note(CASE, OWNER, bo) == []
    assert left() == 1
    with transaction():
        readers.forget([CASE])
    assert left() == 0


def test_the_database_shows_it_only_to_those_who_work_there() -> None:
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no row-level security")
    office_id, user = uuid4(), somebody("Ada")
    readers.note(CASE, f"office:{office_id}", of(user))
    with scopes.within(scopes.people([office_id], actor="x")):
        assert left() == 1
        db.session.rollback()
    with scopes.within(scopes.people([uuid4()], actor="x")):
        assert left() == 0
        db.session.rollback()
