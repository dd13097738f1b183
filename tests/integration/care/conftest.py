"""Care on a real database."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask

from config import clock
from tests.factories.care import MONDAY


class Clock:
    """The domain's clock in the hand of the test."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        clock.use(lambda: self.at)

    def forward(self, **delta: float) -> None:
        """Move on by a timedelta's arguments."""
        self.at += timedelta(**delta)


@pytest.fixture
def care(app: Flask) -> Iterator[Flask]:
    """An application context."""
    with app.app_context():
        yield app


@pytest.fixture
def time() -> Iterator[Clock]:
    """Monday, 2 November 2026, 9:00 in Berlin, until the test moves it."""
    yield Clock(MONDAY)
    clock.reset()
