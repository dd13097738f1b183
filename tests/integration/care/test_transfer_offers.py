"""A case is offered to another office, and stays where it is until that one accepts."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from auth.models import AuditEvent, Office
from auth.roles import Role
from care import asking, case_management, transfer, transfer_queries
from care.commands import AnswerTransfer, CloseCase, TransferCase
from care.models import Case
from care.transfer_models import Transfer
from care.transfer_rules import LASTS, TransferState
from care.vocabulary import CloseReason, TaskKind
from config import scopes
from config.database import db, transaction
from config.errors import Forbidden, InvalidTransition, NotFound, RuleViolation
from tests.factories.care import OFFICER
from tests.fixtures.application import Login
from tests.integration.care.test_staff_pages import csrf, text
from tests.integration.care.test_transfer import enrolled, north, officer_of, south  # noqa: F401

pytestmark = pytest.mark.one_database

Bearer = Callable[..., dict[str, str]]
PLACE = {"street": "Ring", "house_number": "7", "postal_code": "38100", "city": "Braunschweig"}


@pytest.fixture
def case(north: UUID) -> Case:  # noqa: F811
    return enrolled(north, person={"address": PLACE})


def offer(case: Case, to: Office, note: str = "Ist umgezogen") -> TransferState:
    command = TransferCase(office=to.code, note=note, offer=True)
    state = transfer.hand_over(command, reference=case.reference, actor=officer_of(case.office_id))
    db.session.expire_all()
    return state


def answer(case: Case, office_id: UUID, accept: bool, reason: str = "", role: Role = Role.HEALTH_OFFICER) -> None:
    command = AnswerTransfer(accept=accept, reason=reason)
    transfer.answer(command, reference=case.reference, actor=officer_of(office_id, role))
    db.session.expire_all()


def state() -> TransferState:
    return db.session.scalars(select(Transfer.state)).one()


def test_until_the_other_office_accepts_everything_stays(
    case: Case,
    north: UUID,  # noqa: F811
    south: Office,  # noqa: F811
    time: Any,
) -> None:
    assert offer(case, south) is TransferState.OFFERED
    assert case.office_id == north
    time.at = case.next_check_in_at
    assert asking.send_due() == 1
    seen = transfer_queries.waiting(officer_of(south.id))
    assert [one["reference"] for one in seen] == [case.reference]
    assert (seen[0]["place"], seen[0]["note"]) == ("38100 Braunschweig", "Ist umgezogen")
    told = repr(seen)
    assert not any(word in told for word in ("Ilka", "Sommerfeld", "1984", "Ring"))
    assert transfer_queries.waiting(officer_of(north)) == []
    answer(case, south.id, accept=True)
    assert case.office_id == case.person.office_id == south.id
    assert [task.note for task in case.tasks if task.kind is TaskKind.TAKEN_OVER] == ["Ist umgezogen"]
    assert state() is TransferState.ACCEPTED
    assert transfer_queries.count(officer_of(south.id)) == 0


def test_a_refusal_says_why_and_leaves_a_task(case: Case, north: UUID, south: Office) -> None:  # noqa: F811
    offer(case, south)
    with pytest.raises(RuleViolation):
        answer(case, south.id, accept=False)
    answer(case, south.id, accept=False, reason="Wohnt nicht hier")
    assert (case.office_id, state()) == (north, TransferState.REFUSED)
    assert [task.note for task in case.tasks if task.kind is TaskKind.TRANSFER_FAILED] == ["Wohnt nicht hier"]
    with pytest.raises(NotFound):
        answer(case, south.id, accept=True)
    chains = set(db.session.scalars(select(AuditEvent.chain).where(AuditEvent.action.like("case.transfer_%"))))
    assert len(chains) == 2
    assert offer(case, south) is TransferState.OFFERED


def test_who_may_answer(case: Case, north: UUID, south: Office) -> None:  # noqa: F811
    offer(case, south)
    for office_id, role in ((north, Role.HEALTH_OFFICER), (south.id, Role.CONTACT_TRACER)):
        with pytest.raises((NotFound, Forbidden)):
            answer(case, office_id, accept=True, role=role)
    assert state() is TransferState.OFFERED


def test_withdrawn_once_and_offered_once(case: Case, north: UUID, south: Office) -> None:  # noqa: F811
    offer(case, south)
    with pytest.raises(RuleViolation):
        offer(case, south)
    transfer.withdraw(reference=case.reference, actor=officer_of(north))
    assert state() is TransferState.WITHDRAWN
    with pytest.raises(InvalidTransition):
        transfer.withdraw(reference=case.reference, actor=officer_of(north))
    with pytest.raises(NotFound):
        answer(case, south.id, accept=True)


def test_nobody_answers(case: Case, north: UUID, south: Office, time: Any) -> None:  # noqa: F811
    offer(case, south)
    assert transfer.expire_due() == 0
    time.at += LASTS + timedelta(seconds=1)
    with pytest.raises(NotFound):
        answer(case, south.id, accept=True)
    assert (transfer.expire_due(), transfer.expire_due()) == (1, 0)
    db.session.expire_all()
    assert state() is TransferState.EXPIRED
    assert TaskKind.TRANSFER_FAILED in {task.kind for task in case.tasks}


def test_closing_the_case_takes_the_offer_back(case: Case, south: Office) -> None:  # noqa: F811
    offer(case, south)
    with transaction():
        locked = case_management.locked_case(case.id)
        case_management.close(CloseCase(reason=CloseReason.OTHER), case=locked, actor=OFFICER)
    assert state() is TransferState.WITHDRAWN


def test_the_database_shows_an_offer_to_the_two_offices_alone(case: Case, north: UUID, south: Office) -> None:  # noqa: F811
    offer(case, south)
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no policies")
    db.session.rollback()
    third = UUID(int=7)
    for office_id, number in ((north, 1), (south.id, 1), (third, 0)):
        with scopes.within(scopes.people(offices=[office_id])):
            assert len(db.session.scalars(select(Transfer.id)).all()) == number
            assert len(db.session.scalars(select(Case.id)).all()) == (1 if office_id == north else 0)
        db.session.rollback()


@pytest.fixture
def offered(app: Flask, places: None, time: Any) -> tuple[str, str, str]:
    """Reference of a case of the first office; code and name of the second. No context stays open between requests."""
    with app.app_context():
        offices = {row.is_default: row for row in db.session.scalars(select(Office))}
        case = enrolled(offices[True].id, person={"address": PLACE})
        return case.reference, offices[False].code, offices[False].name


def test_from_the_pages_of_two_offices(client: FlaskClient, login: Login, offered: tuple[str, str, str]) -> None:
    reference, code, name = offered
    officer, url = login(client, "officer"), f"/care/cases/{reference}"
    form = {"csrf_token": csrf(officer.get(url)), "transfer-office": code, "transfer-note": "Umzug"}
    assert officer.post(f"{url}/transfer", data=form).status_code == 303
    assert name in text(officer.get(url))
    assert reference not in text(officer.get("/care/transfers/"))
    other = login(client, "officer2")
    page = other.get("/care/transfers/")
    assert reference in text(page)
    assert "Sommerfeld" not in text(page)
    assert other.get(url).status_code == 404
    said = {"csrf_token": csrf(page), "reference": reference, "accept": "0", "reason": ""}
    assert other.post("/care/transfers/answer", data=said).status_code == 422
    done = other.post("/care/transfers/answer", data=said | {"accept": "1"})
    assert (done.status_code, done.headers["Location"]) == (303, url)
    assert other.get(url).status_code == 200
    assert other.post("/care/transfers/answer", data=said | {"accept": "1"}).status_code == 409


def test_through_the_api(client: FlaskClient, bearer: Bearer, offered: tuple[str, str, str]) -> None:
    reference, code, _ = offered
    url = f"/api/v1/care/cases/{reference}"
    here, there = bearer("health_officer"), bearer("health_officer", office=code)
    made = client.post(f"{url}/transfer", json={"office": code, "offer": True}, headers=here)
    assert (made.status_code, made.json["state"]) == (200, "offered")
    assert client.get(url, headers=there).status_code == 404
    assert client.post(f"{url}/transfer/withdrawal", headers=here).json["state"] == "withdrawn"
    client.post(f"{url}/transfer", json={"office": code, "offer": True}, headers=here)
    waiting = client.get("/api/v1/care/transfers", headers=there).json["items"]
    assert [one["reference"] for one in waiting] == [reference]
    done = client.post(f"/api/v1/care/transfers/{reference}", json={"accept": True}, headers=there)
    assert (done.status_code, done.json) == (200, {"reference": reference, "state": "accepted"})
    assert client.get(url, headers=there).status_code == 200
