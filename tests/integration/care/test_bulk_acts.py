"""Acts on many cases: looked at first, done once, and taken back while nobody has gone on from there."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from care import asking, bulk_act_queries, bulk_acts, bulk_work, case_management, course, exporting, notes
from care.bulk_act_models import BulkAct, BulkActRow
from care.bulk_act_rules import ActKind, ActState, RowState
from care.bulk_acts import Wish
from care.bulk_selection import Chosen
from care.commands import CloseCase, ExtendMonitoring, MoveToProtocol, OrderEvent
from care.course_commands import SetDetails, WriteComment
from care.export_commands import ExportChoice
from care.list_filters import ListCases
from care.models import Case, CaseEvent
from care.recipients import CHOSEN, ChosenCases
from care.vocabulary import CloseReason, OrderEventKind, OrderState, RiskLevel, Status
from config import clock
from config.database import db, transaction
from config.errors import InvalidTransition, RuleViolation
from notifications import bulk, bulk_writing
from notifications.bulk import BulkAction, Plan
from notifications.statuses import Status as MessageStatus
from tests.factories.care import BERLIN, DAY, OFFICER, new_case
from tests.factories.notifications import message


@pytest.fixture(autouse=True)
def context(care: Flask, time: Any) -> None:
    """At one moment, inside the application."""


def cases(number: int, **values: Any) -> list[Case]:
    return [new_case(**values) for _ in range(number)]


def chosen(*which: Case, households: bool = False) -> Chosen:
    return Chosen(tuple(case.reference for case in which), households=households)


def previewed(kind: ActKind, command: Any, *which: Case, **values: Any) -> UUID:
    act_id = bulk_acts.choose(Wish(kind, chosen(*which, **values), command), actor=OFFICER)
    worked_off(act_id)
    return act_id


def worked_off(act_id: UUID) -> None:
    while bulk_work.work_next(act_id):
        pass


def confirmed(act_id: UUID) -> UUID:
    with transaction():
        bulk_acts.confirm(act_id, actor=OFFICER)
    worked_off(act_id)
    return act_id


def undone(act_id: UUID) -> UUID:
    with transaction():
        bulk_acts.undo(act_id, actor=OFFICER)
    worked_off(act_id)
    return act_id


def counts(act_id: UUID) -> dict[str, int]:
    return {state.value: number for state, number in bulk_act_queries.shown(OFFICER, act_id).counts.items()}


def fresh(case_id: UUID) -> Case:
    return db.session.scalars(select(Case).where(Case.id == case_id).execution_options(populate_existing=True)).one()


def act_on(case: Case, command: Any, what: Any) -> None:
    case_id = case.id
    with transaction():
        what(command, case=case_management.locked_case(case_id), actor=OFFICER)


RISK = SetDetails(risk_level=RiskLevel.HIGH)
CLOSING = CloseCase(reason=CloseReason.OTHER)


def test_nothing_changes_before_it_is_confirmed() -> None:
    first, second, third = cases(3)
    act_on(second, RISK, course.set_details)
    act_on(third, CLOSING, case_management.close)
    ids = [first.id, second.id, third.id]
    act_id = previewed(ActKind.RISK, RISK, first, second, third)
    assert counts(act_id) == {"ready": 1, "same": 1, "refused": 1}
    assert [fresh(case_id).risk_level for case_id in ids] == [None, RiskLevel.HIGH, None]
    rows, _, _ = bulk_act_queries.rows_of(OFFICER, act_id)
    by_state = {row.state: row for row in rows}
    assert by_state[RowState.READY].changes == {"risk_level": [None, "high"]}
    assert by_state[RowState.REFUSED].reason == "The case is closed."


@pytest.mark.parametrize(
    ("kind", "command", "what"),
    [
        (ActKind.RISK, RISK, lambda case: case.risk_level),
        (ActKind.ASSIGN, SetDetails(assigned_to="me"), lambda case: case.assigned_to),
        (ActKind.FOLLOW_UP, SetDetails(follow_up_on=date(2026, 11, 9)), lambda case: case.follow_up_on),
        (ActKind.CLOSE, CLOSING, lambda case: (case.status, case.close_reason, case.line_list)),
        (ActKind.EXTEND, ExtendMonitoring(until=date(2026, 11, 30)), lambda case: case.monitoring_ends_on),
        (
            ActKind.ORDER,
            OrderEvent(event=OrderEventKind.ISSUE_WRITTEN, legal_basis="§ 30 IfSG"),
            lambda case: case.order_state not in (None, OrderState.LIFTED),
        ),
        (ActKind.PROTOCOL, MoveToProtocol(code="generic"), lambda case: (case.protocol_code, case.protocol_version)),
    ],
)
def test_each_kind_is_done_and_taken_back(kind: ActKind, command: Any, what: Any) -> None:
    ids = [case.id for case in cases(3)]
    before = [what(fresh(case_id)) for case_id in ids]
    act_id = confirmed(previewed(kind, command, *map(fresh, ids)))
    assert counts(act_id) == {"done": 3}
    after = [what(fresh(case_id)) for case_id in ids]
    assert all(one != other for one, other in zip(before, after, strict=True))
    assert counts(undone(act_id)) == {"undone": 3}
    assert [what(fresh(case_id)) for case_id in ids] == before
    assert db.session.get_one(BulkAct, act_id).state is ActState.UNDONE
    kinds = db.session.scalars(select(CaseEvent.kind).where(CaseEvent.case_id == ids[0])).all()
    assert {"bulk_act", "bulk_undone"} <= set(kinds)


def test_the_preview_is_of_those_who_were_chosen_then() -> None:
    first = new_case()
    case_id = first.id
    wanted = Chosen(wanted=ListCases(status="open"))
    act_id = bulk_acts.choose(Wish(ActKind.RISK, wanted, RISK), actor=OFFICER)
    late = new_case().id
    worked_off(act_id)
    confirmed(act_id)
    assert fresh(case_id).risk_level is RiskLevel.HIGH
    assert fresh(late).risk_level is None


def test_households_come_along_when_wished() -> None:
    head = new_case()
    member = new_case(household_of=head.reference).id
    assert bulk_act_queries.shown(OFFICER, previewed(ActKind.RISK, RISK, fresh(head.id))).total == 1
    act_id = previewed(ActKind.RISK, RISK, fresh(head.id), households=True)
    confirmed(act_id)
    assert fresh(member).risk_level is RiskLevel.HIGH


def test_a_household_is_not_torn_apart_by_an_act_on_many() -> None:
    head = new_case()
    member = new_case(household_of=head.reference)
    alone = new_case()
    lost = CloseCase(reason=CloseReason.NOT_REACHABLE)
    act_id = previewed(ActKind.CLOSE, lost, fresh(head.id), fresh(member.id), fresh(alone.id))
    assert counts(act_id) == {"refused": 2, "ready": 1}


def test_what_somebody_changed_meanwhile_is_left_alone() -> None:
    first, second = cases(2)
    ids = first.id, second.id
    act_id = previewed(ActKind.RISK, RISK, first, second)
    act_on(fresh(ids[1]), SetDetails(risk_level=RiskLevel.LOW), course.set_details)
    confirmed(act_id)
    assert counts(act_id) == {"done": 1, "changed": 1}
    assert [fresh(case_id).risk_level for case_id in ids] == [RiskLevel.HIGH, RiskLevel.LOW]


def test_a_comment_is_no_reason_to_pass_a_case_over() -> None:
    case_id = new_case().id
    act_id = previewed(ActKind.RISK, RISK, fresh(case_id))
    act_on(fresh(case_id), WriteComment(text="Ruft abends zurück"), notes.write)
    assert counts(confirmed(act_id)) == {"done": 1}


def test_what_somebody_has_gone_on_from_is_not_put_back() -> None:
    ids = [case.id for case in cases(2)]
    act_id = confirmed(previewed(ActKind.RISK, RISK, *map(fresh, ids)))
    act_on(fresh(ids[0]), SetDetails(risk_level=RiskLevel.MEDIUM), course.set_details)
    assert counts(undone(act_id)) == {"undone": 1, "kept": 1}
    assert [fresh(case_id).risk_level for case_id in ids] == [RiskLevel.MEDIUM, None]


def test_an_act_that_is_killed_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_work, "CHANGED_AT_ONCE", 2)
    ids = [case.id for case in cases(5)]
    act_id = previewed(ActKind.RISK, RISK, *map(fresh, ids))
    with transaction():
        bulk_acts.confirm(act_id, actor=OFFICER)
    bulk_work.work_next(act_id)
    revision = [fresh(case_id).facts_revision for case_id in ids]
    assert counts(act_id) == {"done": 2, "ready": 3}
    way = bulk_work.WAYS[ActKind.RISK]
    dying = bulk_work.Way(way.command, way.would, _killed_at_the_second(way.do), way.undo)
    monkeypatch.setitem(bulk_work.WAYS, ActKind.RISK, dying)
    with pytest.raises(KeyboardInterrupt):
        bulk_work.work_next(act_id)
    assert counts(act_id) == {"done": 2, "ready": 3}  # the whole chunk went with it
    assert [fresh(case_id).facts_revision for case_id in ids] == revision
    monkeypatch.setitem(bulk_work.WAYS, ActKind.RISK, way)
    worked_off(act_id)
    worked_off(act_id)
    assert counts(act_id) == {"done": 5}
    assert {fresh(case_id).risk_level for case_id in ids} == {RiskLevel.HIGH}


def _killed_at_the_second(do: Any) -> Any:
    calls = []

    def killed(*args: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return do(*args)

    return killed


def test_taken_back_half_way_the_rest_is_never_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_work, "CHANGED_AT_ONCE", 2)
    ids = [case.id for case in cases(5)]
    act_id = previewed(ActKind.RISK, RISK, *map(fresh, ids))
    with transaction():
        bulk_acts.confirm(act_id, actor=OFFICER)
    bulk_work.work_next(act_id)
    assert counts(undone(act_id)) == {"undone": 2, "left": 3}
    assert {fresh(case_id).risk_level for case_id in ids} == {None}


def test_after_the_window_an_act_stands(time: Any) -> None:
    case_id = new_case().id
    act_id = confirmed(previewed(ActKind.RISK, RISK, fresh(case_id)))
    until = db.session.get_one(BulkAct, act_id).undo_until
    assert until is not None
    time.at = until
    with pytest.raises(RuleViolation), transaction():
        bulk_acts.undo(act_id, actor=OFFICER)
    assert fresh(case_id).risk_level is RiskLevel.HIGH


def test_pressed_twice_it_is_done_once() -> None:
    case_id = new_case().id
    act_id = previewed(ActKind.RISK, RISK, fresh(case_id))
    for _ in range(2):
        confirmed(act_id)
    for _ in range(2):
        undone(act_id)
    assert counts(act_id) == {"undone": 1}
    with pytest.raises(InvalidTransition), transaction():
        bulk_acts.discard(act_id, actor=OFFICER)


def test_what_was_discarded_leaves_no_names() -> None:
    act_id = previewed(ActKind.RISK, RISK, new_case())
    with transaction():
        bulk_acts.discard(act_id, actor=OFFICER)
    assert not db.session.scalars(select(BulkActRow)).all()
    act = db.session.get_one(BulkAct, act_id)
    assert (act.state, act.details, act.wrapped_key) == (ActState.DISCARDED, None, b"")


def test_old_acts_forget_their_cases(time: Any) -> None:
    act_id = confirmed(previewed(ActKind.RISK, RISK, new_case()))
    waiting = previewed(ActKind.RISK, RISK, new_case())
    assert bulk_work.forget_old() == 0
    time.at += 8 * DAY
    assert [bulk_work.forget_old() for _ in range(3)] == [1, 1, 0]
    assert not db.session.scalars(select(BulkActRow)).all()
    states = {act.id: act.state for act in db.session.scalars(select(BulkAct))}
    assert states == {act_id: ActState.DONE, waiting: ActState.DISCARDED}


def test_undoing_a_closing_gives_tasks_and_links_back() -> None:
    from care import follow_up
    from care.assessment_models import CheckIn
    from care.vocabulary import TaskKind

    case_id = new_case().id
    asking.send_due()
    with transaction():
        follow_up.open_task(case_management.locked_case(case_id), TaskKind.LINK_LOCKED)
    hashes = select(CheckIn.token_hash).where(CheckIn.case_id == case_id)
    before = db.session.scalars(hashes).all()
    act_id = confirmed(previewed(ActKind.CLOSE, CLOSING, fresh(case_id)))
    assert fresh(case_id).status is Status.CLOSED
    undone(act_id)
    case = fresh(case_id)
    assert case.status is Status.INVITED
    db.session.refresh(case, ["tasks"])
    assert [(task.kind, task.done_at) for task in case.tasks] == [(TaskKind.LINK_LOCKED, None)]
    assert db.session.scalars(hashes).all() == before


def test_the_export_has_the_chosen_cases_alone() -> None:
    first, second = cases(2)
    references = first.reference, second.reference
    act_id = bulk_acts.choose(Wish(ActKind.EXPORT, chosen(first)), actor=OFFICER)
    ids = bulk_act_queries.case_ids_of(OFFICER, act_id)
    choice = ExportChoice(file="csv", state="closed")  # whose cases it would take does not count
    content = exporting.export(choice, actor=OFFICER, zone=BERLIN, case_ids=ids).content
    written = b"".join(content).decode("utf-8-sig")
    assert [reference in written for reference in references] == [True, False]


def test_messages_to_the_chosen_wait_until_the_window_is_over() -> None:
    first, _second = cases(2)
    reference = first.reference
    act_id = bulk_acts.choose(Wish(ActKind.MESSAGE, chosen(first)), actor=OFFICER)
    filters = ChosenCases().filters({"chosen": str(act_id)})
    plan = Plan("care.please_call", "Rückruf", "once", {}, CHOSEN, filters)
    bulk_id = bulk.draft(plan, ChosenCases().people(OFFICER, filters), actor=OFFICER)
    with transaction():
        bulk.act(bulk_id, BulkAction.START, actor=OFFICER)
    bulk_writing.write_next()
    sent = message(f"bulk:{bulk_id}:1")
    assert (sent.about, sent.not_before) == (reference, clock.now() + timedelta(minutes=10))
    with transaction():
        bulk.act(bulk_id, BulkAction.CANCEL, actor=OFFICER)
    assert message(f"bulk:{bulk_id}:1").status is MessageStatus.CANCELLED
