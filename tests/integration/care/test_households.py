"""One person answers for several: per person, on every channel, and never for anybody who was not named."""

from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from care import case_management, check_ins, household_answers, households, keeping_due, reachability
from care.assessment_models import CheckIn, HouseholdRound
from care.commands import CloseCase, RecordReport, SetPreferences
from care.course_commands import JoinHousehold
from care.models import Case
from care.vocabulary import CloseReason, LineList, ReportChannel, Reporter, Status
from config.database import db, transaction
from config.errors import InvalidTransition, RuleViolation
from notifications.models import Notification
from notifications.outcomes import Outcome
from notifications.preferences import address_index
from notifications.statuses import Channel, Meaning, Status as MessageStatus
from tests.factories.care import DAY, OFFICER, case_of_login, local, new_case, new_phone
from tests.integration.care.test_shared_phone import close, reply, reports
from tests.integration.care.test_staff_pages import csrf, text
from tests.integration.care.test_story import TODAY, again, bodies, link_in, messages, tick

ASK = "care.check_in_household"


@pytest.fixture
def officer(care, time, client, login):
    return login(client, "officer")


@pytest.fixture
def phone(care):
    return new_phone()


def made_with(phone: str, new: Callable[..., Case]) -> list[Case]:
    """Ilka, who answers, Jonte, who has no phone, and Karla, who has one of her own."""
    head = new(person={"phone": phone})
    child = {"given_name": "Jonte", "phone": None, "channel": "none", "birth_date": "2014-05-17"}
    jonte = new(person=child, household_of=head.reference)
    return [head, jonte, new(person={"given_name": "Karla"}, household_of=head.reference)]


@pytest.fixture
def family(time, phone) -> list[Case]:
    return made_with(phone, new_case)


@pytest.fixture
def seen_family(officer, phone) -> list[Case]:
    return made_with(phone, case_of_login)


def move(case: Case, head: str | None) -> Case:
    command = JoinHousehold(head=head)
    with transaction():
        households.move(command, case=households.locked_case(command, case.id), actor=OFFICER)
    return again(case)


def asked(case: Case) -> list[str]:
    return bodies(case, ASK)


def everything() -> list[str]:
    rows = db.session.scalars(select(Notification).where(Notification.template.startswith("care.check_in")))
    return [f"{row.about} {row.template}" for row in rows]


def test_one_message_asks_for_all_and_names_nobody(family, time):
    head, _jonte, _karla = family
    time.at = local(TODAY, 12)
    tick()
    tick()
    assert everything() == [f"{head.reference} {ASK}"]
    (text,) = asked(head)
    assert "1: I. S., 2: J. S., 3: K. S." in text and "1 NEIN, 2 JA" in text
    assert not any(name in text for name in ("Ilka", "Jonte", "Karla", "Sommerfeld"))
    assert len(db.session.scalars(select(CheckIn)).all()) == 3
    assert len(db.session.scalars(select(HouseholdRound)).all()) == 1
    time.at = local(TODAY + DAY, 12)
    tick()
    assert len(asked(head)) == 2


def test_by_sms_each_is_answered_for_by_number(family, time, phone):
    head, jonte, _karla = family
    time.at = local(TODAY, 12)
    tick()
    assert not reply(phone, "nein", time.at)  # of whom?
    assert [reports(case) for case in family] == [[], [], []]
    assert reply(phone, "1 nein, 2 ja Husten", time.at)
    assert [reports(case) for case in family] == [[([], None)], [(["cough"], None)], []]
    assert again(jonte).reports[0].by is Reporter.PROXY
    assert (again(head).line_list, again(jonte).line_list) == (LineList.ASYMPTOMATIC, LineList.SYMPTOMATIC)


def fields_of(page: BeautifulSoup, **answers: str) -> dict[str, str]:
    token = page.select_one("main input[name=csrf_token]")
    assert token
    return {"csrf_token": str(token["value"]), **answers}


def test_by_link_there_is_a_section_for_each(family, time, client):
    head, jonte, karla = family
    time.at = local(TODAY, 12)
    tick()
    link = f"/c/{link_in(asked(head)[0])}"
    page = BeautifulSoup(client.get(link).data, "html.parser")
    legends = [one.get_text(" ", strip=True) for one in page.select("legend") if "Person" in one.get_text()]
    assert [one.split(" · ")[1] for one in legends] == ["I. S., 42 Jahre", "J. S., 12 Jahre", "K. S., 42 Jahre"]
    assert "Jonte" not in page.get_text()
    nothing = client.post(link, data=fields_of(page))
    assert nothing.status_code == 422
    wrong = {f"{head.reference}-feeling": "no", f"{jonte.reference}-symptoms": "cough"}
    assert client.post(link, data=fields_of(page, **wrong)).status_code == 422
    assert [reports(case) for case in family] == [[], [], []]
    said = {
        f"{head.reference}-feeling": "no",
        f"{jonte.reference}-feeling": "yes",
        f"{jonte.reference}-symptoms": "cough",
    }
    assert client.post(link, data=fields_of(page, **said)).status_code == 303
    assert [reports(case) for case in family] == [[([], None)], [(["cough"], None)], []]
    page = BeautifulSoup(client.get(link).data, "html.parser")  # still open for Karla alone
    assert [karla.reference in one.get_text() for one in page.select("legend") if "Person" in one.get_text()] == [True]
    last = {f"{karla.reference}-feeling": "no", f"{jonte.reference}-feeling": "no"}
    assert client.post(link, data=fields_of(page, **last)).status_code == 303
    assert [len(again(case).reports) for case in family] == [1, 1, 1]  # Jonte had no section any more
    assert client.get(link).status_code == 404


def test_whoever_has_left_is_not_answered_for_by_an_old_link(family, time):
    head, _jonte, karla = family
    time.at = local(TODAY, 12)
    tick()
    token = link_in(asked(head)[0])
    move(karla, None)
    said = {case.reference: RecordReport(symptoms={}) for case in family}
    with transaction():
        assert household_answers.answer_link(said, token=token) is None
    assert [reports(case) for case in family] == [[], [], []]
    del said[karla.reference]
    with transaction():
        taken = household_answers.answer_link(said, token=token)
    assert taken is not None and [one.report.by for one in taken] == [Reporter.SELF, Reporter.PROXY]
    assert again(karla).next_check_in_at is not None and again(karla).head is None


def test_through_the_api_the_head_answers_for_members_and_nobody_else_does(family, time):
    head, jonte, karla = family
    stranger = new_case()

    def record(case: Case, **values: object) -> household_answers.Taken:
        with transaction():
            locked = case_management.locked_case(case.id)
            command = RecordReport.model_validate(values)
            return household_answers.record(command, case=locked, actor=OFFICER, channel=ReportChannel.API)

    for case, members in (
        (head, {stranger.reference: {"symptoms": {}}}),
        (jonte, {karla.reference: {"symptoms": {}}}),
        (head, {jonte.reference: {"symptoms": {}}, karla.reference: {}}),
        (head, {jonte.reference: {"temperature_c": 99}}),
        (head, {jonte.reference: {"members": {karla.reference: {"symptoms": {}}}}}),
    ):
        with pytest.raises(RuleViolation) as refused:
            record(case, symptoms={}, members=members)
        assert refused.value.errors[0].field.startswith("members.")
    assert [reports(case) for case in (*family, stranger)] == [[], [], [], []]
    taken = record(head, members={jonte.reference.lower(): {"symptoms": {"cough": True}}})
    assert (taken.own, list(taken.members), taken.any_new) == (None, [jonte.reference], True)
    assert [reports(case) for case in family] == [[], [(["cough"], None)], []]


def test_a_closed_head_is_still_asked_for_those_who_are_open(family, time, phone):
    head, jonte, karla = family
    close(head)
    time.at = local(TODAY, 12)
    tick()
    (text,) = asked(head)
    assert "2: J. S., 3: K. S." in text and "I. S." not in text
    assert reply(phone, "2 nein, 3 nein", time.at)
    assert [len(again(case).reports) for case in family] == [0, 1, 1]
    close(jonte)
    close(karla)
    time.at = local(TODAY + DAY, 12)
    tick()
    assert len(asked(head)) == 1


@pytest.mark.parametrize("reason", [CloseReason.DECEASED, CloseReason.NOT_REACHABLE])
def test_nobody_is_asked_through_somebody_who_cannot_answer(family, time, reason):
    head, jonte, karla = family
    with transaction():
        case_management.close(CloseCase(reason=reason), case=case_management.locked_case(head.id), actor=OFFICER)
    assert again(jonte).household_head_id is None or again(karla).household_head_id is None
    assert head.id not in (again(jonte).household_head_id, again(karla).household_head_id)
    time.at = local(TODAY, 12)
    tick()
    assert everything() and not [one for one in everything() if one.startswith(head.reference)]


def test_a_closed_head_is_kept_for_as_long_as_somebody_is_looked_after(family, time):
    head, jonte, karla = family
    close(head)
    time.at += 800 * DAY
    assert [one.id for one in keeping_due.symptoms(time.at, 28, None, 10).items] == []
    for case in (jonte, karla):
        close(case)
    assert [one.id for one in keeping_due.symptoms(time.at + 40 * DAY, 28, None, 10).items] == sorted(
        one.id for one in family
    )


def test_pausing_the_head_pauses_all_and_a_member_only_themselves(family, time):
    head, jonte, _karla = family

    def pause(case: Case, paused: bool) -> list[Status]:
        with transaction():
            case_management.set_preferences(
                SetPreferences(paused=paused), case=case_management.locked_case(case.id), actor=OFFICER
            )
        return [again(one).status for one in family]

    assert pause(head, True) == [Status.PAUSED] * 3
    time.at = local(TODAY, 12)
    tick()
    assert everything() == []
    assert pause(head, False) == [Status.MONITORING] * 3
    assert pause(jonte, True) == [Status.MONITORING, Status.PAUSED, Status.MONITORING]
    tick()
    assert "J. S." not in asked(head)[0]


def test_when_the_head_wants_no_messages_nobody_is_asked(family, time, phone):
    head = family[0]
    told = {"recipient_index": address_index(Channel.SMS, phone)}
    outcome = Outcome(head.reference, "invitation:1", Channel.SMS, MessageStatus.SUPPRESSED, Meaning.OPTED_OUT, **told)
    with transaction():
        reachability.delivery_outcome(outcome)
    tick()
    time.at = local(TODAY, 12)
    tick()
    assert everything() == []
    assert all("opted_out" in [one["code"] for one in again(case).findings or []] for case in family)
    back = Outcome(head.reference, "wish:2", Channel.SMS, MessageStatus.SENT, Meaning.OPTED_IN, **told)
    with transaction():
        reachability.delivery_outcome(back)
    tick()
    assert everything() == [f"{head.reference} {ASK}"]


def test_a_head_who_wants_no_messages_pauses_those_they_answer_for(family, time, phone):
    head, jonte, karla = family
    told = {"recipient_index": address_index(Channel.SMS, phone)}

    def wish(meaning: Meaning) -> list[LineList | None]:
        said = Outcome(head.reference, "wish:1", Channel.SMS, MessageStatus.SENT, meaning, **told)
        with transaction():
            reachability.delivery_outcome(said)
        tick()
        return [again(case).line_list for case in family]

    time.at = local(TODAY, 10) + 2 * DAY  # all of them are silent
    tick()
    assert again(jonte).line_list is LineList.NON_REPORTING
    assert wish(Meaning.OPTED_OUT) == [LineList.NON_REPORTING, LineList.PAUSED, LineList.PAUSED]
    assert again(jonte).because["rule"] == "head_opted_out"
    assert move(karla, None).line_list is LineList.NON_REPORTING  # nobody answers for them any more
    assert wish(Meaning.OPTED_IN) == [LineList.NON_REPORTING] * 3


def test_moving_leaving_and_changing_the_head(family, time, phone):
    head, jonte, karla = family
    assert move(head, None).head is None
    assert (again(karla).head, again(jonte).household_head_id) == (None, karla.id)  # who can be written to
    assert move(head, karla.reference).household_head_id == karla.id
    assert move(head, head.reference).head is None
    assert [again(case).household_head_id for case in (jonte, karla)] == [head.id, head.id]
    other = new_case()
    assert move(karla, other.reference).household_head_id == other.id
    assert move(jonte, head.reference).household_head_id == head.id  # as it was: nothing changes
    close(head)
    assert move(other, head.reference).household_head_id == head.id  # a closed one that still answers
    assert again(karla).head is None


@pytest.mark.parametrize("reference", ["AAAAAAAA", "member", "closed"])
def test_nobody_is_put_under_somebody_who_does_not_answer(family, time, reference):
    head, jonte, _karla = family
    case, closed = new_case(), new_case()
    close(closed)
    wanted = {"member": jonte.reference, "closed": closed.reference}.get(reference, reference)
    with pytest.raises(RuleViolation) as refused:
        move(case, wanted)
    assert refused.value.errors[0].field == "head"
    with pytest.raises(InvalidTransition):
        move(closed, head.reference)
    with pytest.raises(RuleViolation):
        new_case(household_of=wanted)


def test_only_the_head_is_left_and_is_asked_as_before(family, time):
    head, jonte, karla = family
    for case in (jonte, karla):
        close(case)
    time.at = local(TODAY, 12)
    tick()
    assert everything() == [f"{head.reference} care.check_in"]
    assert "care.check_in" in messages(head)


def test_an_answer_to_the_own_question_still_counts(family, time):
    """A member who is asked alone, because they have just left, is asked at their own address."""
    _head, _jonte, karla = family
    move(karla, None)
    time.at = local(TODAY, 12)
    tick()
    assert bodies(karla, "care.check_in")
    token = link_in(bodies(karla, "care.check_in")[0])
    with transaction():
        assert check_ins.answer_link(RecordReport(symptoms={}), token=token) is not None
    assert [len(again(case).reports) for case in family] == [0, 0, 1]


def test_staff_move_people_and_take_down_what_the_head_said(officer, seen_family, time):
    head, jonte, karla = seen_family
    page = officer.get(f"/care/cases/{jonte.reference}")
    assert head.reference in text(page) and karla.reference in text(page)
    report_page = officer.get(f"/care/cases/{head.reference}/household-report")
    for case in seen_family:  # initials are for links, which anybody may open: of twins they would say nothing
        assert f"{case.person.given_name} {case.person.family_name}" in text(report_page)
    said = {
        "csrf_token": csrf(report_page),
        f"{jonte.reference}-feeling": "yes",
        f"{jonte.reference}-symptoms": "cough",
    }
    taken = officer.post(f"/care/cases/{head.reference}/household-report", data=said)
    assert taken.status_code == 303, text(taken)
    (row,) = again(jonte).reports
    assert (row.by, row.channel) == (Reporter.STAFF, ReportChannel.PHONE)
    time.at += DAY
    on_paper = said | {"source": "paper", "reported_at": "2026-11-02T18:30"}
    assert officer.post(f"/care/cases/{head.reference}/household-report", data=on_paper).status_code == 303
    newest = max(again(jonte).reports, key=lambda one: one.recorded_at)
    assert (newest.channel, newest.reported_at) == (ReportChannel.PAPER, local(TODAY, 18, 30))
    other = case_of_login()
    wrong = {"csrf_token": csrf(page), "move-head": karla.reference}
    refused = officer.post(f"/care/cases/{other.reference}/household", data=wrong)
    assert refused.status_code == 422 and f"antwortet Fall {head.reference}" in text(refused)
    right = wrong | {"move-head": head.reference}
    assert officer.post(f"/care/cases/{other.reference}/household", data=right).status_code == 303
    assert again(other).household_head_id == head.id
    leave = officer.post(f"/care/cases/{other.reference}/household/leave", data={"csrf_token": csrf(page)})
    assert leave.status_code == 303 and again(other).household_head_id is None
