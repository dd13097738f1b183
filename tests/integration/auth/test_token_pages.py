"""API tokens in the administration: shown once, good for one role in one place, until they expire or are revoked."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from auth.models import ApiToken, AuditEvent
from config import clock
from config.database import db, transaction
from config.encryption import token_hash

pytestmark = pytest.mark.one_database

FORM_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
TOKEN = re.compile(r'value="(obhut_[\w-]+)"')
NEW = "/admin/tokens/new"


@pytest.fixture
def admin(client: FlaskClient, login: Any) -> FlaskClient:
    return login(client, "admin")


def post(client: FlaskClient, path: str, **fields: Any) -> Any:
    found = FORM_TOKEN.search(client.get(NEW).get_data(as_text=True))
    assert found
    return client.post(path, data={"csrf_token": found[1], **fields})


def issue(client: FlaskClient, **fields: Any) -> Any:
    wanted = {"name": "Laborschnittstelle", "role": "health_officer", "office": "braunschweig", "department": ""}
    wanted["lasts_days"] = "90"
    return post(client, NEW, **(wanted | fields))


def token_in(answer: Any) -> str:
    found = TOKEN.search(answer.get_data(as_text=True))
    assert answer.status_code == 200
    assert found
    return found[1]


def asked(client: FlaskClient, token: str) -> int:
    return client.get("/api/v1/care/cases", headers={"Authorization": f"Bearer {token}"}).status_code


def test_a_token_is_shown_once_and_works(app: Flask, admin: FlaskClient) -> None:
    assert 'value="90"' in admin.get(NEW).get_data(as_text=True)
    answer = issue(admin)
    assert "no-store" in answer.headers["Cache-Control"]
    token = token_in(answer)
    assert asked(app.test_client(), token) == 200
    overview = admin.get("/admin/").get_data(as_text=True)
    assert token not in overview
    assert "Laborschnittstelle" in overview
    with app.app_context():
        row = db.session.scalars(select(ApiToken)).one()
        assert row.token_hash == token_hash(token)
        assert row.expires_at
        assert timedelta(days=89, hours=23) < row.expires_at - clock.wall() <= timedelta(days=90)
        assert row.last_used_at is not None
        event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "token.issued")).one()
        assert token not in str(event.facts)
        for table in db.metadata.sorted_tables:
            for stored in db.session.execute(select(table)):
                assert token not in str(tuple(stored))


def test_it_counts_in_its_place_alone(app: Flask, admin: FlaskClient) -> None:
    token = token_in(issue(admin, role="caseworker", office="", department="buergerservice"))
    assert asked(app.test_client(), token) == 403


@pytest.mark.parametrize(
    "fields",
    [
        {"lasts_days": "0"},
        {"lasts_days": "366"},
        {"lasts_days": "-1"},
        {"lasts_days": "bald"},
        {"lasts_days": ""},
        {"name": ""},
        {"name": "x" * 101},
        {"role": "resident"},
        {"role": "king"},
        {"role": "auditor", "office": "braunschweig"},
        {"office": "nowhere"},
    ],
)
def test_what_cannot_be_issued(app: Flask, admin: FlaskClient, fields: dict[str, str]) -> None:
    answer = issue(admin, **fields)
    assert answer.status_code == 422
    assert "obhut_" not in answer.get_data(as_text=True).split("<main")[1]
    with app.app_context():
        assert db.session.scalar(select(ApiToken.id)) is None


def test_an_expired_and_a_revoked_token_end(app: Flask, admin: FlaskClient) -> None:
    first, second = token_in(issue(admin)), token_in(issue(admin))
    program = app.test_client()
    assert (asked(program, first), asked(program, second)) == (200, 200)
    with app.app_context():
        ids = {row.token_hash: row.id for row in db.session.scalars(select(ApiToken))}
        with transaction():
            old = update(ApiToken).where(ApiToken.id == ids[token_hash(first)])
            db.session.execute(old.values(expires_at=clock.wall()))
    assert (asked(program, first), asked(program, second)) == (401, 200)
    assert "abgelaufen" in admin.get("/admin/").get_data(as_text=True)
    assert post(admin, f"/admin/tokens/{ids[token_hash(second)]}/revoke").status_code == 303
    assert asked(program, second) == 401


@pytest.mark.parametrize("account", ["officer", "auditor", "resident", "manager", "healthadmin"])
def test_nobody_else_issues_tokens(app: Flask, client: FlaskClient, login: Any, account: str) -> None:
    login(client, account)
    assert client.get(NEW).status_code == 403
