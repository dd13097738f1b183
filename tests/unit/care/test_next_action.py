"""What is to be done next: the ordered table, row by row, and what comes before what."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from care.next_action import ANCHORS, TITLES, NextCode, NextFacts, Waiting, next_action
from care.vocabulary import LineList, OrderState
from tests.factories.care import MONDAY

TODAY = MONDAY.date()
CALM = NextFacts(is_open=True, today=TODAY, line_list=LineList.ASYMPTOMATIC, heard_at=MONDAY)
LATER = MONDAY + timedelta(hours=4)
# In the order of the table: each comes before all that follow.
ALONE = [
    ({"findings": [Waiting("worsening", MONDAY, is_late=True)]}, NextCode.REVIEW, "worsening", True),
    ({"tasks": [Waiting("symptomatic", MONDAY, is_late=True)]}, NextCode.TASK, "symptomatic", True),
    ({"positive_on": TODAY}, NextCode.CONVERT, "", True),
    ({"replied_at": MONDAY}, NextCode.ANSWER, "", False),
    ({"findings": [Waiting("fever", LATER)]}, NextCode.REVIEW, "fever", False),
    ({"tasks": [Waiting("unreachable", None)]}, NextCode.TASK, "unreachable", False),
    ({"support": [Waiting("food", MONDAY, is_late=True)]}, NextCode.HELP, "food", True),
    ({"wrong_since": MONDAY}, NextCode.COMPLETE, "", False),
    ({"line_list": LineList.NON_REPORTING}, NextCode.CALL, "", False),
    ({"order_state": OrderState.VERBAL}, NextCode.WRITE_ORDER, "", False),
    ({"letter_lacks_address": True}, NextCode.COMPLETE, "", False),
    ({"order_state": OrderState.WRITTEN, "order_ends_on": TODAY + timedelta(days=1)}, NextCode.END_OF_ORDER, "", False),
    ({"follow_up_on": TODAY}, NextCode.LOOK_AGAIN, "", False),
    ({"support": [Waiting("food", LATER)]}, NextCode.HELP, "food", False),
    ({"findings": [Waiting("missing_details")], "missing": ["birth_date"]}, NextCode.COMPLETE, "", False),
]


@pytest.mark.parametrize(("values", "what", "code", "is_urgent"), ALONE)
def test_each_row_says_what_to_do(values: dict[str, object], what: NextCode, code: str, is_urgent: bool) -> None:
    found = next_action(replace(CALM, **values))  # type: ignore[arg-type]
    assert found and (found.what, found.code, found.is_urgent) == (what, code, is_urgent)
    assert found.reason.format(**found.inputs)


@pytest.mark.parametrize(
    ("missing", "days", "what"),
    [
        (["birth_date"], [], NextCode.COMPLETE),
        ([], ["last_exposure_on"], NextCode.COMPLETE_DAYS),
        (["birth_date"], ["last_exposure_on"], NextCode.COMPLETE),
    ],
)
def test_what_is_missing_is_named_and_filled_in_where_it_stands(
    missing: list[str], days: list[str], what: NextCode
) -> None:
    facts = replace(CALM, findings=[Waiting("missing_details")], missing=missing, missing_days=days)
    found = next_action(facts)
    assert found and (found.what, found.inputs["details"]) == (what, [*missing, *days])


@pytest.mark.parametrize("first", range(len(ALONE) - 1))
def test_what_stands_higher_comes_first(first: int) -> None:
    values, what, _, _ = ALONE[first]
    merged: dict[str, object] = {}
    for others, *_rest in reversed(ALONE[first:]):
        for name, value in others.items():
            known = merged.get(name)
            merged[name] = [*value, *known] if isinstance(value, list) and isinstance(known, list) else value
    found = next_action(replace(CALM, **merged))  # type: ignore[arg-type]
    assert found and found.what is what, values


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"order_state": OrderState.LIFTED, "order_ends_on": TODAY},
        {"order_state": OrderState.WRITTEN, "order_ends_on": TODAY + timedelta(days=2)},
        {"follow_up_on": TODAY + timedelta(days=1)},
        {"findings": [Waiting("missing_check_in"), Waiting("order_ending"), Waiting("opted_out")]},
        {"is_open": False, "positive_on": date(2026, 11, 1), "tasks": [Waiting("symptomatic", MONDAY, is_late=True)]},
    ],
)
def test_often_there_is_nothing(values: dict[str, object]) -> None:
    assert next_action(replace(CALM, **values)) is None  # type: ignore[arg-type]


def test_a_call_says_how_often_it_was_tried() -> None:
    found = next_action(replace(CALM, line_list=LineList.NON_REPORTING, in_vain=2))
    assert found and found.inputs == {"at": MONDAY, "number": 2} and "{number}" in found.reason


def test_everything_has_a_title_and_a_place() -> None:
    assert set(TITLES) == set(ANCHORS) == set(NextCode)
