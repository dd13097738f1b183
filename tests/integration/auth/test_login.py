"""Login through a real provider: the whole way in a browser's steps, and what stands afterwards."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select

from auth import administration
from auth.actors import Actor
from auth.models import AuditEvent, LoginAttempt, RoleGrant, User, UserSession
from auth.roles import Role
from config.database import db, transaction
from config.encryption import token_hash
from tests.fakes.identity import IdentityProvider

pytestmark = pytest.mark.one_database

COOKIE = "obhut_session"


def count(app: Flask, model: Any) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def begin(client: FlaskClient, **query: str) -> str:
    answer = client.get("/auth/login", query_string=query)
    assert answer.status_code == 302
    return answer.headers["Location"]


def cookie(client: FlaskClient) -> str | None:
    found = client.get_cookie(COOKIE)
    return found.value if found else None


def test_the_way_to_the_provider_has_pkce_state_and_nonce(
    client: FlaskClient, identity_provider: IdentityProvider
) -> None:
    identity_provider.start()
    query = parse_qs(urlsplit(begin(client)).query)
    assert query["response_type"] == ["code"]
    assert query["code_challenge_method"] == ["S256"]
    assert len(query["code_challenge"][0]) == 43
    assert query["redirect_uri"] == ["http://localhost/auth/callback"]
    assert len(query["state"][0]) >= 43
    assert len(query["nonce"][0]) >= 22
    assert "openid" in query["scope"][0].split()


def test_the_browser_is_known_by_a_cookie_of_its_own(
    make_app: Callable[..., Flask], identity_provider: IdentityProvider
) -> None:
    identity_provider.start()
    app = make_app(base_url="https://obhut.example")
    answer = app.test_client().get("/auth/login", base_url="https://obhut.example")
    (cookie_line,) = [line for line in answer.headers.getlist("Set-Cookie") if "browser" in line]
    assert cookie_line.startswith("__Host-obhut_browser=")
    for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=600"):
        assert flag in cookie_line


def test_a_login_outlasts_the_session_that_it_began_in(
    app: Flask, client: FlaskClient, login: Any, identity_provider: IdentityProvider
) -> None:
    login(client, "resident")
    where = begin(client)
    with app.app_context(), transaction():
        db.session.execute(delete(UserSession))
    assert client.get(identity_provider.authorise(where, "resident")).status_code == 302
    assert client.get("/account/").status_code == 200


def test_redirect_uri_does_not_follow_the_host_header(client: FlaskClient, identity_provider: IdentityProvider) -> None:
    identity_provider.start()
    assert client.get("/auth/login", headers={"Host": "evil.example"}).status_code == 400
    answer = client.get("/auth/login", headers={"Host": "127.0.0.1", "X-Forwarded-Host": "evil.example"})
    assert parse_qs(urlsplit(answer.headers["Location"]).query)["redirect_uri"] == ["http://localhost/auth/callback"]


def test_a_login_makes_user_session_and_record(app: Flask, client: FlaskClient, login: Any) -> None:
    login(client, "resident")
    page = client.get("/account/").get_data(as_text=True)
    assert "Lena Ahrens" in page
    assert "Beispielweg 7" in page
    with app.app_context():
        user = db.session.scalars(select(User)).one()
        row = db.session.scalars(select(UserSession)).one()
        assert (user.subject, user.email, user.assurance) == ("resident", "resident@example.org", "substantial")
        assert row.user_id == user.id
        assert row.token_hash == token_hash(cookie(client) or "")
        event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "login.completed")).one()
        assert event.subject == f"user:{user.id}"
        assert "Lena" not in str(event.facts)
    assert count(app, LoginAttempt) == 0


def test_personal_data_are_not_stored_in_plain(app: Flask, client: FlaskClient, login: Any) -> None:
    login(client, "resident")
    with app.app_context():
        stored = b"".join(
            value for row in db.session.execute(select(User.__table__)) for value in row if isinstance(value, bytes)
        ) + b"".join(
            value
            for row in db.session.execute(select(UserSession.__table__))
            for value in row
            if isinstance(value, bytes)
        )
    for text in ("Lena", "Ahrens", "Beispielweg", "resident@example.org", "04069001", "1987-04-12"):
        assert text.encode() not in stored


def test_logging_in_again_is_the_same_user_and_a_new_session(app: Flask, client: FlaskClient, login: Any) -> None:
    login(client, "resident")
    first = cookie(client)
    login(client, "resident", given_name="Magdalena")
    assert cookie(client) != first
    assert count(app, User) == 1
    assert count(app, UserSession) == 1
    assert "Magdalena" in client.get("/account/").get_data(as_text=True)


def test_a_session_planted_before_the_login_is_worthless(app: Flask, client: FlaskClient, login: Any) -> None:
    client.set_cookie(COOKIE, "planted")
    login(client, "resident")
    assert cookie(client) != "planted"
    attacker = app.test_client()
    attacker.set_cookie(COOKIE, "planted")
    assert attacker.get("/account/").status_code == 302


@pytest.mark.parametrize("next_path", ["/account/", "/admin/"])
def test_next_leads_back(
    client: FlaskClient, identity_provider: IdentityProvider, places: None, next_path: str
) -> None:
    identity_provider.put("admin", {"roles": ["administrator"]})
    back = identity_provider.authorise(begin(client, next=next_path), "admin")
    assert client.get(back).headers["Location"] == next_path


def test_next_to_another_host_leads_home(client: FlaskClient, identity_provider: IdentityProvider) -> None:
    identity_provider.put("resident", {})
    back = identity_provider.authorise(begin(client, next="//evil.example/"), "resident")
    assert client.get(back).headers["Location"] == "/"


def test_an_anonymous_visitor_of_a_guarded_page_is_led_through_the_login(
    client: FlaskClient, identity_provider: IdentityProvider
) -> None:
    identity_provider.put("admin", {"roles": "administrator"})
    first = client.get("/admin/?a=b")
    assert first.headers["Location"] == "/auth/login?next=/admin/?a%3Db&staff=1"
    provider_page = client.get(first.headers["Location"]).headers["Location"]
    ended = client.get(identity_provider.authorise(provider_page, "admin"))
    assert ended.headers["Location"] == "/admin/?a=b"
    assert client.get("/admin/?a=b").status_code == 200


def test_a_visitor_costs_the_database_no_row(app: Flask, client: FlaskClient) -> None:
    for _ in range(3):
        assert client.get("/").status_code == 200
    assert cookie(client) is None
    assert count(app, UserSession) == 0


def test_logout_ends_the_session_and_leads_to_the_provider(
    app: Flask, client: FlaskClient, login: Any, identity_provider: IdentityProvider
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    login(client, "resident")
    kept = cookie(client) or ""
    assert client.get("/auth/logout").status_code == 200
    answer = client.post("/auth/logout")
    away = urlsplit(answer.headers["Location"])
    assert f"{away.scheme}://{away.netloc}{away.path}" == f"{identity_provider.issuer}/oauth2/end_session"
    query = parse_qs(away.query)
    assert query["post_logout_redirect_uri"] == ["http://localhost/"]
    assert query["id_token_hint"][0].count(".") == 2
    assert count(app, UserSession) == 0
    client.set_cookie(COOKIE, kept)
    assert client.get("/account/").status_code == 302


def test_logout_needs_the_form_token(app: Flask, client: FlaskClient, login: Any) -> None:
    login(client, "resident")
    answer = client.post("/auth/logout")
    assert answer.status_code == 400
    assert count(app, UserSession) == 1


def test_roles_of_the_claim_are_scoped(app: Flask, client: FlaskClient, login: Any) -> None:
    login(client, "officer2")
    assert _actor(app, client).office_ids == {_office(app, "wolfenbuettel")}
    login(client, "tracer", roles=["contact_tracer"])
    assert _actor(app, client).office_ids == {_office(app, "braunschweig")}
    login(client, "tracer", roles=["contact_tracer:nowhere"])
    assert _actor(app, client).roles == {Role.RESIDENT}


def test_a_grant_and_its_end_count_at_the_next_request(
    app: Flask, client: FlaskClient, login: Any, identity_provider: IdentityProvider
) -> None:
    login(client, "resident")
    assert client.get("/audit/").status_code == 403
    with app.app_context(), transaction():
        administration.grant_role(
            actor=Actor.system("tests"), issuer=identity_provider.issuer, subject="resident", role=Role.AUDITOR
        )
    assert client.get("/audit/").status_code == 200
    with app.app_context():
        grant_id = db.session.scalars(select(RoleGrant.id)).one()
        with transaction():
            administration.revoke_role(grant_id, actor=Actor.system("tests"))
    assert client.get("/audit/").status_code == 403


def test_the_same_subject_of_another_provider_is_somebody_else(app: Flask, client: FlaskClient, login: Any) -> None:
    with app.app_context(), transaction():
        # Of a provider that was configured once.
        db.session.add(
            RoleGrant(issuer="https://other.example", subject="resident", role=Role.AUDITOR, granted_by="tests")
        )
    login(client, "resident")
    assert client.get("/audit/").status_code == 403


def test_own_sessions_are_listed_and_ended(app: Flask, client: FlaskClient, login: Any) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    elsewhere, stranger = app.test_client(), app.test_client()
    login(elsewhere, "resident")
    login(client, "resident")
    login(stranger, "resident2")
    with app.app_context():
        ids = list(db.session.scalars(select(UserSession.id).order_by(UserSession.created_at)))
    assert stranger.post(f"/account/sessions/{ids[0]}/end").status_code == 404
    assert elsewhere.get("/account/").status_code == 200
    assert client.post(f"/account/sessions/{ids[0]}/end").status_code == 303
    assert elsewhere.get("/account/").status_code == 302
    assert client.get("/account/").status_code == 200
    login(elsewhere, "resident")
    assert client.post("/account/sessions/end-others").status_code == 303
    assert elsewhere.get("/account/").status_code == 302
    assert stranger.get("/account/").status_code == 200


def _office(app: Flask, code: str) -> Any:
    with app.app_context():
        return administration.office_by_code(code).id


def _actor(app: Flask, client: FlaskClient) -> Actor:
    from auth.policies import current_actor

    token = cookie(client)
    with app.test_request_context("/", headers={"Cookie": f"{COOKIE}={token}"}):
        return current_actor()
