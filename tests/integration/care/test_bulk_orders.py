"""A step of many orders, taken back: each order stands as it stood, and nothing is said or written that was not so."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from pydantic import ValidationError

from care import order_notices, orders
from care.bulk_act_rules import ActKind
from care.commands import OrderEvent
from care.models import Case
from care.order_rounds import print_papers
from care.order_rules import Acknowledge, PaperState
from care.vocabulary import OrderEventKind as Event, OrderState as State, Source, TaskKind
from config.announcement import Way
from config.database import db
from tests.factories.care import OFFICER, new_case
from tests.integration.care.test_bulk_acts import act_on, confirmed, counts, fresh, previewed, undone
from tests.integration.care.test_order_papers import announce, notices, ready_office, step

LAST, LATER = date(2026, 11, 14), date(2026, 11, 20)
OTHER_BASIS = "§ 28 IfSG"


@pytest.fixture(autouse=True)
def context(care: Flask, time: Any) -> None:
    """At one moment, inside the application; the office's papers can be made."""
    ready_office()


def command(event: str, **values: Any) -> OrderEvent:
    return OrderEvent.model_validate({"event": event, "legal_basis": OTHER_BASIS} | values)


def ordered(*steps: str) -> UUID:
    case = new_case()
    for event in steps:
        case = step(case, event, ends_on=LAST)
    return case.id


def done(case_id: UUID, event: str, **values: Any) -> UUID:
    return confirmed(previewed(ActKind.ORDER, command(event, **values), fresh(case_id)))


def whole(case_id: UUID) -> dict[str, Any]:
    """All that can be known of an order, but for the two events."""
    case = fresh(case_id)
    db.session.refresh(case, ["tasks", "orders", "documents"])
    return {
        "standing": orders.standing_of(case),
        "basis": orders.legal_basis_of(case),
        "tasks": sorted(task.kind.value for task in case.tasks if task.done_at is None),
        "notices": [
            (one.id, one.paper, one.told_at, one.way, one.given_on, one.announced_on, one.remedy_until)
            for one in order_notices.notices_of(case)
        ],
        "papers": len(case.documents),
    }


@pytest.mark.parametrize(
    ("steps", "event", "ends_on"),
    [
        (("issue_verbal",), "issue_written", None),
        (("issue_verbal",), "extend", LATER),
        (("issue_verbal",), "lift", None),
        (("issue_written",), "shorten", date(2026, 11, 9)),
        (("issue_written",), "lift", None),
        (("issue_written", "lift"), "issue_verbal", LATER),
        (("issue_written", "lift"), "issue_written", LATER),
    ],
)
def test_an_order_stands_as_it_stood(steps: tuple[str, ...], event: str, ends_on: date | None, time: Any) -> None:
    case_id = ordered(*steps)
    order_notices.make_due()
    before = whole(case_id)
    time.at += timedelta(minutes=1)
    act_id = done(case_id, event, ends_on=ends_on)
    assert whole(case_id) != before
    time.at += timedelta(minutes=5)
    assert order_notices.make_due() == 0  # not as long as it can be taken back
    assert counts(undone(act_id)) == {"undone": 1}
    assert whole(case_id) == before
    time.at += timedelta(hours=1)
    assert order_notices.make_due() == 0
    assert fresh(case_id).orders[-1].event is Event.TAKE_BACK


@pytest.mark.parametrize("event", ["issue_verbal", "issue_written"])
def test_where_there_was_no_order_there_is_none(event: str) -> None:
    case_id = new_case().id
    act_id = done(case_id, event, ends_on=LAST)
    assert fresh(case_id).order_state in (State.VERBAL, State.WRITTEN)
    assert counts(undone(act_id)) == {"undone": 1}
    found = whole(case_id)
    assert (found["standing"], found["tasks"], found["notices"], found["papers"]) == (None, [], [], 0)
    assert step(fresh(case_id), "issue_written", ends_on=LAST).order_state is State.WRITTEN  # and one can be given


def test_a_task_that_the_step_finished_is_open_again() -> None:
    case_id = ordered("issue_verbal")
    act_id = done(case_id, "issue_written")
    assert TaskKind.ORDER_UNWRITTEN.value not in whole(case_id)["tasks"]
    undone(act_id)
    assert TaskKind.ORDER_UNWRITTEN.value in whole(case_id)["tasks"]


def test_papers_are_made_when_the_act_stands(time: Any) -> None:
    case_id = new_case().id
    done(case_id, "issue_written", ends_on=LAST)
    assert order_notices.make_due() == 0
    time.at += timedelta(minutes=10)
    assert order_notices.make_due() == 1
    assert [one.paper for one in notices(fresh(case_id))] == [PaperState.MADE]


def test_a_paper_of_one_order_does_not_wait(time: Any) -> None:
    case_id = ordered("issue_written")
    act_on(fresh(case_id), OrderEvent(event=Event.EXTEND, legal_basis=OTHER_BASIS, ends_on=LATER), orders.apply)
    assert order_notices.make_due() == 2


def given_by_hand(case: Case) -> None:
    said = notices(case)[0]
    announce(case, said, way=Way.HANDED, given_on=date(2026, 11, 2))


def confirmed_by_phone(case: Case) -> None:
    act_on(case, Acknowledge(source=Source.PHONE), order_notices.acknowledge)


@pytest.mark.parametrize("what", [given_by_hand, confirmed_by_phone])
def test_what_somebody_has_by_now_is_not_taken_back(what: Any) -> None:
    case_id = new_case().id
    act_id = done(case_id, "issue_verbal", ends_on=LAST)
    what(fresh(case_id))
    assert counts(undone(act_id)) == {"kept": 1}
    assert fresh(case_id).order_state is State.VERBAL


def test_who_prints_a_paper_has_changed_the_case() -> None:
    case_id = ordered("issue_written")
    order_notices.make_due()
    case = fresh(case_id)
    before, is_assessed = case.facts_revision, case.assessed_revision == case.facts_revision
    assert print_papers([case.reference], OFFICER) is not None
    case = fresh(case_id)
    assert case.facts_revision == before + 1
    assert (case.assessed_revision == case.facts_revision) is is_assessed
    print_papers([case.reference], OFFICER)  # once more for the printer changes nothing
    assert fresh(case_id).facts_revision == before + 1


def test_nobody_can_ask_for_what_only_the_house_does() -> None:
    with pytest.raises(ValidationError):
        command("take_back")
    assert Event.TAKE_BACK not in {event for state in (None, *State) for event in orders.possible_events(state)}
