"""A case's person is erased: all of it, or what was said about health; nobody else is touched."""

from datetime import date

import pytest
from sqlalchemy import func, select

from auth.erasures import EVERYTHING, HEALTH
from auth.privacy_models import Erasure
from care import case_management, erasure
from care.assessment_models import LabResult, SymptomReport
from care.models import Case, CaseEvent, Document, Person
from config.database import db, transaction
from config.errors import RuleViolation
from notifications.models import Notification, Suppression
from tests.factories.care import OFFICER, new_phone
from tests.factories.privacy import close, order, rich_case, said


def erase(case: Case, scope: str = EVERYTHING, reason: str = "wish") -> None:
    with transaction():
        erasure.erase(db.session.get_one(Case, case.id), scope=scope, reason=reason, actor=OFFICER)


def test_nothing_is_left_of_a_person(house, time):
    case = rich_case("Qwazel")
    phone, reference, person_id = case.person.phone, case.reference, case.person_id
    close(case, note="Qwazel closed")
    assert said("qwazel")
    erase(case, reason="unlawful")
    assert said("qwazel", phone, phone[3:]) == []
    assert db.session.get(Person, person_id) is None
    listed = db.session.scalars(select(Erasure)).one()
    assert (listed.kind, listed.subject_id, listed.scope) == ("person", person_id, EVERYTHING)
    assert {table for table, _ in said(reference)} == {"audit_event"}
    stands = db.session.scalars(select(Suppression)).one()
    assert stands.recipient is None
    assert stands.lifted_at is None


def test_an_order_keeps_its_shell_and_health_goes(house, time):
    case = rich_case("Qwazel")
    order(case, date(2026, 11, 16))
    time.forward(days=20)
    close(case, note="Qwazel closed")
    with pytest.raises(RuleViolation):
        erase(case)
    shown = erasure.preview(case)
    assert shown.scope == HEALTH
    assert len(shown.stays) == 1
    erase(case, HEALTH)
    for word in ("report", "review", "task", "event", "inbound", " closed"):
        assert said(f"Qwazel{word}") == []
    kept = db.session.get_one(Case, case.id)
    assert (kept.person.family_name, kept.order_ends_on) == ("Qwazelfamily", date(2026, 11, 16))
    assert kept.symptom_onset_on is None
    assert kept.first_positive_on is None
    assert kept.reported_on is None
    assert kept.findings == []
    assert kept.documents[0].content == b"%PDF Qwazelpaper"
    assert {event.kind for event in kept.events} == {"enrolled", "order", "closed"}
    for model in (SymptomReport, LabResult):
        assert db.session.scalar(select(func.count(model.id))) == 0


def test_an_open_case_and_one_under_hold_stay(house, time):
    case = rich_case("Qwazel")
    with pytest.raises(RuleViolation, match="open"):
        erase(case)
    assert erasure.preview(case).scope == ""


def test_others_at_the_same_phone_stay_as_they_are(house, time):
    phone = new_phone()
    going, staying = rich_case("Qwazel", phone=phone), rich_case("Blumix", phone=phone)
    with transaction():
        case_management.locked_case(staying.id).household_head_id = going.id
    close(going)
    before = len(said("blumix"))
    messages = db.session.scalar(select(func.count(Notification.id)).where(Notification.about == staying.reference))
    erase(going, reason="mistake")
    assert said("qwazel") == []
    assert len(said("blumix")) == before
    left = db.session.get_one(Case, staying.id)
    assert left.person.phone == phone
    assert left.household_head_id is None
    assert (
        db.session.scalar(select(func.count(Notification.id)).where(Notification.about == staying.reference))
        == messages
    )
    assert db.session.scalars(select(Suppression)).one().recipient == phone
    assert db.session.scalar(select(func.count(Document.id))) == 1
    assert db.session.scalar(select(func.count(CaseEvent.id)).where(CaseEvent.case_id == staying.id))
