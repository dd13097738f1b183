"""What a list and a period count from, to the instant and to the day, in both databases."""

from datetime import datetime, timedelta

import pytest

from care import case_management, orders
from care.commands import OrderEvent, ReviewCase
from care.vocabulary import LineList
from config.database import transaction
from tests.factories.care import DAY, MONDAY, OFFICER, local, new_case, report
from tests.integration.care.test_story import TODAY, again, tick


@pytest.mark.parametrize("has_reported", [True, False])
def test_silence_makes_non_reporting_after_24_hours_to_the_minute(care, time, has_reported):
    case = new_case()
    if has_reported:
        report(case)
    for after, expected in (
        (timedelta(hours=23, minutes=59), LineList.ASYMPTOMATIC),
        (timedelta(hours=24), LineList.ASYMPTOMATIC),
        (timedelta(hours=24) + datetime.resolution, LineList.NON_REPORTING),
        (timedelta(hours=24, minutes=1), LineList.NON_REPORTING),
    ):
        time.at = MONDAY + after
        tick()
        case = again(case)
        assert case.line_list is expected, after
        assert case.reassess_at is None or case.reassess_at > time.at
    assert case.because["inputs"]["limit_hours"] == 24


def test_an_infection_counts_from_its_first_symptoms_until_they_are_dismissed(care, time):
    """Monitoring alone: the order stays, and both days are looked at when they come."""
    case = new_case(kind="index", last_exposure_on=None, first_positive_on=str(TODAY - DAY))
    with transaction():
        order = {"event": "issue_written", "legal_basis": "§ 30 IfSG", "ends_on": str(TODAY + 13 * DAY)}
        orders.apply(OrderEvent.model_validate(order), case=case_management.locked_case(case.id), actor=OFFICER)
    time.at = local(TODAY + 4 * DAY, 12)
    report(case, "cough")
    case = again(case)
    assert (case.monitoring_starts_on, case.monitoring_ends_on) == (TODAY + 4 * DAY, TODAY + 18 * DAY)
    assert (case.symptom_onset_on, case.order_ends_on) == (None, TODAY + 13 * DAY)
    time.at = local(TODAY + 13 * DAY, 12)
    report(case)
    assert "monitoring_ending" not in {found["code"] for found in again(case).findings}
    with transaction():
        case_management.review(
            ReviewCase(outcome="dismissed"), case=case_management.locked_case(case.id), actor=OFFICER
        )
    case = again(case)
    assert (case.monitoring_starts_on, case.monitoring_ends_on) == (TODAY - DAY, TODAY + 13 * DAY)
    assert "monitoring_ending" in {found["code"] for found in case.findings}
    assert (case.reports[0].symptoms, case.order_ends_on) == ({"cough": True}, TODAY + 13 * DAY)
