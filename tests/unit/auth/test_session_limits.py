"""How long logins last: the table of the concept, and what is not in it."""

from datetime import timedelta

import pytest

from auth.session_limits import STRICTEST, WARNED_BEFORE, Limits, limits, noted_every


@pytest.mark.parametrize(
    ("assurance", "is_staff", "idle_minutes", "absolute_minutes"),
    [
        ("high", False, 5, 30),
        ("substantial", False, 30, 120),
        ("basic", False, 60, 720),
        ("basic", True, 15, 600),
        ("substantial", True, 15, 600),
        ("high", True, 15, 600),
    ],
)
def test_the_table(assurance: str, is_staff: bool, idle_minutes: int, absolute_minutes: int) -> None:
    wanted = Limits(timedelta(minutes=idle_minutes), timedelta(minutes=absolute_minutes))
    assert limits(assurance, is_staff=is_staff) == wanted


@pytest.mark.parametrize("assurance", ["", "HIGH", "unknown", "STORK-QAA-Level-4"])
def test_what_is_not_in_the_table_gets_the_strictest(assurance: str) -> None:
    assert limits(assurance, is_staff=False) == STRICTEST


@pytest.mark.parametrize("idle_minutes", [5, 15, 30, 60])
def test_clicks_are_noted_often_enough_to_be_warned_in_time(idle_minutes: int) -> None:
    idle = timedelta(minutes=idle_minutes)
    assert timedelta(0) < noted_every(idle) <= idle / 20
    assert noted_every(idle) < WARNED_BEFORE
