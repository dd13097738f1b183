"""Any order of clicks, stops and colleagues: no case is changed that nobody looked at, and none is lost or done twice.

The machine does to plain rows what the jobs do to those of the database, by the same tables.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from auth.roles import Permission
from care.bulk_act_rules import (
    CARRIED_OUT,
    ENDS,
    HANDED_ON,
    ROW_TRANSITIONS,
    TO_DO,
    TRANSITIONS,
    ActAction,
    ActKind,
    ActState,
    RowState,
    after,
    permission_for,
    possible,
    row_after,
)
from care.bulk_ways import WAYS
from config.errors import InvalidTransition
from tests.factories.care import MONDAY

WINDOW = timedelta(minutes=10)


@dataclass
class Row:
    """A case and what the act knows of it. `value` is what the act sets to 1."""

    state: RowState
    value: int = 0
    before: int = 0
    revision: int = 1
    seen: int = 0
    left: int = 0
    times: int = 0


class Act(RuleBasedStateMachine):
    """One act on a few cases; `chunk` rows are worked off at a time, or the worker dies and none of them is."""

    @initialize(rows=st.lists(st.sampled_from([0, 0, 0, 1]), min_size=1, max_size=6), chunk=st.integers(1, 3))
    def choose(self, rows: list[int], chunk: int) -> None:
        self.state, self.chunk = ActState.READING, chunk
        self.rows = [Row(RowState.NEW, value) for value in rows]
        self.now: datetime = MONDAY
        self.undo_until: datetime | None = None
        self._click(ActAction.READ)

    def _click(self, action: ActAction) -> bool:
        try:
            following = after(self.state, action)
        except InvalidTransition:
            return False
        self.state = following or self.state
        return following is not None

    @rule(action=st.sampled_from([ActAction.CONFIRM, ActAction.UNDO, ActAction.DISCARD]))
    def somebody_clicks(self, action: ActAction) -> None:
        allowed = action in possible(ActKind.RISK, self.state, self.undo_until, self.now)
        if not allowed and self.state not in CARRIED_OUT[action]:
            return
        if self._click(action) and action is ActAction.UNDO:
            for row in self.rows:
                if row.state is RowState.READY:
                    row.state = row_after(row.state, RowState.LEFT)

    @rule(row=st.integers(0, 5))
    def a_colleague_changes_a_case(self, row: int) -> None:
        one = self.rows[row % len(self.rows)]
        one.value, one.revision = one.value + 10, one.revision + 1

    @rule(minutes=st.integers(0, 15))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(dies=st.booleans())
    def the_worker_takes_a_chunk(self, dies: bool) -> None:
        wanted = TO_DO.get(self.state)
        if wanted is None or dies:  # a transaction that does not end changes nothing
            return
        rows = [row for row in self.rows if row.state is wanted][: self.chunk]
        for row in rows:
            {ActState.PREPARING: self._look, ActState.RUNNING: self._do, ActState.UNDOING: self._undo}[self.state](row)
        if len(rows) < self.chunk:
            was = self.state
            assert self._click(ENDS[was])
            if was is ActState.RUNNING:
                self.undo_until = self.now + WINDOW

    def _look(self, row: Row) -> None:
        row.seen = row.revision
        row.state = row_after(row.state, RowState.SAME if row.value == 1 else RowState.READY)

    def _do(self, row: Row) -> None:
        if row.revision != row.seen:
            row.state = row_after(row.state, RowState.CHANGED)
            return
        row.before, row.value, row.revision, row.times = row.value, 1, row.revision + 1, row.times + 1
        row.left, row.state = row.revision, row_after(row.state, RowState.DONE)

    def _undo(self, row: Row) -> None:
        if row.revision != row.left:
            row.state = row_after(row.state, RowState.KEPT)
            return
        row.value, row.revision, row.state = row.before, row.revision + 1, row_after(row.state, RowState.UNDONE)

    @invariant()
    def nothing_is_done_twice_or_unseen(self) -> None:
        for row in getattr(self, "rows", []):
            assert row.times <= 1
            if self.state in (ActState.READING, ActState.PREPARING, ActState.PREVIEWED, ActState.DISCARDED):
                assert row.times == 0

    @invariant()
    def an_act_that_is_over_has_nothing_left_to_do(self) -> None:
        if getattr(self, "state", None) in (ActState.DONE, ActState.UNDONE):
            over = RowState.READY if self.state is ActState.DONE else RowState.DONE
            assert all(row.state not in (RowState.NEW, RowState.READY, over) for row in self.rows)

    @invariant()
    def what_was_taken_back_stands_as_before_unless_a_colleague_went_on(self) -> None:
        if getattr(self, "state", None) is ActState.UNDONE:
            assert all(row.value % 10 != 1 or row.times == 0 or row.state is RowState.KEPT for row in self.rows)


TestActs = Act.TestCase
TestActs.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)


def test_every_kind_has_its_way_or_is_handed_on() -> None:
    assert set(WAYS) | HANDED_ON == set(ActKind)
    assert not set(WAYS) & HANDED_ON


@pytest.mark.parametrize("state", list(ActState))
def test_what_is_in_neither_table_is_refused(state: ActState) -> None:
    for action in ActAction:
        if (state, action) in TRANSITIONS:
            assert after(state, action) is TRANSITIONS[state, action]
        elif state in CARRIED_OUT.get(action, ()):
            assert after(state, action) is None
        else:
            with pytest.raises(InvalidTransition):
                after(state, action)


def test_rows_end_somewhere() -> None:
    ends = set(RowState) - set(ROW_TRANSITIONS)
    assert ends == {
        RowState.SAME,
        RowState.REFUSED,
        RowState.CHANGED,
        RowState.FAILED,
        RowState.LEFT,
        RowState.UNDONE,
        RowState.KEPT,
    }


def test_the_window_ends() -> None:
    until = MONDAY + WINDOW
    assert ActAction.UNDO in possible(ActKind.RISK, ActState.DONE, until, until - timedelta(seconds=1))
    assert ActAction.UNDO not in possible(ActKind.RISK, ActState.DONE, until, until)
    assert possible(ActKind.EXPORT, ActState.PREVIEWED, None, MONDAY) == {ActAction.DISCARD}


@pytest.mark.parametrize(
    ("kind", "permission"),
    [
        (ActKind.CLOSE, Permission.CASES_BULK),
        (ActKind.ORDER, Permission.CASES_ORDER),
        (ActKind.MESSAGE, Permission.MESSAGES_SEND),
        (ActKind.EXPORT, Permission.CASES_EXPORT),
    ],
)
def test_what_each_kind_needs(kind: ActKind, permission: Permission) -> None:
    assert permission_for(kind) is permission
