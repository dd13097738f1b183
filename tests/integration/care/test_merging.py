"""Two cases of one person become one: nothing is lost, and what people have in their hands goes on working."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings, strategies as st
from sqlalchemy import func, select, text, update

from auth import holds
from auth.erasures import EVERYTHING
from auth.models import AuditEvent, Office, User
from auth.privacy_models import Erasure
from auth.roles import Permission
from care import (
    asking,
    case_management,
    check_ins,
    duplicates,
    erasure,
    exposures,
    keeping,
    keeping_due,
    lab_results,
    merging,
    naming,
    notes,
    orders,
    phones,
    queries,
    reachability,
    seen,
    support,
)
from care.assessment_models import CheckIn, LabResult, Review, SymptomReport
from care.commands import CloseCase, EnrolCase, OrderEvent, RecordLabResult, ReviewCase
from care.course_commands import RecordAttempt, RecordExposure, WriteComment
from care.course_models import OF_CASE, Comment, ContactAttempt
from care.duplicate_models import CaseMerge, DuplicatePair
from care.link_models import CaseLink, LinkBasis
from care.list_filters import ListCases
from care.merge_rules import MergeCases, Side
from care.models import Case, CaseEvent, Document, OfficeTask, OrderRecord, Person
from care.naming_models import NamedContact
from care.naming_rules import NameContacts
from care.support_models import SupportRequest
from care.support_rules import AskForSupport, SupportKind
from care.vocabulary import CloseReason, LineList, Status
from config import clock
from config.database import Base, db, transaction
from config.encryption import DecryptionError, sealed_attributes, token_hash
from config.errors import InvalidTransition, NotFound, RuleViolation
from notifications.inbound import InboundReply
from notifications.models import Notification
from notifications.outcomes import Outcome
from notifications.statuses import Channel, Meaning, Status as MessageStatus
from tests.factories.care import OFFICER, enrolment, new_case, new_phone, report
from tests.fixtures.application import Login
from tests.integration.care.test_staff_pages import csrf, text as text_of
from tests.integration.care.test_story import tick
from tests.integration.care.test_transfer import enrolled

Bearer = Callable[..., dict[str, str]]
FACTS = (SymptomReport, Review, LabResult, CheckIn, CaseEvent, OfficeTask, Document, OrderRecord)
FACTS += (*OF_CASE, SupportRequest, NamedContact)  # type: ignore[assignment]
INDEX = {"kind": "index", "first_positive_on": "2026-11-01", "last_exposure_on": None}


def merge(kept: Case, other: Case, **choices: str) -> None:
    sides = {name: Side(side) for name, side in choices.items()}
    with transaction():
        merging.merge(MergeCases(other=other.reference, choices=sides), reference=kept.reference, actor=OFFICER)
    db.session.expire_all()


def act(case: Case, do: Callable[..., Any], command: Any) -> Any:
    with transaction():
        return do(command, case=case_management.locked_case(case.id), actor=OFFICER)


def counted() -> Counter[str]:
    return Counter(
        {model.__tablename__: db.session.scalar(select(func.count()).select_from(model)) or 0 for model in FACTS}
    )


def ask(case: Case, time: Any) -> None:
    time.at = db.session.get_one(Case, case.id).next_check_in_at
    while asking.send_due():
        pass
    db.session.expire_all()


DOINGS: dict[str, Callable[[Case], Any]] = {
    "report": lambda case: report(case, "cough"),
    "well": lambda case: report(case),
    "review": lambda case: act(case, case_management.review, ReviewCase(outcome="dismissed")),
    "lab": lambda case: act(
        case,
        lab_results.record,
        RecordLabResult(kind="pcr", result="negative", sampled_on=date(2026, 11, 2)),
    ),
    "order": lambda case: act(case, orders.apply, OrderEvent(event="issue_verbal", legal_basis="§ 30 IfSG")),
    "comment": lambda case: act(case, notes.write, WriteComment(text="Bitte klingeln")),
    "attempt": lambda case: act(case, notes.record_attempt, RecordAttempt(means="phone", outcome="not_reached")),
    "food": lambda case: act(case, support.ask, AskForSupport(kind=SupportKind.FOOD, note="Brot")),
    "paper": lambda case: act(case, lambda _, case, actor: _paper(case), None),
}


def _paper(case: Case) -> None:
    if not case.documents:
        paper = {"kind": "certificate", "file_name": f"{case.reference}.pdf", "locale": "de"}
        db.session.add(Document(case=case, created_at=clock.now(), content=b"%PDF " + case.reference.encode(), **paper))


@pytest.fixture
def two(care: Any, time: Any) -> tuple[Case, Case]:
    kept = new_case(person={"given_name": "Anna", "family_name": "Meyer"})
    return kept, new_case(person={"given_name": "Anna", "family_name": "Maier"})


def test_all_facts_of_both_are_there_afterwards(care: Any, time: Any) -> None:
    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.tuples(st.booleans(), st.sampled_from(sorted(DOINGS))), max_size=8), st.booleans())
    def loses_nothing(doings: list[tuple[bool, str]], asked: bool) -> None:
        cases = [new_case(person={"given_name": "Anna", "family_name": name}) for name in ("Meyer", "Maier")]
        kept, other = cases
        if asked:
            ask(kept, time)
        for is_kept, doing in doings:
            try:
                DOINGS[doing](kept if is_kept else other)
            except InvalidTransition:
                db.session.rollback()
        before, told = counted(), everything(kept) + everything(other)
        merge(kept, other, order="kept")
        added = Counter({"care_case_event": 2})
        after = counted()
        lifted = Counter({"care_case_event": 1, "care_order_event": 1})  # an order that was not chosen
        assert after - before <= added + lifted + Counter({"care_case_event": 1, "care_office_task": 2})
        assert not before - after
        assert not told - everything(kept)
        left = {model.__tablename__ for model in FACTS if _number(model, other)} - {"care_check_in"}
        assert left <= {"care_case_event"}
        assert db.session.get_one(Case, other.id).status is Status.CLOSED
        open_one = db.session.get_one(Case, kept.id)
        assert open_one.line_list is not LineList.CLOSED
        assert open_one.assessed_revision == open_one.facts_revision

    loses_nothing()


def _number(model: Any, case: Case) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(model.case_id == case.id)) or 0


def everything(case: Case) -> Counter[str]:
    """What is told in sealed columns of a case: it has to open with the key of whoever has it."""
    case = db.session.get_one(Case, case.id, populate_existing=True)
    texts = [f"report {row.symptoms} {row.vitals} {row.note}" for row in case.reports]
    texts += [f"review {row.outcome}" for row in case.reviews] + [f"lab {row.outcome}" for row in case.lab_results]
    texts += [f"paper {row.content!r}" for row in case.documents] + [f"order {row.legal_basis}" for row in case.orders]
    for model, column in ((Comment, "text"), (ContactAttempt, "outcome")):
        rows = db.session.scalars(select(model).where(model.case_id == case.id))
        texts += [f"{model.__tablename__} {getattr(row, column)}" for row in rows]
    return Counter(texts)


def test_what_was_chosen_counts_and_what_was_not_is_kept_with_the_merge(two: tuple[Case, Case]) -> None:
    kept, other = two
    phone = other.person.phone
    merge(kept, other, family_name="other", phone="other")
    person = kept.person
    assert (person.given_name, person.family_name, person.phone) == ("Anna", "Maier", phone)
    assert other.person_id == kept.person_id
    found = db.session.scalars(select(CaseMerge)).one()
    assert b"Maier" not in found.fields_sealed  # type: ignore[attr-defined]
    assert found.fields["family_name"] == {
        "kept": {"family_name": "Meyer"},
        "other": {"family_name": "Maier"},
        "chosen": "other",
    }
    assert (other.status, other.close_reason, other.merged_into_id) == (Status.CLOSED, CloseReason.DUPLICATE, kept.id)
    assert db.session.scalars(select(Person)).all() == [person]
    actions = db.session.execute(select(AuditEvent.action, AuditEvent.subject)).all()
    assert ("case.merged", f"case:{kept.reference}") in actions
    assert ("case.merged_into", f"case:{other.reference}") in actions
    assert "merged" in [one.kind for one in kept.events]


def test_people_are_found_by_what_counts_now(two: tuple[Case, Case]) -> None:
    kept, other = two
    phone, name = other.person.phone, "Maier"
    merge(kept, other, family_name="other", phone="other")
    for words in (name, phone, f"Anna {name}"):
        found = queries.list_cases(OFFICER, ListCases(q=words, status="open")).items
        assert [case.id for case in found] == [kept.id]
    assert queries.list_cases(OFFICER, ListCases(q="Meyer", status="open")).items == []


def test_a_link_in_an_old_message_still_works(two: tuple[Case, Case], time: Any, client: FlaskClient) -> None:
    kept, other = two
    ask(kept, time)
    tokens = {case.id: _token(case) for case in (kept, other)}
    merge(kept, other)
    page = client.get(f"/c/{tokens[other.id]}")
    assert page.status_code == 200
    form = {"csrf_token": csrf(page), "feeling": "yes", "symptoms": ["cough"]}
    assert client.post(f"/c/{tokens[other.id]}", data=form).status_code == 303
    case = db.session.get_one(Case, kept.id, populate_existing=True)
    assert [row.symptoms["cough"] for row in case.reports] == [True]
    assert case.line_list is LineList.SYMPTOMATIC
    assert client.get(f"/c/{tokens[kept.id]}").status_code == 200


def _token(case: Case) -> str:
    """A new token for the newest question: nobody knows the one that was sent."""
    token = f"tokentokentoken{case.reference}"
    with transaction():
        found = db.session.scalars(select(CheckIn).where(CheckIn.case_id == case.id)).all()[-1]
        found.token_hash = token_hash(token)
    return token


@pytest.mark.parametrize("taken", ["kept", "other"])
@pytest.mark.parametrize("shared", [True, False])
def test_answers_by_sms_count_from_both_phones(care: Any, time: Any, taken: str, shared: bool) -> None:
    phone, second = new_phone(), new_phone()
    kept = new_case(person={"given_name": "Anna", "family_name": "Meyer", "phone": phone})
    their = {"given_name": "Anna", "family_name": "Maier", "phone": phone if shared else second}
    other = new_case(person=their)
    numbers = {case.id: case.person.phone_number_of for case in (kept, other)}
    merge(kept, other, **({} if shared else {"phone": taken}))
    for number, said_by in ((numbers[kept.id], phone), (numbers[other.id], their["phone"])):
        time.at += timedelta(hours=1)
        words = f"{number}: ja" if shared else "ja"
        with transaction():
            assert check_ins.reply_by_sms(reply(said_by, words)), (number, said_by)
    assert len(db.session.get_one(Case, kept.id, populate_existing=True).reports) == 2


def reply(phone: str, words: str) -> InboundReply:
    given = {"from_phone": phone, "body": words, "received_at": clock.now()}
    rest = {one.name: None for one in fields(InboundReply) if one.name not in given}
    return InboundReply(**(rest | given))


def test_nobody_else_at_the_phone_gets_a_number_that_was_said(care: Any, time: Any) -> None:
    phone = new_phone()
    kept, other = (new_case(person={"family_name": name, "phone": phone}) for name in ("Meyer", "Maier"))
    merge(kept, other)
    third = new_case(person={"given_name": "Berta", "phone": phone})
    assert third.person.phone_number_of == 3
    with transaction():
        assert phones.whose("2: ja", kept.person.phone_index) == {kept.id: "ja"}


def test_the_status_of_a_closed_case_cannot_be_chosen(two: tuple[Case, Case]) -> None:
    kept, other = two
    act(other, case_management.close, CloseCase(reason=CloseReason.OTHER))
    status = kept.status
    merge(kept, other, status="other")
    assert kept.status is status


def test_what_does_not_open_does_not_keep_two_cases_apart(two: tuple[Case, Case]) -> None:
    kept, other = two
    report(other, "cough", note="Es kratzt")
    table = SymptomReport.__table__
    with transaction():
        db.session.execute(update(table).where(table.c.case_id == other.id).values(note_sealed=b"damaged" * 9))
    merge(kept, other)
    assert other.merged_into_id == kept.id


def test_two_orders_have_to_be_decided(two: tuple[Case, Case]) -> None:
    kept, other = two
    for case, until in ((kept, date(2026, 11, 12)), (other, date(2026, 11, 20))):
        command = OrderEvent(event="issue_written", legal_basis="§ 30 IfSG", ends_on=until)
        act(case, orders.apply, command)
    with pytest.raises(RuleViolation) as refused:
        merge(kept, other)
    assert [error.field for error in refused.value.errors] == ["choices.order"]
    db.session.rollback()
    merge(kept, other, order="other")
    assert kept.order_ends_on == date(2026, 11, 20)
    assert sorted(record.event.value for record in kept.orders) == ["issue_written", "issue_written", "lift"]


def test_households_stay_whole(care: Any, time: Any) -> None:
    kept, head = new_case(), new_case()
    child = new_case(household_of=head.reference)
    merge(kept, head)
    assert (kept.household_head_id, head.household_head_id) == (None, None)
    assert db.session.get_one(Case, child.id).household_head_id == kept.id
    elsewhere, other = new_case(), None
    other = new_case(household_of=elsewhere.reference)
    alone = new_case()
    merge(alone, other)
    assert alone.household_head_id == elsewhere.id


def test_a_head_that_turns_out_to_want_no_messages_pauses_their_household(care: Any, time: Any) -> None:
    kept, other = new_case(), new_case()
    child = new_case(household_of=kept.reference)
    told = Outcome(other.reference, "check-in:x", Channel.SMS, MessageStatus.SUPPRESSED, Meaning.OPTED_OUT)
    with transaction():
        reachability.delivery_outcome(told)
    merge(kept, other)
    tick()
    assert db.session.get_one(Case, child.id, populate_existing=True).line_list is LineList.PAUSED


def test_a_head_that_is_the_same_person_goes_into_the_member(care: Any, time: Any) -> None:
    head = new_case()
    kept, child = (new_case(household_of=head.reference) for _ in range(2))
    merge(kept, head)
    assert kept.household_head_id is None
    assert db.session.get_one(Case, child.id).household_head_id == kept.id


def test_what_a_case_has_once_is_not_there_twice(two: tuple[Case, Case]) -> None:
    kept, other = two
    for case in two:
        report(case, "cough")
        DOINGS["food"](case)
        DOINGS["paper"](case)
    merge(kept, other)
    open_tasks = [task.kind for task in kept.tasks if task.done_at is None]
    assert len(open_tasks) == len(set(open_tasks))
    waiting = db.session.scalars(select(SupportRequest).where(SupportRequest.ended_at.is_(None))).all()
    assert len(waiting) == 1
    assert {one.content for one in kept.documents} == {b"%PDF " + case.reference.encode() for case in two}


def test_logins_messages_and_whoever_named_them_follow(two: tuple[Case, Case], places: None) -> None:
    kept, other = two
    source = new_case(**INDEX)
    with transaction():
        user = User(issuer="https://provider.example", subject="anna")
        db.session.add(user)
        db.session.flush()
        for case in two:
            since = clock.wall()
            db.session.add(
                CaseLink(case_id=case.id, user_id=user.id, basis=LinkBasis.SELF, granted_by="x", since=since)
            )
        named = NameContacts.model_validate({"contacts": [{"given_name": "Anna", "family_name": "Maier"}]})
        contact = naming.name(named, case=case_management.locked_case(source.id), actor=OFFICER)[0]
        contact.contact_case_id = other.id
    merge(kept, other)
    assert db.session.scalars(select(NamedContact.contact_case_id)).one() == kept.id
    links = db.session.scalars(select(CaseLink)).all()
    assert {link.case_id for link in links} == {kept.id}
    assert len([link for link in links if link.until is None]) == 1
    assert set(db.session.scalars(select(Notification.about))) == {kept.reference, source.reference}


def test_an_import_finds_the_case_that_goes_on(care: Any, time: Any) -> None:
    command = EnrolCase.model_validate(enrolment(external_id="E-7"))
    kept, other = new_case(), new_case(external_id="E-7")
    merge(kept, other)
    assert kept.external_id == "E-7"
    with transaction():
        again = case_management.enrol(command, actor=OFFICER, office_id=kept.office_id)
    assert (again.created, again.case.id) == (False, kept.id)


def test_cases_of_one_disease_are_merged_whichever_protocol_follows_them(care: Any, time: Any) -> None:
    kept, other = new_case(), new_case(protocol="covid-19-10")
    merge(kept, other)
    case = case_management.loaded(kept.id)
    assert (case.protocol_code, case.monitoring_ends_on) == ("covid-19", date(2026, 11, 15))
    assert case_management.loaded(other.id).merged_into_id == kept.id


def test_what_cannot_be_merged(care: Any, time: Any, places: None) -> None:
    kept, closed, measles = new_case(), new_case(), new_case(protocol="measles")
    act(closed, case_management.close, CloseCase(reason=CloseReason.OTHER))
    south = db.session.scalars(select(Office).where(~Office.is_default)).first()
    assert south
    for one, other in ((kept, kept), (kept, measles), (closed, kept), (kept, enrolled(south.id))):
        with pytest.raises(RuleViolation):
            merge(one, other)
        db.session.rollback()
    with pytest.raises(NotFound), transaction():
        merging.merge(MergeCases(other="AAAAAAAA"), reference=kept.reference, actor=OFFICER)
    merge(kept, closed)
    with pytest.raises(RuleViolation):
        merge(new_case(), closed)
    db.session.rollback()
    with pytest.raises(RuleViolation), transaction():
        case_management.reopen(case_management.loaded(closed.id), OFFICER)


def test_a_merge_of_what_has_merged_leads_to_the_last(care: Any, time: Any) -> None:
    first, second, third = new_case(), new_case(), new_case()
    report(first, "cough")
    merge(second, first)
    merge(third, second)
    assert {first.merged_into_id, second.merged_into_id} == {third.id}
    assert len(third.reports) == 1
    assert {one.case_id for one in db.session.scalars(select(CaseMerge))} == {third.id}


def test_that_a_wrong_number_fails_says_nothing_of_whoever_had_it(two: tuple[Case, Case]) -> None:
    kept, other = two
    key, index = f"invitation:{other.id}", other.person.phone_index
    merge(kept, other, phone="kept")
    failed = Outcome(kept.reference, key, Channel.SMS, MessageStatus.UNDELIVERED, Meaning.NONE, recipient_index=index)
    with transaction():
        reachability.delivery_outcome(failed)
    assert db.session.get_one(Case, kept.id).person.unreachable_since is None
    with transaction():
        reachability.delivery_outcome(replace(failed, recipient_index=kept.person.phone_index))
    assert db.session.get_one(Case, kept.id).person.unreachable_since is not None


def test_whoever_looked_before_a_change_is_told(two: tuple[Case, Case]) -> None:
    kept, other = two
    marks = [seen.mark(case) for case in two]
    report(other, "cough")
    with pytest.raises(seen.ChangedMeanwhile), transaction():
        merging.merge(MergeCases(other=other.reference), reference=kept.reference, actor=OFFICER, marks=marks)


def test_erasing_the_person_leaves_no_trace_of_either(two: tuple[Case, Case]) -> None:
    kept, other = two
    former = other.person_id
    report(other, "cough", note="Kanarienvogel")
    duplicates.seek_missing()
    merge(kept, other)
    act(kept, case_management.close, CloseCase(reason=CloseReason.OTHER))
    person_id, references = kept.person_id, {kept.reference, other.reference}
    with transaction():
        erasure.erase(db.session.get_one(Case, kept.id), scope=EVERYTHING, reason="mistake", actor=OFFICER)
    for model in (Case, Person, CaseMerge, DuplicatePair, SymptomReport, CaseEvent):
        assert db.session.scalar(select(func.count()).select_from(model)) == 0
    assert set(db.session.scalars(select(Erasure.subject_id))) == {person_id, former}
    assert not references & set(db.session.scalars(select(Notification.about)))


def test_time_limits_take_both_rows_and_a_hold_counts_for_both(two: tuple[Case, Case], time: Any) -> None:
    kept, other = two
    act(other, orders.apply, OrderEvent(event="issue_written", legal_basis="§ 30 IfSG"))
    with transaction():
        record = keeping.find_record(OFFICER, Permission.HOLDS_MANAGE, other.reference)
        holds.place(OFFICER, record, "Klage")
    with pytest.raises(RuleViolation, match="legal hold"):
        merge(kept, other)
    db.session.rollback()
    merge(other, kept)
    assert keeping.find_record(OFFICER, Permission.HOLDS_MANAGE, kept.reference).subject == f"case:{other.reference}"
    act(other, case_management.close, CloseCase(reason=CloseReason.OTHER))
    time.at += timedelta(days=400)
    due = keeping_due.symptoms(time.at, 14, None, 10).items
    assert [one.id for one in due] == [other.id]
    with transaction():
        keeping._erase_symptoms(due, OFFICER)
    for case in two:
        case = db.session.get_one(Case, case.id, populate_existing=True)
        assert (case.last_exposure_on, case.health_erased_at) == (None, time.at)
    assert db.session.scalars(select(CaseMerge)).one().fields is None


def test_everything_sealed_opens_with_the_key_that_is_left(two: tuple[Case, Case]) -> None:
    kept, other = two
    for doing in DOINGS.values():
        doing(other)
    merge(kept, other)
    opened = 0
    for mapper in Base.registry.mappers:
        model = mapper.class_
        if not hasattr(model, "case_id") and model is not Case:
            continue
        for row in db.session.scalars(select(model)):
            for name in sealed_attributes(model):
                opened += getattr(row, name) is not None
    assert opened > 20


def test_a_value_of_the_former_person_does_not_open_by_itself(two: tuple[Case, Case]) -> None:
    kept, other = two
    added = report(other, "cough").report
    blob = added.symptoms_sealed  # type: ignore[attr-defined]
    merge(kept, other)
    with transaction():
        db.session.execute(text("UPDATE care_symptom_report SET symptoms_sealed = :blob"), {"blob": blob})
    row = db.session.scalars(select(SymptomReport)).one()
    with pytest.raises(DecryptionError):
        _ = row.symptoms
    db.session.rollback()


@pytest.fixture
def officer(care: Any, time: Any, places: None, client: FlaskClient, login: Login) -> FlaskClient:
    return login(client, "officer")


def test_from_the_pages(officer: FlaskClient) -> None:
    north = db.session.scalars(select(Office.id).where(Office.is_default)).one()
    kept, other = (enrolled(north, person={"given_name": "Anna", "family_name": name}) for name in ("Meyer", "Maier"))
    references, kept_id = (kept.reference, other.reference), kept.id
    url = f"/care/cases/{references[0]}/merge"
    page = officer.get(f"{url}?other={references[1]}")
    assert page.status_code == 200
    form = {name: _hidden(page, name) for name in ("csrf_token", "seen", "seen_other")}
    form |= {"other": references[1], "family_name": "other", "step": "preview"}
    assert "Maier" in text_of(officer.post(url, data=form))
    done = officer.post(url, data=form | {"step": "merge"})
    assert (done.status_code, done.headers["Location"]) == (303, f"/care/cases/{references[0]}")
    assert db.session.get_one(Case, kept_id, populate_existing=True).person.family_name == "Maier"
    moved = officer.get(f"/care/cases/{references[1]}")
    assert (moved.status_code, moved.headers["Location"]) == (302, f"/care/cases/{references[0]}")
    assert references[1] in text_of(officer.get(f"/care/cases/{references[0]}"))
    again = officer.post(url, data=form | {"step": "merge"})
    assert again.status_code == 303  # said so on the page of the case


def _hidden(page: Any, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]+)"', text_of(page))
    assert found
    return found[1]


def test_the_page_does_not_ask_what_follows_from_the_exposures(officer: FlaskClient) -> None:
    north = db.session.scalars(select(Office.id).where(Office.is_default)).one()
    kept, other = (enrolled(north, last_exposure_on=day) for day in ("2026-10-28", "2026-10-30"))
    references = kept.reference, other.reference
    url = f"/care/cases/{references[0]}/merge?other={references[1]}"
    asked = 'type="radio" id="last_exposure_on-kept"'
    assert asked in officer.get(url).get_data(as_text=True)
    act(other, exposures.record, RecordExposure.model_validate({"until_on": "2026-10-29"}))
    page = officer.get(url)
    assert asked not in page.get_data(as_text=True)
    assert "ergibt sich aus den Expositionen" in text_of(page)


def test_through_the_api(client: FlaskClient, bearer: Bearer, places: None, time: Any) -> None:
    here, url = bearer("health_officer"), "/api/v1/care/cases"
    kept, other = (client.post(url, json=enrolment(), headers=here).json["reference"] for _ in range(2))
    body = {"other": other, "choices": {"phone": "kept"}}
    assert client.post(f"{url}/{kept}/merge", json=body, headers=bearer("contact_tracer")).status_code == 403
    done = client.post(f"{url}/{kept}/merge", json=body, headers=here)
    assert (done.status_code, done.json["reference"]) == (200, kept)
    ended = client.get(f"{url}/{other}", headers=here).json
    assert (ended["status"], ended["close_reason"], ended["merged_into"]) == ("closed", "duplicate", kept)
    again = client.post(f"{url}/{kept}/merge", json=body, headers=here)
    assert (again.status_code, again.json["errors"][0]["field"]) == (422, "other")
