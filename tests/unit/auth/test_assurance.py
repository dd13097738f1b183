"""Levels of assurance, and when a login is enough."""

from datetime import UTC, datetime, timedelta

import pytest

from auth.assurance import ANY_LOGIN, GRACE, Demand, acr_values, at_least
from config.identity_settings import DEFAULT_ASSURANCE

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("level", "wanted", "enough"),
    [
        ("basic", "", True), ("made up", "", True), ("", "", True),
        ("basic", "basic", True), ("basic", "substantial", False), ("substantial", "substantial", True),
        ("high", "basic", True), ("substantial", "high", False), ("high", "high", True),
        ("made up", "basic", False), ("", "basic", False), ("high", "made up", False), ("made up", "made up", False),
    ],
)  # fmt: skip
def test_levels(level: str, wanted: str, enough: bool) -> None:
    assert at_least(level, wanted) is enough


@pytest.mark.parametrize(
    ("ago", "fresh"),
    [
        (timedelta(0), True),
        (timedelta(seconds=600), True),
        (timedelta(seconds=600) + GRACE, True),
        (timedelta(seconds=601) + GRACE, False),
        (timedelta(seconds=-30), True),
        (None, False),
    ],
)
def test_freshness(ago: timedelta | None, fresh: bool) -> None:
    at = None if ago is None else NOW - ago
    assert Demand(max_age=600).is_fresh(at, NOW) is fresh
    assert ANY_LOGIN.is_fresh(at, NOW)


def test_a_demand_wants_all_that_it_says() -> None:
    both = Demand("high", 600)
    assert both.is_met("high", NOW, NOW)
    assert not both.is_met("substantial", NOW, NOW)
    assert not both.is_met("high", None, NOW)
    assert ANY_LOGIN.is_met("basic", None, NOW)


def test_the_words_of_the_provider_lowest_first() -> None:
    assert acr_values("", DEFAULT_ASSURANCE) == ""
    assert acr_values("high", DEFAULT_ASSURANCE) == "STORK-QAA-Level-4 high"
    assert acr_values("substantial", {"b": "high", "a": "substantial", "c": "basic"}) == "a b"
    assert acr_values("substantial", {"1": "basic"}) == ""
