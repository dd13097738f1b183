"""How cases merge beside other work, and what comes after: whoever has the old reference, or a list, meets one case."""

import threading
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from auth.models import AuditEvent, Office
from auth.roles import Permission
from care import (
    bulk_selection,
    case_management,
    check_ins,
    day_numbers,
    duplicates,
    fact_rows,
    merge_rows,
    notes,
    order_notices,
    orders,
    queries,
)
from care.assessment_models import CheckIn, SymptomReport
from care.assessments import load_facts
from care.bulk_act_models import BulkActRow
from care.bulk_act_rules import ActKind, RowState
from care.bulk_selection import Chosen
from care.commands import OrderEvent, RecordReport
from care.course_commands import SetDetails, WriteComment
from care.course_models import Comment
from care.duplicate_models import DuplicatePair
from care.duplicate_rules import PairState
from care.list_filters import ListCases
from care.models import Case
from care.vocabulary import LineList, OrderState, ReportChannel, RiskLevel, TaskKind
from config import clock
from config.database import db, transaction
from config.errors import RuleViolation
from config.settings import current_settings
from notifications.models import Notification
from tests.factories.care import OFFICER, enrolment, new_case
from tests.fixtures.application import Login
from tests.integration.care.test_bulk_acts import confirmed, previewed
from tests.integration.care.test_merging import act, ask, merge
from tests.integration.care.test_staff_pages import csrf, text as text_of
from tests.integration.care.test_transfer import enrolled
from tests.support.at_work import at_work

Bearer = Callable[..., dict[str, str]]
CASES = "/api/v1/care/cases"


@pytest.fixture
def two(care: Any, time: Any) -> tuple[Case, Case]:
    kept = new_case(person={"given_name": "Anna", "family_name": "Meyer"})
    return kept, new_case(person={"given_name": "Anna", "family_name": "Maier"})


def test_a_list_shows_how_many_are_in_it(two: tuple[Case, Case]) -> None:
    """Of two that have merged one is listed, and one is counted."""
    merge(*two)
    for line_list, number in {LineList.ASYMPTOMATIC: 1, LineList.CLOSED: 0}.items():
        assert len(queries.list_cases(OFFICER, ListCases(line_list=line_list)).items) == number
        assert queries.counts(OFFICER).get(line_list, 0) == number


def number_of(model: Any, case_id: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(model.case_id == case_id)) or 0


def test_programs_that_know_the_old_reference_are_led_on(
    care: Any, client: FlaskClient, bearer: Bearer, places: None, time: Any
) -> None:
    here = bearer("health_officer")
    kept, other = (client.post(CASES, json=enrolment(), headers=here).json["reference"] for _ in range(2))
    assert client.post(f"{CASES}/{kept}/merge", json={"other": other}, headers=here).status_code == 200
    said = {"symptoms": {"cough": True}, "reported_at": clock.now().isoformat()}
    for address, body in (
        ("reports", said),
        ("orders", {"event": "issue_written", "legal_basis": "§ 30 IfSG", "ends_on": "2026-11-12"}),
        ("comments", {"text": "Bitte klingeln"}),
        ("contact-attempts", {"means": "phone", "outcome": "not_reached"}),
    ):
        done = client.post(f"{CASES}/{other}/{address}", json=body, headers=here)
        assert (done.status_code, done.json["reference"]) == (201, kept), address
    assert client.get(f"{CASES}/{other}", headers=here).json["merged_into"] == kept
    ended_id = db.session.scalars(select(Case.id).where(Case.reference == other)).one()
    assert (number_of(SymptomReport, ended_id), number_of(Comment, ended_id)) == (0, 0)


def test_a_revision_of_the_old_case_is_none_of_the_one_that_goes_on(
    care: Any, client: FlaskClient, bearer: Bearer, places: None, time: Any
) -> None:
    here = bearer("health_officer")
    kept, other = (client.post(CASES, json=enrolment(), headers=here).json["reference"] for _ in range(2))
    client.post(f"{CASES}/{kept}/merge", json={"other": other}, headers=here)
    revision = db.session.scalars(select(Case.facts_revision).where(Case.reference == kept)).one()
    mine = here | {"If-Match": str(revision)}
    assert client.post(f"{CASES}/{other}/comments", json={"text": "x"}, headers=mine).status_code == 409
    assert client.post(f"{CASES}/{kept}/comments", json={"text": "x"}, headers=mine).status_code == 201


def test_whoever_waited_for_a_case_that_merged_gets_the_one_that_goes_on(two: tuple[Case, Case]) -> None:
    kept, other = two
    merge(kept, other)
    act(other, notes.write, WriteComment(text="Bitte klingeln"))
    act(other, orders.apply, OrderEvent(event="issue_verbal", legal_basis="§ 30 IfSG"))
    assert (number_of(Comment, kept.id), number_of(Comment, other.id)) == (1, 0)
    assert db.session.get_one(Case, other.id, populate_existing=True).order_state is None


def test_lists_and_acts_on_many_meet_a_person_once(two: tuple[Case, Case]) -> None:
    kept, other = two
    reference, kept_id = other.reference, kept.id
    merge(kept, other)
    for wanted in (ListCases(status="any"), ListCases(status="any", q=reference)):
        assert [case.id for case in queries.list_cases(OFFICER, wanted).items] == [kept_id]
        chosen = bulk_selection.selection(OFFICER, Chosen(wanted=wanted), Permission.MESSAGES_SEND)
        assert [one for one, _revision in chosen.cases] == [kept_id]
    assert queries.list_cases(OFFICER, ListCases(status="closed")).items == []
    with pytest.raises(RuleViolation):
        bulk_selection.selection(OFFICER, Chosen(references=(reference,)), Permission.MESSAGES_SEND)


def test_the_numbers_of_a_day_have_a_person_once(two: tuple[Case, Case]) -> None:
    kept, other = two
    office_id, today = kept.office_id, clock.today(current_settings().zone)
    with transaction():
        for case in two:
            case_management.settled(case_management.locked_case(case.id), OFFICER, clock.now())
    merge(kept, other)
    found = day_numbers.came_and_went([office_id], today)
    assert (found[today, day_numbers.ENROLLED, ""], found[today, day_numbers.ENDED, ""]) == (1, 0)
    assert sum(day_numbers.curve([office_id], [today]).values()) == 1


@pytest.fixture
def officer(care: Any, time: Any, places: None, client: FlaskClient, login: Login) -> FlaskClient:
    return login(client, "officer")


def test_a_page_that_was_open_writes_to_the_case_that_goes_on(officer: FlaskClient) -> None:
    north = db.session.scalars(select(Office.id).where(Office.is_default)).one()
    kept, other = (enrolled(north, person={"given_name": "Anna", "family_name": name}) for name in ("Meyer", "Maier"))
    ids, references = (kept.id, other.id), (kept.reference, other.reference)
    page = officer.get(f"/care/cases/{references[1]}")
    merge(kept, other)
    form = {"csrf_token": csrf(page), "comment-text": "Bitte klingeln"}
    done = officer.post(f"/care/cases/{references[1]}/comments", data=form)
    assert done.status_code == 303
    assert (number_of(Comment, ids[0]), number_of(Comment, ids[1])) == (1, 0)
    refused = officer.post(f"/care/cases/{references[1]}/close", data=form | {"seen": "1-" + 32 * "0"})
    assert refused.status_code == 422
    assert references[0] in text_of(refused)
    written = {"csrf_token": csrf(page), "template": "own", "text": "Bitte rufen Sie uns an.", "nonce": "", "go": "1"}
    officer.post(f"/care/cases/{references[1]}/messages", data=written)
    assert references[1] not in set(db.session.scalars(select(Notification.about)))


def steps_of(case: Case) -> list[tuple[str, str, str]]:
    notices = order_notices.notices_of(db.session.get_one(Case, case.id, populate_existing=True))
    return [(one.event.event.value, str(one.event.ends_on), one.paper.value) for one in notices]


def order(case: Case, event: str, until: date) -> None:
    act(case, orders.apply, OrderEvent.model_validate({"event": event, "legal_basis": "§ 30 IfSG", "ends_on": until}))


@pytest.mark.parametrize("chosen", ["kept", "other"])
def test_an_order_that_does_not_count_ends_by_a_step(two: tuple[Case, Case], chosen: str) -> None:
    kept, other = two
    order(kept, "issue_written", date(2026, 11, 12))
    order(other, "issue_verbal", date(2026, 11, 20))
    merge(kept, other, order=chosen)
    left = db.session.get_one(Case, kept.id)
    unwritten = [one for one in left.tasks if one.kind is TaskKind.ORDER_UNWRITTEN and one.done_at is None]
    if chosen == "kept":
        assert (left.order_state, left.order_ends_on) == (OrderState.WRITTEN, date(2026, 11, 12))
        # The person was told of the other one: they get it on paper that it has ended.
        assert ("lift", "2026-11-02", "due") in steps_of(kept) and not unwritten
        assert ("issue_written", "2026-11-12", "due") in steps_of(kept)
    else:
        assert (left.order_state, left.order_ends_on) == (OrderState.VERBAL, date(2026, 11, 20))
        # Nobody has the paper of this one, and nobody will.
        assert {("lift", "2026-11-02", "none"), ("issue_written", "2026-11-12", "none")} < set(steps_of(kept))
        assert len(unwritten) == 1
    assert "order" in [event.kind for event in left.events]


def test_an_order_that_runs_is_proposed_against_one_that_was_lifted(two: tuple[Case, Case]) -> None:
    kept, other = two
    order(kept, "issue_written", date(2026, 11, 12))
    order(kept, "lift", date(2026, 11, 2))
    order(other, "issue_written", date(2026, 11, 20))
    merge(kept, other)
    assert (kept.order_state, kept.order_ends_on) == (OrderState.WRITTEN, date(2026, 11, 20))
    assert sorted(record.event.value for record in kept.orders) == ["issue_written", "issue_written", "lift"]


def test_an_act_on_many_does_nothing_with_a_case_that_it_was_not_looked_at_for(two: tuple[Case, Case]) -> None:
    kept, other = two
    with transaction():
        case_management.settled(case_management.locked_case(other.id), OFFICER, clock.now())
    act_id = previewed(ActKind.RISK, SetDetails(risk_level=RiskLevel.HIGH), other)
    seen_revision = db.session.scalars(select(BulkActRow.seen_revision)).one()
    merge(kept, other)
    assert db.session.get_one(Case, kept.id).facts_revision == seen_revision  # as chance may have it
    confirmed(act_id)
    row = db.session.scalars(select(BulkActRow)).one()
    assert (row.state, row.case_id) == (RowState.CHANGED, other.id)
    assert db.session.get_one(Case, kept.id, populate_existing=True).risk_level is None


def test_nobody_seals_for_another_case_of_the_person_while_its_key_changes(
    care: Flask, two: tuple[Case, Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    if db.engine.dialect.name != "postgresql":
        pytest.skip("there the whole database is locked")
    kept, other = two
    measles = new_case(protocol="measles")
    measles_id = measles.id
    with transaction():
        merge_rows.give_person(measles.person, other.person)
    free: list[UUID] = []
    give_person = merge_rows.give_person

    def from_elsewhere() -> None:
        with at_work(care), transaction():
            free.extend(db.session.scalars(select(Case.id).with_for_update(skip_locked=True)))

    def looked_at(*people: Any) -> None:
        thread = threading.Thread(target=from_elsewhere)
        thread.start()
        thread.join()
        give_person(*people)

    alone = new_case().id
    monkeypatch.setattr(merge_rows, "give_person", looked_at)
    merge(kept, other)
    assert free == [alone]
    assert db.session.get_one(Case, measles_id).person_id == kept.person_id


@pytest.mark.parametrize("first", [True, False], ids=["answered before", "answered after"])
def test_what_both_were_asked_is_answered_once(two: tuple[Case, Case], time: Any, first: bool) -> None:
    kept, other = two
    ask(kept, time)
    theirs = db.session.scalars(select(CheckIn).where(CheckIn.case_id == other.id)).one()
    said = RecordReport(symptoms={"cough": False})

    def answer(case_id: UUID) -> None:
        with transaction():
            case = case_management.locked_case(case_id)
            asked = db.session.get_one(CheckIn, theirs.id)
            check_ins.record(said, case=case, actor=OFFICER, channel=ReportChannel.LINK, check_in=asked)

    if first:
        answer(other.id)
        merge(kept, other)
    else:
        merge(kept, other)
        answer(kept.id)
    db.session.expire_all()
    (mine,) = db.session.get_one(Case, kept.id).check_ins
    (report,) = db.session.get_one(Case, kept.id).reports
    assert (report.check_in_id, mine.answered_at) == (mine.id, time.at if first else None)
    (row,) = fact_rows.load([kept.id])
    assert load_facts(row).reports == load_facts(db.session.get_one(Case, kept.id)).reports


@pytest.mark.parametrize(("phone", "stays"), [("kept", True), ("other", False)])
@pytest.mark.parametrize("is_wrong", ["kept", "other"])
def test_that_a_number_does_not_reach_goes_with_the_number(
    two: tuple[Case, Case], phone: str, stays: bool, is_wrong: str
) -> None:
    kept, other = two
    with transaction():
        (kept if is_wrong == "kept" else other).person.unreachable_since = clock.now()
    merge(kept, other, phone=phone)
    found = db.session.get_one(Case, kept.id, populate_existing=True)
    assert (found.person.unreachable_since is not None) is (stays is (is_wrong == "kept"))
    codes = {one["code"] for one in found.findings or ()}
    assert ("unreachable" in codes) is (found.person.unreachable_since is not None)


def test_the_trail_of_a_merge_says_nothing_of_health(care: Any, time: Any) -> None:
    kept, other = new_case(), new_case(symptom_onset_on="2026-11-01")
    merge(kept, other)
    (event,) = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "case.merged"))
    assert event.facts["other"] == other.reference
    assert isinstance(event.facts["taken"], int) and event.facts["taken"] > 0


def test_lists_find_people_by_the_address_and_birth_that_were_taken(care: Any, time: Any) -> None:
    places = [{"street": "Weg 1", "postal_code": code, "city": "Nordstadt"} for code in ("10115", "20095")]
    kept, other = (
        new_case(person={"family_name": "Meyer", "birth_date": born, "address": place})
        for born, place in zip(("1950-01-01", "1990-01-01"), places, strict=True)
    )
    merge(kept, other, address="other", birth_date="other")
    kept_id = kept.id

    def found(**filters: Any) -> list[UUID]:
        return [case.id for case in queries.list_cases(OFFICER, ListCases(**filters)).items]

    assert (found(postal_code="20095"), found(postal_code="10115")) == ([kept_id], [])
    assert (found(age_to=40), found(age_from=60)) == ([kept_id], [])


@pytest.mark.parametrize("taken", ["kept", "other"])
def test_whoever_was_found_to_be_somebody_else_stays_so(care: Any, time: Any, taken: str) -> None:
    said = {"given_name": "Anna", "birth_date": "1984-05-07"}
    kept, other, third = (new_case(person=said | {"family_name": name}) for name in ("Meyer", "Maier", "Mayer"))
    duplicates.seek_missing()
    with transaction():
        duplicates.decide_not_the_same(other.reference, third.reference, OFFICER)
    pair = min(kept.id, third.id), max(kept.id, third.id)
    merge(kept, other, family_name=taken)
    for _ in range(2):
        (row,) = db.session.scalars(select(DuplicatePair))
        assert ((row.case_a_id, row.case_b_id), row.state) == (pair, PairState.NOT_THE_SAME)
        assert row.decided_by == OFFICER.id
        duplicates.seek_missing()
        db.session.expire_all()
