"""An order is brought back to where it stood by events of its own."""

from datetime import date

import pytest

from care import orders
from care.commands import OrderEvent
from care.orders import Standing
from care.taking_back import backwards
from care.vocabulary import OrderEventKind as Event, OrderState as State

TODAY = date(2026, 11, 2)
BASIS = "§ 30 IfSG"
FIRST, LAST = date(2026, 11, 1), date(2026, 11, 14)


def standing(state: State, ends_on: date = LAST) -> Standing:
    return Standing(state, FIRST, ends_on)


def done(earlier: Standing | None, event: Event, ends_on: date | None = None) -> Standing:
    return orders.after(earlier, OrderEvent(event=event, legal_basis=BASIS, ends_on=ends_on), TODAY, LAST)


def led_back(earlier: Standing | None, now: Standing) -> Standing:
    for event in backwards(earlier, now, BASIS, TODAY):
        now = orders.after(now, event, TODAY, LAST)
    return now


@pytest.mark.parametrize("event", [Event.ISSUE_VERBAL, Event.ISSUE_WRITTEN])
@pytest.mark.parametrize("earlier", [None, standing(State.LIFTED)])
def test_an_order_that_did_not_stand_is_lifted_again(earlier: Standing | None, event: Event) -> None:
    assert led_back(earlier, done(earlier, event)).state is State.LIFTED


@pytest.mark.parametrize("state", [State.VERBAL, State.WRITTEN, State.AMENDED])
@pytest.mark.parametrize(("event", "ends_on"), [(Event.EXTEND, date(2026, 11, 20)), (Event.SHORTEN, date(2026, 11, 9))])
def test_a_changed_order_gets_its_day_back(state: State, event: Event, ends_on: date) -> None:
    back = led_back(standing(state), done(standing(state), event, ends_on))
    assert (back.starts_on, back.ends_on) == (FIRST, LAST)


@pytest.mark.parametrize(
    ("state", "again"),
    [(State.VERBAL, State.VERBAL), (State.WRITTEN, State.WRITTEN), (State.AMENDED, State.WRITTEN)],
)
def test_a_lifted_order_is_issued_again_as_it_was(state: State, again: State) -> None:
    assert led_back(standing(state), done(standing(state), Event.LIFT)) == Standing(again, FIRST, LAST)


def test_what_became_a_written_order_is_one_by_word_of_mouth_again() -> None:
    verbal = standing(State.VERBAL)
    assert led_back(verbal, done(verbal, Event.ISSUE_WRITTEN)) == verbal


def test_an_order_for_days_to_come_is_lifted_on_its_first_day() -> None:
    later = date(2026, 11, 10)
    issued = orders.after(
        None, OrderEvent(event=Event.ISSUE_WRITTEN, legal_basis=BASIS, starts_on=later, ends_on=LAST), TODAY, LAST
    )
    assert led_back(None, issued).ends_on == later
