"""Logins end when they should, and a login that was proven anew is another one."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from auth import tasks
from auth.house_session import QUIET
from auth.models import RoleGrant, UserSession
from auth.roles import Role
from config import clock
from config.database import db, transaction

pytestmark = pytest.mark.one_database

COOKIE = "obhut_session"
SECOND = timedelta(seconds=1)


def change(app: Flask, **values: Any) -> None:
    with app.app_context(), transaction():
        db.session.execute(update(UserSession).values(values))


def row(app: Flask) -> UserSession:
    with app.app_context():
        return db.session.scalars(select(UserSession)).one()


@pytest.mark.parametrize(
    ("account", "acr", "idle_minutes", "absolute_minutes"),
    [
        ("resident", "high", 5, 30),
        ("resident", "substantial", 30, 120),
        ("resident", "basic", 60, 720),
        ("resident", "nonsense", 60, 720),
        ("officer", "high", 15, 600),
        ("officer", "basic", 15, 600),
    ],
)
def test_a_login_has_the_limits_of_its_assurance(
    app: Flask, client: FlaskClient, login: Any, account: str, acr: str, idle_minutes: int, absolute_minutes: int
) -> None:
    login(client, account, acr=acr)
    found = row(app)
    assert found.idle_until - found.seen_at == timedelta(minutes=idle_minutes)
    assert found.expires_at - found.created_at == timedelta(minutes=absolute_minutes)


@pytest.mark.parametrize("column", ["idle_until", "expires_at"])
def test_the_border_is_the_end(app: Flask, client: FlaskClient, login: Any, column: str) -> None:
    login(client, "resident")
    change(app, **{column: clock.wall() + timedelta(minutes=5)})
    assert client.get("/account/").status_code == 200
    change(app, **{column: clock.wall()})
    assert client.get("/account/").status_code == 302


def test_a_click_moves_the_idle_end_but_not_the_absolute_one(app: Flask, client: FlaskClient, login: Any) -> None:
    login(client, "officer")
    before = row(app)
    past = clock.wall() - timedelta(minutes=14)
    change(app, seen_at=past, idle_until=past + timedelta(minutes=15))
    assert client.get("/account/").status_code == 200
    after = row(app)
    assert after.idle_until > clock.wall() + timedelta(minutes=14)
    assert after.expires_at == before.expires_at


def test_what_a_page_asks_by_itself_keeps_nobody_logged_in(app: Flask, client: FlaskClient, login: Any) -> None:
    login(client, "officer")
    past = clock.wall() - timedelta(minutes=14)
    change(app, seen_at=past, idle_until=past + timedelta(minutes=15))
    assert client.get("/account/", headers={QUIET: "1"}).status_code == 200
    assert row(app).idle_until == past + timedelta(minutes=15)


def test_a_role_given_meanwhile_brings_the_limits_of_staff(
    app: Flask, client: FlaskClient, login: Any, identity_provider: Any
) -> None:
    login(client, "resident", acr="basic")
    with app.app_context(), transaction():
        issuer = identity_provider.issuer
        db.session.add(RoleGrant(issuer=issuer, subject="resident", role=Role.AUDITOR, granted_by="tests"))
    assert client.get("/audit/").status_code == 200
    found = row(app)
    assert found.is_staff
    assert found.idle_until - found.seen_at == timedelta(minutes=15)
    assert found.expires_at - found.created_at == timedelta(hours=10)


def test_a_login_that_ran_out_is_known_for_an_hour(app: Flask, client: FlaskClient, login: Any) -> None:
    login(client, "resident")
    change(app, idle_until=clock.wall() - timedelta(minutes=59))
    with app.app_context():
        tasks.tidy()
        assert db.session.scalar(select(UserSession.id)) is not None
    change(app, idle_until=clock.wall() - timedelta(hours=1))
    with app.app_context():
        tasks.tidy()
        assert db.session.scalar(select(UserSession.id)) is None


def test_own_logins_that_ran_out_are_not_listed(app: Flask, client: FlaskClient, login: Any) -> None:
    elsewhere = app.test_client()
    login(elsewhere, "resident")
    login(client, "resident")
    assert client.get("/account/").get_data(as_text=True).count("<tr>") == 3
    with app.app_context():
        oldest = db.session.scalars(select(UserSession.id).order_by(UserSession.created_at)).first()
        with transaction():
            ended = update(UserSession).where(UserSession.id == oldest)
            db.session.execute(ended.values(idle_until=clock.wall() - SECOND))
    assert client.get("/account/").get_data(as_text=True).count("<tr>") == 2


def test_cookies_over_tls_belong_to_this_host_alone(make_app: Any, places: None, identity_provider: Any) -> None:
    client = make_app(base_url="https://localhost").test_client()
    identity_provider.put("resident", {})
    begun = client.get("/auth/login", base_url="https://localhost")
    ended = client.get(identity_provider.authorise(begun.headers["Location"], "resident"))
    cookies = begun.headers.getlist("Set-Cookie") + ended.headers.getlist("Set-Cookie")
    assert any(one.startswith("__Host-obhut_session=") for one in cookies)
    for one in cookies:
        assert one.startswith("__Host-")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= {part.strip() for part in one.split(";")}
        assert "Domain" not in one


def test_notices_that_are_never_shown_do_not_pile_up(app: Flask, client: FlaskClient, login: Any) -> None:
    login(client, "resident")
    for number in range(4):
        with app.app_context(), client.session_transaction() as kept:
            kept["_flashes"] = [*kept.get("_flashes", []), *(("info", f"{number}/{one}") for one in range(5))]
    with app.app_context(), client.session_transaction() as kept:
        notices = [words for _kind, words in kept["_flashes"]]
    assert notices == [f"{number}/{one}" for number in (2, 3) for one in range(5)]
