"""A health office to import for, and short ways to do it."""

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
from care.models import Case
from config.database import db, transaction

ACTOR = Actor.system("tests")
SHARED = Path(__file__).parents[3] / ".." / "shared" / "data" / "sormas"
Preview = Callable[..., uuid.UUID]


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
