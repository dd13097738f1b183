"""Each filter of the line lists, on both databases, against the same question asked of each case in Python."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select, update

from auth.actors import Actor
from care import (
    case_management,
    conversion as conversions,
    course,
    erasure,
    exposure_rows,
    exposures,
    lab_results,
    list_marking,
    list_order,
    list_place,
    notes,
    orders,
    queries,
    support,
)
from care.assessment_models import LabResult
from care.assessments import load_facts, protocol_of
from care.commands import CloseCase, OrderEvent, RecordLabResult, ReviewCase, SetPreferences
from care.course_commands import (
    ConvertCase,
    RecordAttempt,
    RecordExposure,
    RecordTravel,
    RecordVaccination,
    SetDetails,
    TakeAway,
)
from care.course_models import ContactAttempt, Conversion, Exposure, Travel, Vaccination
from care.list_filters import FILTERS, ListCases
from care.models import Case, OfficeTask
from care.protocol_parts import MEDICAL
from care.support_models import SupportRequest
from care.support_rules import WAITING, AskForSupport
from care.triage import onset
from care.vocabulary import OPEN_STATUSES
from config import clock
from config.database import db, transaction
from tests.factories.care import BERLIN, COVID, DAY, MONDAY, OFFICER, new_case, office, report

TODAY = date(2026, 11, 9)
ME = "user:7"


def on(case: Case, act: Callable[..., Any], command: Any) -> None:
    with transaction():
        act(command, case=case_management.locked_case(case.id), actor=OFFICER)


@pytest.fixture
def cases(care, time) -> Sequence[Case]:
    """A week in a small office: cases in which each of the filters finds something and misses something."""
    made = []
    for number in range(12):
        time.at = MONDAY + number * timedelta(hours=13)
        person = {
            "birth_date": f"{1950 + 5 * number}-0{number % 9 + 1}-11" if number != 3 else None,
            "locale": ("de", "tr", "uk")[number % 3],
            "channel": ("sms", "email", "none")[number % 3],
            "email": f"p{number}@example.org",
            "contact_window": ("unset", "morning", "9")[number % 3],
            "address": {"postal_code": ("38100", "38102")[number % 2], "city": "Braunschweig"},
        }
        kind = ("contact", "index", "traveller")[number % 3]
        days: dict[str, Any] = {"last_exposure_on": None}
        if kind == "contact":
            days = {"last_exposure_on": f"2026-10-{25 + number // 2}"}
            if number == 9:
                days |= {"continuous_exposure": True}
        elif kind == "index":
            days |= {"first_positive_on": f"2026-10-{26 + number // 3}"}
            days |= {"reported_on": f"2026-10-{27 + number // 3}"}
            if number == 4:
                days |= {"symptom_onset_on": "2026-10-27"}
        else:
            days |= {"entered_on": f"2026-10-{28 + number // 4}"}
        protocol = "measles" if number == 6 else "covid-19"
        made.append(new_case(kind=kind, protocol=protocol, person=person, **days))
    time.at = MONDAY + timedelta(days=6)
    on(made[5], support.ask, AskForSupport(kind="medicine"))
    report(made[0], "cough", temperature_c=39.6)
    report(made[2], "fever", temperature_c=38.4)
    report(made[3])
    on(made[0], case_management.review, ReviewCase(outcome="confirmed", note=""))
    time.at = MONDAY + timedelta(days=7)
    report(made[6], "headache")
    report(made[9], "cough")
    details = {
        "risk_level": "high",
        "monitoring_plan": "daily_active",
        "assigned_to": "me",
        "follow_up_on": "2026-11-09",
    }
    with transaction():
        locked = case_management.locked_case(made[1].id)
        course.set_details(SetDetails.model_validate(details), case=locked, actor=Actor.of("user", ME, frozenset()))
    on(made[2], course.set_details, SetDetails.model_validate({"risk_level": "low", "follow_up_on": "2026-11-12"}))
    on(made[2], support.ask, AskForSupport(kind="food"))
    on(
        made[1],
        lab_results.record,
        RecordLabResult(kind="pcr", result="positive", sampled_on=date(2026, 11, 2)),
    )
    on(
        made[0],
        lab_results.record,
        RecordLabResult(kind="antigen", result="negative", sampled_on=date(2026, 11, 8)),
    )
    on(made[1], course.record_vaccination, RecordVaccination(vaccine="Comirnaty"))
    on(made[2], course.record_travel, RecordTravel(place="Wien"))
    exposed = (("work", 0), ("event", 3), ("work", 9))
    for setting, number in exposed:
        on(made[number], exposures.record, RecordExposure(until_on=date(2026, 10, 20), setting=setting))
    (wrong,) = (one.id for one in exposure_rows.of_case(made[9]) if (one.details or {}).get("setting"))
    on(made[9], partial(exposures.remove, exposure_id=wrong), TakeAway())
    on(made[6], conversions.convert, ConvertCase(to="index", first_positive_on=date(2026, 11, 8)))
    calls = ("1 not_reached", "1 message_left", "4 not_reached", "4 reached", "5 wrong_address")
    for number, outcome in (call.split() for call in calls):
        on(made[int(number)], notes.record_attempt, RecordAttempt(means="phone", outcome=outcome))
        time.at += timedelta(minutes=1)
    legal = {"legal_basis": "§ 30 IfSG", "starts_on": "2026-11-02"}
    on(made[0], orders.apply, OrderEvent(event="issue_verbal", ends_on=date(2026, 11, 10), **legal))
    on(made[1], orders.apply, OrderEvent(event="issue_written", ends_on=date(2026, 11, 16), **legal))
    on(made[7], case_management.set_preferences, SetPreferences(paused=True))
    on(made[8], case_management.close, CloseCase(reason="other"))
    on(made[10], case_management.close, CloseCase(reason="not_a_case"))
    with transaction():
        for number, changed in ((10, {"source": "sormas"}), (11, {"source": "own"})):
            db.session.execute(update(Case).where(Case.id == made[number].id).values(changed))
        head, member = (case_management.locked_case(made[number].id) for number in (3, 9))
        member.household_head_id = head.id
        made[5].person.unreachable_since = made[2].person.opted_out_at = clock.now()
    time.at = MONDAY + timedelta(days=7, hours=9)
    return [db.session.get_one(Case, case.id, populate_existing=True) for case in made]


def local(moment: datetime | None) -> date | None:
    return moment.astimezone(BERLIN).date() if moment else None


def began(case: Case) -> date | None:
    found = onset(load_facts(case), protocol_of(case))
    return found.on if found else None


def rows(model: Any, case: Case) -> list[Any]:
    return list(db.session.scalars(select(model).where(model.case_id == case.id)))


def in_vain(case: Case) -> int:
    count = 0
    for one in sorted(rows(ContactAttempt, case), key=lambda one: one.attempted_at):
        heard = case.last_report_at is not None and one.attempted_at <= case.last_report_at
        reached = one.outcome in ("reached", "refused")
        count = 0 if heard or (reached and not one.message_key) else count + (not reached)
    return count


def found(case: Case, code: str, state: str | None = None) -> bool:
    return any(
        code in ("any", one["code"], "medical" if one["code"] in MEDICAL else None) and state in (None, one["state"])
        for one in case.findings or ()
    )


def between(first: Any, value: Any, last: Any) -> bool:
    return value is not None and first <= value <= last


def age(case: Case) -> int | None:
    return 2026 - case.person.birth_date.year if case.person.birth_date else None


def labs(case: Case, result: str | None = None) -> list[LabResult]:
    """Samples of the last three days."""
    known = rows(LabResult, case)
    return [one for one in known if one.sampled_on >= TODAY - 3 * DAY and result in (None, one.result)]


def exposed_at(case: Case, setting: str) -> bool:
    return any((one.details or {}).get("setting") == setting for one in exposure_rows.of_case(case))


def answers(case: Case) -> bool:
    return bool(db.session.scalar(select(Case.id).where(Case.household_head_id == case.id)))


def tasks(case: Case) -> list[OfficeTask]:
    return [one for one in rows(OfficeTask, case) if one.done_at is None]


D = date.fromisoformat
FIRST = "first_characteristic_symptom"
QUESTIONS: list[tuple[dict[str, Any], Callable[[Case], bool]]] = [
    ({"line_list": "symptomatic"}, lambda c: c.line_list == "symptomatic"),
    ({"kind": "index"}, lambda c: c.kind == "index"),
    ({"status": "open"}, lambda c: c.status in OPEN_STATUSES),
    ({"status": "paused"}, lambda c: c.status == "paused"),
    ({"protocol": "measles"}, lambda c: c.protocol_code == "measles"),
    ({"protocol": "covid-19", "protocol_version": COVID.version}, lambda c: c.protocol_code == "covid-19"),
    ({"origin": "import"}, lambda c: c.source is not None),
    ({"origin": "manual"}, lambda c: c.source is None),
    ({"close_reason": "other"}, lambda c: c.close_reason == "other"),
    ({"closed_from": "today"}, lambda c: between(TODAY, local(c.closed_at), TODAY)),
    ({"closed_to": "today"}, lambda c: between(date.min, local(c.closed_at), TODAY)),
    ({"assigned_to": ME}, lambda c: c.assigned_to == ME),
    ({"assigned_to": "nobody"}, lambda c: c.assigned_to is None),
    ({"risk_level": "high"}, lambda c: c.risk_level == "high"),
    ({"plan": "daily_active"}, lambda c: c.monitoring_plan == "daily_active"),
    ({"follow_up": "due"}, lambda c: between(date.min, c.follow_up_on, TODAY)),
    ({"follow_up": "set"}, lambda c: c.follow_up_on is not None),
    ({"follow_up": "none"}, lambda c: c.follow_up_on is None),
    ({"follow_up_until": "today+3"}, lambda c: between(date.min, c.follow_up_on, D("2026-11-12"))),
    ({"priority_from": 0.1}, lambda c: c.priority >= 0.1),
    ({"priority_to": 0.5}, lambda c: c.priority <= 0.5),
    ({"finding": "missing_details"}, lambda c: found(c, "missing_details")),
    ({"finding": "fever"}, lambda c: found(c, "fever")),
    ({"finding": "medical"}, lambda c: found(c, "medical")),
    ({"finding": "medical", "finding_state": "open"}, lambda c: found(c, "medical", "open")),
    ({"finding_state": "open"}, lambda c: found(c, "any", "open")),
    ({"finding_state": "acknowledged"}, lambda c: found(c, "any", "acknowledged")),
    ({"finding": FIRST, "finding_state": "open"}, lambda c: found(c, FIRST, "open")),
    ({"task": "any"}, lambda c: bool(tasks(c))),
    ({"task": "symptomatic"}, lambda c: any(one.kind == "symptomatic" for one in tasks(c))),
    ({"task_overdue": True}, lambda c: any(one.due_at and one.due_at < clock.now() for one in tasks(c))),
    ({"task_overdue": False}, lambda c: not any(one.due_at and one.due_at < clock.now() for one in tasks(c))),
    ({"support": "any"}, lambda c: any(one.state in WAITING for one in rows(SupportRequest, c))),
    ({"support": "medicine"}, lambda c: any(one.kind == "medicine" for one in rows(SupportRequest, c))),
    ({"support_overdue": True}, lambda c: any(one.due_at < clock.now() for one in rows(SupportRequest, c))),
    ({"never_reported": True}, lambda c: c.last_report_at is None),
    ({"never_reported": False}, lambda c: c.last_report_at is not None),
    ({"silent_hours": 24}, lambda c: (c.last_report_at or c.enrolled_at) <= clock.now() - DAY),
    ({"reported_from": "today"}, lambda c: between(TODAY, local(c.last_report_at), date.max)),
    ({"reported_to": "today-1"}, lambda c: between(date.min, local(c.last_report_at), D("2026-11-08"))),
    ({"attempts": 1}, lambda c: in_vain(c) >= 1),
    ({"attempts": 2}, lambda c: in_vain(c) >= 2),
    ({"enrolled_from": "2026-11-04"}, lambda c: between(D("2026-11-04"), local(c.enrolled_at), date.max)),
    ({"enrolled_to": "04.11.2026"}, lambda c: between(date.min, local(c.enrolled_at), D("2026-11-04"))),
    ({"starts_from": "2026-10-27"}, lambda c: between(D("2026-10-27"), c.monitoring_starts_on, date.max)),
    ({"starts_to": "2026-10-27"}, lambda c: between(date.min, c.monitoring_starts_on, D("2026-10-27"))),
    ({"ends_from": "today+2"}, lambda c: between(D("2026-11-11"), c.monitoring_ends_on, date.max)),
    ({"ends_to": "today+1"}, lambda c: between(date.min, c.monitoring_ends_on, D("2026-11-10"))),
    ({"monitoring_day": 12}, lambda c: c.monitoring_starts_on == TODAY - 12 * DAY),
    ({"onset_from": "2026-11-01"}, lambda c: between(D("2026-11-01"), began(c), TODAY)),
    ({"onset_to": "2026-10-31"}, lambda c: between(date.min, began(c), D("2026-10-31"))),
    ({"onset_from": "2026-11-02", "onset_to": "today-1"}, lambda c: between(D("2026-11-02"), began(c), TODAY - DAY)),
    ({"positive_from": "2026-10-28"}, lambda c: between(D("2026-10-28"), c.first_positive_on, TODAY)),
    ({"positive_to": "2026-10-27"}, lambda c: between(date.min, c.first_positive_on, D("2026-10-27"))),
    ({"report_from": "2026-10-29"}, lambda c: between(D("2026-10-29"), c.reported_on, TODAY)),
    ({"report_to": "2026-10-28"}, lambda c: between(date.min, c.reported_on, D("2026-10-28"))),
    ({"exposure_from": "2026-10-27"}, lambda c: between(D("2026-10-27"), c.last_exposure_on, TODAY)),
    ({"exposure_to": "2026-10-26"}, lambda c: between(date.min, c.last_exposure_on, D("2026-10-26"))),
    ({"entry_from": "2026-10-29"}, lambda c: between(D("2026-10-29"), c.entered_on, TODAY)),
    ({"entry_to": "2026-10-28"}, lambda c: between(date.min, c.entered_on, D("2026-10-28"))),
    ({"continuous_exposure": True}, lambda c: c.continuous_exposure),
    ({"channel": "email"}, lambda c: c.person.channel == "email"),
    ({"contact_window": "9"}, lambda c: c.person.contact_window == "9"),
    ({"language": "uk"}, lambda c: c.person.locale == "uk"),
    ({"unreachable": True}, lambda c: c.person.unreachable_since is not None),
    ({"opted_out": False}, lambda c: c.person.opted_out_at is None),
    ({"age_from": 60}, lambda c: between(60, age(c), 130)),
    ({"age_to": 40}, lambda c: between(0, age(c), 40)),
    ({"age_from": 30, "age_to": 50}, lambda c: between(30, age(c), 50)),
    ({"postal_code": "38102"}, lambda c: (c.person.address or {}).get("postal_code") == "38102"),
    ({"household": "head"}, answers),
    ({"household": "member"}, lambda c: c.household_head_id is not None),
    ({"household_size": 2}, lambda c: c.household_head_id is not None or answers(c)),
    ({"order": "any"}, lambda c: c.order_state is not None and c.order_state != "lifted"),
    ({"order": "none"}, lambda c: c.order_state is None),
    ({"order": "verbal"}, lambda c: c.order_state == "verbal"),
    ({"order_ends_from": "today+2"}, lambda c: between(D("2026-11-11"), c.order_ends_on, date.max)),
    ({"order_ends_to": "today+1"}, lambda c: between(date.min, c.order_ends_on, D("2026-11-10"))),
    ({"lab_kind": "pcr"}, lambda c: any(one.kind == "pcr" for one in rows(LabResult, c))),
    ({"lab_result": "negative"}, lambda c: any(one.result == "negative" for one in rows(LabResult, c))),
    ({"lab_days": 3}, lambda c: bool(labs(c))),
    ({"lab_result": "negative", "lab_days": 3}, lambda c: bool(labs(c, "negative"))),
    ({"vaccinated": True}, lambda c: bool(rows(Vaccination, c))),
    ({"travelled": False}, lambda c: not rows(Travel, c)),
    ({"converted": True}, lambda c: bool(rows(Conversion, c))),
    ({"exposure_setting": "work"}, lambda c: exposed_at(c, "work")),
    ({"exposure_setting": "event"}, lambda c: exposed_at(c, "event")),
    ({"kind": "traveller", "never_reported": True}, lambda c: c.kind == "traveller" and c.last_report_at is None),
]  # fmt: skip
NOT_HERE = {"taken_over", "occasion", "household", "finding_state", "origin"}  # these are asked for below, too


def references(wanted: dict[str, Any], actor: Actor = OFFICER) -> set[str]:
    page = queries.list_cases(actor, ListCases.model_validate(wanted | {"limit": 200}))
    return {case.reference for case in page.items}


def test_every_filter_is_asked_for() -> None:
    assert {name for wanted, _ in QUESTIONS for name in wanted} | NOT_HERE == set(FILTERS)


def test_each_finds_the_cases_that_python_finds(cases):
    empty = []
    for wanted, fits in QUESTIONS:
        expected = {case.reference for case in cases if fits(case)}
        assert references(wanted) == expected, wanted
        if not expected or len(expected) == len(cases):
            empty.append(wanted)
    assert not empty, "what finds all or nothing proves nothing"


def test_pages_of_every_order_hold_each_case_once(cases):
    for sort in list_order.ORDERS:
        seen, after = [], None
        while True:
            page = queries.list_cases(OFFICER, ListCases(sort=sort, limit=3, after=after))
            seen += [case.reference for case in page.items]
            after = page.next
            if after is None:
                break
        assert len(seen) == len(set(seen)) == len(cases), sort
        assert seen == [case.reference for case in queries.list_cases(OFFICER, ListCases(sort=sort, limit=200)).items]


def test_one_goes_from_case_to_case_and_back(cases):
    for sort in list_order.ORDERS:
        wanted = ListCases(sort=sort, status="open", limit=200)
        listed = [case.reference for case in queries.list_cases(OFFICER, wanted).items]
        first = queries.case_for(OFFICER, listed[0])
        step, walked = list_place.Step(first.reference, list_place.mark(wanted, first)), []
        while step is not None:
            walked.append(step.reference)
            place = list_place.read(step.mark)
            assert place is not None
            before, after = list_place.neighbours(OFFICER, place, step.reference)
            assert (before.reference if before else None) == (walked[-2] if len(walked) > 1 else None), sort
            step = after
        assert walked == listed, sort


def test_marks_are_of_one_office_and_go_with_what_was_said(cases):
    case, other, there = cases[0], cases[9], office("sued").id
    assert case.onset_mark and case.finding_marks
    with transaction():
        case.office_id = case.person.office_id = there
        case.person.rewrap_key()
    assert db.session.get_one(Case, case.id).marks_version == 0
    before = db.session.get_one(Case, case.id).onset_mark
    assert list_marking.mark_missing() == 1 and list_marking.mark_missing() == 0
    moved = db.session.get_one(Case, case.id, populate_existing=True)
    assert moved.onset_mark not in (None, before)
    assert moved.reference in references({"onset_from": "2026-11-01"})
    assert references({"exposure_setting": "work"}) == {moved.reference}
    on(other, case_management.close, CloseCase(reason="other"))
    with transaction():
        erasure.erase_health([other.id])
    gone = db.session.get_one(Case, other.id, populate_existing=True)
    assert (gone.onset_mark, gone.exposure_mark, gone.curve_mark, gone.finding_marks) == (None,) * 4


def test_exposures_that_were_there_before_the_marks_are_found_once_the_job_has_run(cases):
    with transaction():
        db.session.execute(update(Exposure).values(setting_mark=None))
        db.session.execute(update(Case).values(marks_version=1))
    assert references({"exposure_setting": "work"}) == set()
    assert list_marking.mark_missing() == len(cases)
    assert references({"exposure_setting": "work"}) == {cases[0].reference}
