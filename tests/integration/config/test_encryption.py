"""Personal data at rest: unreadable in the file, bound to its place, under the key of an office."""

import base64
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import MetaData, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from config import group_keys
from config.app import create_app
from config.database import Identified, db, transaction
from config.encryption import DecryptionError, KeyHolder, blind_index, sealed
from config.group_keys import HOUSE, GroupKey, cabinet
from config.keyring import keyring, row_place
from config.settings import Settings


class Scratch(DeclarativeBase):
    metadata = MetaData()


class Someone(KeyHolder, Identified, Scratch):
    __tablename__ = "test_people"
    key_group = ("office", "office")
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    office: Mapped[str]
    name = sealed(str)
    born = sealed(date)
    answers = sealed(dict)


def key(byte: int) -> str:
    return base64.urlsafe_b64encode(bytes([byte]) * 32).decode()


@contextmanager
def house_with(settings: Settings, *keys: str) -> Iterator[Flask]:
    """The application with these deployment keys, newest first."""
    app = create_app(settings.changed(encryption_keys=",".join(keys)))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def reread(someone: Someone) -> Someone:
    someone.__dict__.pop("_data_key", None)
    return someone


def test_values_come_back_as_they_went_in(database: Flask) -> None:
    someone = Someone(office="nord", name="Jörg Müßig", born=date(1950, 2, 28), answers={"fieber": [1, None]})
    assert (reread(someone).name, someone.born) == ("Jörg Müßig", date(1950, 2, 28))
    assert someone.answers == {"fieber": [1, None]}
    assert "Jörg".encode() not in someone.name_sealed  # type: ignore[attr-defined]
    someone.name = None
    assert someone.name is None


def test_a_value_moved_to_another_row_or_column_does_not_open(database: Flask) -> None:
    one, two = Someone(office="nord", name="A"), Someone(office="nord", name="B")
    two.wrapped_key = one.wrapped_key
    one.answers_sealed = one.name_sealed  # type: ignore[attr-defined]
    with pytest.raises(DecryptionError):
        _ = one.answers
    with pytest.raises(DecryptionError):
        _ = reread(two).name


def test_each_office_has_a_key_of_its_own_and_another_offices_does_not_open(database: Flask) -> None:
    north, south = Someone(office="nord", name="A"), Someone(office="süd", name="B")
    places = {row.tag: row.place for row in db.session.execute(select(GroupKey.tag, GroupKey.place))}
    assert sorted(places.values()) == ["office:nord", "office:süd"]
    assert places[north.wrapped_key[:4]] == "office:nord"
    north.wrapped_key = south.wrapped_key[:4] + north.wrapped_key[4:]
    with pytest.raises(DecryptionError):
        _ = reread(north).name


def test_a_key_that_was_moved_to_another_place_does_not_open(database: Flask) -> None:
    someone = Someone(office="nord", name="A")
    with transaction():
        db.session.scalars(select(GroupKey)).one().place = "office:süd"
    cabinet().forget()
    with pytest.raises(DecryptionError):
        _ = reread(someone).name


def test_going_to_another_office_wraps_the_key_anew_and_leaves_the_values(database: Flask) -> None:
    someone = Someone(office="nord", name="A")
    before = someone.name_sealed  # type: ignore[attr-defined]
    someone.office = "süd"
    someone.rewrap_key()
    tag = db.session.scalars(select(GroupKey.tag).where(GroupKey.place == "office:süd")).one()
    assert someone.wrapped_key[:4] == tag
    assert (reread(someone).name, someone.name_sealed) == ("A", before)  # type: ignore[attr-defined]


def test_what_was_written_before_there_were_keys_of_offices_still_opens(database: Flask) -> None:
    someone = Someone(office="nord", name="A")
    place = row_place(someone, "wrapped_key")
    someone.wrapped_key = keyring().seal(cabinet().unseal(someone.wrapped_key, place), place)
    assert reread(someone).name == "A"


def test_a_new_deployment_key_goes_in_front_and_the_old_one_still_opens(settings: Settings) -> None:
    with house_with(settings, key(1)):
        someone = Someone(office="nord", name="A")
    with house_with(settings, key(2), key(1)):
        assert reread(someone).name == "A"
        assert Someone(office="nord", name="B").wrapped_key[:4] == someone.wrapped_key[:4]
    with house_with(settings, key(2)), pytest.raises(DecryptionError, match="ENCRYPTION_KEYS"):
        _ = reread(someone).name


def test_many_who_need_the_first_key_at_once_get_the_same(database: Flask) -> None:
    made: list[bytes] = []
    ready = threading.Barrier(6)

    def make() -> None:
        with database.app_context():
            own = group_keys.Cabinet(keyring())  # as another process would have
            ready.wait()
            made.append(own.current("office:nord").tag)
            db.session.remove()

    threads = [threading.Thread(target=make) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 6
    assert set(made) == set(db.session.scalars(select(GroupKey.tag)))


def test_a_key_that_was_rolled_back_seals_nothing_later(database: Flask) -> None:
    with pytest.raises(ValueError, match="no"), transaction():
        Someone(office="nord", name="A")
        raise ValueError("no")
    with transaction():
        later = Someone(office="nord", name="B")
    cabinet().forget()
    assert reread(later).name == "B"


def test_a_transaction_reads_what_it_has_sealed_under_a_key_of_its_own(database: Flask) -> None:
    with transaction():
        assert reread(Someone(office="nord", name="A")).name == "A"


def test_the_house_seals_with_its_own_key_once_it_has_one(database: Flask) -> None:
    before = cabinet().seal_for_house(b"x", b"here")
    assert before[:4] == keyring().newest
    cabinet().forget()
    group_keys.prepare()
    after = cabinet().seal_for_house(b"x", b"here")
    assert after[:4] == db.session.scalars(select(GroupKey.tag).where(GroupKey.place == HOUSE)).one()
    assert cabinet().unseal(before, b"here") == cabinet().unseal(after, b"here") == b"x"


def test_equal_values_look_different_but_can_be_found_by_index(database: Flask) -> None:
    one, two = Someone(office="nord", name="A"), Someone(office="nord", name="A")
    assert one.name_sealed != two.name_sealed  # type: ignore[attr-defined]
    assert blind_index("phone", "+49531") == blind_index("phone", "+49531")
    assert blind_index("phone", "+49531") != blind_index("email", "+49531")
