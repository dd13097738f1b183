"""What holds of the cases of some offices after any event, read from the database as it stands."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from auth.actors import Actor
from care import queries
from care.assessment_models import SymptomReport
from care.assessments import look_at
from care.line_list import RULES_VERSION
from care.list_filters import ListCases
from care.models import Case, OrderRecord
from care.vocabulary import LineList
from config.database import db

Reports = Mapping[UUID, Any]
Orders = Mapping[UUID, tuple[Any, int]]


def cases_of(offices: Collection[UUID]) -> list[Case]:
    """All cases of these offices, freshly read, those first that came first."""
    db.session.rollback()
    wanted = select(Case).where(Case.office_id.in_(offices)).order_by(Case.recorded_at, Case.id)
    return list(db.session.scalars(wanted.execution_options(populate_existing=True)))


def each_open_case_is_in_one_list(actor: Actor, cases: Iterable[Case]) -> None:
    """By the query of the lists: every open case in exactly one, which is not `closed`; what was closed in that one.

    A case that has gone into another one is in none.
    """
    listed: dict[LineList, list[UUID]] = {}
    for line_list in LineList:
        wanted = queries.matching(actor, ListCases(line_list=line_list)).with_only_columns(Case.id)
        listed[line_list] = list(db.session.scalars(wanted))
    times = Counter(case_id for found in listed.values() for case_id in found)
    for case in cases:
        assert times.pop(case.id, 0) == (case.merged_into_id is None), case.reference
        if case.merged_into_id is None:
            assert (case.id in listed[LineList.CLOSED]) is not case.is_open
    assert not times
    counted = {name: len(found) for name, found in listed.items() if found}
    assert counted == queries.counts(actor), "a list shows another number than it has"


def what_is_stored_holds(cases: Iterable[Case], now: datetime, *, after_a_tick: bool) -> None:
    """An assessment that claims to hold says what the rules say now; after a tick every one does, and looks ahead."""
    for case in cases:
        is_noted = case.assessed_revision == case.facts_revision and case.rules_version == RULES_VERSION
        comes_up = min(filter(None, (case.reassess_at, case.next_check_in_at)), default=None)
        if not case.is_open:
            assert comes_up is None, f"{case.reference} is closed and comes up again"
        elif after_a_tick:
            assert is_noted, f"{case.reference} waits to be looked at"
            assert comes_up is None or comes_up > now, f"{case.reference} was to come up at {comes_up}"
        if is_noted and (comes_up is None or comes_up > now):
            anew = found(case, now)
            assert not (differs := _differences(stored(case), anew)), (case.reference, differs)
            # A note alone puts off only when the case would be given up: to be looked at before that harms nobody.
            assert comes_up_no_later(case, anew), (case.reference, case.reassess_at, anew["reassess_at"])


def _differences(stored: dict[str, Any], found: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {name: (value, found[name]) for name, value in stored.items() if value != found[name]}


def comes_up_no_later(case: Case, anew: Mapping[str, Any]) -> bool:
    """Whether the case is looked at again when it has to be, at the latest."""
    kept = {name: getattr(case, name) for name in ("stands_until", "reassess_at")}
    return all(anew[name] is None or (at is not None and at <= anew[name]) for name, at in kept.items())


def stored(case: Case) -> dict[str, Any]:
    return {
        "line_list": case.line_list,
        "because": case.because,
        "findings": case.findings,
        "priority": case.priority,
        "monitoring": (case.monitoring_starts_on, case.monitoring_ends_on),
        "next_check_in_at": case.next_check_in_at,
    }


def found(case: Case, now: datetime) -> dict[str, Any]:
    said = look_at(case, now)
    return {
        "line_list": said.line_list,
        "because": said.because.as_json(),
        "findings": [one.as_json() for one in said.findings],
        "priority": said.priority,
        "monitoring": (said.period.starts_on, said.period.ends_on),
        "next_check_in_at": said.next_check_in_at,
        "stands_until": said.stands_until,
        "reassess_at": said.reassess_at,
    }


def reports_of(cases: Iterable[Case]) -> dict[UUID, Any]:
    """Every report that is known, as it was taken down."""
    ids = [case.id for case in cases]
    rows = db.session.scalars(select(SymptomReport).where(SymptomReport.case_id.in_(ids)))
    return {
        row.id: (row.reported_at, row.recorded_at, row.by, row.channel, row.symptoms, row.vitals, row.note)
        for row in rows
    }


def orders_of(cases: Iterable[Case]) -> dict[UUID, tuple[Any, int]]:
    """Of each case the order as it stands, and how many events led to it."""
    cases = list(cases)
    wanted = select(OrderRecord.case_id, func.count()).where(OrderRecord.case_id.in_([case.id for case in cases]))
    steps = dict(db.session.execute(wanted.group_by(OrderRecord.case_id)).all())
    return {
        case.id: ((case.order_state, case.order_starts_on, case.order_ends_on), steps.get(case.id, 0)) for case in cases
    }


def no_report_is_lost(before: Reports, now: Reports, accepted: Collection[UUID]) -> None:
    assert {report_id: now.get(report_id) for report_id in before} == before
    assert set(accepted) <= now.keys()


def an_order_moves_by_its_events_only(before: Orders, now: Orders, merged: Collection[UUID]) -> None:
    """Those that have gone into another case say what stood there, and their events went along."""
    for case_id, (order, steps) in before.items():
        if case_id not in merged and now[case_id][0] != order:
            assert now[case_id][1] > steps, "the order has changed without an event"


def nobody_is_asked_twice(cases: Iterable[Case]) -> None:
    """At most one question per person, slot and local date; two at one moment are about two cases of theirs."""
    for case in cases:
        slots = Counter((one.local_date, one.slot) for one in case.check_ins)
        assert not [slot for slot, times in slots.items() if times > 1], case.reference
