"""What leaves care for an application elsewhere: the period of one's own order, and nothing else."""

from datetime import date
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from auth.actors import Actor
from auth.models import AuditEvent, User
from auth.roles import HeldRole, Role
from care import case_management, orders, own_quarantine
from care.commands import OrderEvent
from care.models import Case
from config.database import db, transaction
from tests.factories.care import OFFICER
from tests.integration.care.test_own_cases import case, code_in, letter, officer, redeem, resident

__all__ = ["case", "officer", "resident"]


def ordered(app: Flask, reference: str) -> None:
    with app.app_context():
        command = OrderEvent.model_validate(
            {"event": "issue_written", "legal_basis": "§ 30 IfSG", "starts_on": "2026-11-01", "ends_on": "2026-11-12"}
        )
        case_id = db.session.scalars(select(Case.id).where(Case.reference == reference)).one()
        with transaction():
            orders.apply(command, case=case_management.locked_case(case_id), actor=OFFICER)


def period(app: Flask, assurance: str = "substantial") -> dict[str, str]:
    with app.app_context():
        user_id: UUID = db.session.scalars(select(User.id).where(User.subject == "resident")).one()
        held = frozenset({HeldRole(Role.RESIDENT)})
        actor = Actor.of("user", str(user_id), held, user_id=user_id, assurance=assurance)
        with transaction():
            return own_quarantine.period(actor)


@pytest.fixture
def linked(app: Flask, officer: FlaskClient, resident: FlaskClient, case: str) -> str:
    assert redeem(resident, code_in(letter(officer, case))).status_code == 303
    return case


def test_the_period_of_ones_own_order(app: Flask, linked: str) -> None:
    assert period(app) == {}
    ordered(app, linked)
    assert period(app) == {
        "starts_on": date(2026, 11, 1).isoformat(),
        "ends_on": date(2026, 11, 12).isoformat(),
        "order_number": linked,
    }
    with app.app_context():
        action = "own_case.period_handed_out"
        assert db.session.scalars(select(AuditEvent.subject).where(AuditEvent.action == action)).all() == [
            f"case:{linked}"
        ]


def test_not_to_a_login_that_proves_too_little(app: Flask, linked: str) -> None:
    ordered(app, linked)
    assert period(app, assurance="basic") == {}


def test_not_of_somebody_for_whom_one_only_acts(
    app: Flask, officer: FlaskClient, resident: FlaskClient, case: str
) -> None:
    assert redeem(resident, code_in(letter(officer, case, basis="representative"))).status_code == 303
    ordered(app, case)
    assert period(app) == {}
