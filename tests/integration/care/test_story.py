"""From enrolment to release, with nothing mocked but the time."""

import io
from datetime import date, timedelta

import pytest
from pypdf import PdfReader
from sqlalchemy import func, select

from care import asking, case_management, check_ins, ending, orders, reachability, releases, representations
from care.assessment_models import CheckIn, SymptomReport
from care.commands import CloseCase, EnrolCase, OrderEvent, RecordReport, ReviewCase, SetPreferences
from care.known_cases import already_enrolled
from care.link_models import AccessLink
from care.models import Case, Document, OfficeTask
from care.reassessing import reassess_due
from care.vocabulary import CloseReason, LineList, OrderEventKind, ReportChannel, ReviewOutcome, Status, TaskKind
from config.database import db, transaction
from config.errors import InvalidTransition, RuleViolation
from config.ids import new_id
from notifications.inbound import InboundReply
from notifications.models import Notification
from notifications.outcomes import Outcome
from notifications.statuses import Channel, Meaning, Status as MessageStatus
from tests.factories.care import DAY, OFFICER, enrolment, local, new_case, new_phone, office, report

pytestmark = pytest.mark.one_database

TODAY = date(2026, 11, 2)


def tick() -> None:
    """Run care's jobs until there is nothing left to do."""
    while reassess_due() + asking.send_due() + releases.release_due():
        pass


def messages(case: Case) -> list[str]:
    rows = db.session.scalars(
        select(Notification).where(Notification.about == case.reference).order_by(Notification.id)
    )
    return [row.template for row in rows]


def bodies(case: Case, template: str) -> list[str]:
    statement = select(Notification).where(Notification.about == case.reference, Notification.template == template)
    return [row.body or "" for row in db.session.scalars(statement.order_by(Notification.id))]


def link_in(text: str) -> str:
    return text.split("/c/")[1].split()[0]


def again(case: Case) -> Case:
    return db.session.get_one(Case, case.id, populate_existing=True)


def open_tasks(case: Case) -> set[TaskKind]:
    found = select(OfficeTask.kind).where(OfficeTask.case_id == case.id, OfficeTask.done_at.is_(None))
    return set(db.session.scalars(found))


def test_enrolment_invites_and_lists(care, time):
    case = new_case()
    assert case.status is Status.INVITED
    assert case.line_list is LineList.ASYMPTOMATIC
    assert case.monitoring_ends_on == date(2026, 11, 15)
    assert case.reassess_at == local(TODAY, 17)  # if today's question has not gone out by then
    assert case.next_check_in_at == local(TODAY, 12)
    assert messages(case) == ["care.invitation"]
    assert case.person.given_name == "Ilka"


def test_a_check_in_is_made_once(care, time):
    case = new_case()
    tick()
    assert messages(case) == ["care.invitation"]
    time.at = local(TODAY, 12)
    tick()
    tick()
    assert messages(case) == ["care.invitation", "care.check_in"]
    assert db.session.scalar(select(func.count()).select_from(CheckIn)) == 1
    assert again(case).next_check_in_at == local(TODAY + DAY, 12)
    asked = [one for one in representations.timeline_json(again(case)) if one["kind"] == "asked"]
    assert [(one["occurred_at"], one["details"]) for one in asked] == [
        (local(TODAY, 12).isoformat(), {"on": TODAY.isoformat(), "slot": "day"})
    ]
    time.at = local(TODAY + DAY, 12, 5)
    tick()
    assert len(messages(case)) == 3


def test_the_text_names_nobody(care, time):
    case = new_case()
    time.at = local(TODAY, 12)
    tick()
    for text in bodies(case, "care.check_in") + bodies(case, "care.invitation"):
        assert "Sommerfeld" not in text
        assert "COVID" not in text
        assert "uarant" not in text
    assert "JA oder NEIN" in bodies(case, "care.check_in")[0]


def test_an_answer_by_link(care, time):
    case = new_case()
    time.at = local(TODAY, 12)
    tick()
    token = link_in(bodies(case, "care.check_in")[0])
    with transaction():
        recorded = check_ins.answer_link(RecordReport(symptoms={"cough": True}), token=token)
    assert recorded is not None and recorded.is_new
    case = again(case)
    assert case.line_list is LineList.SYMPTOMATIC
    assert case.status is Status.MONITORING
    assert case.because["rule"] == "symptomatic.symptom_group_1"
    assert open_tasks(case) == {TaskKind.SYMPTOMATIC}
    assert messages(case)[-1] == "care.symptomatic_notice"
    with transaction():
        assert check_ins.answer_link(RecordReport(symptoms={}), token=token) is None
    assert db.session.scalar(select(func.count()).select_from(SymptomReport)) == 1


def test_the_same_report_within_15_minutes_is_one(care, time):
    case = new_case()
    assert report(case, "headache").is_new
    time.at += timedelta(minutes=14)
    assert not report(case, "headache").is_new
    assert report(case, "headache", "cough").is_new
    time.at += timedelta(minutes=16)
    assert report(case, "headache", "cough").is_new


def test_a_dismissing_review_clears_and_keeps_the_report(care, time):
    case = new_case()
    report(case, "cough")
    time.at += timedelta(hours=1)
    with transaction():
        locked = case_management.locked_case(case.id)
        case_management.review(
            ReviewCase(outcome=ReviewOutcome.DISMISSED, note="Heuschnupfen"), case=locked, actor=OFFICER
        )
    case = again(case)
    assert case.line_list is LineList.ASYMPTOMATIC
    assert open_tasks(case) == set()
    assert case.reports[0].symptoms == {"cough": True}


def test_release_after_the_last_day(care, time):
    case = new_case()
    time.at = local(date(2026, 11, 15), 13)
    tick()
    report(case)
    tick()
    assert again(case).is_open
    time.at = local(date(2026, 11, 16), 0)
    tick()
    case = again(case)
    assert (case.status, case.close_reason) == (Status.COMPLETED, CloseReason.COMPLETED_MONITORING)
    assert case.line_list is LineList.CLOSED
    assert messages(case)[-1] == "care.released"
    tick()
    assert messages(case).count("care.released") == 1
    token = link_in(bodies(case, "care.released")[0])
    with transaction():
        opened = releases.open_paper(token, date(1984, 5, 17))
    assert opened.outcome is releases.Opening.OPENED
    assert opened.content.startswith(b"%PDF")
    assert db.session.scalar(select(func.count()).select_from(Document)) == 1


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (CloseReason.COMPLETED_MONITORING, 1),
        *((reason, 0) for reason in ending.CLOSING if reason not in ending.RELEASING),
    ],
)
def test_whom_an_officer_completes_gets_the_same_papers_once(care, time, reason, told):
    """Also somebody infected, whom no rule releases; for no other reason."""
    case = new_case(kind="index", last_exposure_on=None, symptom_onset_on="2026-11-01")
    time.at = local(date(2026, 11, 8), 6)
    with transaction():
        case_management.close(CloseCase(reason=reason), case=case_management.locked_case(case.id), actor=OFFICER)
    for _ in range(2):
        tick()
        case = again(case)
        assert (messages(case).count("care.released"), len(case.documents), case.close_reason) == (told, told, reason)
    if told:
        assert case.release_due_at is None
        assert "08.11.2026" in bodies(case, "care.released")[0]  # earlier than planned
        assert released_message(case).not_before == local(date(2026, 11, 8), 8)
        with transaction():
            opened = releases.open_paper(link_in(bodies(case, "care.released")[0]), date(1984, 5, 17))
        assert opened.outcome is releases.Opening.OPENED


def released_message(case: Case) -> Notification:
    told = select(Notification).where(Notification.about == case.reference, Notification.template == "care.released")
    return db.session.scalars(told).one()


def test_who_was_completed_by_mistake_and_taken_up_again_gets_no_papers(care, time):
    case = new_case()
    completed = CloseCase(reason=CloseReason.COMPLETED_MONITORING)
    with transaction():
        case_management.close(completed, case=case_management.locked_case(case.id), actor=OFFICER)
        case_management.reopen(case_management.locked_case(case.id), OFFICER)
    tick()
    case = again(case)
    assert case.is_open and not case.documents and "care.released" not in messages(case)


def test_what_is_added_to_a_completed_case_leaves_its_papers_due(care, time):
    case = new_case()
    order = OrderEvent(event=OrderEventKind.ISSUE_WRITTEN, legal_basis="§ 30 IfSG")
    with transaction():
        locked = case_management.locked_case(case.id)
        orders.apply(order, case=locked, actor=OFFICER)
        case_management.close(CloseCase(reason=CloseReason.COMPLETED_MONITORING), case=locked, actor=OFFICER)
        orders.apply(order.model_copy(update={"event": OrderEventKind.LIFT}), case=locked, actor=OFFICER)
    tick()
    assert messages(case).count("care.released") == 1


def test_a_step_of_the_order_after_the_end_sets_the_certificate_anew(care, time):
    """Behind the link that the person has; nobody is told again."""
    case = new_case()
    days = {"legal_basis": "§ 30 IfSG", "ends_on": date(2026, 11, 20)}
    step(case, OrderEvent(event=OrderEventKind.ISSUE_WRITTEN, starts_on=date(2026, 11, 2), **days))
    time.at = local(date(2026, 11, 15), 13)
    report(case)
    time.at = local(date(2026, 11, 16))
    tick()
    before = again(case).documents[0].content
    step(case, OrderEvent(event=OrderEventKind.LIFT, legal_basis="§ 30 IfSG"))
    tick()
    case = again(case)
    assert [paper.kind for paper in case.documents].count("certificate") == 1
    assert "bis zum 20. November" in words(before)
    assert "bis zum 16. November" in words(certificate_of(case))
    assert messages(case).count("care.released") == 1 and case.release_due_at is None
    assert db.session.scalar(select(func.count()).select_from(AccessLink)) == 1


def step(case: Case, event: OrderEvent) -> None:
    with transaction():
        orders.apply(event, case=case_management.locked_case(case.id), actor=OFFICER)


def certificate_of(case: Case) -> bytes:
    return next(paper.content for paper in case.documents if paper.kind == "certificate")


def words(paper: bytes) -> str:
    pages = PdfReader(io.BytesIO(paper)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_the_certificate_is_locked_after_five_wrong_dates(care, time):
    case = new_case()
    time.at = local(date(2026, 11, 15), 13)
    report(case)
    time.at = local(date(2026, 11, 16), 0)
    tick()
    token = link_in(bodies(case, "care.released")[0])
    outcomes = []
    for _ in range(6):
        with transaction():
            outcomes.append(releases.open_paper(token, date(1984, 5, 18)).outcome.value)
    assert outcomes == ["wrong"] * 4 + ["locked", "gone"]
    with transaction():
        assert releases.open_paper(token, date(1984, 5, 17)).outcome is releases.Opening.GONE
    assert open_tasks(case) == {TaskKind.LINK_LOCKED}
    assert db.session.scalars(select(AccessLink)).one().tries == 5


@pytest.mark.parametrize(("symptoms", "kind"), [(["cough"], "ending_symptomatic"), (None, "ending_silent")])
def test_symptomatic_and_silent_people_go_to_an_officer(care, time, symptoms, kind):
    case = new_case()
    if symptoms:
        time.at = local(date(2026, 11, 15), 13)
        report(case, *symptoms)
    time.at = local(date(2026, 11, 16), 0)
    tick()
    case = again(case)
    assert case.is_open
    assert TaskKind(kind) in open_tasks(case)
    assert "care.released" not in messages(case)


def test_a_period_that_is_over_is_completed_without_a_message(care, time):
    case = new_case(last_exposure_on="2026-10-18")
    assert (case.status, case.close_reason) == (Status.COMPLETED, CloseReason.ENROLLED_PAST_END)
    assert messages(case) == []
    assert new_case(last_exposure_on="2026-10-19").status is Status.INVITED


def test_importing_twice_makes_nothing_twice(care, time):
    command = EnrolCase.model_validate(enrolment(external_id="A-1"))
    office_id = office().id
    for created in (True, False):
        there = already_enrolled([command], office_id=office_id, source="own")
        assert [case_id is not None for case_id in there] == [not created]
        with transaction():
            enrolled = case_management.enrol(command, actor=OFFICER, office_id=office_id, source="own")
        assert enrolled.created is created
    assert db.session.scalar(select(func.count()).select_from(Case)) == 1


def test_dates_in_the_future_are_refused(care, time):
    with pytest.raises(RuleViolation) as refused:
        new_case(last_exposure_on="2026-11-03")
    assert refused.value.errors[0].field == "last_exposure_on"


def test_a_reply_by_sms(care, time):
    phone = new_phone()
    case = new_case(person={"phone": phone})
    time.at = local(TODAY, 12)
    tick()
    reply = InboundReply(new_id(), phone, "Nein, 36,8", time.at)
    with transaction():
        assert check_ins.reply_by_sms(reply)
    made = again(case).reports[0]
    assert made.channel is ReportChannel.SMS
    assert made.vitals["temperature_c"] == 36.8
    with transaction():
        assert not check_ins.reply_by_sms(InboundReply(new_id(), phone, "Wann kommt der Einkauf?", time.at))
        assert not check_ins.reply_by_sms(InboundReply(new_id(), new_phone(), "nein", time.at))


def test_a_shared_phone_answers_for_nobody(care, time):
    phone = new_phone()
    cases = [new_case(person={"phone": phone, "given_name": name}) for name in ("Ilka", "Jonte")]
    time.at = local(TODAY, 12)
    tick()
    with transaction():
        assert not check_ins.reply_by_sms(InboundReply(new_id(), phone, "nein", time.at))
    for number, case in enumerate(cases, 1):
        assert f"mit Ihrer Nummer {number} und JA oder NEIN" in bodies(case, "care.check_in")[0]


def test_pausing_stops_the_questions(care, time):
    case = new_case()
    for paused in (True, False):
        with transaction():
            case_management.set_preferences(
                SetPreferences(paused=paused), case=case_management.locked_case(case.id), actor=OFFICER
            )
        case = again(case)
        assert (case.line_list is LineList.PAUSED) is paused
        assert (case.next_check_in_at is None) is paused


def test_who_writes_start_after_stop_is_asked_again(care, time):
    case = new_case()
    for meaning, asked in ((Meaning.OPTED_OUT, False), (Meaning.OPTED_IN, True), (Meaning.OPTED_IN, True)):
        with transaction():
            told = Outcome(case.reference, "check-in:x", Channel.SMS, MessageStatus.SUPPRESSED, meaning)
            reachability.delivery_outcome(told)
        case = again(case)
        assert (case.next_check_in_at is not None) is asked
        assert ("opted_out" in {found["code"] for found in case.findings}) is not asked


def test_a_closed_case_takes_no_report(care, time):
    case = new_case()
    with transaction():
        case_management.close(
            CloseCase(reason=CloseReason.NOT_A_CASE), case=case_management.locked_case(case.id), actor=OFFICER
        )
    assert again(case).line_list is LineList.CLOSED
    with pytest.raises(InvalidTransition):
        report(case)
