"""Personal data at rest: unreadable in the file, bound to its place, openable with an older key."""

import base64
import uuid
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from config import encryption
from config.database import Identified
from config.encryption import DecryptionError, KeyHolder, blind_index, sealed
from config.settings import load_settings


class Scratch(DeclarativeBase):
    metadata = MetaData()


class Someone(KeyHolder, Identified, Scratch):
    __tablename__ = "test_people"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name = sealed(str)
    born = sealed(date)
    answers = sealed(dict)


def key(byte: int) -> str:
    return base64.urlsafe_b64encode(bytes([byte]) * 32).decode()


def app_with(*keys: str, folder: Path) -> Flask:
    app = Flask(__name__)
    encryption.init_app(app, load_settings(data_dir=folder, encryption_keys=",".join(keys), blind_index_key="index"))
    return app


def test_values_come_back_as_they_went_in(tmp_path: Path) -> None:
    with app_with(key(1), folder=tmp_path).app_context():
        someone = Someone(name="Jörg Müßig", born=date(1950, 2, 28), answers={"fieber": [1, None]})
        assert (someone.name, someone.born) == ("Jörg Müßig", date(1950, 2, 28))
        assert someone.answers == {"fieber": [1, None]}
        assert "Jörg".encode() not in someone.name_sealed  # type: ignore[attr-defined]
        someone.name = None
        assert someone.name is None


def test_a_value_moved_to_another_row_or_column_does_not_open(tmp_path: Path) -> None:
    with app_with(key(1), folder=tmp_path).app_context():
        one, two = Someone(name="A"), Someone(name="B")
        two.wrapped_key = one.wrapped_key
        one.answers_sealed = one.name_sealed  # type: ignore[attr-defined]
        with pytest.raises(DecryptionError):
            _ = one.answers
        two.__dict__.pop("_data_key")
        with pytest.raises(DecryptionError):
            _ = two.name


def test_a_new_key_goes_in_front_and_the_old_one_still_opens(tmp_path: Path) -> None:
    with app_with(key(1), folder=tmp_path).app_context():
        someone = Someone(name="A")
    someone.__dict__.pop("_data_key")
    with app_with(key(2), key(1), folder=tmp_path).app_context():
        assert someone.name == "A"
    someone.__dict__.pop("_data_key")
    with app_with(key(2), folder=tmp_path).app_context(), pytest.raises(DecryptionError, match="ENCRYPTION_KEYS"):
        _ = someone.name


def test_equal_values_look_different_but_can_be_found_by_index(tmp_path: Path) -> None:
    with app_with(key(1), folder=tmp_path).app_context():
        assert Someone(name="A").name_sealed != Someone(name="A").name_sealed  # type: ignore[attr-defined]
        assert blind_index("phone", "+49531") == blind_index("phone", "+49531")
        assert blind_index("phone", "+49531") != blind_index("email", "+49531")
