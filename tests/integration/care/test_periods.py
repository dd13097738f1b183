"""The course of a case on a real database: what officers change about it, and what time does."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from care import case_management, digest, follow_up, lab_results, period_changes
from care.commands import ExtendMonitoring, MoveToProtocol, RecordLabResult, ReviewCase
from care.models import Case, OfficeTask
from care.protocol import all_protocols
from care.vocabulary import CloseReason, LabKind, LabOutcome, LineList, ReviewOutcome, Status, TaskKind
from config.database import db, transaction
from config.errors import InvalidTransition, RuleViolation
from notifications.models import Notification
from tests.factories.care import DAY, OFFICER, local, new_case, report
from tests.integration.care.test_story import again, open_tasks, tick

pytestmark = pytest.mark.one_database

TODAY = date(2026, 11, 2)
HOUR = timedelta(hours=1)


def act(case: Case, function, command) -> Case:
    with transaction():
        function(command, case=case_management.locked_case(case.id), actor=OFFICER)
    return again(case)


def events(case: Case) -> list[str]:
    return [event.kind for event in again(case).events]


def test_an_extension_can_be_taken_back_but_not_shortened_without_a_rule(care, time):
    case = new_case()
    case = act(case, period_changes.set_end, ExtendMonitoring(until=date(2026, 11, 20)))
    assert case.monitoring_ends_on == date(2026, 11, 20)
    case = act(case, period_changes.set_end, ExtendMonitoring(until=date(2026, 11, 18)))
    assert (case.monitoring_ends_on, case.extended_until) == (date(2026, 11, 18), date(2026, 11, 18))
    with pytest.raises(RuleViolation, match="until 2026-11-18"):
        act(case, period_changes.set_end, ExtendMonitoring(until=date(2026, 11, 18)))
    with pytest.raises(RuleViolation, match="Day 10 has not come yet"):
        act(case, period_changes.set_end, ExtendMonitoring(until=date(2026, 11, 13)))
    case = act(case, period_changes.set_end, ExtendMonitoring(until=date(2026, 11, 15)))
    assert (case.monitoring_ends_on, case.extended_until) == (date(2026, 11, 15), None)
    assert events(case)[-3:] == ["extended", "shortened", "shortened"]


def test_shortening_by_rule_and_its_end_by_a_positive_sample(care, time):
    case = new_case()
    time.at = local(date(2026, 11, 8), 13)
    report(case)
    act(case, lab_results.record, _sample(LabOutcome.NEGATIVE, date(2026, 11, 7)))
    case = act(case, period_changes.set_end, ExtendMonitoring(until=date(2026, 11, 8)))
    assert (case.monitoring_ends_on, case.shortened_by) == (date(2026, 11, 8), "seven_days")
    case = act(case, lab_results.record, _sample(LabOutcome.POSITIVE, date(2026, 11, 8)))
    assert case.monitoring_ends_on == date(2026, 11, 15)


def test_who_was_shortened_is_released(care, time):
    case = new_case()
    time.at = local(date(2026, 11, 11), 13)
    report(case)
    act(case, period_changes.set_end, ExtendMonitoring(until=date(2026, 11, 11)))
    time.at = local(date(2026, 11, 12))
    tick()
    case = again(case)
    assert (case.status, case.close_reason) == (Status.COMPLETED, CloseReason.COMPLETED_MONITORING)


def _sample(result: LabOutcome, day: date) -> RecordLabResult:
    return RecordLabResult(kind=LabKind.PCR, result=result, sampled_on=day)


def test_a_case_moves_to_another_protocol_and_is_judged_anew(care, time):
    case = new_case()
    report(case, "fever")
    assert again(case).line_list is LineList.ASYMPTOMATIC
    case = act(case, period_changes.move, MoveToProtocol(version=1))
    assert (case.protocol_version, case.line_list) == (1, LineList.SYMPTOMATIC)
    case = act(case, period_changes.move, MoveToProtocol())
    assert (case.protocol_version, case.line_list) == (2, LineList.ASYMPTOMATIC)
    case = act(case, period_changes.move, MoveToProtocol(code="ebola"))
    assert (case.protocol_code, case.monitoring_ends_on) == ("ebola", date(2026, 11, 22))
    assert case.line_list is LineList.SYMPTOMATIC
    assert case.next_check_in_at == local(TODAY, 17)
    moved = [event.details for event in case.events if event.kind == "protocol"]
    assert moved[-1] == {"from_protocol": "covid-19 2", "to_protocol": "ebola 1"}


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (MoveToProtocol(), "version"),
        (MoveToProtocol(version=9), "version"),
        (MoveToProtocol(code="pest"), "code"),
    ],
)
def test_protocols_to_which_no_case_can_move(care, time, command, field):
    case = new_case()
    with pytest.raises(RuleViolation) as refused:
        act(case, period_changes.move, command)
    assert [error.field for error in refused.value.errors] == [field]


@pytest.mark.parametrize("code", sorted({code for code, _ in all_protocols()}))
def test_every_protocol_is_followed_from_enrolment_to_release(care, time, code):
    case = new_case(protocol=code)
    last_day = again(case).monitoring_ends_on
    assert last_day is not None
    time.at = local(last_day, 18)
    report(case)
    tick()
    time.at = local(last_day + DAY, 8)
    tick()
    assert again(case).status is Status.COMPLETED


def test_an_isolation_without_a_review_stays_open_and_an_officer_is_told(care, time):
    case = new_case(kind="index", protocol="ebola", last_exposure_on=None, symptom_onset_on="2026-11-01")
    last_day = again(case).monitoring_ends_on
    for day, hour in ((last_day, 18), (last_day + DAY, 8)):
        time.at = local(day, hour)
        tick()
        if day == last_day:
            report(case)
    case = again(case)
    assert (case.status, list(case.documents)) == (Status.MONITORING, [])
    assert TaskKind.REVIEW_REQUIRED in open_tasks(case)
    time.at = local(last_day + 3 * DAY, 8)
    tick()
    assert again(case).is_open and open_tasks(case) == {TaskKind.REVIEW_REQUIRED}


def test_who_is_enrolled_after_the_last_day_of_an_isolation_stays_open_without_a_review(care, time):
    """Ebola wants two negative samples; COVID-19 five days without fever."""
    days = {"kind": "index", "last_exposure_on": None, "symptom_onset_on": "2026-10-01"}
    assert new_case(protocol="ebola", **days).is_open
    assert new_case(protocol="covid-19", **days).close_reason is CloseReason.ENROLLED_PAST_END


def test_silence_on_the_last_day_adds_days_and_leaves_the_order_alone(care, time):
    case = new_case()
    time.at = local(date(2026, 11, 16), 12)
    tick()
    case = again(case)
    assert (case.monitoring_ends_on, case.status) == (date(2026, 11, 16), Status.INVITED)
    assert TaskKind.ENDING_SILENT in open_tasks(case)
    time.at = local(date(2026, 11, 17), 12)
    tick()
    assert again(case).monitoring_ends_on == date(2026, 11, 17)
    report(case)
    tick()
    assert again(case).status is Status.COMPLETED


def test_nothing_heard_for_thirty_days_is_given_up_without_a_certificate(care, time):
    case = new_case()
    time.at += 30 * DAY - timedelta(minutes=1)
    tick()
    assert again(case).status is Status.INVITED
    time.at += timedelta(minutes=1)
    tick()
    case = again(case)
    assert (case.status, case.close_reason, list(case.documents)) == (Status.LOST, CloseReason.NOT_REACHABLE, [])
    templates = select(Notification.template).where(Notification.about == case.reference)
    assert "care.released" not in set(db.session.scalars(templates))


def worsened(time) -> Case:
    case = new_case()
    report(case)
    time.at += DAY
    report(case, "headache", "rash", "nausea", temperature_c=37.0)
    return case


def task(case: Case, kind: TaskKind) -> OfficeTask:
    found = select(OfficeTask).where(OfficeTask.case_id == case.id, OfficeTask.kind == kind)
    return db.session.scalars(found.order_by(OfficeTask.created_at.desc())).first()


def test_worsening_waits_for_a_review_and_is_escalated_once(care, time):
    case = worsened(time)
    began = time.at
    assert TaskKind.WORSENING in open_tasks(case)
    assert task(case, TaskKind.WORSENING).due_at == began + 8 * HOUR
    time.at = began + 8 * HOUR - timedelta(minutes=1)
    tick()
    assert TaskKind.UNNOTICED not in open_tasks(case)
    time.at = began + 8 * HOUR
    tick()
    tick()
    assert TaskKind.UNNOTICED in open_tasks(case)
    assert [one["overdue"] for one in again(case).findings if one["code"] == "worsening"] == [True]
    act(case, case_management.review, ReviewCase(outcome=ReviewOutcome.CONFIRMED))
    assert not {TaskKind.WORSENING, TaskKind.UNNOTICED} & open_tasks(case)
    time.at += DAY
    tick()
    assert TaskKind.UNNOTICED not in open_tasks(case)


def digests() -> list[Notification]:
    found = select(Notification).where(Notification.template == "care.digest").order_by(Notification.id)
    return list(db.session.scalars(found))


def test_the_hourly_digest_tells_of_what_nobody_has_seen(care, time):
    case, calm = worsened(time), new_case()
    assert case.reference not in "".join(one.body or "" for one in digests())
    time.at = case.reports[-1].recorded_at + HOUR
    assert digest.send_digests() == 1
    assert digest.send_digests() == 0
    time.at = case.reports[-1].recorded_at + 8 * HOUR
    tick()
    time.at += HOUR
    assert digest.send_digests() == 1
    first, second = digests()
    assert "Neu mit Beschwerden: 1" in first.body and "Verschlechterung" not in first.body
    assert "Verschlechterung, auf die noch niemand reagiert hat: 1" in second.body
    for one in (first, second):
        assert case.reference in one.body and calm.reference not in one.body
        assert "Sommerfeld" not in one.body and one.owner == f"office:{case.office_id}"


def test_hours_in_which_nobody_worked_are_told_once_at_most_a_day_late(care, time):
    first, start = new_case(), time.at
    report(first, "cough")
    time.at = start + 5 * HOUR
    second = new_case()
    report(second, "cough")
    time.at = start + 8 * HOUR
    assert (digest.send_digests(), digest.send_digests()) == (1, 0)
    (late,) = digests()
    assert "Neu mit Beschwerden: 2" in late.body and first.reference in late.body and second.reference in late.body
    time.at = start + 9 * HOUR
    assert digest.send_digests() == 0  # once each
    third = new_case()
    report(third, "cough")
    time.at = start + 12 * HOUR
    assert digest.send_digests() == 1
    assert third.reference in digests()[-1].body and second.reference not in digests()[-1].body
    fourth = new_case()
    report(fourth, "cough")
    time.at += 26 * HOUR
    assert digest.send_digests() == 0  # what is older than a day stands in the lists


def test_what_was_reviewed_within_the_hour_is_in_no_digest(care, time):
    case = worsened(time)
    act(case, case_management.review, ReviewCase(outcome=ReviewOutcome.DISMISSED))
    time.at += HOUR
    assert digest.send_digests() == 0


def test_a_ticked_task_comes_back_with_the_next_worsening_only(care, time):
    case = worsened(time)
    with transaction():
        follow_up.finish_task(task(case, TaskKind.WORSENING).id, case=again(case), actor=OFFICER)
    time.at += HOUR
    report(case, "headache", "rash", "nausea", "vomiting", temperature_c=37.0)
    assert TaskKind.WORSENING not in open_tasks(case)
    time.at += DAY
    report(case, "headache", "rash", "nausea", "vomiting")
    assert TaskKind.WORSENING in open_tasks(case)


def test_a_correction_moves_the_findings_and_leaves_the_list_to_an_officer(care, time):
    case = new_case()
    report(case, "cough")
    time.at += timedelta(minutes=5)
    corrected = report(case, "headache")
    assert corrected.is_new and corrected.report.corrects_id is not None
    case = again(case)
    assert [one["code"] for one in case.findings] == []
    assert case.line_list is LineList.SYMPTOMATIC
    act(case, case_management.review, ReviewCase(outcome=ReviewOutcome.DISMISSED))
    assert again(case).line_list is LineList.ASYMPTOMATIC


def test_a_closed_case_keeps_its_course(care, time):
    case = new_case()
    with transaction():
        case_management.end_by_rule(case_management.locked_case(case.id), CloseReason.COMPLETED_MONITORING, OFFICER)
    for function, command in (
        (period_changes.move, MoveToProtocol(version=1)),
        (period_changes.set_end, ExtendMonitoring(until=date(2026, 12, 1))),
    ):
        with pytest.raises(InvalidTransition):
            act(case, function, command)


def test_an_infection_whose_onset_is_reported_needs_no_sample_any_more(care, time):
    case = new_case(kind="index", last_exposure_on=None)
    asked = {"details": ["first_positive_on"]}
    assert [one["inputs"] for one in case.findings if one["code"] == "missing_details"] == [asked]
    report(case, "fever", "cough", "shortness_of_breath")
    assert "missing_details" not in [one["code"] for one in again(case).findings]
    case = act(case, case_management.review, ReviewCase(outcome=ReviewOutcome.DISMISSED))
    assert [one["inputs"] for one in case.findings if one["code"] == "missing_details"] == [asked]
