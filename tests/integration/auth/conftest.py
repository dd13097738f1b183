"""Applications with other settings than the usual ones."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from config.app import create_app
from config.database import db
from config.settings import Settings

MakeApp = Callable[..., Flask]


@pytest.fixture
def make_app(settings: Settings) -> Iterator[MakeApp]:
    """`make_app(base_url="https://…")`: the application with these settings changed, closed after the test."""
    made: list[Flask] = []

    def make(**changes: Any) -> Flask:
        made.append(create_app(settings.changed(**changes)))
        made[-1].testing = True
        return made[-1]

    yield make
    for application in made:
        with application.app_context():
            db.session.remove()
            db.engine.dispose()
