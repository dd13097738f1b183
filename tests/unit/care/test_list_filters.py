"""Filters of the line lists as values: what is accepted, what stands in an address, what is kept and read again."""

from datetime import date

import pytest
from hypothesis import given, strategies as st
from pydantic import ValidationError

from care import list_words
from care.list_filters import FILTERS, ListCases, day_of, read_kept
from care.list_marks import days, finding_words
from care.list_sql import CONDITIONS

TODAY = date(2026, 11, 20)


def test_every_filter_has_a_meaning_a_group_and_a_label() -> None:
    assert set(FILTERS) == set(CONDITIONS)
    assert len(FILTERS) >= 40
    for name, one in FILTERS.items():
        assert one.group in list_words.GROUPS and one.label, name
        assert bool(one.options) == (one.ask == "choice"), name
        assert not one.side or name.endswith((f"_{one.side}", "_until")), name


@pytest.mark.parametrize(
    ("typed", "kept", "day"),
    [
        ("2026-11-18", "2026-11-18", date(2026, 11, 18)),
        ("18.11.2026", "2026-11-18", date(2026, 11, 18)),
        ("today", "today", TODAY),
        ("Heute", "today", TODAY),
        ("today-3", "today-3", date(2026, 11, 17)),
        ("heute - 3", "today-3", date(2026, 11, 17)),
        ("today+1", "today+1", date(2026, 11, 21)),
        ("today 1", "today+1", date(2026, 11, 21)),  # a plus sign in an address that somebody typed
        ("today-0", "today", TODAY),
    ],
)
def test_days_are_absolute_or_counted_from_today(typed: str, kept: str, day: date) -> None:
    wanted = ListCases.model_validate({"ends_to": typed})
    assert wanted.values() == {"ends_to": kept}
    assert day_of(kept, TODAY) == day


@pytest.mark.parametrize(
    "typed", ["31.02.2026", "yesterday", "0001-01-01", "9999-12-31", "today-9999", "", "2026-13-01"]
)
def test_what_is_no_day_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        ListCases.model_validate({"ends_to": typed})


def test_what_stands_in_an_address_is_read_as_the_same() -> None:
    given = {
        "line_list": "symptomatic", "status": "any", "task_overdue": "1", "vaccinated": "0", "priority_from": "2.5",
        "contact_window": "9", "ends_to": "today+1", "age_to": "17", "sort": "ends",
    }  # fmt: skip
    wanted = ListCases.model_validate(given)
    assert wanted.values() == given
    assert ListCases.model_validate(wanted.values()) == wanted
    assert "ends_to" not in wanted.without("ends_to")


def test_what_is_kept_and_no_longer_right_is_left_out_and_named() -> None:
    read = read_kept({"line_list": "paused", "kind": "martian", "moon": "full", "ends_to": "x"})
    assert read.wanted.values() == {"line_list": "paused"}
    assert set(read.lost) == {"kind", "moon", "ends_to"}


@given(st.dictionaries(st.text(max_size=12), st.one_of(st.none(), st.text(), st.integers(), st.lists(st.integers()))))
def test_nothing_that_was_kept_breaks_a_list(kept: dict[str, object]) -> None:
    read = read_kept(kept)
    assert set(read.wanted.values()) <= set(FILTERS) | {"sort"}


def test_a_range_of_sealed_days_is_a_bounded_list() -> None:
    assert days(date(2026, 11, 19), None, TODAY) == ["2026-11-19", "2026-11-20"]
    assert days(None, date(2026, 11, 1), TODAY)[-1] == "2026-11-01"
    assert len(days(None, None, TODAY)) == len(days(date(1900, 1, 1), TODAY, TODAY)) == 401
    assert days(date(2026, 11, 25), None, TODAY) == []


def test_a_finding_is_found_by_code_and_by_state_and_one_about_health_as_such() -> None:
    assert set(finding_words("fever", "open", True)) == {
        "fever", "fever:open", "fever:overdue", "any:open", "any:overdue", "medical", "medical:open", "medical:overdue",
    }  # fmt: skip
    assert set(finding_words("fever", "acknowledged", True)) == {
        "fever", "fever:acknowledged", "any:acknowledged", "medical", "medical:acknowledged",
    }  # fmt: skip
    assert set(finding_words("missing_check_in", "open", False)) == {
        "missing_check_in", "missing_check_in:open", "any:open",
    }  # fmt: skip
