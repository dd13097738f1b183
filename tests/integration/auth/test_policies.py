"""Access: declared or closed; pages, programs and their refusals; the same request twice."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Blueprint, Flask, jsonify, request
from flask.testing import FlaskClient
from sqlalchemy import select, update

from auth import audit, idempotency, tokens
from auth.actors import Actor
from auth.models import ApiToken, AuditEvent, IdempotencyRecord, UserSession
from auth.policies import current_actor, public, require, signed
from auth.roles import Permission
from config import clock, scopes
from config.database import db, transaction
from config.errors import RuleViolation

pytestmark = pytest.mark.one_database

Bearer = Callable[..., dict[str, str]]


@pytest.fixture
def app(app: Flask) -> Flask:
    """The application with a few views of our own."""
    probe = Blueprint("probe", __name__)

    @probe.get("/probe/undeclared")
    def undeclared() -> str:
        return "open"

    @probe.post("/probe/public")
    @public
    def open_post() -> str:
        return "done"

    @probe.post("/probe/signed")
    @signed
    def webhook() -> str:
        return "done"

    @probe.get("/probe/whoami")
    @public(api=True)
    def whoami() -> Any:
        return jsonify(kind=current_actor().kind)

    @probe.post("/api/v1/probe")
    @require(Permission.CASES_ENROL, api=True)
    def enrol() -> Any:
        name = (request.get_json(silent=True) or {}).get("name")
        if name == "bad":
            raise RuleViolation("name", "No.")
        with transaction():
            audit.record(current_actor(), "probe", "probe")
        if name == "crash":
            raise SystemError("after the commit")
        return jsonify(name=name, acts=acts()), 201, {"Location": "/api/v1/probe/1"}

    app.register_blueprint(probe)
    return app


def acts() -> int:
    with scopes.within(scopes.system("tests")):
        return len(db.session.scalars(select(AuditEvent.id).where(AuditEvent.action == "probe")).all())


def send(client: FlaskClient, headers: dict[str, str], key: str | None = None, **body: Any) -> Any:
    return client.post("/api/v1/probe", headers=headers | ({"Idempotency-Key": key} if key else {}), json=body)


def test_a_view_that_declares_nothing_is_closed(client: FlaskClient) -> None:
    answer = client.get("/probe/undeclared")
    assert answer.status_code == 403
    assert answer.get_data(as_text=True) != "open"


def test_forms_need_their_token_and_programs_do_not(client: FlaskClient) -> None:
    assert client.post("/probe/public").status_code == 400
    assert client.post("/probe/signed").status_code == 200


def test_programs_are_told_what_is_missing(client: FlaskClient, bearer: Bearer) -> None:
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic YTpi"}):
        answer = send(client, headers)
        assert answer.status_code == 401
        assert answer.mimetype == "application/problem+json"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.get_json()["status"] == 401
    answer = send(client, bearer("auditor"))
    assert (answer.status_code, answer.mimetype) == (403, "application/problem+json")
    assert send(client, bearer("health_officer")).status_code == 201


def test_a_browser_session_is_no_token(client: FlaskClient, login: Any) -> None:
    login(client, "officer")
    assert send(client, {}).status_code == 401


def test_tokens_expire_and_are_revoked(app: Flask, client: FlaskClient, bearer: Bearer) -> None:
    headers = bearer("health_officer", lasts=timedelta(hours=1))
    assert send(client, headers).status_code == 201
    with app.app_context():
        row = db.session.scalars(select(ApiToken)).one()
        assert row.last_used_at is not None
        assert headers["Authorization"].encode() not in repr(vars(row)).encode()
        token_id = row.id
        with transaction():
            db.session.execute(update(ApiToken).values(expires_at=clock.wall() - timedelta(seconds=1)))
    assert send(client, headers).status_code == 401
    with app.app_context():
        with transaction():
            db.session.execute(update(ApiToken).values(expires_at=None))
        with transaction():
            tokens.revoke(token_id, Actor.system("tests"))
    assert send(client, headers).status_code == 401


def test_the_domain_clock_does_not_move_tokens(client: FlaskClient, bearer: Bearer, domain_clock: Any) -> None:
    headers = bearer("health_officer", lasts=timedelta(hours=1))
    domain_clock.forward(days=30)
    assert send(client, headers).status_code == 201


def test_the_same_key_acts_once_and_answers_again(client: FlaskClient, bearer: Bearer) -> None:
    headers = bearer("health_officer")
    first = send(client, headers, "key-1", name="a")
    again = send(client, headers, "key-1", name="a")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.get_json() == again.get_json()
    assert again.headers["Location"] == "/api/v1/probe/1"
    assert again.headers["Idempotency-Replayed"] == "true"
    assert send(client, headers, "key-2", name="a").get_json()["acts"] == 2


def test_a_key_with_another_body_is_refused(client: FlaskClient, bearer: Bearer) -> None:
    headers = bearer("health_officer")
    send(client, headers, "key", name="a")
    answer = send(client, headers, "key", name="b")
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["field"] == "Idempotency-Key"


def test_keys_of_two_tokens_do_not_meet(client: FlaskClient, bearer: Bearer) -> None:
    assert send(client, bearer("health_officer"), "key", name="a").get_json()["acts"] == 1
    assert send(client, bearer("health_officer"), "key", name="b").get_json()["acts"] == 2


def test_a_refused_request_frees_its_key(client: FlaskClient, bearer: Bearer) -> None:
    headers = bearer("health_officer")
    assert send(client, headers, "key", name="bad").status_code == 422
    assert send(client, headers, "key", name="good").status_code == 201


def test_an_act_whose_answer_was_lost_is_not_done_again(app: Flask, client: FlaskClient, bearer: Bearer) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    headers = bearer("health_officer")
    assert send(client, headers, "key", name="crash").status_code == 500
    assert send(client, headers, "key", name="crash").status_code == 409
    with app.app_context():
        assert acts() == 1
        with transaction():
            past = clock.wall() - idempotency.KEPT_FOR - timedelta(minutes=1)
            db.session.execute(update(IdempotencyRecord).values(created_at=past))
        with transaction():
            assert idempotency.forget_old() == 1


def test_stored_answers_are_encrypted(app: Flask, client: FlaskClient, bearer: Bearer) -> None:
    send(client, bearer("health_officer"), "key", name="Adelheid")
    with app.app_context():
        row = db.session.scalars(select(IdempotencyRecord)).one()
        assert b"Adelheid" not in (row.body_sealed or b"")  # type: ignore[attr-defined]
        assert json.loads(row.body or b"")["name"] == "Adelheid"


def test_sessions_end_by_idleness_and_at_their_limit(app: Flask, client: FlaskClient, login: Any) -> None:
    for column, age in (("idle_until", timedelta(seconds=1)), ("expires_at", timedelta(seconds=1))):
        login(client, "resident")
        assert client.get("/account/").status_code == 200
        with app.app_context(), transaction():
            db.session.execute(update(UserSession).values({column: clock.wall() - age}))
        assert client.get("/account/").status_code == 302


def test_logins_expire_by_the_wall_clock_only(client: FlaskClient, login: Any, domain_clock: Any) -> None:
    login(client, "resident")
    domain_clock.forward(days=30)
    assert client.get("/account/").status_code == 200
