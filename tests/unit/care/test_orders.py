"""Orders: a table of events, dates inclusive."""

from datetime import date

import pytest

from care.commands import OrderEvent
from care.orders import Standing, after
from care.vocabulary import OrderState as State
from config.errors import InvalidTransition, RuleViolation

TODAY = date(2026, 11, 2)
VERBAL = Standing(State.VERBAL, TODAY, date(2026, 11, 15))
WRITTEN = Standing(State.WRITTEN, TODAY, date(2026, 11, 15))
LIFTED = Standing(State.LIFTED, TODAY, date(2026, 11, 5))


def step(standing, event, **dates):
    return after(standing, OrderEvent(event=event, legal_basis="§ 30 IfSG", **dates), TODAY, date(2026, 11, 15))


@pytest.mark.parametrize(
    ("standing", "event", "dates", "expected"),
    [
        (None, "issue_verbal", {}, (State.VERBAL, TODAY, date(2026, 11, 15))),
        (None, "issue_written", {"ends_on": date(2026, 11, 9)}, (State.WRITTEN, TODAY, date(2026, 11, 9))),
        (VERBAL, "issue_written", {}, (State.WRITTEN, TODAY, date(2026, 11, 15))),
        (WRITTEN, "extend", {"ends_on": date(2026, 11, 20)}, (State.AMENDED, TODAY, date(2026, 11, 20))),
        (WRITTEN, "shorten", {"ends_on": date(2026, 11, 9)}, (State.AMENDED, TODAY, date(2026, 11, 9))),
        (VERBAL, "extend", {"ends_on": date(2026, 11, 20)}, (State.VERBAL, TODAY, date(2026, 11, 20))),
        (VERBAL, "shorten", {"ends_on": date(2026, 11, 9)}, (State.VERBAL, TODAY, date(2026, 11, 9))),
        (WRITTEN, "lift", {}, (State.LIFTED, TODAY, TODAY)),
        (LIFTED, "issue_written", {"ends_on": date(2026, 11, 9)}, (State.WRITTEN, TODAY, date(2026, 11, 9))),
    ],
)
def test_steps(standing, event, dates, expected):
    found = step(standing, event, **dates)
    assert (found.state, found.starts_on, found.ends_on) == expected


@pytest.mark.parametrize(
    ("standing", "event"), [(None, "lift"), (None, "extend"), (WRITTEN, "issue_verbal"), (LIFTED, "lift")]
)
def test_what_the_table_lacks_is_impossible(standing, event):
    with pytest.raises(InvalidTransition):
        step(standing, event)


@pytest.mark.parametrize("ends_on", [None, TODAY, date(2026, 11, 9)])
def test_an_order_never_ends_before_it_begins(ends_on):
    later = Standing(State.WRITTEN, date(2026, 11, 10), date(2026, 11, 15))
    with pytest.raises(RuleViolation) as refused:
        step(later, "lift", ends_on=ends_on)
    assert refused.value.errors[0].field == "ends_on"
    lifted = step(later, "lift", ends_on=date(2026, 11, 10))
    assert (lifted.state, lifted.starts_on, lifted.ends_on) == (State.LIFTED, later.starts_on, later.starts_on)


@pytest.mark.parametrize(
    ("event", "ends_on"),
    [("extend", date(2026, 11, 15)), ("shorten", date(2026, 11, 15)), ("shorten", date(2026, 11, 1)), ("extend", None)],
)
def test_dates_must_fit(event, ends_on):
    with pytest.raises(RuleViolation) as refused:
        step(WRITTEN, event, ends_on=ends_on)
    assert refused.value.errors[0].field == "ends_on"
