"""What staff note of a case's course, and that two of them at one case lose nothing."""

import re

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from care import case_dates, conversation, course, course_representations, erasure, notes, queries, reachability
from care.course_commands import ChangeCourse, CorrectDates, RecordAttempt, SetDetails, WriteComment
from care.course_models import OF_CASE
from care.list_filters import ListCases
from care.models import Case
from care.vocabulary import AttemptMeans, AttemptOutcome, CloseReason, LineList, MonitoringPlan, RiskLevel, Status
from config.database import db, transaction
from config.errors import InvalidTransition, NotFound, RuleViolation
from config.ids import new_id
from notifications.outcomes import Outcome
from notifications.statuses import Channel, Meaning, Status as MessageStatus
from tests.factories.care import DAY, OFFICER, case_of_login, new_case, report
from tests.integration.care.test_conversion import do
from tests.integration.care.test_shared_phone import close
from tests.integration.care.test_staff_pages import case, csrf, officer, text  # noqa: F401 - fixtures
from tests.integration.care.test_story import TODAY, again

pytestmark = pytest.mark.one_database

ALL = ["case", "officer"]


def post(client, case, action, *, seen=None, **fields):  # noqa: F811
    page = client.get(f"/care/cases/{case.reference}")
    mark = seen if seen is not None else mark_of(page)
    return client.post(
        f"/care/cases/{case.reference}/{action}", data={"csrf_token": csrf(page), "seen": mark, **fields}
    )


def mark_of(page) -> str:
    found = re.search(r'name="seen" value="([^"]+)"', text(page))
    assert found
    return found[1]


@pytest.mark.parametrize(
    ("action", "fields", "shown"),
    [
        ("conversion", {"convert-to": "index", "convert-first_positive_on": "2026-11-02"}, "Infizierte Person"),
        ("vaccinations", {"vaccination-vaccine": "Comirnaty", "vaccination-dose": "2"}, "Comirnaty"),
        ("travel", {"travel-place": "Porto", "travel-from_on": "2026-10-20"}, "Porto"),
        (
            "exposures",
            {"exposure-until_on": "2026-11-01", "exposure-setting": "work", "exposure-place": "Kantine"},
            "Kantine",
        ),
        ("comments", {"comment-text": "Ruft abends zurück"}, "Ruft abends zurück"),
        ("contact-attempts", {"attempt-means": "phone", "attempt-outcome": "message_left"}, "Nachricht hinterlassen"),
        ("dates", {"dates-symptom_onset_on": "2026-10-31", "dates-last_exposure_on": "2026-11-01"}, "31.10.2026"),
        ("dates", {"dates-reported_on": "2026-10-30"}, "30.10.2026"),
        ("details", {"details-risk_level": "high", "details-follow_up_on": "2026-11-04"}, "hohes Risiko"),
        ("status", {"course-action": "hospitalise"}, "im Krankenhaus"),
        (
            "lab-results",
            {"lab-kind": "pcr", "lab-result": "positive", "lab-sampled_on": "2026-11-02"},
            "Eine Probe vom",
        ),
    ],
)
def test_what_is_noted_on_the_page_is_shown_there(officer, case, action, fields, shown):  # noqa: F811
    assert post(officer, case, action, **fields).status_code == 303
    page = text(officer.get(f"/care/cases/{case.reference}"))
    assert shown in page


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("conversion", {"convert-to": "index"}),
        ("vaccinations", {"vaccination-vaccine": "X", "vaccination-given_on": "2026-11-03"}),
        ("travel", {"travel-place": "Porto", "travel-from_on": "2026-10-20", "travel-until_on": "2026-10-19"}),
        ("exposures", {"exposure-until_on": "2026-11-03", "exposure-place": "Kantine"}),
        ("exposures", {"exposure-until_on": "2026-11-01", "exposure-source_case": "ABCD2345"}),
        ("exposures", {"exposure-from_on": "2026-11-01", "exposure-until_on": "2026-10-31"}),
        ("comments", {"comment-text": ""}),
        (
            "contact-attempts",
            {"attempt-means": "phone", "attempt-outcome": "reached", "attempt-attempted_at": "2026-11-03T09:00"},
        ),
        ("dates", {"dates-symptom_onset_on": "2026-11-03"}),
        ("details", {"details-assigned_to": "somebody", "details-follow_up_note": "Rückfrage"}),
        ("status", {"course-action": "lose", "course-on": "2026-11-03"}),
    ],
)
def test_what_cannot_be_comes_back_with_what_was_typed(officer, case, action, fields):  # noqa: F811
    refused = post(officer, case, action, **fields)
    assert refused.status_code == 422
    for value in set(fields.values()) - {"somebody"}:  # who is no choice is not shown as one
        assert value in text(refused)


def test_a_form_older_than_the_case_decides_nothing_and_is_kept(officer, case):  # noqa: F811
    old = mark_of(officer.get(f"/care/cases/{case.reference}"))
    report(case, "cough")
    refused = post(officer, case, "close", seen=old, **{"close-reason": "not_a_case", "close-note": "War nur Besuch"})
    page = BeautifulSoup(refused.data, "html.parser")
    assert refused.status_code == 409
    assert again(case).is_open
    assert page.select_one("#close-note").get_text(strip=True) == "War nur Besuch"
    news = page.select_one("#news").get_text(" ", strip=True) if page.select_one("#news") else page.get_text(" ")
    assert "Meldung eingegangen" in news and "In den Fall aufgenommen" not in news
    assert post(officer, case, "close", seen=mark_of(refused), **{"close-reason": "not_a_case"}).status_code == 303
    assert not again(case).is_open


def test_adding_is_never_in_the_way(officer, case):  # noqa: F811
    old = mark_of(officer.get(f"/care/cases/{case.reference}"))
    report(case, "cough")
    for action, fields in (
        ("comments", {"comment-text": "Rückruf"}),
        ("contact-attempts", {"attempt-means": "phone", "attempt-outcome": "reached"}),
    ):
        data = {"csrf_token": csrf(officer.get(f"/care/cases/{case.reference}")), **fields}
        assert officer.post(f"/care/cases/{case.reference}/{action}", data=data).status_code == 303
    assert post(officer, case, "reviews", seen=old, **{"review-outcome": "confirmed"}).status_code == 409


def test_an_edited_comment_keeps_its_older_text(care, time):
    case = new_case()  # noqa: F811
    first = do(notes.write, WriteComment(text="Ruft zurück"), case)
    edit = WriteComment(text="Ruft morgen zurück", edits=first.thread_id, version=1)
    do(notes.write, edit, case)
    with pytest.raises(RuleViolation):
        do(notes.write, edit, case)
    with pytest.raises(NotFound):
        do(notes.write, WriteComment(text="x", edits=new_id(), version=1), case)
    (shown,) = conversation.page(OFFICER, again(case), conversation.Talk.NOTES).lines
    assert (shown.text, [words for _, words in shown.older]) == ("Ruft morgen zurück", ["Ruft zurück"])


def test_an_officers_onset_counts_and_cleared_the_reports_decide(care, time):
    case = new_case()  # noqa: F811
    do(case_dates.correct, CorrectDates.model_validate({"symptom_onset_on": "2026-10-30"}), case)
    assert again(case).because["inputs"]["onset_on"] == "2026-10-30"
    do(case_dates.correct, CorrectDates.model_validate({"symptom_onset_on": None, "note": "Irrtum"}), case)
    case = again(case)
    assert case.line_list is LineList.ASYMPTOMATIC
    corrected = [event.details["changes"] for event in case.events if event.kind == "dates_corrected"]
    assert corrected == [{"symptom_onset_on": [None, "2026-10-30"]}, {"symptom_onset_on": ["2026-10-30", None]}]
    assert do(case_dates.correct, CorrectDates.model_validate({"symptom_onset_on": None}), case) is None
    do(case_dates.correct, CorrectDates.model_validate({"last_exposure_on": "2026-10-28"}), case)
    assert str(again(case).monitoring_ends_on) == "2026-11-11"


@pytest.mark.parametrize(
    ("moves", "status", "reason", "line_list"),
    [
        (["hospitalise"], Status.HOSPITALISED, None, LineList.PAUSED),
        (["hospitalise", "discharge"], Status.MONITORING, None, LineList.ASYMPTOMATIC),
        (["hospitalise", "die"], Status.DECEASED, CloseReason.DECEASED, LineList.CLOSED),
        (["lose"], Status.LOST, CloseReason.NOT_REACHABLE, LineList.CLOSED),
        (["lose", "reopen"], Status.MONITORING, None, LineList.ASYMPTOMATIC),
    ],
)
def test_hospital_death_loss_and_return(care, time, moves, status, reason, line_list):
    case = new_case()  # noqa: F811
    for move in moves:
        do(course.change, ChangeCourse(action=move, on=TODAY), case)
    case = again(case)
    assert (case.status, case.close_reason, case.line_list) == (status, reason, line_list)


def test_what_the_table_does_not_allow_is_refused(care, time):
    case = new_case()  # noqa: F811
    for move in ("discharge", "reopen"):
        with pytest.raises(InvalidTransition):
            do(course.change, ChangeCourse(action=move), case)
    do(course.change, ChangeCourse(action="die"), case)
    with pytest.raises(InvalidTransition):
        do(course.change, ChangeCourse(action="reopen"), case)


def test_details_are_set_and_taken_away(care, time):
    case = new_case()  # noqa: F811
    values = {
        "assigned_to": "me",
        "risk_level": "low",
        "monitoring_plan": "self_observation",
        "follow_up_on": "2026-11-09",
    }
    do(course.set_details, SetDetails.model_validate(values | {"follow_up_note": "Befund"}), case)
    case = again(case)
    assert (case.assigned_to, case.risk_level, case.monitoring_plan) == (
        OFFICER.id, RiskLevel.LOW, MonitoringPlan.SELF_OBSERVATION,
    )  # fmt: skip
    assert course.colleagues(case.office_id) == [(OFFICER.id, OFFICER.name)]
    do(course.set_details, SetDetails.model_validate({"assigned_to": None, "follow_up_on": None}), case)
    case = again(case)
    assert (case.assigned_to, case.follow_up_on, case.follow_up_note, case.risk_level) == (
        None,
        None,
        None,
        RiskLevel.LOW,
    )


def test_messages_that_do_not_arrive_are_attempts(care, time):
    case = new_case()  # noqa: F811
    for status in (MessageStatus.UNDELIVERED, MessageStatus.UNDELIVERED, MessageStatus.DELIVERED):
        key = "check-in:2" if status is MessageStatus.DELIVERED else "check-in:1"
        outcome = Outcome(case.reference, key, Channel.SMS, status, Meaning.NONE)
        with transaction():
            reachability.delivery_outcome(outcome)
    do(notes.record_attempt, RecordAttempt(means="visit", outcome="refused", note="Tür zu"), case)
    shown = course_representations.course_json(again(case))["contact_attempts"]
    assert [(one["means"], one["outcome"], one["automatic"]) for one in shown] == [
        (AttemptMeans.SMS, AttemptOutcome.NOT_REACHED, True),
        (AttemptMeans.SMS, AttemptOutcome.REACHED, True),
        (AttemptMeans.VISIT, AttemptOutcome.REFUSED, False),
    ]


def test_all_of_it_goes_with_the_health_data(officer, case):  # noqa: F811
    for action, fields in (
        ("conversion", {"convert-to": "index", "convert-first_positive_on": "2026-11-02"}),
        ("vaccinations", {"vaccination-vaccine": "Comirnaty"}),
        ("travel", {"travel-place": "Porto"}),
        ("exposures", {"exposure-until_on": "2026-11-01"}),
        ("comments", {"comment-text": "Ruft zurück"}),
        ("contact-attempts", {"attempt-means": "phone", "attempt-outcome": "reached"}),
        ("details", {"details-risk_level": "high"}),
    ):
        assert post(officer, case, action, **fields).status_code == 303
    db.session.rollback()
    assert all(db.session.scalars(select(model)).all() for model in OF_CASE)
    close(case)
    with transaction():
        erasure.erase_health([case.id])
    assert [len(db.session.scalars(select(model)).all()) for model in OF_CASE] == [0] * len(OF_CASE)
    assert again(case).risk_level is None
    with pytest.raises(RuleViolation):
        do(notes.write, WriteComment(text="noch etwas"), case)


def test_the_day_of_an_attempt_can_be_earlier_but_not_too_early(care, time):
    case = new_case()  # noqa: F811
    do(notes.record_attempt, RecordAttempt(means="phone", outcome="reached", attempted_at=time.at - DAY), case)
    with pytest.raises(RuleViolation):
        do(notes.record_attempt, RecordAttempt(means="phone", outcome="reached", attempted_at=time.at - 61 * DAY), case)
    assert isinstance(again(case), Case)


def correct(case: Case, report_id: object, *present: str, **values: object):  # noqa: F811
    return report(case, *present, corrects=report_id, **values)


def test_a_correction_replaces_and_keeps(care, time):
    case = new_case()  # noqa: F811
    first = report(case, "cough").report
    assert again(case).line_list is LineList.SYMPTOMATIC
    time.at += DAY / 24
    second = correct(case, first.id).report
    case = again(case)
    assert (case.line_list, len(case.reports)) == (LineList.ASYMPTOMATIC, 2)
    assert (second.replaces_id, second.reported_at, first.symptoms) == (first.id, first.reported_at, {"cough": True})
    assert [event.kind for event in case.events].count("report_corrected") == 1
    earlier = time.at - DAY / 2
    third = correct(case, second.id, "cough", reported_at=earlier).report
    assert again(case).because["inputs"]["reported_at"] == earlier.isoformat()
    assert again(case).last_report_at == earlier
    assert third.replaces_id == second.id


def test_what_cannot_be_corrected(care, time):
    case, other = new_case(), new_case()  # noqa: F811
    first, foreign = report(case, "cough").report, report(other, "cough").report
    correct(case, first.id)
    for wrong in (first.id, foreign.id, new_id()):
        with pytest.raises(RuleViolation) as refused:
            correct(case, wrong)
        assert refused.value.errors[0].field == "corrects"
    late = report(case, "headache").report
    time.at += 15 * DAY
    with pytest.raises(RuleViolation):
        correct(case, late.id)
    assert len(again(case).reports) == 3


def test_a_report_is_corrected_on_the_page(officer, case):  # noqa: F811
    wrong = report(case, "cough").report
    fields = {"report-feeling": "no", "report-corrects": str(wrong.id)}
    assert post(officer, case, "reports", **fields).status_code == 303
    page = text(officer.get(f"/care/cases/{case.reference}"))
    assert "inzwischen berichtigt" in page and again(case).line_list is LineList.ASYMPTOMATIC
    assert post(officer, case, "reports", **fields).status_code == 422


def test_lists_can_be_narrowed_to_ones_own_work(officer, case):  # noqa: F811
    other = case_of_login()
    details = {"details-assigned_to": assignee(officer, case), "details-risk_level": "high"}
    details |= {"details-follow_up_on": "2026-11-02"}
    assert post(officer, case, "details", **details).status_code == 303
    for filters in ("assigned_to=me", "risk_level=high", "follow_up=due", "assigned_to=me&follow_up=due"):
        page = text(officer.get(f"/care/cases/?{filters}"))
        assert case.reference in page and other.reference not in page
    assert case.reference not in text(officer.get("/care/cases/?risk_level=low"))


def assignee(client, case) -> str:  # noqa: F811
    page = BeautifulSoup(client.get(f"/care/cases/{case.reference}").data, "html.parser")
    return str(page.select("#details-assigned_to option")[1]["value"])


def test_what_is_to_be_looked_at_comes_by_day_and_in_pages(care, time):
    days = ["2026-11-01", "2026-10-30", "2026-11-02", "2026-11-03"]
    cases = [new_case() for _ in days]
    for one, day in zip(cases, days, strict=True):
        do(course.set_details, SetDetails.model_validate({"follow_up_on": day}), one)
    found, after = [], None
    while True:
        page = queries.list_cases(OFFICER, ListCases(follow_up="due", limit=1, after=after))
        found += [one.reference for one in page.items]
        after = page.next
        if after is None:
            break
    assert found == [cases[place].reference for place in (1, 0, 2)]
