"""A case goes to another health office with everything that belongs to it, and the first one sees it no more."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from auth.actors import Actor
from auth.models import AuditEvent, Office
from auth.roles import HeldRole, Role
from care import asking, case_management, course, transfer
from care.commands import CloseCase, EnrolCase, TransferCase
from care.course_commands import SetDetails
from care.course_models import Handover
from care.known_cases import already_enrolled
from care.models import Case, OfficeTask
from care.vocabulary import CloseReason, TaskKind
from config.database import db, transaction
from config.errors import Forbidden, InvalidTransition, NotFound, RuleViolation
from config.group_keys import GroupKey, cabinet
from notifications.models import Notification
from tests.factories.care import OFFICER, enrolment, report
from tests.fixtures.application import Login
from tests.integration.care.test_staff_pages import csrf, text

Bearer = Callable[..., dict[str, str]]


@pytest.fixture
def north(care: Flask, time: Any, places: None) -> UUID:
    return db.session.scalars(select(Office.id).where(Office.is_default)).one()


@pytest.fixture
def south(north: UUID) -> Office:
    return db.session.scalars(select(Office).where(~Office.is_default)).one()


def enrolled(office_id: UUID, **values: Any) -> Case:
    command = EnrolCase.model_validate(enrolment(**values))
    with transaction():
        return case_management.enrol(command, actor=OFFICER, office_id=office_id).case


def hand_over(case: Case, to: str, actor: Actor = OFFICER, note: str = "") -> None:
    transfer.hand_over(TransferCase(office=to, note=note), reference=case.reference, actor=actor)
    db.session.expire_all()


def officer_of(office_id: UUID, role: Role = Role.HEALTH_OFFICER) -> Actor:
    return Actor.of("user", "officer", frozenset({HeldRole(role, office_id=office_id)}))


def test_everything_of_the_case_goes_along(north: UUID, south: Office) -> None:
    case = enrolled(north)
    report(case, "cough")
    before, stored = case.person.wrapped_key, case.person.given_name_sealed  # type: ignore[attr-defined]
    hand_over(case, south.code, note="Bitte bald anrufen")
    assert case.office_id == case.person.office_id == south.id
    assert {task.office_id for task in case.tasks} == {south.id}
    taken = next(task for task in case.tasks if task.kind is TaskKind.TAKEN_OVER)
    assert (taken.note, taken.done_at) == ("Bitte bald anrufen", None)
    owners = db.session.scalars(select(Notification.owner).where(Notification.about == case.reference)).all()
    assert owners and set(owners) == {f"office:{south.id}"}
    tag = db.session.scalars(select(GroupKey.tag).where(GroupKey.place == f"office:{south.id}")).one()
    assert case.person.wrapped_key[:4] == tag != before[:4]
    assert case.person.given_name_sealed == stored  # type: ignore[attr-defined]
    cabinet().forget()
    case.person.__dict__.pop("_data_key", None)
    assert (case.person.given_name, case.reports[-1].symptoms) == ("Ilka", {"cough": True})
    events = db.session.execute(
        select(AuditEvent.action, AuditEvent.chain).where(
            AuditEvent.action.in_(["case.handed_over", "case.taken_over"])
        )
    ).all()
    origin = db.session.get_one(Office, north).code
    assert sorted(map(tuple, events)) == [
        ("case.handed_over", f"office:{origin}"),
        ("case.taken_over", f"office:{south.code}"),
    ]
    assert "transferred" in [event.kind for event in case.events]


def test_nothing_is_sent_twice_and_the_next_check_in_comes_from_the_new_office(
    north: UUID, south: Office, time: Any
) -> None:
    case = enrolled(north)
    time.at = case.next_check_in_at
    asking.send_due()
    before = sorted(db.session.scalars(select(Notification.key)))
    hand_over(case, south.code)
    asking.send_due()
    assert sorted(db.session.scalars(select(Notification.key))) == before
    time.at = db.session.get_one(Case, case.id).next_check_in_at
    asking.send_due()
    newest = db.session.scalars(select(Notification).order_by(Notification.id.desc()).limit(1)).one()
    assert newest.key not in before
    assert newest.owner == f"office:{south.id}"


@pytest.mark.parametrize("code", ["nowhere", "SAME"])
def test_unknown_and_same_offices_are_refused(north: UUID, south: Office, code: str) -> None:
    case = enrolled(north)
    same = db.session.get_one(Office, north).code
    with pytest.raises(RuleViolation) as refused:
        hand_over(case, same if code == "SAME" else code)
    assert refused.value.errors[0].field == "office"
    assert db.session.get_one(Case, case.id, populate_existing=True).office_id == north


def test_closed_cases_stay(north: UUID, south: Office) -> None:
    case = enrolled(north)
    with transaction():
        locked = case_management.locked_case(case.id)
        case_management.close(CloseCase(reason=CloseReason.OTHER), case=locked, actor=OFFICER)
    with pytest.raises(InvalidTransition):
        hand_over(case, south.code)


def test_only_who_may_hand_over_where_the_case_is_does(north: UUID, south: Office) -> None:
    case = enrolled(north)
    with pytest.raises(NotFound):
        hand_over(case, south.code, officer_of(south.id))
    with pytest.raises(Forbidden):
        hand_over(case, south.code, officer_of(north, Role.CONTACT_TRACER))
    both = Actor.of(
        "user",
        "x",
        frozenset({HeldRole(Role.CONTACT_TRACER, office_id=north), HeldRole(Role.HEALTH_OFFICER, office_id=south.id)}),
    )
    with pytest.raises(Forbidden):
        hand_over(case, south.code, both)
    hand_over(case, south.code, officer_of(north))
    assert case.office_id == south.id


def test_whoever_goes_leaves_the_household_and_those_who_stay_have_a_head(north: UUID, south: Office) -> None:
    head = enrolled(north)
    first, second = (enrolled(north, household_of=head.reference) for _ in range(2))
    hand_over(head, south.code)
    assert (head.household_head_id, first.household_head_id, second.household_head_id) == (None, None, first.id)
    hand_over(second, south.code)
    assert second.household_head_id is None


def test_the_first_offices_next_import_does_not_make_a_second_case(north: UUID, south: Office) -> None:
    case = enrolled(north, external_id="E-1")
    command = EnrolCase.model_validate(enrolment(external_id="E-1"))
    hand_over(case, south.code)
    assert already_enrolled([command], office_id=north, source=None) == [case.id]
    with pytest.raises(RuleViolation, match="handed over"), transaction():
        case_management.enrol(command, actor=OFFICER, office_id=north)
    assert len(db.session.scalars(select(Handover)).all()) == 1


def test_an_office_that_has_the_same_case_does_not_get_it_twice(north: UUID, south: Office) -> None:
    case = enrolled(north, external_id="E-1")
    enrolled(south.id, external_id="E-1")
    with pytest.raises(RuleViolation):
        hand_over(case, south.code)


@pytest.fixture
def officer(north: UUID, client: FlaskClient, login: Login) -> Iterator[FlaskClient]:
    yield login(client, "officer")


def test_from_the_page(officer: FlaskClient, north: UUID, south: Office) -> None:
    case = enrolled(north)
    page = officer.get(f"/care/cases/{case.reference}")
    form = {"csrf_token": csrf(page), "transfer-office": south.code, "transfer-note": "Umzug"}
    refused = officer.post(f"/care/cases/{case.reference}/transfer", data=form | {"transfer-office": "nowhere"})
    assert refused.status_code == 422
    done = officer.post(f"/care/cases/{case.reference}/transfer", data=form)
    assert (done.status_code, done.headers["Location"]) == (303, f"/care/cases/{case.reference}")
    assert "Umzug" in text(officer.get(f"/care/cases/{case.reference}"))
    assert officer.post(f"/care/cases/{case.reference}/transfer", data=form).status_code == 422


def test_through_the_api(app: Flask, client: FlaskClient, bearer: Bearer, places: None, time: Any) -> None:
    with app.app_context():
        codes = dict(db.session.execute(select(Office.is_default, Office.code)).all())
        case = enrolled(db.session.scalars(select(Office.id).where(Office.is_default)).one())
        url, to = f"/api/v1/care/cases/{case.reference}", {"office": codes[False]}
    here, there = bearer("health_officer"), bearer("health_officer", office=codes[False])
    assert client.get(url, headers=there).status_code == 404
    assert client.post(f"{url}/transfer", json=to, headers=bearer("contact_tracer")).status_code == 403
    done = client.post(f"{url}/transfer", json=to, headers=here)
    assert (done.status_code, done.json) == (200, {"reference": url[-8:], "state": "accepted"} | to)
    assert client.get(url, headers=here).status_code == 404
    found = client.get(url, headers=there)
    assert found.status_code == 200
    assert found.json["person"]["family_name"] == "Sommerfeld"
    again = client.post(f"{url}/transfer", json={"office": "nowhere"}, headers=there)
    assert (again.status_code, again.json["errors"][0]["field"]) == (422, "office")
    with app.app_context():
        assert TaskKind.TAKEN_OVER in db.session.scalars(select(OfficeTask.kind)).all()


def test_who_saw_the_case_before_has_seen_it_elsewhere(north: UUID, south: Office) -> None:
    case = enrolled(north)
    before = case.facts_revision
    hand_over(case, south.code)
    assert case.facts_revision == before + 1


def test_nobody_of_the_first_office_has_the_case_any_more(north: UUID, south: Office) -> None:
    case = enrolled(north)
    with transaction():
        locked, names = case_management.locked_case(case.id), {"berta": "Berta Nord"}
        course.set_details(SetDetails(assigned_to="berta"), case=locked, actor=OFFICER, names=names)
    assert course.colleagues(north) == [("berta", "Berta Nord")]
    hand_over(case, south.code)
    assert (case.assigned_to, case.assigned_name) == (None, None)
    assert course.colleagues(south.id) == []
