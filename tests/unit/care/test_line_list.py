"""The one rule function: tables first, then properties over everything that can happen."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from care.facts import CheckInFact, LabFact, ReportFact, ReviewFact
from care.isolation import EndingAction
from care.line_list import LISTS, assess
from care.protocol import protocol_for
from care.vocabulary import OPEN_STATUSES, Kind, LabKind, LabOutcome, LineList, OrderState, ReviewOutcome, Status
from tests.factories.care import BERLIN, COVID, MONDAY, facts, local, said

HOUR = timedelta(hours=1)


def listed(now, **values) -> str:
    return assess(facts(**values), COVID, now).line_list.value


@pytest.mark.parametrize(
    ("present", "values", "rule"),
    [
        (["cough"], {}, "symptomatic.symptom_group_1"),
        (["fever"], {}, "heard_from"),
        (["fever", "chills"], {}, "symptomatic.symptom_group_2"),
        (["chills"], {}, "heard_from"),
        (["headache", "chills"], {}, "symptomatic.symptom_group_2"),
        (["headache"], {}, "heard_from"),
        (["unspecified"], {}, "symptomatic.symptoms_not_specified"),
        ([], {"temperature_c": 37.9}, "heard_from"),
        ([], {"temperature_c": 38.0}, "symptomatic.measured_fever"),
        (["rash"], {}, "heard_from"),
    ],
)
def test_symptomatic(present, values, rule):
    """Source: protocol covid-19, `symptomatic` (Sara Alert's groups)."""
    report = said(MONDAY + HOUR, *present, **values)
    assert assess(facts(reports=(report,)), COVID, MONDAY + 2 * HOUR).because.rule == rule


def test_a_case_on_version_1_is_judged_by_version_1():
    """Source: protocol covid-19, version 1: fever suffices, felt or measured."""
    known = facts(reports=(said(MONDAY + HOUR, "fever"),))
    first = protocol_for("covid-19", 1)
    assert assess(known, first, MONDAY + 2 * HOUR).because.rule == "symptomatic.symptom_group_1"


def test_who_depends_on_somebody_that_wants_no_messages_is_paused():
    """Source: contract: a paused household comes before all lists; on its own an objection makes nobody paused."""
    silent = {"reports": (said(MONDAY, "cough"),), "opted_out_at": MONDAY}
    alone, member = facts(**silent), facts(**silent, head_opted_out_at=MONDAY)
    assert assess(alone, COVID, MONDAY + 30 * HOUR).line_list is LineList.SYMPTOMATIC
    found = assess(member, COVID, MONDAY + 30 * HOUR)
    assert (found.line_list, found.because.rule) == (LineList.PAUSED, "head_opted_out")


MINUTE, STEP = timedelta(minutes=1), datetime.resolution


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (24 * HOUR - MINUTE, "asymptomatic"),
        (24 * HOUR, "asymptomatic"),
        (24 * HOUR + STEP, "non_reporting"),
        (24 * HOUR + MINUTE, "non_reporting"),
    ],
)
@pytest.mark.parametrize(
    ("heard_at", "reports"),
    [
        (MONDAY, ()),
        (MONDAY + 5 * HOUR, (said(MONDAY + 5 * HOUR),)),
        (MONDAY - 2 * HOUR, (said(MONDAY - 2 * HOUR),)),  # dated back to before the enrolment: the report counts
    ],
)
def test_silence_is_older_than_24_hours(heard_at, reports, after, expected):
    """Source: Sara Alert: non-reporting is older than 24 hours, asymptomatic within; enrolment where never heard."""
    found = assess(facts(reports=reports), COVID, heard_at + after)
    assert found.line_list.value == expected
    if expected == "asymptomatic":
        assert found.reassess_at is not None and heard_at + after < found.reassess_at <= heard_at + 24 * HOUR + STEP
    infected = facts(kind=Kind.INDEX, symptom_onset_on=date(2026, 11, 1), reports=reports)
    listed_as = assess(infected, COVID, heard_at + after).line_list.value
    assert listed_as == expected.replace("asymptomatic", "reporting")


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (24 * HOUR - MINUTE, "heard_from"),
        (24 * HOUR, "heard_from"),
        (24 * HOUR + STEP, "review_required.recovered"),
        (24 * HOUR + MINUTE, "review_required.recovered"),
    ],
)
@pytest.mark.parametrize("said_then", [{"fever_reducer": True}, {"temperature_c": 38.0}])
def test_fever_of_exactly_24_hours_ago_is_of_the_last_24_hours(said_then, after, expected):
    """Source: Sara Alert: no fever nor fever reducer within 24 hours."""
    feverish = said(MONDAY + HOUR, **said_then)
    known = facts(
        kind=Kind.INDEX,
        symptom_onset_on=date(2026, 10, 20),
        reports=(feverish, said(MONDAY + 20 * HOUR, id="r2")),
    )
    found = assess(known, COVID, MONDAY + HOUR + after)
    assert found.because.rule == expected
    if expected == "heard_from":
        assert found.reassess_at is not None and found.reassess_at <= MONDAY + 25 * HOUR + STEP


def test_the_order_of_the_lists():
    """Source: contract: paused, under investigation, symptomatic, non-reporting, asymptomatic."""
    cough = {"reports": (said(MONDAY + HOUR, "cough"),)}
    late = MONDAY + 48 * HOUR
    assert listed(late, **cough) == "symptomatic"
    assert listed(late, **cough, public_health_action="testing") == "under_investigation"
    assert listed(late, **cough, public_health_action="testing", status=Status.PAUSED) == "paused"
    assert listed(late, **cough, status=Status.CLOSED) == "closed"


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([ReviewOutcome.CONFIRMED], "symptomatic"),
        ([ReviewOutcome.DISMISSED], "asymptomatic"),
        ([ReviewOutcome.CONFIRMED, ReviewOutcome.DISMISSED], "asymptomatic"),
    ],
)
def test_reviews(outcomes, expected):
    """Source: contract: a dismissed review clears a derived onset, a confirmed one keeps the case symptomatic."""
    reviews = tuple(ReviewFact(outcome, MONDAY + (2 + n) * HOUR) for n, outcome in enumerate(outcomes))
    assert listed(MONDAY + 9 * HOUR, reports=(said(MONDAY + HOUR, "cough"),), reviews=reviews) == expected


def test_a_dismissal_does_not_count_for_later_reports_nor_for_a_known_onset():
    review = ReviewFact(ReviewOutcome.DISMISSED, MONDAY + HOUR)
    later = said(MONDAY + 2 * HOUR, "cough")
    assert listed(MONDAY + 3 * HOUR, reports=(later,), reviews=(review,)) == "symptomatic"
    assert listed(MONDAY + 3 * HOUR, symptom_onset_on=date(2026, 11, 1), reviews=(review,)) == "symptomatic"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"first_positive_on": date(2026, 10, 28)}, "review_required.without_symptoms"),
        ({"first_positive_on": date(2026, 10, 29)}, "heard_from"),
        ({"symptom_onset_on": date(2026, 10, 28)}, "review_required.recovered"),
        ({"symptom_onset_on": date(2026, 10, 29)}, "heard_from"),
        ({"first_positive_on": date(2026, 10, 28), "extended_until": date(2026, 11, 2)}, "heard_from"),
        (
            {"first_positive_on": date(2026, 10, 28), "extended_until": date(2026, 11, 1)},
            "review_required.without_symptoms",
        ),
        ({"first_positive_on": date(2026, 10, 28), "reports": ()}, "heard_from"),
        (
            {"symptom_onset_on": date(2026, 10, 20), "reports": (said(MONDAY + HOUR, "fever"),)},
            "heard_from",
        ),
        (
            {"symptom_onset_on": date(2026, 10, 20), "reports": (said(MONDAY + HOUR, fever_reducer=True),)},
            "heard_from",
        ),
        (
            {
                "symptom_onset_on": date(2026, 10, 31),
                "labs": 2 * (LabFact(LabKind.PCR, LabOutcome.NEGATIVE, date(2026, 11, 1)),),
            },
            "review_required.negative_tests",
        ),
    ],
)
def test_isolation_review(values, expected):
    """Source: protocol covid-19, `isolation_review`."""
    known = {"kind": Kind.INDEX, "last_exposure_on": None, "reports": (said(MONDAY + HOUR),)} | values
    assert assess(facts(**known), COVID, MONDAY + 2 * HOUR).because.rule == expected


@pytest.mark.parametrize(
    ("report", "action"),
    [
        (said(local(date(2026, 11, 15), 14)), EndingAction.RELEASE),
        (said(local(date(2026, 11, 14), 23, 59)), EndingAction.OFFICER_SILENT),
        (said(local(date(2026, 11, 14), 0)), EndingAction.OFFICER_SILENT),
        (said(local(date(2026, 11, 15), 14), "cough"), EndingAction.OFFICER_SYMPTOMATIC),
        (None, EndingAction.OFFICER_SILENT),
    ],
)
def test_the_end(report, action):
    """Source: issue rule: last contact 1 November, 14 days, through 15 November 24:00; who answered is released."""
    known = facts(reports=(report,) if report else ())
    ends_at = local(date(2026, 11, 16))
    assert assess(known, COVID, ends_at).ending.action is action
    assert assess(known, COVID, ends_at - timedelta(seconds=1)).ending.action is EndingAction.NOT_YET


def test_nobody_is_released_while_the_exposure_goes_on():
    known = facts(continuous_exposure=True, reports=(said(local(date(2026, 12, 15), 14)),))
    found = assess(known, COVID, local(date(2026, 12, 16)))
    assert found.period.ends_on is None
    assert found.ending.action is EndingAction.NOT_YET


moments = st.integers(0, 21 * 24 * 60).map(lambda minutes: MONDAY + timedelta(minutes=minutes))
days = st.integers(-20, 20).map(lambda n: date(2026, 11, 2) + timedelta(days=n))
keys = st.sets(st.sampled_from(sorted(COVID.symptom_keys)), max_size=4).map(frozenset)


@st.composite
def reports(draw) -> ReportFact:
    at = draw(moments)
    temperature = draw(st.none() | st.sampled_from([36.5, 37.9, 38.0, 39.5]))
    return ReportFact("r", at, at, draw(keys), temperature, draw(st.booleans()))


@st.composite
def any_facts(draw):
    check_ins = [
        CheckInFact(day, "day", local(day, 12), local(day + timedelta(days=1), 12))
        for day in sorted(draw(st.sets(days, max_size=4)))
    ]
    return facts(
        kind=draw(st.sampled_from(Kind)),
        status=draw(st.sampled_from(sorted(OPEN_STATUSES))),
        zone=draw(st.sampled_from([BERLIN, ZoneInfo("Asia/Kathmandu"), ZoneInfo("America/St_Johns")])),
        last_exposure_on=draw(st.none() | days),
        symptom_onset_on=draw(st.none() | days),
        first_positive_on=draw(st.none() | days),
        entered_on=draw(st.none() | days),
        continuous_exposure=draw(st.booleans()),
        extended_until=draw(st.none() | days),
        public_health_action=draw(st.sampled_from(["none", "testing"])),
        contact_window=draw(st.sampled_from(["unset", "morning", "evening", "0", "23"])),
        reachable=draw(st.booleans()),
        missing_details=draw(st.sampled_from([(), ("phone",)])),
        order_state=draw(st.none() | st.sampled_from(OrderState)),
        order_ends_on=draw(st.none() | days),
        reports=tuple(sorted(draw(st.lists(reports(), max_size=4)), key=lambda one: one.reported_at)),
        reviews=tuple(
            ReviewFact(outcome, at)
            for at, outcome in sorted(draw(st.lists(st.tuples(moments, st.sampled_from(ReviewOutcome)), max_size=2)))
        ),
        check_ins=tuple(check_ins),
    )


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(known=any_facts(), now=moments)
def test_every_open_case_is_in_exactly_one_list_and_knows_why(known, now):
    found = assess(known, COVID, now)
    assert found.line_list in {line_list for line_list, _ in LISTS[known.kind]}
    assert found.line_list is not LineList.CLOSED
    applying = [name for name, rule in LISTS[known.kind] if rule(known, COVID, now)]
    assert applying[0] is found.line_list
    assert found.because.rule


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(known=any_facts(), now=moments, share=st.floats(0, 1, exclude_max=True))
def test_nothing_changes_before_reassess_at(known, now, share):
    found = assess(known, COVID, now)
    if found.reassess_at is None:
        later = now + timedelta(days=400)
    else:
        assert found.reassess_at > now
        later = min(now + (found.reassess_at - now) * share, found.reassess_at - timedelta(microseconds=1))
    assert assess(known, COVID, later) == found
