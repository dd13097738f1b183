"""Findings and priority: when each is there, since when, when it goes away, and what an officer's review does."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from care.facts import CheckInFact, ReviewFact
from care.findings import findings, findings_change_at, priority
from care.protocol import current_protocol, protocol_for
from care.vocabulary import FindingCode, FindingState, Kind, OrderState, ReviewOutcome
from tests.factories.care import COVID, DAY, MONDAY, facts, local, said

HOUR = timedelta(hours=1)
TODAY = date(2026, 11, 2)
EBOLA = current_protocol("ebola")


def codes(known, now=MONDAY, protocol=COVID) -> list[str]:
    return [one.code.value for one in findings(known, protocol, now)]


def found(known, code: FindingCode, now, protocol=COVID):
    return next((one for one in findings(known, protocol, now) if one.code is code), None)


@pytest.mark.parametrize(
    ("reports", "expected", "value"),
    [
        ([], [], 0.0),
        ([said(MONDAY, temperature_c=37.9)], [], 0.0),
        ([said(MONDAY, temperature_c=38.0)], ["fever"], 0.7),
        ([said(MONDAY, temperature_c=38.0), said(MONDAY, temperature_c=36.5)], [], 0.0),
        ([said(MONDAY, temperature_c=38.0), said(MONDAY + HOUR)], ["fever"], 0.7),
        ([said(MONDAY, "cough")], ["first_characteristic_symptom"], 1.4),
        ([said(MONDAY, "cough"), said(MONDAY)], ["first_characteristic_symptom"], 1.4),
        (
            [said(MONDAY, "difficulty_breathing")],
            ["first_characteristic_symptom", "suspicious_symptom"],
            11.2,
        ),
        ([said(MONDAY, "unspecified")], ["unspecified_symptoms"], 0.7),
        ([said(MONDAY, "unspecified"), said(MONDAY + HOUR)], [], 0.0),
        ([said(MONDAY, "unspecified"), said(MONDAY + HOUR, "cough")], ["first_characteristic_symptom"], 1.4),
        (
            [said(MONDAY, "difficulty_breathing"), said(MONDAY + HOUR)],
            ["first_characteristic_symptom"],
            1.4,
        ),
    ],
)
def test_findings_and_priority(reports, expected, value):
    """Source: Quarano: strictly above the limit, the newest value counts; 0.7 medical + 0.3 process, ×2, ×4."""
    seen = findings(facts(reports=tuple(reports)), COVID, MONDAY)
    assert [one.code.value for one in seen] == expected
    assert priority(seen, COVID) == value


@pytest.mark.parametrize(("kind", "limit"), [(Kind.CONTACT, 37.9), (Kind.TRAVELLER, 37.9), (Kind.INDEX, 39.4)])
def test_the_fever_limit_is_that_of_the_kind_and_strict(kind, limit):
    """Source: Quarano: above 37.9 °C for contacts, above 39.4 °C for infected people."""
    for temperature, expected in ((limit, False), (round(limit + 0.1, 1), True)):
        known = facts(kind=kind, reports=(said(MONDAY, temperature_c=temperature),))
        assert ("fever" in codes(known)) is expected


def test_fever_counts_on_the_newest_slot_only():
    """Source: Quarano: an answer that belongs to an earlier slot raises no finding, however late it comes."""
    evening = said(local(TODAY, 18), temperature_c=36.8)
    morning = said(local(TODAY, 19), temperature_c=39.0, answers=(TODAY, "morning"))
    assert "fever" not in codes(facts(reports=(evening, morning)), protocol=EBOLA)
    assert "fever" in codes(facts(reports=(evening, replace(morning, answers=None))), protocol=EBOLA)
    at_night = said(local(TODAY + DAY, 5, 59), temperature_c=39.0)  # the grace of yesterday's evening
    in_the_morning = said(local(TODAY + DAY, 6), temperature_c=36.8)
    assert "fever" in codes(facts(reports=(evening, at_night)), protocol=EBOLA)
    assert "fever" not in codes(facts(reports=(at_night, in_the_morning)), protocol=EBOLA)


def test_the_first_characteristic_symptom_follows_corrections():
    """Source: Quarano: anchored to the earliest entry, and anew when that one is corrected."""
    first, second = said(MONDAY, "cough", id="a"), said(MONDAY + DAY, "loss_of_smell", id="b")
    known = facts(reports=(first, second))
    anchored = found(known, FindingCode.FIRST_CHARACTERISTIC_SYMPTOM, MONDAY + 2 * DAY)
    assert anchored.since == MONDAY and anchored.inputs == {"report": "a", "symptoms": ["cough"]}
    corrected = said(MONDAY + HOUR / 6, "headache", id="c", corrects="a")
    known = facts(reports=(first, corrected, second))
    assert found(known, FindingCode.FIRST_CHARACTERISTIC_SYMPTOM, MONDAY + 2 * DAY).since == MONDAY + DAY
    earlier = said(MONDAY - DAY, "loss_of_taste", id="d")
    known = facts(reports=(earlier, first, second))
    assert found(known, FindingCode.FIRST_CHARACTERISTIC_SYMPTOM, MONDAY + 2 * DAY).since == MONDAY - DAY


def test_a_review_acknowledges_only_what_was_known():
    """A report that is dated back, but came after the review, has been seen by nobody."""
    review = ReviewFact(ReviewOutcome.CONFIRMED, MONDAY + 5 * HOUR)
    late = replace(said(MONDAY, "cough"), recorded_at=MONDAY + 6 * HOUR)
    known = facts(reports=(late,), reviews=(review,))
    assert found(known, FindingCode.FIRST_CHARACTERISTIC_SYMPTOM, MONDAY + DAY).state is FindingState.OPEN
    known = facts(reports=(said(MONDAY, "cough"),), reviews=(review,))
    seen = found(known, FindingCode.FIRST_CHARACTERISTIC_SYMPTOM, MONDAY + DAY)
    assert (seen.state, seen.acknowledged_at) == (FindingState.ACKNOWLEDGED, MONDAY + 5 * HOUR)
    assert priority((seen,), COVID) == 0


def asked(day: date, slot: str, opens: int, expires) -> CheckInFact:
    return CheckInFact(day, slot, local(day, opens), expires)


def test_the_diary_is_missing_only_when_all_slots_are_empty():
    """Source: Quarano: an answer in one of the checked slots suffices."""
    morning = asked(TODAY, "morning", 6, local(TODAY, 17))
    evening = asked(TODAY, "evening", 17, local(TODAY + DAY, 6))
    both = (morning, evening)
    silent = facts(check_ins=both)
    assert "missing_check_in" not in codes(silent, local(TODAY + DAY, 6) - timedelta(seconds=1), EBOLA)
    assert "missing_check_in" in codes(silent, local(TODAY + DAY, 6), EBOLA)
    for answer in (local(TODAY, 16, 59), local(TODAY, 22), local(TODAY + DAY, 5)):
        assert "missing_check_in" not in codes(
            facts(check_ins=both, reports=(said(answer),)), local(TODAY + DAY, 7), EBOLA
        )


def test_missing_details_cannot_be_waved_away():
    known = facts(missing_details=("phone",), reviews=(ReviewFact(ReviewOutcome.DISMISSED, MONDAY + HOUR),))
    details = found(known, FindingCode.MISSING_DETAILS, MONDAY + DAY)
    assert (details.state, details.inputs) == (FindingState.OPEN, {"details": ["phone"]})
    assert priority((details,), COVID) == 0.3


ILL = said(MONDAY, "fever", "cough", "shortness_of_breath")
DISMISSED = ReviewFact(ReviewOutcome.DISMISSED, MONDAY + HOUR)
GENERIC = current_protocol("generic")  # counts somebody infected from onset, else first positive sample, else report


@pytest.mark.parametrize(
    ("values", "asked_for"),
    [
        ({"kind": Kind.INDEX}, "first_positive_on"),
        ({"kind": Kind.INDEX, "symptom_onset_on": TODAY}, None),
        ({"kind": Kind.INDEX, "first_positive_on": TODAY}, None),
        ({"kind": Kind.INDEX, "reported_on": TODAY}, None),
        ({"kind": Kind.INDEX, "reports": (ILL,)}, None),
        ({"kind": Kind.INDEX, "reports": (said(MONDAY),)}, "first_positive_on"),
        ({"kind": Kind.INDEX, "reports": (ILL,), "reviews": (DISMISSED,)}, "first_positive_on"),
        ({"kind": Kind.INDEX, "last_exposure_on": TODAY, "entered_on": TODAY}, "first_positive_on"),
        ({"kind": Kind.CONTACT}, "last_exposure_on"),
        ({"kind": Kind.CONTACT, "reports": (ILL,)}, "last_exposure_on"),
        ({"kind": Kind.CONTACT, "last_exposure_on": TODAY}, None),
        ({"kind": Kind.CONTACT, "continuous_exposure": True}, None),
        ({"kind": Kind.TRAVELLER}, "entered_on"),
        ({"kind": Kind.TRAVELLER, "entered_on": TODAY}, None),
    ],
)
def test_a_day_is_asked_for_only_while_none_is_known_from_which_the_period_counts(values, asked_for):
    details = found(facts(**({"last_exposure_on": None} | values)), FindingCode.MISSING_DETAILS, MONDAY + DAY, GENERIC)
    assert (details and details.inputs["details"]) == ([asked_for] if asked_for else None)


def test_a_protocol_that_does_not_count_from_the_report_asks_for_the_sample_all_the_same():
    oldest = protocol_for("covid-19", 1)
    known = facts(kind=Kind.INDEX, last_exposure_on=None, reported_on=TODAY)
    assert found(known, FindingCode.MISSING_DETAILS, MONDAY, oldest).inputs == {"details": ["first_positive_on"]}
    assert "missing_details" not in codes(known)


@pytest.mark.parametrize("kind", list(Kind))
def test_the_end_of_monitoring_is_announced_for_every_kind(kind):
    """Source: Quarano warned of infected people only; here of contacts and travellers too."""
    day = date(2026, 11, 1)
    known = facts(kind=kind, last_exposure_on=day, symptom_onset_on=None, first_positive_on=day, entered_on=day)
    begins = local(date(2026, 11, 14))
    assert "monitoring_ending" not in codes(known, begins - timedelta(seconds=1))
    assert "monitoring_ending" in codes(known, begins)


def test_the_end_of_the_order_stays_until_it_is_lifted():
    known = facts(order_state=OrderState.WRITTEN, order_ends_on=date(2026, 11, 5))
    assert "order_ending" in codes(known, local(date(2026, 11, 20)))
    assert "order_ending" not in codes(replace(known, order_state=OrderState.LIFTED), local(date(2026, 11, 20)))


WELL = said(local(TODAY, 12), temperature_c=36.8)
TOMORROW = local(TODAY + DAY, 12)


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize(
    ("newest", "what"),
    [
        (said(TOMORROW, "headache", "chills", temperature_c=36.9), "symptoms"),
        (said(TOMORROW, "headache", temperature_c=38.1), "temperature"),
        (said(TOMORROW, "headache", temperature_c=37.9), None),  # warmer, but without fever
        (said(TOMORROW, "headache"), None),
        (said(TOMORROW - DAY + HOUR, "headache", "chills", "nausea"), None),  # within one day it is one illness
        (said(TOMORROW + 3 * DAY, "headache", "chills"), None),  # nothing within the days looked back on
    ],
)
def test_worsening_is_seen_for_every_kind(kind, newest, what):
    """Source: protocol covid-19, `worsening`: two complaints more, or fever and 1.0 °C warmer, in three days."""
    worsened = found(facts(kind=kind, reports=(WELL, newest)), FindingCode.WORSENING, newest.reported_at)
    assert (worsened.inputs["in"] if worsened else None) == what


def test_worsening_ends_with_a_better_report():
    bad = said(TOMORROW, "headache", "chills")
    better = said(TOMORROW + HOUR, "headache")
    assert "worsening" in codes(facts(reports=(WELL, bad)), TOMORROW)
    assert "worsening" not in codes(facts(reports=(WELL, bad, better)), TOMORROW + HOUR)


@pytest.mark.parametrize(("kind", "hours"), [(Kind.CONTACT, 8), (Kind.INDEX, 4)])
def test_the_clock_from_worsening_to_acknowledgement(kind, hours):
    """Source: protocol covid-19, `worsening.acknowledge_within_hours`: counted from when we learnt of it."""
    bad = replace(said(TOMORROW, "headache", "chills"), recorded_at=TOMORROW + HOUR)
    worse = said(TOMORROW + HOUR * 2, "headache", "chills", "nausea")
    known = facts(kind=kind, reports=(WELL, bad, worse))
    limit = TOMORROW + (1 + hours) * HOUR
    early = found(known, FindingCode.WORSENING, limit - timedelta(seconds=1))
    assert (early.since, early.acknowledge_by, early.overdue) == (TOMORROW, limit, False)
    assert found(known, FindingCode.WORSENING, limit).overdue
    assert limit in findings_change_at(known, COVID, TOMORROW)
    seen = replace(known, reviews=(ReviewFact(ReviewOutcome.CONFIRMED, TOMORROW + 3 * HOUR),))
    reviewed = found(seen, FindingCode.WORSENING, limit)
    assert (reviewed.overdue, reviewed.acknowledged_at) == (False, TOMORROW + 3 * HOUR)
    assert reviewed.as_json()["acknowledged_at"] == (TOMORROW + 3 * HOUR).isoformat()
