"""Who works in a department, and where one of them is reached."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import event

from auth import colleagues
from auth.models import Department
from auth.roles import Permission, Role
from config import clock
from config.database import db, transaction
from tests.factories import people

pytestmark = pytest.mark.usefixtures("database")
CLAIM = ("caseworker:parken",)


def reached(user_id: object, code: str = "parken") -> str:
    return colleagues.mailbox_of(str(user_id), code, Permission.REQUESTS_WORK)


def test_one_of_a_department_is_reached_and_nobody_else() -> None:
    with transaction():
        db.session.add_all([Department(code="parken", name="Parken"), Department(code="tiefbau", name="Tiefbau")])
    long_ago = clock.wall() - colleagues.CLAIM_COUNTS - timedelta(days=1)
    known = {
        "granted": people.somebody("granted", email="granted@okerfeld.example"),
        "claims": people.somebody("claims", CLAIM, email="claims@okerfeld.example"),
        "left": people.somebody("left", CLAIM, email="left@okerfeld.example", last_login_at=long_ago),
        "elsewhere": people.somebody("elsewhere", ("caseworker:tiefbau",), email="elsewhere@okerfeld.example"),
        "manages": people.somebody("manages", ("service_manager:parken",), email="manages@okerfeld.example"),
        "mistyped": people.somebody("mistyped", CLAIM, email="mistyped"),
        "stranger": people.somebody("stranger", CLAIM, issuer="https://other.example", email="s@okerfeld.example"),
    }
    people.grant("granted", Role.CASEWORKER, "parken")
    members = colleagues.of_department("parken", Permission.REQUESTS_WORK)
    assert set(members.values()) == {"granted", "claims", "mistyped"}
    for name, user in known.items():
        address = f"{name}@okerfeld.example" if name in ("granted", "claims") else ""
        assert reached(user.id) == address, name
    for nobody in (uuid.uuid4(), "system:services", ""):
        assert reached(nobody) == ""
    assert reached(known["elsewhere"].id, "tiefbau") == "elsewhere@okerfeld.example"


def test_to_reach_one_is_one_question_however_many_work_there() -> None:
    with transaction():
        db.session.add(Department(code="parken", name="Parken", is_default=True))
    everybody = [people.somebody(f"p{number}", CLAIM, email=f"p{number}@okerfeld.example") for number in range(3)]
    wanted, asked = everybody[1].id, list[str]()
    db.session.rollback()

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert reached(wanted) == "p1@okerfeld.example"
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len([one for one in asked if "FROM" in one]) == 1, asked
