"""A health office to import for, and short ways to do it."""

import csv
import io
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from auth.actors import Actor
from auth.models import Office
from care import import_preview, import_queries, importing
from care.import_queries import ImportShown
from care.imports import templates
from care.models import Case
from config import clock
from config.database import db, transaction
from config.settings import current_settings

ACTOR = Actor.system("tests")
SHARED = Path(__file__).parents[3] / ".." / "shared" / "data" / "sormas"
Preview = Callable[..., uuid.UUID]
HEADER = templates.headers("de")


@pytest.fixture
def office(database: Flask) -> Iterator[uuid.UUID]:
    with transaction():
        made = Office(code="braunschweig", name="Gesundheitsamt Braunschweig", is_default=True)
        db.session.add(made)
    yield made.id
    db.session.rollback()


@pytest.fixture
def preview(office: uuid.UUID) -> Preview:
    def store(data: bytes, name: str = "people.csv") -> uuid.UUID:
        return import_preview.preview(import_preview.Upload(data, name), actor=ACTOR, office_id=office)

    return store


def confirmed(import_id: uuid.UUID) -> uuid.UUID:
    with transaction():
        importing.confirm(import_id, actor=ACTOR)
    return import_id


def worked_off(import_id: uuid.UUID) -> ImportShown:
    """Confirm and let the job run until it finds nothing."""
    confirmed(import_id)
    while importing.import_next_rows():
        pass
    return import_queries.shown(ACTOR, import_id)


def case_count() -> int:
    return db.session.scalar(select(func.count()).select_from(Case)) or 0


def people(*rows: dict[str, str], language: str = "de") -> bytes:
    """A file in our own format; cells by their German headers."""
    text = io.StringIO()
    writer = csv.DictWriter(text, HEADER, delimiter=";", restval="")
    writer.writeheader()
    writer.writerows({"Art": "Kontaktperson", "Krankheit": "covid-19", **row} for row in rows)
    return text.getvalue().encode()


def today() -> str:
    return f"{clock.today(current_settings().zone):%d.%m.%Y}"
