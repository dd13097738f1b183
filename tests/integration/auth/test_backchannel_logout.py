"""A provider says that somebody has logged out there: what ends, what stays, and what is answered."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from auth import logouts
from auth.models import AuditEvent, UsedLogoutToken, UserSession
from config.database import db, transaction
from tests.fakes.hostile_provider import HostileProvider
from tests.fixtures.providers import begin, come_back, log_in

pytestmark = pytest.mark.one_database

STAFF = "/auth/login?staff=1"


@pytest.fixture
def app(make_app: Callable[..., Flask], provider: HostileProvider, staff_provider: HostileProvider) -> Flask:
    return make_app(
        oidc_issuer=provider.issuer,
        oidc_staff_issuer=staff_provider.issuer,
        oidc_staff_client_id=staff_provider.client_id,
    )


def tell(client: FlaskClient, token: str) -> Any:
    return client.post("/auth/backchannel-logout", data={"logout_token": token})


def is_in(client: FlaskClient) -> bool:
    return client.get("/account/").status_code == 200


def facts(app: Flask) -> list[tuple[str, dict[str, Any]]]:
    with app.app_context():
        rows = db.session.execute(select(AuditEvent.action, AuditEvent.facts).order_by(AuditEvent.id))
        return [(action, found) for action, found in rows if action != "login.completed"]


def test_a_session_of_the_provider_ends_where_it_was_used(app: Flask, provider: HostileProvider) -> None:
    here, there, client = app.test_client(), app.test_client(), app.test_client()
    log_in(here, provider, sid="s-1")
    log_in(there, provider, sid="s-2")
    answer = tell(client, provider.logout_token(sid="s-1"))
    assert (answer.status_code, answer.get_data()) == (200, b"")
    assert answer.headers["Cache-Control"] == "no-store"
    assert not is_in(here)
    assert is_in(there)
    assert facts(app) == [("session.ended_by_provider", {"sessions": 1})]


def test_a_subject_ends_everywhere_and_nobody_else_does(app: Flask, provider: HostileProvider) -> None:
    here, there, other, client = (app.test_client() for _ in range(4))
    log_in(other, provider, sub="eve")
    log_in(here, provider, sub="ada", sid="s-1")
    log_in(there, provider, sub="ada", sid="s-2")
    assert tell(client, provider.logout_token()).status_code == 200
    assert [is_in(one) for one in (here, there, other)] == [False, False, True]
    assert facts(app) == [("session.ended_by_provider", {"sessions": 2})]


def test_subject_and_session_must_both_fit(app: Flask, provider: HostileProvider) -> None:
    here, client = app.test_client(), app.test_client()
    log_in(here, provider, sid="s-1")
    assert tell(client, provider.logout_token(sub="eve", sid="s-1")).status_code == 200
    assert is_in(here)
    assert tell(client, provider.logout_token(sub=..., sid="s-1")).status_code == 200
    assert not is_in(here)


def test_each_provider_ends_its_own_alone(
    app: Flask, provider: HostileProvider, staff_provider: HostileProvider
) -> None:
    resident, officer, client = app.test_client(), app.test_client(), app.test_client()
    log_in(resident, provider, sid="same")
    log_in(officer, staff_provider, STAFF, sid="same")
    assert tell(client, staff_provider.logout_token(sid="same")).status_code == 200
    assert [is_in(resident), is_in(officer)] == [True, False]
    assert tell(client, provider.logout_token(sid="same")).status_code == 200
    assert not is_in(resident)


def test_one_provider_for_both_ends_both(make_app: Callable[..., Flask], provider: HostileProvider) -> None:
    app = make_app(oidc_issuer=provider.issuer, oidc_staff_issuer=provider.issuer)
    resident, staff, client = app.test_client(), app.test_client(), app.test_client()
    log_in(resident, provider)
    log_in(staff, provider, STAFF)
    assert tell(client, provider.logout_token()).status_code == 200
    assert [is_in(resident), is_in(staff)] == [False, False]


def test_a_token_counts_once(app: Flask, provider: HostileProvider) -> None:
    here, client = app.test_client(), app.test_client()
    log_in(here, provider)
    token = provider.logout_token()
    assert tell(client, token).status_code == 200
    log_in(here, provider, iat=int(time.time()) + 1)
    again = tell(client, token)
    assert (again.status_code, again.get_json()["error"]) == (400, "invalid_request")
    assert again.headers["Cache-Control"] == "no-store"
    assert is_in(here)
    assert facts(app)[-1] == ("logout.refused", {"reason": "logout_token_used_already"})


@pytest.mark.parametrize("whom", [{"sid": "s-1"}, {}], ids=["session", "subject"])
def test_a_login_that_is_just_coming_in_is_over_too(
    app: Flask, client: FlaskClient, provider: HostileProvider, whom: dict[str, str]
) -> None:
    """Told after the code was given and before it is redeemed; the next login is a new one."""
    log_in(client, provider, sid="s-0")
    state = begin(client, provider)
    provider.claims |= {"sid": "s-1", "iat": int(time.time()) - 5}
    assert tell(app.test_client(), provider.logout_token(**whom)).status_code == 200
    assert come_back(client, state).status_code == 400
    assert facts(app)[-1] == ("login.refused", {"reason": "logged_out_meanwhile"})
    del provider.claims["iat"]
    time_of_logout = provider.logout_claims()["iat"]
    log_in(client, provider, iat=time_of_logout + 1)
    assert is_in(client)


def test_nobody_to_log_out_is_fine(app: Flask, client: FlaskClient, provider: HostileProvider) -> None:
    assert tell(client, provider.logout_token(sub="nobody")).status_code == 200
    assert facts(app) == [("session.ended_by_provider", {"sessions": 0})]


def test_a_provider_that_is_away_is_asked_to_try_again(
    app: Flask, client: FlaskClient, provider: HostileProvider
) -> None:
    provider.status["/jwks"] = 500
    answer = tell(client, provider.logout_token())
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_only_post_counts(client: FlaskClient, provider: HostileProvider, method: str) -> None:
    answer = getattr(client, method)(f"/auth/backchannel-logout?logout_token={provider.logout_token()}")
    assert answer.status_code == 405


def test_used_numbers_are_forgotten(
    app: Flask, client: FlaskClient, provider: HostileProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(client, provider.logout_token())
    with app.app_context():
        with transaction():
            assert logouts.forget_used() == 0
        monkeypatch.setattr(logouts.clock, "wall", lambda now=logouts.clock.wall(): now + logouts.REMEMBERED_FOR)
        with transaction():
            assert logouts.forget_used() == 2, "its number, and whom it named"
        assert db.session.scalar(select(func.count()).select_from(UsedLogoutToken)) == 0
        assert db.session.scalar(select(func.count()).select_from(UserSession)) == 0


def test_whoever_comes_back_from_the_providers_logout_is_told(
    app: Flask, client: FlaskClient, provider: HostileProvider
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    provider.metadata["end_session_endpoint"] = f"{provider.issuer}/end"
    log_in(client, provider)
    away = client.post("/auth/logout").headers["Location"]
    assert "post_logout_redirect_uri=http%3A%2F%2Flocalhost%2F&" in away
    state = away.split("state=")[1].split("&")[0]
    told = "Sie haben sich hier und beim Anmeldedienst abgemeldet."
    stranger = app.test_client()
    assert told not in stranger.get(f"/?state={state}").get_data(as_text=True)
    assert told not in client.get("/").get_data(as_text=True)
    assert told in client.get(f"/?state={state}").get_data(as_text=True)
    assert told not in client.get(f"/?state={state}").get_data(as_text=True)
