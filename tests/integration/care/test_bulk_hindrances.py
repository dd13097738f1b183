"""Acts on many cases when something comes in between: another office, a faulty case, a release."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import DataError, IntegrityError, OperationalError

from care import bulk_acts, bulk_work, releases, transfer
from care.bulk_act_rules import ActKind
from care.bulk_acts import Wish
from care.commands import CloseCase, MoveToProtocol, TransferCase
from care.models import Case
from care.recipients import CHOSEN, ChosenCases
from care.vocabulary import CloseReason, RiskLevel, Status
from config import clock, scopes
from config.database import db, transaction
from config.encryption import DecryptionError
from notifications import bulk, bulk_writing
from notifications.bulk import BulkAction, Plan
from notifications.models import Notification
from tests.factories.care import DAY, OFFICER, new_case, office, report
from tests.integration.care.test_bulk_acts import (
    RISK,
    cases,
    chosen,
    confirmed,
    counts,
    fresh,
    previewed,
    undone,
    worked_off,
)  # fmt: skip

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def context(care: Flask, time: Any) -> None:
    """At one moment, inside the application."""


def handed_over(case: Case, to: str = "sued") -> None:
    reference = case.reference
    office(to)
    transfer.hand_over(TransferCase(office=to), reference=reference, actor=OFFICER)


def test_a_case_that_went_to_another_office_is_not_changed() -> None:
    ids = [case.id for case in cases(2)]
    act_id = previewed(ActKind.RISK, RISK, *map(fresh, ids))
    handed_over(fresh(ids[0]))
    assert counts(confirmed(act_id)) == {"changed": 1, "done": 1}
    assert [fresh(case_id).risk_level for case_id in ids] == [None, RiskLevel.HIGH]


def test_a_case_that_went_to_another_office_is_not_put_back() -> None:
    ids = [case.id for case in cases(2)]
    act_id = confirmed(previewed(ActKind.RISK, RISK, *map(fresh, ids)))
    handed_over(fresh(ids[0]))
    assert counts(undone(act_id)) == {"kept": 1, "undone": 1}
    assert [fresh(case_id).risk_level for case_id in ids] == [RiskLevel.HIGH, None]


def test_a_case_that_went_to_another_office_is_not_shown_in_the_preview() -> None:
    case_id = new_case().id
    act_id = bulk_acts.choose(Wish(ActKind.RISK, chosen(fresh(case_id)), RISK), actor=OFFICER)
    handed_over(fresh(case_id))
    worked_off(act_id)
    assert counts(act_id) == {"refused": 1}


def test_who_waits_for_the_preview_does_not_see_a_case_that_went_to_another_office() -> None:
    ids = [case.id for case in cases(2)]
    act_id = bulk_acts.choose(Wish(ActKind.RISK, chosen(*map(fresh, ids)), RISK), actor=OFFICER)
    office_id = fresh(ids[0]).office_id
    handed_over(fresh(ids[0]))
    db.session.rollback()
    with scopes.within(scopes.people([office_id])):
        worked_off(act_id)
    assert counts(act_id) == {"ready": 1, "refused": 1}


def test_nobody_is_written_to_for_an_office_that_has_the_case_no_more() -> None:
    ids = [case.id for case in cases(2)]
    stays, goes = (fresh(case_id).reference for case_id in ids)
    act_id = bulk_acts.choose(Wish(ActKind.MESSAGE, chosen(*map(fresh, ids))), actor=OFFICER)
    filters = ChosenCases().filters({"chosen": str(act_id)})
    plan = Plan("care.please_call", "Rückruf", "once", {}, CHOSEN, filters)
    bulk_id = bulk.draft(plan, ChosenCases().people(OFFICER, filters), actor=OFFICER)
    handed_over(fresh(ids[1]))
    with transaction():
        bulk.act(bulk_id, BulkAction.START, actor=OFFICER)
    bulk_writing.write_next()
    sent = db.session.query(Notification.about).where(Notification.bulk_id == bulk_id)
    assert [about for (about,) in sent] == [stays] != [goes]


def faulty(what: Any, error: Exception) -> Any:
    """Does as `what` does, but fails for the first case."""
    calls: list[int] = []

    def stumbling(*args: Any) -> Any:
        calls.append(1)
        if len(calls) == 1:
            raise error
        return what(*args)

    return stumbling


ERRORS = [
    pytest.param(DecryptionError("no key"), id="unreadable"),
    pytest.param(IntegrityError("INSERT", {}, Exception()), id="integrity"),
    pytest.param(DataError("INSERT", {}, Exception()), id="data"),
]


@pytest.mark.parametrize("error", ERRORS)
def test_a_faulty_case_is_left_out_of_the_preview(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    way = bulk_work.WAYS[ActKind.RISK]
    monkeypatch.setitem(bulk_work.WAYS, ActKind.RISK, replace(way, would=faulty(way.would, error)))
    assert counts(previewed(ActKind.RISK, RISK, *cases(2))) == {"refused": 1, "ready": 1}


@pytest.mark.parametrize("error", ERRORS)
def test_a_faulty_case_holds_up_no_other(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    way, act_id = bulk_work.WAYS[ActKind.RISK], previewed(ActKind.RISK, RISK, *cases(3))
    monkeypatch.setitem(bulk_work.WAYS, ActKind.RISK, replace(way, do=faulty(way.do, error)))
    assert counts(confirmed(act_id)) == {"failed": 1, "done": 2}
    monkeypatch.setitem(bulk_work.WAYS, ActKind.RISK, replace(way, undo=faulty(way.undo, error)))
    assert counts(undone(act_id)) == {"failed": 1, "kept": 1, "undone": 1}


def test_an_act_that_cannot_go_on_lets_the_others_pass(monkeypatch: pytest.MonkeyPatch, time: Any) -> None:
    stuck = bulk_acts.choose(Wish(ActKind.RISK, chosen(new_case()), RISK), actor=OFFICER)
    time.at += MINUTE
    other = bulk_acts.choose(Wish(ActKind.FOLLOW_UP, chosen(new_case()), RISK), actor=OFFICER)
    time.at += MINUTE
    way = bulk_work.WAYS[ActKind.RISK]
    gone = OperationalError("SELECT", {}, Exception())
    monkeypatch.setitem(bulk_work.WAYS, ActKind.RISK, replace(way, would=faulty(way.would, gone)))
    with pytest.raises(OperationalError):
        bulk_work.work_next()
    bulk_work.work_next()
    assert (counts(stuck), counts(other)) == ({"new": 1}, {"ready": 1})
    worked_off(stuck)
    assert counts(stuck) == {"ready": 1}


def test_nobody_is_released_as_long_as_it_can_be_taken_back(time: Any) -> None:
    ids = [case.id for case in cases(2)]
    time.at += 12 * DAY
    for case_id in ids:
        report(fresh(case_id))
    act_id = confirmed(previewed(ActKind.PROTOCOL, MoveToProtocol(code="covid-19-10"), *map(fresh, ids)))
    assert fresh(ids[0]).release_due_at == clock.now()  # ten days are over, fourteen were not
    assert releases.release_due() == 0
    time.at += 9 * MINUTE
    assert releases.release_due() == 0
    assert counts(undone(act_id)) == {"undone": 2}
    assert all(fresh(case_id).is_open for case_id in ids)


def test_when_the_window_is_over_they_are_released(time: Any) -> None:
    case_id = new_case().id
    time.at += 12 * DAY
    report(fresh(case_id))
    confirmed(previewed(ActKind.PROTOCOL, MoveToProtocol(code="covid-19-10"), fresh(case_id)))
    time.at += 10 * MINUTE
    assert releases.release_due() == 1
    assert fresh(case_id).close_reason is CloseReason.COMPLETED_MONITORING


def test_whom_an_act_on_many_completes_gets_the_papers_when_it_stands(time: Any) -> None:
    ids = [case.id for case in cases(2)]
    completed = CloseCase(reason=CloseReason.COMPLETED_MONITORING)
    stands = confirmed(previewed(ActKind.CLOSE, completed, fresh(ids[0])))
    act_id = confirmed(previewed(ActKind.CLOSE, completed, fresh(ids[1])))
    assert [fresh(case_id).status for case_id in ids] == [Status.COMPLETED] * 2
    assert releases.release_due() == 0
    assert counts(undone(act_id)) == {"undone": 1}
    time.at += 10 * MINUTE
    assert releases.release_due() == 1
    assert releases.release_due() == 0
    assert [len(fresh(case_id).documents) for case_id in ids] == [1, 0]
    told = db.session.scalars(select(Notification.about).where(Notification.template == "care.released")).all()
    assert told == [fresh(ids[0]).reference]
    assert counts(stands) == {"done": 1}
