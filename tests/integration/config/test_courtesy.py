"""Whose transactions give way to people."""

import pytest
from flask import Flask

from config import database as module
from config.courtesy import Courtesy
from config.database import transaction


class Noting(Courtesy):
    """Says how often somebody gave way."""

    def __init__(self) -> None:
        super().__init__()
        self.times = 0

    def give_way(self, longest: float = 0.0) -> bool:
        self.times += 1
        return True


def test_the_background_gives_way_and_a_request_does_not(database: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    courtesy = Noting()
    monkeypatch.setattr(module, "courtesy", courtesy)
    with transaction():
        pass
    assert courtesy.times == 1
    with database.test_request_context(), transaction():
        pass
    assert courtesy.times == 1
