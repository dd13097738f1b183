"""Any sequence of events on the cases of a town: nothing is lost, and nobody is forgotten, asked twice or listed twice.

The rules alone are tried so in `tests/unit/care/test_course_machine.py`; here it is what the house makes of them.
"""

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from config.database import db
from tests.integration.care.conftest import Clock
from tests.integration.care.life_machine import Town

# On SQLite most of it; PostgreSQL takes longer for each step, and is asked what differs there.
EXAMPLES, MANY = {"sqlite": 25, "postgresql": 10}, {"sqlite": 2000, "postgresql": 500}


def live(time: Clock, examples: int) -> None:
    Town.time = time
    asked = settings(
        max_examples=examples, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(Town, settings=asked)


def test_whatever_happens_in_a_town(care: Flask, time: Clock) -> None:
    live(time, EXAMPLES[db.engine.dialect.name])


@pytest.mark.chaos
@pytest.mark.timeout(6 * 3600)
def test_whatever_happens_in_many_towns(care: Flask, time: Clock) -> None:
    live(time, MANY[db.engine.dialect.name])
