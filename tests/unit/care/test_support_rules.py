"""The way of a request for help, and by when it is due."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from care.support_rules import (
    DUE_IN,
    ENDED,
    TRANSITIONS,
    WAITING,
    AskForSupport,
    ListSupport,
    SupportAction,
    SupportKind,
    SupportState,
    due_at,
    is_overdue,
    joined_notes,
    possible_actions,
    state_after,
)
from config.errors import InvalidTransition
from tests.factories.care import MONDAY

TABLE = {
    "open": {"take": "taken", "finish": "done", "decline": "declined"},
    "taken": {"take": "taken", "give_back": "open", "finish": "done", "decline": "declined"},
    "done": {"reopen": "open"},
    "declined": {"reopen": "open"},
}


@pytest.mark.parametrize("state", SupportState)
@pytest.mark.parametrize("action", SupportAction)
def test_every_step_is_in_the_table_or_refused(state, action):
    wanted = TABLE[state].get(action)
    if wanted is None:
        with pytest.raises(InvalidTransition):
            state_after(state, action)
    else:
        assert state_after(state, action) == wanted
    assert (action in possible_actions(state)) is (wanted is not None)


def test_every_state_waits_or_has_ended_and_can_be_left():
    assert {*WAITING, *ENDED} == set(SupportState)
    assert {state for state, _ in TRANSITIONS} == set(SupportState)


def test_every_kind_has_a_deadline_and_the_urgent_ones_end_today():
    assert set(DUE_IN) == set(SupportKind)
    assert due_at(SupportKind.MEDICINE, MONDAY) - MONDAY == timedelta(hours=4)
    assert due_at(SupportKind.MEDICINE, MONDAY) < due_at(SupportKind.FOOD, MONDAY) < due_at(SupportKind.OTHER, MONDAY)


@pytest.mark.parametrize(
    ("state", "after_due", "late"),
    [
        (SupportState.OPEN, timedelta(seconds=1), True),
        (SupportState.TAKEN, timedelta(seconds=1), True),
        (SupportState.OPEN, timedelta(0), False),
        (SupportState.DONE, timedelta(days=9), False),
        (SupportState.DECLINED, timedelta(days=9), False),
    ],
)
def test_only_what_waits_can_be_overdue(state, after_due, late):
    assert is_overdue(state, MONDAY, MONDAY + after_due) is late


@pytest.mark.parametrize(
    ("known", "said", "joined"),
    [
        (None, None, None),
        (None, "Brot", "Brot"),
        ("Brot", None, "Brot"),
        ("Brot", "Brot", "Brot"),
        ("Brot und Milch", "Milch", "Brot und Milch"),
        ("Brot", "Milch", "Brot\nMilch"),
        ("x" * 3999, "yy", "x" * 3999 + "\n"),
    ],
)
def test_what_is_said_again_is_not_written_twice(known, said, joined):
    assert joined_notes(known, said) == joined


@pytest.mark.parametrize(
    "body", [{}, {"kind": "money"}, {"kind": "food", "more": 1}, {"kind": "food", "asked_at": "2026-11-02T09:00:00"}]
)
def test_what_no_wish_can_be(body):
    with pytest.raises(ValidationError):
        AskForSupport.model_validate(body)


def test_a_list_is_never_longer_than_two_hundred():
    with pytest.raises(ValidationError):
        ListSupport.model_validate({"limit": 201})
