"""Cases are made as rows: what the models would have set is there, and one is as good as one of many."""

import uuid
from datetime import timedelta

from sqlalchemy import select

from auth.actors import Actor
from care import case_management, list_marks, orders
from care.commands import EnrolCase, OrderEvent
from care.enrolment import Wanted
from care.models import Case, CaseEvent, OfficeTask
from care.vocabulary import CloseReason, OrderState, TaskKind
from config import clock
from config.database import db, transaction
from tests.integration.imports.conftest import ACTOR

OFFICER = Actor("user", "officer-1", "Frau Amt")


def command(**more: object) -> EnrolCase:
    today = clock.now().date()
    person = {
        "given_name": "Änne",
        "family_name": "Groß",
        "birth_date": "1980-02-01",
        "phone": "+491713920001",
        "channel": "sms",
    }
    address = {"street": "Weg", "house_number": "1", "postal_code": "38100", "city": "Braunschweig"}
    named = {"kind": "contact", "protocol": "covid-19", "last_exposure_on": today, "person": person}
    return EnrolCase.model_validate(named | {"person": person | {"address": address}} | more)


def stored() -> Case:
    db.session.rollback()
    return db.session.scalars(select(Case)).one()


def test_whoever_is_taken_in_is_marked_for_lists_at_once(office: uuid.UUID) -> None:
    with transaction():
        case_management.enrol_many([Wanted(command())], actor=ACTOR, office_id=office, source="file")
    case = stored()
    assert case.marks_version == list_marks.RULES
    assert case.person.postal_mark == list_marks.marks([office], "postal", ["38100"])[0]
    assert case.person.born_mark == list_marks.marks([office], "born", ["1980"])[0]
    assert (case.person.names_indexed > 0, case.person.duplicates_sought) == (True, False)


def test_the_timeline_names_the_officer_and_keeps_the_order_of_one_moment(office: uuid.UUID) -> None:
    with transaction():
        made = case_management.enrol(command(), actor=OFFICER, office_id=office, closed_as=CloseReason.OTHER)
        assert isinstance(made.case, Case)
    lines = [(one.kind, one.actor_name) for one in stored().events]
    assert lines == [("enrolled", "Frau Amt"), ("closed", "Frau Amt")]


def test_an_enrolment_says_since_when(office: uuid.UUID) -> None:
    since = clock.now() - timedelta(days=2)
    with transaction():
        case_management.enrol(command(enrolled_at=since), actor=OFFICER, office_id=office)
    enrolled = db.session.scalars(select(CaseEvent).where(CaseEvent.kind == "enrolled")).one()
    assert enrolled.occurred_at == since
    assert enrolled.recorded_at > since


def test_orders_given_elsewhere_open_no_task_twice(office: uuid.UUID) -> None:
    """Monitoring has ended since, unanswered: that is one task, however often the case is looked at on the way in."""
    day = clock.now().date() - timedelta(days=20)
    late = command(last_exposure_on=day, enrolled_at=clock.now() - timedelta(days=19))
    until = {"starts_on": day, "ends_on": day + timedelta(days=10), "legal_basis": "§ 30 IfSG"}
    first = OrderEvent.model_validate({"event": "issue_verbal", **until})
    second = OrderEvent.model_validate({"event": "issue_written", **until})
    with transaction():
        (made,) = case_management.enrol_many([Wanted(late)], actor=ACTOR, office_id=office, source="file")
        orders.apply_many([(first, made.case), (second, made.case)], actor=ACTOR)
    case = stored()
    assert db.session.scalars(select(OfficeTask.kind)).all() == [TaskKind.ENDING_SILENT]
    assert (case.order_state, case.order_ends_on) == (OrderState.WRITTEN, until["ends_on"])
    assert [one.event.value for one in case.orders] == ["issue_verbal", "issue_written"]
    assert case.facts_revision == case.assessed_revision == 3
