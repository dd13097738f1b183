"""A case becomes one of another kind and keeps its history, both ways."""

from datetime import date

import pytest

from care import (
    case_management,
    check_ins,
    conversion,
    course_representations,
    exposures,
    keeping,
    lab_results,
    period_changes,
)
from care.commands import ExtendMonitoring, OrderEvent, RecordLabResult, RecordReport, ReviewCase
from care.course_commands import ConvertCase, RecordExposure
from care.models import Case
from care.orders import apply
from care.vocabulary import Kind, LineList
from config.database import transaction
from config.errors import InvalidTransition, RuleViolation
from tests.factories.care import DAY, OFFICER, local, new_case, report
from tests.integration.care.test_shared_phone import close
from tests.integration.care.test_story import TODAY, again, bodies, link_in, open_tasks, tick

INDEX = {"kind": "index", "last_exposure_on": None, "first_positive_on": "2026-11-01"}


def do(act, command, case: Case):
    with transaction():
        return act(command, case=case_management.locked_case(case.id), actor=OFFICER)


def convert(case: Case, to: str, **values: object) -> Case:
    do(conversion.convert, ConvertCase.model_validate({"to": to, **values}), case)
    return again(case)


def positive(case: Case, on: date = TODAY) -> None:
    result = {"kind": "pcr", "result": "positive", "sampled_on": on}
    do(lab_results.record, RecordLabResult.model_validate(result), case)


def test_a_contact_who_tests_positive_becomes_an_index_case(care, time):
    case = new_case()
    report(case, "cough")
    positive(case)
    assert conversion.suggested(again(case)) == TODAY
    case = convert(case, "index", note="Befund vom Labor")
    assert (case.kind, case.line_list) == (Kind.INDEX, LineList.REPORTING)
    assert (case.monitoring_starts_on, case.monitoring_ends_on) == (TODAY, TODAY + 14 * DAY)
    assert open_tasks(case) == set()
    (row,) = conversion.conversions_of(case)
    assert (row.from_kind, row.to_kind, row.monitoring_ends_on) == (Kind.CONTACT, Kind.INDEX, date(2026, 11, 15))
    assert row.dates == {
        "last_exposure_on": "2026-11-01",
        "first_positive_on": "2026-11-02",
        "derived_onset_on": "2026-11-02",
        "continuous_exposure": False,
    }
    assert [event.kind for event in case.events].count("converted") == 1
    assert conversion.suggested(case) is None


def test_an_onset_that_was_reported_goes_along_until_it_is_dismissed(care, time):
    case = new_case()
    time.at += 2 * DAY
    report(case, "cough")
    time.at += 3 * DAY
    case = convert(case, "index")  # no day needs to be named: there is one
    assert (case.symptom_onset_on, case.monitoring_starts_on) == (None, TODAY + 2 * DAY)
    assert case.monitoring_ends_on == TODAY + 16 * DAY
    assert course_representations.course_json(case)["derived_onset_on"] == (TODAY + 2 * DAY).isoformat()
    do(case_management.review, ReviewCase(outcome="dismissed"), case)
    case = again(case)
    assert (case.symptom_onset_on, case.monitoring_starts_on) == (None, TODAY)  # the enrolment: no day is known now
    assert course_representations.course_json(case)["derived_onset_on"] is None
    case = convert(case, "contact")
    assert (case.monitoring_starts_on, len(case.reports), len(case.reviews)) == (TODAY - DAY, 1, 1)
    first, second = (row.dates for row in conversion.conversions_of(case))
    assert first["derived_onset_on"] == (TODAY + 2 * DAY).isoformat()
    assert "derived_onset_on" not in second


def test_an_infection_without_onset_and_sample_counts_from_its_report(care, time):
    """What was reported about a contact is not the report of the infection, and goes into the history."""
    case = new_case(reported_on="2026-10-30")
    with pytest.raises(RuleViolation):
        convert(case, "index")
    case = convert(case, "index", reported_on=TODAY)
    assert (case.monitoring_starts_on, case.monitoring_ends_on) == (TODAY, TODAY + 14 * DAY)
    assert conversion.conversions_of(case)[0].dates["reported_on"] == "2026-10-30"
    assert convert(case, "contact").reported_on is None
    assert conversion.conversions_of(case)[1].dates["reported_on"] == TODAY.isoformat()


def test_the_history_keeps_the_last_contact_as_it_was_known_before(care, time):
    case = new_case()
    do(exposures.record, RecordExposure.model_validate({"until_on": "2026-11-01", "setting": "work"}), case)
    case = convert(case, "index", first_positive_on="2026-11-02", last_exposure_on="2026-11-02")
    assert case.last_exposure_on == TODAY
    (row,) = conversion.conversions_of(case)
    assert row.dates["last_exposure_on"] == "2026-11-01"


def test_a_day_that_the_version_of_the_case_does_not_count_from_is_not_enough(care, time):
    case = new_case()
    with transaction():
        case_management.locked_case(case.id).protocol_version = 1
    with pytest.raises(RuleViolation) as refused:
        convert(case, "index", protocol="covid-19", reported_on="2026-11-02")
    assert {error.field for error in refused.value.errors} == {"first_positive_on", "symptom_onset_on"}
    case = convert(again(case), "index", protocol="covid-19", first_positive_on="2026-11-02")
    assert case.protocol_version == 1


def test_and_back_again_with_both_in_the_history(care, time):
    case = new_case()
    positive(case)
    convert(case, "index")
    time.at += DAY
    case = convert(case, "contact", note="Probe verwechselt")
    assert (case.kind, case.line_list) == (Kind.CONTACT, LineList.ASYMPTOMATIC)
    assert (case.first_positive_on, case.symptom_onset_on, case.last_exposure_on) == (None, None, date(2026, 11, 1))
    assert case.monitoring_ends_on == date(2026, 11, 15)
    shown = course_representations.course_json(case)["conversions"]
    assert [(one["from"], one["to"]) for one in shown] == [("contact", "index"), ("index", "contact")]
    assert shown[1]["before"]["dates"]["first_positive_on"] == "2026-11-02"
    assert conversion.suggested(case) is None  # whoever converted it back knew of that sample
    time.at += DAY
    positive(case, TODAY + DAY)
    assert conversion.suggested(again(case)) == TODAY + DAY
    assert conversion.conversions_of(case)[1].note == "Probe verwechselt"


def test_links_orders_reports_and_reviews_stay_with_the_case(care, time):
    case = new_case()
    time.at = local(TODAY, 12)
    tick()
    token = link_in(bodies(case, "care.check_in")[0])
    order = {"event": "issue_written", "legal_basis": "§ 30 IfSG", "ends_on": "2026-11-15"}
    do(apply, OrderEvent.model_validate(order), case)
    do(case_management.review, ReviewCase(outcome="dismissed"), case)
    positive(case)
    case = convert(case, "index")
    assert str(case.order_ends_on) == "2026-11-15"
    assert str(conversion.conversions_of(case)[0].order_ends_on) == "2026-11-15"
    with transaction():
        assert check_ins.answer_link(RecordReport(symptoms={"cough": True}), token=token) is not None
    case = again(case)
    assert (len(case.reports), len(case.reviews), len(case.orders)) == (1, 1, 1)
    assert "conversions" in dict(keeping.files_of_case(case.id))["case.json"].decode()


def test_a_shorter_quarantine_does_not_shorten_the_isolation(care, time):
    case = new_case()
    time.at = local(TODAY + 9 * DAY, 13)
    report(case)
    do(period_changes.set_end, ExtendMonitoring(until=TODAY + 9 * DAY), case)
    assert again(case).shortened_by == "ten_days"
    case = convert(case, "index", first_positive_on=TODAY + 9 * DAY)
    assert (case.shortened_until, case.shortened_by) == (None, None)
    assert case.monitoring_ends_on == TODAY + 23 * DAY


def test_an_extension_and_an_action_end_with_the_kind(care, time):
    case = new_case(first_positive_on="2026-10-20", kind="index")
    with transaction():
        locked = case_management.locked_case(case.id)
        locked.extended_until, locked.public_health_action = date(2026, 12, 1), "document_results"
    case = convert(case, "contact", last_exposure_on="2026-11-02")
    assert (case.extended_until, case.public_health_action) == (None, "none")
    assert case.monitoring_ends_on == date(2026, 11, 16)


@pytest.mark.parametrize(
    ("values", "to", "field"),
    [
        ({}, {"to": "contact"}, "to"),
        ({}, {"to": "index"}, "first_positive_on"),
        ({}, {"to": "traveller"}, "entered_on"),
        ({}, {"to": "index", "first_positive_on": "2026-11-03"}, "first_positive_on"),
        ({}, {"to": "index", "first_positive_on": "2026-11-02", "protocol": "no-such"}, "protocol"),
        (
            {"kind": "index", "last_exposure_on": None, "first_positive_on": "2026-11-01"},
            {"to": "contact"},
            "last_exposure_on",
        ),
    ],
)
def test_what_cannot_be_is_refused(care, time, values, to, field):
    case = new_case(**values)
    with pytest.raises(RuleViolation) as refused:
        convert(case, **to)
    assert refused.value.errors[0].field == field
    assert again(case).kind is case.kind
    assert conversion.conversions_of(case) == []


def test_a_closed_case_is_not_converted(care, time):
    case = new_case()
    close(case)
    with pytest.raises(InvalidTransition):
        convert(case, "index", first_positive_on="2026-11-02")
