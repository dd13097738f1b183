"""What the office does among itself: assigning, handing on, four eyes, taking up anew, duplicates, notes."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from auth.models import AuditEvent, Department
from auth.roles import Role
from config import clock, scopes
from config.announcement import Way
from config.database import db, transaction
from config.errors import Conflict, Forbidden, InvalidTransition, NotFound, RuleViolation
from config.settings import current_settings
from notifications.models import Notification
from services import (
    announcements,
    cover_letters,
    keeping,
    notes,
    places,
    queries,
    representations,
    work_list,
    work_pages,
)
from services.commands import WriteNote
from services.lifecycle import Action, RequestStatus
from services.work_filters import View, of_view
from services.work_models import DecisionState
from tests.factories import people, services as given

pytestmark = pytest.mark.usefixtures("database")
TODAY = date(2026, 11, 26)


@pytest.fixture
def departments(database: object) -> None:
    with transaction():
        db.session.add(Department(code=given.DEPARTMENT, name="Bürgerservice"))
        db.session.add(Department(code="tiefbau", name="Tiefbau", email="tiefbau@okerfeld.example"))


@pytest.mark.usefixtures("departments")
def test_work_is_given_to_somebody_of_the_department_only() -> None:
    claim = f"caseworker:{given.DEPARTMENT}"
    first = given.caseworker(name="Ada Amsel", user_id=people.somebody("Ada Amsel", (claim,)).id)
    second = given.caseworker(name="Bo Buche", user_id=people.somebody("Bo Buche").id)
    people.grant("Bo Buche", Role.CASEWORKER, given.DEPARTMENT)
    stranger = given.caseworker("tiefbau", user_id=people.somebody("Cleo Crapp", ("caseworker:tiefbau",)).id)
    assert [name for _, name in work_pages.people_of(first)] == ["Bo Buche"]
    reference = given.submitted(given.resident()).reference
    given.acted(reference, Action.ASSIGN, first, to=str(second.user_id))
    assert queries.get(first, reference).assignee_name == "Bo Buche"
    given.acted(reference, Action.ASSIGN, first, to="me")
    assert queries.get(first, reference).assignee_id == first.user_id
    for nobody_here in (str(stranger.user_id), "nonsense", ""):
        with pytest.raises(RuleViolation):
            given.acted(reference, Action.ASSIGN, first, to=nobody_here)
    given.acted(reference, Action.ASSIGN, first, to="nobody")
    assert queries.get(first, reference).assignee_id is None


@pytest.mark.usefixtures("departments")
def test_another_department_takes_over_with_its_own_key() -> None:
    here, there = given.caseworker(), given.caseworker("tiefbau")
    resident = given.resident()
    reference = given.submitted(resident).reference
    given.acted(reference, Action.TAKE, here)
    before = queries.get(here, reference).wrapped_key
    with pytest.raises(RuleViolation):
        given.acted(reference, Action.HAND_ON, here, "", to="tiefbau")
    for wrong in ("nowhere", given.DEPARTMENT):
        with pytest.raises(RuleViolation):
            given.acted(reference, Action.HAND_ON, here, "Es geht um die Straße.", to=wrong)
    with scopes.within(here.scope):
        given.acted(reference, Action.HAND_ON, here, "Es geht um die Straße.", to="tiefbau")
    with pytest.raises(NotFound):
        queries.get(here, reference)
    found = queries.get(there, reference)
    assert (found.status, found.assignee_id) == (RequestStatus.SUBMITTED, None)
    assert found.wrapped_key != before
    assert (found.answers or {})["family_name"] == "Ackerknecht"
    assert found.postal_mark == places.postal_mark("tiefbau", "38999")
    told = representations.as_json(found, there, "de")
    assert told["events"][-1]["message"] == "Es geht um die Straße."
    shown = representations.as_json(queries.get(resident, reference), resident, "de")
    assert [event["action"] for event in shown["events"]] == ["submit", "take"]
    owners = set(db.session.scalars(select(Notification.owner).where(Notification.about == reference)))
    assert owners == {"department:tiefbau"}
    chains = db.session.execute(select(AuditEvent.action, AuditEvent.chain).where(AuditEvent.action != "request.take"))
    kept = {row[0]: row[1] for row in chains}
    assert kept["request.hand_on"] != kept["request.taken_over"]


def test_four_eyes_are_two_people() -> None:
    with given.defined(four_eyes=True):
        one, two, resident = given.caseworker(name="Ada"), given.caseworker(name="Bo"), given.resident()
        reference = given.submitted(resident).reference
        given.acted(reference, Action.TAKE, one)
        with pytest.raises(InvalidTransition):
            given.acted(reference, Action.APPROVE, one)
        given.acted(reference, Action.PROPOSE_REJECT, one, "Die Zone passt nicht.")
        with pytest.raises(Forbidden, match="Somebody else"):
            given.acted(reference, Action.REJECT, one)
        with pytest.raises(InvalidTransition):
            given.acted(reference, Action.APPROVE, two)
        given.acted(reference, Action.SEND_BACK, two, "Bitte noch einmal prüfen.")
        assert queries.get(two, reference).proposed_by is None
        given.acted(reference, Action.PROPOSE_APPROVE, one, "Doch in Ordnung.", way=Way.POST)
        assert not queries.get(two, reference).attachments[1:]
        given.acted(reference, Action.APPROVE, two)
        request = queries.get(resident, reference)
    assert request.status is RequestStatus.APPROVED
    assert request.events[-1].message == "Doch in Ordnung."
    decision = announcements.decisions_of(request)[-1]
    assert (decision.proposed_by, decision.decided_by, decision.way) == (one.id, two.id, Way.POST)
    states = [one.state for one in announcements.decisions_of(request)]
    assert states == [DecisionState.SENT_BACK, DecisionState.ISSUED]
    seen = [event["action"] for event in representations.as_json(request, resident, "de")["events"]]
    assert seen == ["submit", "take", "approve"]


def test_a_question_ends_a_proposal() -> None:
    with given.defined(four_eyes=True):
        one = given.caseworker()
        reference = given.submitted(given.resident()).reference
        given.acted(reference, Action.TAKE, one)
        given.acted(reference, Action.PROPOSE_APPROVE, one)
        given.acted(reference, Action.ASK, one, "Seit wann?")
        assert queries.get(one, reference).proposed_by is None


def test_a_decision_counts_from_the_day_after_it_was_fetched() -> None:
    resident, caseworker = given.resident(), given.caseworker()
    with clock.frozen(datetime(2026, 11, 2, 9, 0, tzinfo=UTC)):
        reference = given.submitted(resident).reference
        given.acted(reference, Action.TAKE, caseworker)
        given.acted(reference, Action.APPROVE, caseworker)
    request = queries.get(resident, reference)
    paper = next(one for one in request.attachments if one.kind == "decision")
    [decision] = announcements.decisions_of(request)
    assert (decision.way, decision.announced_on) == (Way.PORTAL, None)
    with clock.frozen(datetime(2026, 11, 5, 20, 0, tzinfo=UTC)):
        for _ in range(2):
            with transaction():
                announcements.fetched(paper)
    [decision] = announcements.decisions_of(request)
    assert (decision.given_on, decision.announced_on) == (date(2026, 11, 5), date(2026, 11, 6))
    assert decision.remedy_until == date(2026, 12, 7)  # the sixth is a Sunday


def test_what_nobody_fetched_goes_to_the_post_and_what_came_back_goes_anew() -> None:
    resident, caseworker = given.resident(), given.caseworker()
    with clock.frozen(datetime(2026, 11, 2, 9, 0, tzinfo=UTC)):
        reference = given.submitted(resident).reference
        given.acted(reference, Action.TAKE, caseworker)
        given.acted(reference, Action.APPROVE, caseworker)
        assert not announcements.not_announced(caseworker)
    with clock.frozen(datetime(2026, 11, 14, 9, 0, tzinfo=UTC)):
        paper = next(one for one in queries.get(resident, reference).attachments if one.kind == "decision")
        with pytest.raises(NotFound), transaction():
            announcements.fetched(paper)
        [late] = announcements.not_announced(caseworker)
        with transaction():
            cover_letters.give_anew(caseworker, late.id, None)
        [letter] = announcements.to_post(caseworker)
        with transaction():
            assert announcements.posted(caseworker, [letter.id], date(2026, 11, 14)) == 1
            assert announcements.posted(caseworker, [letter.id], date(2026, 11, 14)) == 0
        assert announcements.one_of(caseworker, letter.id).announced_on == date(2026, 11, 18)
        with transaction():
            announcements.came_back(caseworker, letter.id)
        assert announcements.one_of(caseworker, letter.id).announced_on is None
        assert [one.id for one in announcements.not_announced(caseworker)] == [letter.id]
        with pytest.raises(NotFound):
            announcements.one_of(given.caseworker("tiefbau"), letter.id)
    with clock.frozen(datetime(2026, 11, 30, 9, 0, tzinfo=UTC)), transaction():
        announcements.arrived(caseworker, letter.id, date(2026, 11, 25))
    assert announcements.one_of(caseworker, letter.id).announced_on == date(2026, 11, 25)


def test_a_letter_is_posted_after_its_decision_and_noted_by_others() -> None:
    caseworker = given.caseworker()
    with clock.frozen(datetime(2026, 11, 12, 9, 0, tzinfo=UTC)):
        reference = given.submitted(given.resident()).reference
        given.acted(reference, Action.TAKE, caseworker)
        given.acted(reference, Action.APPROVE, caseworker, way=Way.POST)
        [letter] = announcements.to_post(caseworker)
        for act in (
            lambda: announcements.posted(caseworker, [letter.id], date(2026, 11, 11)),
            lambda: announcements.came_back(caseworker, letter.id),
            lambda: announcements.arrived(caseworker, letter.id, date(2026, 11, 12)),
        ):
            with pytest.raises(RuleViolation), transaction():
                act()
        applicant = replace(caseworker, user_id=queries.get(caseworker, reference).applicant_id)
        with pytest.raises(Forbidden), transaction():
            announcements.posted(applicant, [letter.id], date(2026, 11, 12))
        with transaction():
            assert announcements.posted(caseworker, [letter.id], date(2026, 11, 12)) == 1
        with pytest.raises(Forbidden), transaction():
            announcements.arrived(applicant, letter.id, date(2026, 11, 12))


def test_the_copy_of_ones_data_leaves_an_unfetched_decision_in_the_portal() -> None:
    resident, caseworker = given.resident(), given.caseworker()
    reference = given.submitted(resident).reference
    given.acted(reference, Action.TAKE, caseworker)
    given.acted(reference, Action.APPROVE, caseworker)
    request = queries.get(resident, reference)
    paper = next(one for one in request.attachments if one.kind == "decision")

    def copy() -> dict[str, bytes]:
        return dict(keeping.files_of_request(request.id, to_applicant=True))

    assert not [name for name in copy() if "bescheid" in name.casefold()]
    named = json.loads(copy()["request.json"])["request"]["attachments"]
    assert [one["waits_at"] for one in named if one["id"] == str(paper.id)] == [
        current_settings().public_url(f"/requests/{reference}")
    ]
    before = len(copy())
    with transaction():
        announcements.fetched(paper)
    assert len(copy()) == before + 1


def test_a_decision_taken_anew_supersedes_the_old_one_whose_paper_stays() -> None:
    import io

    import pypdf

    resident, caseworker = given.resident(), given.caseworker()
    with clock.frozen(datetime(2026, 11, 2, 9, 0, tzinfo=UTC)):
        reference = given.submitted(resident).reference
        given.acted(reference, Action.TAKE, caseworker)
        given.acted(reference, Action.REJECT, caseworker, "Nein.")
    with clock.frozen(datetime(2026, 11, 20, 9, 0, tzinfo=UTC)):
        with pytest.raises(RuleViolation):
            given.acted(reference, Action.REOPEN, caseworker)
        given.acted(reference, Action.REOPEN, caseworker, "Neue Unterlagen.")
        request = queries.get(caseworker, reference)
        assert (request.status, request.decided_at) == (RequestStatus.IN_REVIEW, None)
        assert request.due_on == date(2026, 12, 11)
        given.acted(reference, Action.APPROVE, caseworker)
    request = queries.get(resident, reference)
    states = [one.state for one in announcements.decisions_of(request)]
    assert states == [DecisionState.SUPERSEDED, DecisionState.ISSUED]
    papers = [one for one in request.attachments if one.kind == "decision"]
    assert len(papers) == 2
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(papers[1].content.data or b"")).pages)
    assert "ersetzt den Bescheid vom 2. November 2026" in " ".join(text.split())


def test_without_a_paper_the_message_is_the_answer() -> None:
    resident, caseworker = given.resident(), given.caseworker()
    content = {"decision": None}
    with given.defined(**content):
        reference = given.submitted(resident).reference
        given.acted(reference, Action.TAKE, caseworker)
        with pytest.raises(RuleViolation):
            given.acted(reference, Action.APPROVE, caseworker)
        given.acted(reference, Action.APPROVE, caseworker, "Das ist erledigt.")
    request = queries.get(resident, reference)
    assert [one.kind.value for one in request.attachments] == ["upload"]
    assert request.events[-1].message == "Das ist erledigt."
    assert "services.answer_given" in set(db.session.scalars(select(Notification.template)))


def test_a_duplicate_is_answered_with_its_original_and_told_nothing_of_it() -> None:
    caseworker, first, second = given.caseworker(), given.resident(), given.resident()
    report: dict[str, None] = {"decision": None}
    with given.defined(**report):
        original, repeated = given.submitted(first).reference, given.submitted(second).reference
        late = given.submitted(second).reference
        for wrong in (repeated, "AAAAAAAA"):
            with pytest.raises(RuleViolation):
                given.acted(repeated, Action.MARK_DUPLICATE, caseworker, to=wrong)
        given.acted(repeated, Action.MARK_DUPLICATE, caseworker, to=original)
        assert queries.get(caseworker, repeated).duplicate_of_id == queries.get(caseworker, original).id
        given.acted(original, Action.TAKE, caseworker)
        with scopes.within(caseworker.scope):
            given.acted(original, Action.REJECT, caseworker, "Frau Ackerknecht, so nicht.")
            with pytest.raises(RuleViolation, match="answered already"):
                given.acted(late, Action.MARK_DUPLICATE, caseworker, to=original)
    request = queries.get(second, repeated)
    assert request.status is RequestStatus.CLOSED
    shown = json.dumps(representations.as_json(request, second, "de"))
    assert "so nicht" not in shown
    assert original not in shown
    assert "services.answered_together" in set(db.session.scalars(select(Notification.template)))


def test_what_is_owed_a_decision_is_no_duplicate_and_a_withdrawn_original_frees_its_own() -> None:
    caseworker, first, second = given.caseworker(), given.resident(), given.resident()
    one, two = given.submitted(first).reference, given.submitted(second).reference
    with pytest.raises(InvalidTransition):
        given.acted(two, Action.MARK_DUPLICATE, caseworker, to=one)
    report: dict[str, None] = {"decision": None}
    with given.defined(**report):
        original, repeated = given.submitted(first).reference, given.submitted(second).reference
        given.acted(repeated, Action.MARK_DUPLICATE, caseworker, to=original)
        with scopes.within(first.scope):
            given.acted(original, Action.WITHDRAW, first)
    found = queries.get(caseworker, repeated)
    assert (found.status, found.duplicate_of_id) == (RequestStatus.SUBMITTED, None)


def test_a_program_is_not_the_second_person() -> None:
    with given.defined(four_eyes=True):
        one = given.caseworker()
        program = replace(given.caseworker(), kind="token")
        reference = given.submitted(given.resident()).reference
        given.acted(reference, Action.TAKE, one)
        with pytest.raises(Forbidden, match="program"):
            given.acted(reference, Action.PROPOSE_APPROVE, program)
        given.acted(reference, Action.PROPOSE_APPROVE, one)
        with pytest.raises(Forbidden, match="program"):
            given.acted(reference, Action.APPROVE, program)


def test_notes_stay_among_colleagues() -> None:
    caseworker, resident = given.caseworker(name="Ada"), given.resident()
    reference = given.submitted(resident).reference
    with transaction():
        notes.write(reference, WriteNote(text="Klingt seltsam."), caseworker)
    with pytest.raises(NotFound), transaction():
        notes.write(reference, WriteNote(text="Hallo"), resident)
    request = queries.get(caseworker, reference)
    assert "Klingt seltsam." in json.dumps(representations.as_json(request, caseworker, "de"))
    assert "Klingt seltsam." not in json.dumps(representations.as_json(request, resident, "de"))
    for to_applicant in (False, True):
        [(_, content)] = list(keeping.files_of_request(request.id, to_applicant=to_applicant))[:1]
        assert ("Klingt seltsam." in content.decode()) is not to_applicant


def test_who_acts_on_what_has_changed_is_stopped() -> None:
    caseworker = given.caseworker()
    reference = given.submitted(given.resident()).reference
    seen = queries.get(caseworker, reference).revision
    given.acted(reference, Action.TAKE, caseworker, revision=seen)
    with pytest.raises(Conflict):
        given.acted(reference, Action.ASK, caseworker, "Wann?", revision=seen)


def test_what_the_applicant_sends_waits_to_be_read() -> None:
    caseworker, resident = given.caseworker(), given.resident()
    reference = given.submitted(resident).reference
    given.acted(reference, Action.TAKE, caseworker)
    given.acted(reference, Action.ASK, caseworker, "Wann?")
    given.acted(reference, Action.ANSWER, resident, "Morgen.")
    assert queries.get(caseworker, reference).news_at is not None
    given.acted(reference, Action.PRIORITISE, caseworker)
    assert queries.get(caseworker, reference).news_at is not None
    with transaction():
        given.casework.mark_read(reference, caseworker)
    assert queries.get(caseworker, reference).news_at is None
    given.acted(reference, Action.APPROVE, caseworker)
    given.acted(reference, Action.REPLY, resident, "Und jetzt?")
    given.acted(reference, Action.CLOSE, caseworker)
    unread = work_list.work_list(caseworker, of_view(View.NEWS), TODAY)
    assert [one.reference for one in unread.items] == [reference]


def test_an_action_may_ask_for_a_more_secure_login() -> None:
    resident = given.resident()
    with given.defined(assurance_for={"withdraw": "substantial"}):
        reference = given.submitted(resident).reference
        with pytest.raises(Forbidden, match="more secure"):
            given.acted(reference, Action.WITHDRAW, resident)


def test_staff_enter_what_came_on_paper_and_the_term_counts_from_that_day() -> None:
    caseworker, on_paper = given.caseworker(), given.answers(email=None, consent=None)
    with clock.frozen(datetime(2026, 11, 10, 9, 0, tzinfo=UTC)):
        with pytest.raises(RuleViolation):
            given.submitted(caseworker, source="paper", answers=on_paper, uploads=())
        with pytest.raises(Forbidden):
            given.submitted(given.resident(), source="paper", answers=on_paper, received_on=date(2026, 11, 2))
        receipt = given.submitted(
            caseworker, source="paper", answers=on_paper, uploads=(), received_on=date(2026, 11, 2)
        )
    request = queries.get(caseworker, receipt.reference)
    assert (request.applicant_id, request.source, request.due_on) == (None, "paper", date(2026, 11, 23))
    given.acted(receipt.reference, Action.TAKE, caseworker)
    with pytest.raises(RuleViolation):
        given.acted(receipt.reference, Action.APPROVE, caseworker, way=Way.PORTAL)
    given.acted(receipt.reference, Action.APPROVE, caseworker)
    assert announcements.decisions_of(request)[0].way is Way.POST


def test_a_letter_that_waits_for_the_post_is_what_comes_next(client: FlaskClient, login) -> None:
    caseworker = given.caseworker()
    reference = given.submitted(given.resident()).reference
    given.acted(reference, Action.TAKE, caseworker)
    given.acted(reference, Action.APPROVE, caseworker, way=Way.POST)
    login(client, "caseworker", roles=[f"caseworker:{given.DEPARTMENT}"])
    waiting = client.get(f"/staff/requests/{reference}").get_data(as_text=True)
    assert "Bescheid zur Post geben" in waiting and "Es bleibt nichts zu tun" not in waiting
    assert 'href="/staff/requests/mail/"' in waiting
    [letter] = announcements.to_post(caseworker)
    with transaction():
        announcements.posted(caseworker, [letter.id], clock.today(current_settings().zone))
    posted = client.get(f"/staff/requests/{reference}").get_data(as_text=True)
    assert "Bescheid zur Post geben" not in posted and "Es bleibt nichts zu tun" in posted
