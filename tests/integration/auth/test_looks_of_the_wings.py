"""Every way to look at somebody's data leaves a look: pages and programs, one record and whole lists."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from auth import audit
from auth.models import AuditEvent, Department, Office, User
from care import case_management, exporting
from care.commands import EnrolCase
from config.database import db, transaction
from config.sandbox.accounts import DEFAULT_OFFICE, SECOND_OFFICE
from config.settings import current_settings
from notifications import outbox
from notifications.statuses import Channel
from services.models import Attachment
from tests.factories import services
from tests.factories.care import MONDAY, OFFICER, enrolment
from tests.fixtures.application import DEPARTMENT, DomainClock, Login

NORTH, SOUTH = f"office:{DEFAULT_OFFICE[0]}", f"office:{SECOND_OFFICE[0]}"
Bearer = Callable[..., dict[str, str]]


def _enrol(code: str, **values: object) -> str:
    office_id = db.session.scalars(select(Office.id).where(Office.code == code)).one()
    with transaction():
        command = EnrolCase.model_validate(enrolment(**values))
        return case_management.enrol(command, actor=OFFICER, office_id=office_id).case.reference


@pytest.fixture
def cases(app: Flask, places: None, domain_clock: DomainClock) -> tuple[str, str]:
    """An open case in each office."""
    domain_clock.set(MONDAY)
    with app.app_context():
        return _enrol(DEFAULT_OFFICE[0]), _enrol(SECOND_OFFICE[0])


def _looks(app: Flask) -> list[tuple[str, str, list[str]]]:
    with app.app_context():
        wanted = select(AuditEvent).where(AuditEvent.seen.is_not(None)).order_by(AuditEvent.id)
        return [(event.action, event.chain, list(event.seen or [])) for event in db.session.scalars(wanted)]


def test_pages_of_care(app: Flask, client: FlaskClient, login: Login, cases: tuple[str, str]) -> None:
    login(client, "officer")
    mine = [f"case:{cases[0]}"]
    assert client.get("/care/cases/").status_code == 200
    assert client.get(f"/care/cases/{cases[0]}").status_code == 200
    assert client.get(f"/care/cases/{cases[1]}").status_code == 404
    assert client.get("/care/cases/?line_list=closed").status_code == 200  # nobody is in it
    assert _looks(app) == [("cases.listed", NORTH, mine), ("case.viewed", NORTH, mine)]


def test_a_search_is_a_look_at_what_it_finds_and_keeps_its_words_to_itself(
    app: Flask, client: FlaskClient, login: Login, cases: tuple[str, str]
) -> None:
    login(client, "officer2")
    page = client.get("/care/cases/").get_data(as_text=True)
    token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    assert client.post("/care/cases/search", data={"q": cases[1], "csrf_token": token}).status_code == 200
    assert _looks(app) == [("cases.listed", SOUTH, [f"case:{cases[1]}"])] * 2
    with app.app_context():
        looks = select(AuditEvent.facts).where(AuditEvent.seen.is_not(None)).order_by(AuditEvent.id)
        facts = db.session.scalars(looks).all()
    assert [found["searched"] for found in facts] == [False, True]
    assert all(set(found) == {"roles", "list", "searched"} for found in facts)


def test_programs_of_care(app: Flask, client: FlaskClient, bearer: Bearer, cases: tuple[str, str]) -> None:
    headers = bearer("health_officer")
    mine = [f"case:{cases[0]}"]
    for path in ("", f"/{cases[0]}", f"/{cases[0]}/timeline"):
        assert client.get(f"/api/v1/care/cases{path}", headers=headers).status_code == 200
    answer = client.post(f"/api/v1/care/cases/{cases[0]}/actions", json={"action": "none"}, headers=headers)
    assert answer.status_code == 200
    assert [look[:2] for look in _looks(app)] == [
        ("cases.listed", NORTH),
        ("case.viewed", NORTH),
        ("case.timeline_read", NORTH),
    ]
    assert all(seen == mine for _, _, seen in _looks(app))


def test_an_export_names_everybody_in_it_office_by_office(app: Flask, cases: tuple[str, str]) -> None:
    with app.app_context():
        exporting.line_list_file(OFFICER, "csv", None, current_settings().zone)
    assert sorted(_looks(app)) == sorted(
        [("cases.exported", NORTH, [f"case:{cases[0]}"]), ("cases.exported", SOUTH, [f"case:{cases[1]}"])]
    )


def test_acts_go_into_the_chain_of_the_case_s_office(app: Flask, cases: tuple[str, str]) -> None:
    with app.app_context():
        wanted = select(AuditEvent.subject, AuditEvent.chain).where(AuditEvent.action == "case.enrolled")
        found = {row.subject: row.chain for row in db.session.execute(wanted)}
    assert found == {f"case:{cases[0]}": NORTH, f"case:{cases[1]}": SOUTH}


def test_requests_are_looked_at_by_caseworkers_and_not_by_those_who_made_them(
    app: Flask, client: FlaskClient, login: Login, bearer: Bearer
) -> None:
    resident = app.test_client()
    login(resident, "resident")
    with app.app_context():
        user_id = db.session.scalars(select(User.id).where(User.subject == "resident")).one()
        reference = services.submitted(services.resident(user_id)).reference
        files = db.session.scalars(select(Attachment.id)).all()
    assert resident.get(f"/requests/{reference}").status_code == 200
    assert _looks(app) == []
    for visitor, headers, paths in (
        (app.test_client(), bearer("caseworker"), ("/api/v1/requests", f"/api/v1/requests/{reference}")),
        (login(client, "caseworker"), {}, ("/staff/requests/", f"/staff/requests/{reference}")),
    ):
        for path in (*paths, f"{paths[1]}/files/{files[0]}"):
            assert visitor.get(path, headers=headers).status_code == 200
    chain, seen = f"department:{DEPARTMENT[0]}", [f"request:{reference}"]
    actions = ("requests.listed", "request.viewed", "request.file_read")
    assert _looks(app) == [(action, chain, seen) for action in actions] * 2


def test_messages_are_about_somebody(app: Flask, client: FlaskClient, login: Login, bearer: Bearer) -> None:
    with app.app_context():
        reference = _enrol(DEFAULT_OFFICE[0], person={"phone": "+4915112345678"})
        office_id = db.session.scalars(select(Office.id).where(Office.code == DEFAULT_OFFICE[0])).one()
        with transaction():
            stored = outbox.enqueue(
                template="notifications.answer",
                channel=Channel.SMS,
                to="+4915112345678",
                locale="de",
                variables={"text": "Hallo"},
                key="k1",
                about=reference,
                owner=f"office:{office_id}",
            )
            assert stored is not None
            message_id = stored.id
    login(client, "officer")
    assert client.get("/staff/messages/?about=" + reference).status_code == 200
    assert client.get(f"/staff/messages/{message_id}").status_code == 200
    assert client.get(f"/api/v1/notifications?about={reference}", headers=bearer("health_officer")).status_code == 200
    looks = _looks(app)
    assert [action for action, *_ in looks] == ["messages.listed", "message.viewed", "messages.read"]
    assert all(f"case:{reference}" in seen and chain == NORTH for _, chain, seen in looks)
    assert f"message:{message_id}" in looks[1][2]


def test_nobody_is_named_in_the_trail(app: Flask, client: FlaskClient, login: Login, cases: tuple[str, str]) -> None:
    login(client, "officer")
    client.get("/care/cases/")
    with app.app_context():
        rows = " ".join(str(tuple(row)) for row in db.session.execute(select(AuditEvent.__table__)))
        people = [user.family_name for user in db.session.scalars(select(User))]
    assert people
    assert not [name for name in [*people, "Sommerfeld", DEFAULT_OFFICE[1]] if name and name in rows]


def test_messages_go_into_the_chain_of_their_owner(app: Flask, places: None) -> None:
    with app.app_context():
        office = db.session.scalars(select(Office)).first()
        code = db.session.scalars(select(Department.code)).first()
        assert office is not None
        assert audit.chain_of_owner(f"office:{office.id}") == f"office:{office.code}"
        assert audit.chain_of_owner(f"department:{code}") == f"department:{code}"
        for unknown in (None, "", "office:x", "office:0193a1b2-0000-7000-8000-00000000abcd", "bulk:1"):
            assert audit.chain_of_owner(unknown) == audit.HOUSE_CHAIN
