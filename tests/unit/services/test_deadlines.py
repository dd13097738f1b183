"""Working days of Lower Saxony. Holidays: Niedersächsisches Feiertagsgesetz; counting: §§ 187–193 BGB."""

from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from config.working_days import is_working_day
from services.deadlines import (
    Urgency,
    due_after_pause,
    due_on,
    urgency,
    working_days_between,
)

DAYS = st.dates(date(2018, 1, 1), date(2040, 12, 31))
TERMS = st.integers(1, 60)


@pytest.mark.parametrize(
    ("start", "term", "due"),
    [
        (date(2026, 11, 23), 1, date(2026, 11, 24)),
        (date(2026, 11, 20), 1, date(2026, 11, 23)),  # over a weekend
        (date(2026, 11, 21), 1, date(2026, 11, 23)),  # handed in on a Saturday
        (date(2025, 10, 30), 1, date(2025, 11, 3)),  # Reformation Day is a Friday
        (date(2024, 10, 30), 2, date(2024, 11, 4)),  # Reformation Day is a Thursday
        (date(2026, 12, 23), 3, date(2026, 12, 29)),  # Christmas: 25 Friday, 26 Saturday
        (date(2026, 12, 30), 3, date(2027, 1, 5)),  # New Year
        (date(2027, 3, 25), 1, date(2027, 3, 30)),  # Good Friday to Easter Monday
        (date(2026, 4, 30), 1, date(2026, 5, 4)),  # Labour Day
        (date(2026, 5, 13), 1, date(2026, 5, 15)),  # Ascension
        (date(2026, 10, 2), 1, date(2026, 10, 5)),  # Unity Day is a Saturday
        (date(2026, 1, 5), 1, date(2026, 1, 6)),  # Epiphany is no holiday here
        (date(2026, 10, 31), 1, date(2026, 11, 2)),  # All Saints is none either
    ],
)
def test_terms_end_on_working_days_of_lower_saxony(start: date, term: int, due: date) -> None:
    assert due_on(start, term) == due


@pytest.mark.parametrize("term", [0, -1])
def test_a_term_has_at_least_one_day(term: int) -> None:
    with pytest.raises(ValueError, match="working day"):
        due_on(date(2026, 1, 1), term)


@given(DAYS, TERMS)
def test_a_term_ends_on_a_working_day_and_counts_right(start: date, term: int) -> None:
    due = due_on(start, term)
    assert is_working_day(due)
    assert working_days_between(start, due) == term
    assert working_days_between(start, due - timedelta(days=1)) == term - 1


@given(DAYS, TERMS)
def test_a_later_start_or_a_longer_term_never_ends_earlier(start: date, term: int) -> None:
    assert due_on(start + timedelta(days=1), term) >= due_on(start, term)
    assert due_on(start, term + 1) > due_on(start, term)


@given(DAYS, TERMS, st.integers(0, 40), st.integers(0, 200))
def test_a_pause_costs_the_office_no_working_day(start: date, term: int, until: int, pause: int) -> None:
    due, stopped = due_on(start, term), start + timedelta(days=until)
    resumed = stopped + timedelta(days=pause)
    later = due_after_pause(due, stopped, resumed)
    assert later >= due
    if stopped < due:
        assert working_days_between(resumed, later) == working_days_between(stopped, due)
    else:
        assert later == due


def test_no_pause_changes_nothing() -> None:
    due = due_on(date(2026, 11, 2), 15)
    assert due_after_pause(due, date(2026, 11, 5), date(2026, 11, 5)) == due


@pytest.mark.parametrize(
    ("today", "stopped", "light"),
    [
        (date(2026, 11, 16), False, Urgency.ON_TIME),
        (date(2026, 11, 18), False, Urgency.ON_TIME),
        (date(2026, 11, 19), False, Urgency.SOON),
        (date(2026, 11, 23), False, Urgency.SOON),
        (date(2026, 11, 24), False, Urgency.OVERDUE),
        (date(2026, 11, 24), True, Urgency.STOPPED),
    ],
)
def test_the_traffic_light(today: date, stopped: bool, light: Urgency) -> None:
    assert urgency(date(2026, 11, 23), today, stopped=stopped) is light
