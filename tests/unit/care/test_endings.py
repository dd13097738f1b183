"""How monitoring ends: an answer that is missing, shortening by rule, giving up, and what never ends by itself."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from care.facts import LabFact, ReviewFact
from care.follow_up import TASK_OF_ENDING
from care.isolation import CLOSING_ACTIONS, Ending, EndingAction
from care.line_list import assess
from care.monitoring import course, next_check_in, period
from care.protocol import all_protocols, current_protocol, protocol_for
from care.shortening import offers, refusal
from care.vocabulary import CloseReason, Kind, LabKind, LabOutcome, LineList, ReviewOutcome, Status
from tests.factories.care import COVID, DAY, MONDAY, facts, local, said

SHORT = current_protocol("covid-19-10")
EXPOSED = date(2026, 11, 1)
LAST_DAY = date(2026, 11, 15)
NOON = 12


def day(number: int) -> date:
    """Day 0 is the day of the last contact."""
    return EXPOSED + number * DAY


def heard(*numbers: int, present: tuple[str, ...] = ()):
    return tuple(said(local(day(number), NOON), *present, id=f"r{number}") for number in numbers)


@pytest.mark.parametrize(
    ("reports", "today", "last_day"),
    [
        (heard(1), LAST_DAY, LAST_DAY),
        (heard(1), LAST_DAY + DAY, LAST_DAY + DAY),
        (heard(1), LAST_DAY + 5 * DAY, LAST_DAY + 5 * DAY),
        (heard(14), LAST_DAY + 5 * DAY, LAST_DAY),
        (heard(15), LAST_DAY + 5 * DAY, LAST_DAY + DAY),
        (heard(15, 17), LAST_DAY + 5 * DAY, LAST_DAY + DAY),
    ],
)
def test_without_an_answer_on_the_last_day_it_goes_on(reports, today, last_day):
    """Source: SORMAS: no cooperative visit on the last day of follow-up, one more day, until there is one."""
    known = facts(reports=reports)
    assert course(known, COVID, local(today, NOON)).ends_on == last_day
    assert period(known, COVID).ends_on == LAST_DAY
    assert course(known, protocol_for("covid-19", 1), local(today, NOON)).ends_on == LAST_DAY


@pytest.mark.parametrize("status", [Status.PAUSED, Status.HOSPITALISED, Status.COMPLETED])
def test_nobody_waits_for_the_answer_of_who_is_not_asked(status):
    assert course(facts(status=status), COVID, local(LAST_DAY + 3 * DAY)).ends_on == LAST_DAY


def test_on_an_added_day_people_are_asked_and_an_answer_releases_them():
    known, at = facts(reports=heard(13)), local(LAST_DAY + DAY, 9)
    due = next_check_in(known, COVID, at)
    assert due is not None and due.local_date == LAST_DAY + DAY
    assert next_check_in(facts(reports=heard(13)), protocol_for("covid-19", 1), at) is None
    waiting = assess(known, COVID, at)
    assert waiting.ending.action is EndingAction.OFFICER_SILENT
    assert waiting.reassess_at is not None and waiting.reassess_at <= local(LAST_DAY + 2 * DAY)
    answered = assess(replace(known, reports=(*known.reports, said(at))), COVID, at)
    assert answered.ending == Ending(EndingAction.RELEASE, CloseReason.COMPLETED_MONITORING)
    assert answered.next_check_in is None


def test_an_answer_in_the_grace_of_the_last_evening_is_one_of_the_last_day():
    """Source: Quarano: until 05:59 it belongs to the previous date."""
    ebola = current_protocol("ebola")
    last_day = date(2026, 11, 22)
    for minute, expected in ((local(last_day + DAY, 5, 59), last_day), (local(last_day + DAY, 6), last_day + DAY)):
        known = facts(reports=(said(minute),))
        assert course(known, ebola, local(last_day + 4 * DAY)).ends_on == expected


def sample(number: int, result=LabOutcome.NEGATIVE, kind=LabKind.PCR) -> LabFact:
    return LabFact(kind, result, day(number))


POSITIVE = sample(2, LabOutcome.POSITIVE)


@pytest.mark.parametrize(
    ("today", "reports", "labs", "expected"),
    [
        (10, heard(10), (), {"ten_days": 10}),
        (13, heard(13), (), {"ten_days": 10}),
        (13, heard(11), (), {"ten_days": 10}),
        (9, heard(9), (), {}),
        (13, heard(9), (), {}),  # no report on day 10 to 13
        (13, (*heard(3, present=("cough",)), *heard(10)), (), {}),
        (7, heard(7), (sample(5),), {"seven_days": 7}),
        (9, heard(9), (sample(9, kind=LabKind.ANTIGEN),), {"seven_days": 7}),
        (9, heard(9), (sample(4),), {}),  # sampled too early
        (10, heard(7), (sample(10),), {}),  # sampled too late
        (9, heard(9), (sample(6, kind=LabKind.OTHER),), {}),
        (9, heard(9), (sample(6, LabOutcome.INDETERMINATE),), {}),
        (9, heard(9), (sample(6), POSITIVE), {}),
        (9, heard(6), (sample(6),), {}),
        (10, heard(7, 10), (sample(6),), {"seven_days": 7, "ten_days": 10}),
    ],
)
def test_when_monitoring_may_be_shortened(today, reports, labs, expected):
    """Source: CDC, options to reduce quarantine (2 December 2020), as Sara Alert words them."""
    known, now = facts(reports=tuple(sorted(reports, key=lambda r: r.reported_at)), labs=labs), local(day(today), 13)
    assert {offer.rule: (offer.earliest - EXPOSED).days for offer in offers(known, COVID, now)} == expected
    assert offers(known, protocol_for("covid-19", 1), now) == ()
    assert offers(replace(known, kind=Kind.INDEX), COVID, now) == ()
    assert offers(replace(known, continuous_exposure=True), COVID, now) == ()


def test_a_dismissed_report_was_no_symptomatic_one():
    reports = (said(local(day(3), NOON), "cough"), *heard(10))
    known = facts(reports=reports, reviews=(ReviewFact(ReviewOutcome.DISMISSED, local(day(4))),))
    assert [offer.rule for offer in offers(known, COVID, local(day(10), 13))] == ["ten_days"]


@pytest.mark.parametrize(
    ("until", "reports", "labs", "protocol", "message"),
    [
        (6, heard(10), (), COVID, "Monitoring can end on 2026-11-08 at the earliest."),
        (8, heard(10), (), COVID, "A report on day 7 to 9 is missing."),
        (8, heard(8), (), COVID, "A negative sample of day 5 to 9 is missing."),
        (8, heard(8), (sample(6), POSITIVE), COVID, "There is a positive sample."),
        (11, heard(9), (), COVID, "A report on day 10 to 13 is missing."),
        (11, heard(10, present=("cough",)), (), COVID, "The person has or had symptoms."),
        (11, heard(10), (), current_protocol("measles"), "The protocol allows no shorter monitoring for this case."),
        (11, heard(10), (), COVID, None),
        (8, heard(8), (sample(6),), COVID, None),
    ],
)
def test_why_it_may_not(until, reports, labs, protocol, message):
    refused = refusal(facts(reports=reports, labs=labs), protocol, day(until), local(day(12), 13))
    assert (str(refused) if refused else None) == message


def test_a_day_that_has_not_come_shortens_nothing():
    refused = refusal(facts(reports=heard(9)), COVID, day(10), local(day(9), 13))
    assert str(refused) == "Day 10 has not come yet."


@pytest.mark.parametrize(
    ("by", "until", "labs", "ends_on"),
    [
        ("seven_days", 7, (sample(6),), 7),
        ("seven_days", 7, (sample(6), POSITIVE), 14),
        ("ten_days", 10, (POSITIVE,), 10),
        ("ten_days", 7, (), 14),
        ("unknown_rule", 10, (), 14),
    ],
)
def test_a_positive_sample_voids_what_a_negative_one_shortened(by, until, labs, ends_on):
    """Source: issue rule: void if a positive one exists."""
    known = facts(shortened_until=day(until), shortened_by=by, labs=labs)
    assert period(known, COVID).ends_on == day(ends_on)


def test_a_shortening_does_not_outlive_what_it_was_decided_about():
    shortened = {"shortened_until": day(10), "shortened_by": "ten_days"}
    again = facts(last_exposure_on=day(9), **shortened)
    assert period(again, COVID).ends_on == day(9 + 14)
    converted = facts(kind=Kind.INDEX, first_positive_on=day(9), last_exposure_on=None, **shortened)
    assert period(converted, COVID).ends_on == day(9 + 14)


def test_a_shortened_period_is_released_like_any_other():
    known = facts(shortened_until=day(10), shortened_by="ten_days", reports=heard(10))
    assert assess(known, COVID, local(day(11)) - timedelta(seconds=1)).ending.action is EndingAction.NOT_YET
    assert assess(known, COVID, local(day(11))).ending.action is EndingAction.RELEASE


@pytest.mark.parametrize(
    ("values", "action"),
    [
        ({}, EndingAction.GIVE_UP),
        ({"kind": Kind.INDEX}, EndingAction.OFFICER_SILENT),
        ({"continuous_exposure": True}, EndingAction.NOT_YET),
        ({"status": Status.PAUSED}, EndingAction.OFFICER_SILENT),
        ({"public_health_action": "testing"}, EndingAction.OFFICER_INVESTIGATION),
        (
            {"public_health_action": "testing", "symptom_onset_on": MONDAY.date()},
            EndingAction.OFFICER_SYMPTOMATIC,
        ),
        ({"touched_at": MONDAY + timedelta(seconds=1)}, EndingAction.OFFICER_SILENT),
    ],
)
def test_silent_and_untouched_for_thirty_days_is_given_up(values, action):
    """Source: Sara Alert: closed by the system after 30 days without activity, if silent and not in isolation."""
    known = facts(**({"touched_at": MONDAY} | values))
    assert assess(known, COVID, MONDAY + 30 * DAY).ending.action is action
    before = assess(known, COVID, MONDAY + 30 * DAY - timedelta(seconds=1))
    assert before.ending.action is not EndingAction.GIVE_UP
    assert action is not EndingAction.GIVE_UP or before.reassess_at == MONDAY + 30 * DAY
    assert assess(known, protocol_for("covid-19", 1), MONDAY + 60 * DAY).ending.action is not EndingAction.GIVE_UP


def test_an_extension_holds_the_review_of_an_isolation_off():
    known = facts(kind=Kind.INDEX, symptom_onset_on=date(2026, 10, 20), reports=(said(MONDAY),))
    assert assess(known, COVID, MONDAY).line_list is LineList.REVIEW_REQUIRED
    extended = replace(known, extended_until=date(2026, 11, 20))
    assert assess(extended, COVID, MONDAY).line_list is LineList.REPORTING


def test_a_corrected_fever_does_not_hold_the_review_up():
    wrong = said(MONDAY, temperature_c=39.5, id="a")
    right = said(MONDAY + timedelta(minutes=5), temperature_c=36.5, id="b", corrects="a")
    known = facts(kind=Kind.INDEX, symptom_onset_on=date(2026, 10, 20), reports=(wrong,))
    assert assess(known, SHORT, MONDAY + timedelta(hours=1)).line_list is LineList.REPORTING
    known = replace(known, reports=(wrong, right))
    assert assess(known, SHORT, MONDAY + timedelta(hours=1)).line_list is LineList.REVIEW_REQUIRED


@pytest.mark.parametrize("code", sorted({code for code, _ in all_protocols()}))
@pytest.mark.parametrize("hours", [0, 30, 60 * 24])
def test_no_isolation_ends_by_rule(code, hours):
    """Source: Sara Alert closes by rule outside of isolation only; an officer reviews whether an isolation ends."""
    protocol = current_protocol(code)
    known = facts(kind=Kind.INDEX, first_positive_on=EXPOSED, last_exposure_on=None)
    last_day = period(known, protocol).ends_on
    known = replace(known, reports=(said(local(last_day, 18)),))
    found = assess(known, protocol, local(last_day + DAY) + timedelta(hours=hours))
    assert found.ending.action not in CLOSING_ACTIONS
    assert found.ending.action in TASK_OF_ENDING


def test_an_isolation_without_the_samples_that_its_protocol_wants_waits_for_an_officer():
    """Source: protocol ebola, `isolation_review`: two negative samples. Unasked, the person is silent, and it waits."""
    ebola, known = current_protocol("ebola"), facts(kind=Kind.INDEX, symptom_onset_on=EXPOSED)
    last_day = period(known, ebola).ends_on
    known = replace(known, reports=(said(local(last_day, 14)),))
    for hours, line_list in ((0, LineList.REPORTING), (20, LineList.NON_REPORTING)):
        found = assess(known, ebola, local(last_day + DAY) + timedelta(hours=hours))
        assert (found.line_list, found.ending) == (line_list, Ending(EndingAction.OFFICER_ISOLATION))
    ill = replace(known, reports=(said(local(last_day, 14), "fatigue"),))
    assert assess(ill, ebola, local(last_day + DAY)).ending.action is EndingAction.OFFICER_SYMPTOMATIC


@pytest.mark.parametrize(
    ("present", "hours", "action"),
    [
        ((), 0, EndingAction.OFFICER_ISOLATION),
        ((), 72, EndingAction.OFFICER_ISOLATION),
        (("fatigue",), 0, EndingAction.OFFICER_SYMPTOMATIC),
        (("fatigue",), 72, EndingAction.OFFICER_SYMPTOMATIC),
    ],
)
def test_an_isolation_to_be_reviewed_is_not_said_to_be_with_symptoms_when_there_are_none(present, hours, action):
    """Whoever is well, or was when we last heard, is waited for by an officer's review, and by no other task."""
    known = facts(kind=Kind.INDEX, symptom_onset_on=EXPOSED)
    last_day = period(known, COVID).ends_on
    known = replace(known, reports=(said(local(last_day, 14), *present),))
    found = assess(known, COVID, local(last_day + DAY, 0) + timedelta(hours=hours))
    assert (found.line_list, found.ending) == (LineList.REVIEW_REQUIRED, Ending(action))
