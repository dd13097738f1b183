"""Data protection on a real database, the domain's clock in the hand of the test."""

from collections.abc import Iterator

import pytest
from flask import Flask

from config import clock
from tests.factories.care import MONDAY
from tests.factories.privacy import Clock


@pytest.fixture
def house(app: Flask) -> Iterator[Flask]:
    """An application context."""
    with app.app_context():
        yield app


@pytest.fixture
def time() -> Iterator[Clock]:
    """Monday, 2 November 2026, 9:00 in Berlin, until the test moves it."""
    yield Clock(MONDAY)
    clock.reset()
