"""A laboratory result that was entered wrongly is taken away: what followed from it goes, and it stays on record."""

from datetime import date
from typing import Any

import pytest

from care import case_management, conversion, lab_results, list_filters, period_changes, queries
from care.assessments import load_facts
from care.commands import CloseCase, ExtendMonitoring, RecordLabResult
from care.course_commands import TakeAway
from care.models import Case
from care.vocabulary import CloseReason, LabKind, LabOutcome
from config.database import transaction
from config.errors import InvalidTransition, NotFound
from tests.factories.care import OFFICER, local, new_case, report
from tests.integration.care.test_case_page import lines, shown
from tests.integration.care.test_course import post
from tests.integration.care.test_staff_pages import case, officer  # noqa: F401 - fixtures
from tests.integration.care.test_story import again

pytestmark = pytest.mark.one_database
NEGATIVE_DAY, DAY_8 = date(2026, 11, 7), date(2026, 11, 8)


def noted(case: Case, result: LabOutcome, day: date) -> Case:  # noqa: F811
    command = RecordLabResult(kind=LabKind.PCR, result=result, sampled_on=day)
    with transaction():
        lab_results.record(command, case=case_management.locked_case(case.id), actor=OFFICER)
    return again(case)


def taken_away(case: Case, result_id: Any, note: str = "") -> Case:  # noqa: F811
    with transaction():
        held = case_management.locked_case(case.id)
        lab_results.remove(TakeAway(note=note), result_id=result_id, case=held, actor=OFFICER)
    return again(case)


def test_a_positive_one_no_longer_ends_a_shortening(care, time):
    case = new_case()  # noqa: F811
    time.at = local(DAY_8, 13)
    report(case)
    noted(case, LabOutcome.NEGATIVE, NEGATIVE_DAY)
    case = noted(case, LabOutcome.POSITIVE, DAY_8)
    assert conversion.suggested(case) == case.first_positive_on == DAY_8
    wrong = next(one for one in case.lab_results if one.result is LabOutcome.POSITIVE)
    case = taken_away(case, wrong.id, "die Probe des Bruders")
    assert (conversion.suggested(case), case.first_positive_on) == (None, None)
    with transaction():
        held = case_management.locked_case(case.id)
        period_changes.set_end(ExtendMonitoring(until=DAY_8), case=held, actor=OFFICER)
    case = again(case)
    assert (case.monitoring_ends_on, case.shortened_by) == (DAY_8, "seven_days")
    event = case.events[-2]
    assert (event.kind, event.details["on"], event.details["note"]) == (
        "lab_result_removed", "2026-11-08", "die Probe des Bruders",
    )  # fmt: skip


def test_the_first_positive_day_is_that_of_the_others(care, time):
    time.at = local(DAY_8, 13)
    case = new_case(kind="index", first_positive_on=None, symptom_onset_on=None, last_exposure_on=None)  # noqa: F811
    case = noted(noted(case, LabOutcome.POSITIVE, date(2026, 11, 3)), LabOutcome.POSITIVE, date(2026, 11, 5))
    assert case.first_positive_on == date(2026, 11, 3)
    first = min(case.lab_results, key=lambda one: one.sampled_on)
    case = taken_away(case, first.id)
    assert case.first_positive_on == date(2026, 11, 5)
    assert [one.sampled_on for one in load_facts(case).labs] == [date(2026, 11, 5)]


def test_lists_do_not_find_it_and_it_cannot_be_taken_away_twice_nor_from_a_closed_case(care, time):
    time.at = local(DAY_8, 13)
    case = noted(new_case(), LabOutcome.POSITIVE, DAY_8)  # noqa: F811
    (row,) = case.lab_results
    wanted = list_filters.ListCases(lab_result=LabOutcome.POSITIVE)
    assert [one.reference for one in queries.list_cases(OFFICER, wanted).items] == [case.reference]
    case = taken_away(case, row.id)
    assert not queries.list_cases(OFFICER, wanted).items
    with pytest.raises(NotFound):
        taken_away(case, row.id)
    other = noted(new_case(), LabOutcome.NEGATIVE, DAY_8)
    with pytest.raises(NotFound):
        taken_away(case, other.lab_results[0].id)
    with transaction():
        held = case_management.locked_case(other.id)
        case_management.close(CloseCase(reason=CloseReason.OTHER), case=held, actor=OFFICER)
    with pytest.raises(InvalidTransition):
        taken_away(other, other.lab_results[0].id)


def test_the_page_takes_it_away_and_tells_that(officer, case, time):  # noqa: F811
    case = noted(case, LabOutcome.POSITIVE, date(2026, 11, 1))
    (row,) = case.lab_results
    page = shown(officer, case)
    assert page.select_one(f'#laboratory form[action$="/lab-results/{row.id}/removal"]')
    assert post(officer, case, f"lab-results/{row.id}/removal").status_code == 303
    page = shown(officer, case)
    assert page.select_one("#laboratory") is None
    assert any("Laborergebnis zurückgenommen" in line and "01.11.2026" in line for line in lines(page))
