"""Links and codes under attack: guessing finds nothing, all answers are one, and a code counts once."""

import re
import secrets
import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from auth.actors import Actor
from auth.models import Office, User
from care import asking, case_management, link_codes
from care.commands import EnrolCase
from care.guardianship import CodeWay, IssueCode, LinkBasis, RedeemCode
from care.link_models import CaseLink, LinkCode
from care.models import Case
from config import clock
from config.database import Base, db, transaction
from config.ids import REFERENCE_ALPHABET, new_token
from tests.factories.care import MONDAY, OFFICER, enrolment, local
from tests.support.at_work import at_work

pytestmark = pytest.mark.timeout(3600)
FORM_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
BORN = date(1984, 5, 17)
Amount = Callable[[int, int], int]
COUNTED = ("care_", "kept_form", "notification", "user_account", "service_request")


@pytest.fixture
def unlimited(app: Flask) -> None:
    """Without the limits of the edge, which would end these attacks long before."""
    app.extensions["obhut.settings"] = app.extensions["obhut.settings"].changed(
        limit_links="off", limit_links_by_address="off", limit_lookups="off", limit_lookups_by_address="off"
    )


@pytest.fixture
def case(app: Flask, places: None) -> Any:
    """A case with an open question, and a code that waits."""
    clock.use(lambda: local(date(2026, 11, 2), 12))
    with app.app_context():
        office_id = db.session.scalars(select(Office.id).where(Office.is_default)).one()
        with transaction():
            command = EnrolCase.model_validate(enrolment(enrolled_at=MONDAY.isoformat()))
            case_id = case_management.enrol(command, actor=OFFICER, office_id=office_id).case.id
        asking.send_due()
    yield case_id
    clock.reset()


def issue(app: Flask, case_id: Any) -> str:
    code = link_codes.new_code()
    with app.app_context(), transaction():
        command = IssueCode(basis=LinkBasis.SELF, way=CodeWay.LETTER)
        link_codes.issue(command, code, case=case_management.locked_case(case_id), actor=OFFICER)
    return code


def rows(app: Flask) -> dict[str, list[str]]:
    with app.app_context():
        tables = [table for table in Base.metadata.sorted_tables if table.name.startswith(COUNTED)]
        return {table.name: sorted(map(str, db.session.execute(select(table)))) for table in tables}


def guess(kind: int) -> str:
    """A token as ours, or nearly."""
    return (new_token(), new_token()[:-1], new_token() + "A", secrets.token_hex(11), "A" * 22)[kind % 5]


def test_no_link_is_guessed(app: Flask, client: FlaskClient, case: Any, unlimited: None, amount: Amount) -> None:
    before, seen = rows(app), set()
    found = FORM_TOKEN.search(client.get("/status").get_data(as_text=True))
    assert found
    data = {"csrf_token": found[1], "feeling": "no", "birth_date": "17.05.1984"}
    for number in range(amount(150, 20_000)):
        token = guess(number)
        answer = client.post(f"/c/{token}", data=data) if number % 2 else client.get(f"/c/{token}")
        seen.add((number % 2, answer.status_code, answer.get_data(as_text=True).replace(token, "")))
    assert {status for _, status, _ in seen} == {404}
    assert len(seen) == 2  # one for looking, one for sending
    assert rows(app) == before


def test_no_code_is_guessed(
    app: Flask, client: FlaskClient, login: Any, case: Any, unlimited: None, amount: Amount
) -> None:
    issue(app, case)
    login(client, "resident")
    found = FORM_TOKEN.search(client.get("/account/link-case").get_data(as_text=True))
    assert found
    before = rows(app)
    for _ in range(amount(30, 5_000)):
        code = "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(12))
        answer = client.post(
            "/account/link-case", data={"csrf_token": found[1], "code": code, "birth_date": "17.05.1984"}
        )
        assert answer.status_code == 422
        assert "Das hat nicht geklappt." in answer.get_data(as_text=True)
    assert rows(app) == before


def test_a_code_links_one_of_those_who_use_it_at_once(app: Flask, login: Any, case: Any, amount: Amount) -> None:
    accounts = ("resident", "resident2")
    for account in accounts:
        login(app.test_client(), account)
    with app.app_context():
        users = {user.subject: user.id for user in db.session.scalars(select(User))}
    for _ in range(amount(3, 100)):
        code, linked = issue(app, case), []
        start = threading.Barrier(len(accounts))

        def redeem(account: str, code: str = code, linked: list[Any] = linked, start: Any = start) -> None:
            actor = Actor(kind="user", id=str(users[account]), user_id=users[account])
            with at_work(app):
                start.wait(timeout=120)
                with transaction():
                    linked.append(link_codes.redeem(RedeemCode(code=code, birth_date=BORN), actor=actor))

        threads = [threading.Thread(target=redeem, args=(account,)) for account in accounts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(map(bool, linked)) == [False, True]
    with app.app_context():
        reference = db.session.scalars(select(Case.reference)).one()
        assert reference
        used = db.session.scalars(select(LinkCode).where(LinkCode.used_at.is_not(None))).all()
        assert len(used) == amount(3, 100)
        assert len(db.session.scalars(select(CaseLink)).all()) <= len(accounts)
