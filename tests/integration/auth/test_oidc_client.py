"""The OpenID client with providers of all kinds that are good: what it sends, what it accepts, when it asks anew."""

import base64
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlalchemy import func, select

from auth import oidc
from auth.models import LoginAttempt
from config.database import db
from tests.fakes.hostile_provider import HostileProvider
from tests.fixtures.providers import begin, come_back

pytestmark = pytest.mark.one_database


@pytest.fixture
def app(make_app: Callable[..., Flask], provider: HostileProvider) -> Flask:
    return make_app(oidc_issuer=provider.issuer, oidc_staff_issuer=provider.issuer)


def test_the_provider_is_good_by_default(client: FlaskClient, provider: HostileProvider) -> None:
    answer = come_back(client, begin(client, provider))
    assert answer.status_code == 302
    assert client.get("/account/").status_code == 200


def test_at_most_five_logins_are_pending(app: Flask, client: FlaskClient, provider: HostileProvider) -> None:
    states = [begin(client, provider) for _ in range(7)]
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(LoginAttempt)) == 5
    assert come_back(client, states[0]).status_code == 400
    assert come_back(client, states[-1]).status_code == 302


def test_an_unreachable_provider(make_app: Callable[..., Flask]) -> None:
    application = make_app(oidc_issuer="http://127.0.0.1:9", oidc_staff_issuer="http://127.0.0.1:9")
    answer = application.test_client().get("/auth/login?staff=1&next=/care/&lang=en")
    assert answer.status_code == 503
    page = answer.get_data(as_text=True)
    assert "Login not possible at the moment" in page
    assert "/auth/login?staff=1&amp;next=/care/" in page


def test_metadata_cannot_switch_pkce_off(client: FlaskClient, provider: HostileProvider) -> None:
    provider.metadata |= {
        "code_challenge_methods_supported": ["plain"],
        "code_challenge_method": "plain",
        "scope": "x",
        "response_type": "token",
        "redirect_uri": "https://evil.example",
        "client_id": "other",
    }
    query = parse_qs(urlsplit(client.get("/auth/login").headers["Location"]).query)
    assert query["code_challenge_method"] == ["S256"]
    assert query["response_type"] == ["code"]
    assert query["client_id"] == ["obhut-tests"]
    state = begin(client, provider)
    assert come_back(client, state).status_code == 302
    _, form = provider.asked("/token")[0]
    assert len(form["code_verifier"][0]) >= 43
    assert form["redirect_uri"] == ["http://localhost/auth/callback"]


@pytest.mark.parametrize(
    ("methods", "in_header"),
    [(None, True), (["client_secret_basic"], True), (["client_secret_post"], False), (["private_key_jwt"], True)],
)
def test_client_authentication_by_metadata(
    client: FlaskClient, provider: HostileProvider, methods: list[str] | None, in_header: bool
) -> None:
    if methods:
        provider.metadata["token_endpoint_auth_methods_supported"] = methods
    assert come_back(client, begin(client, provider)).status_code == 302
    headers, form = provider.asked("/token")[0]
    assert headers.get("Authorization", "").startswith("Basic ") is in_header
    assert ("client_secret" in form) is not in_header


def test_credentials_are_written_as_the_standard_says(
    make_app: Callable[..., Flask], provider: HostileProvider
) -> None:
    app = make_app(oidc_issuer=provider.issuer, oidc_client_id="obhut-tests", oidc_client_secret="a/b+c=d: %")
    client = app.test_client()
    assert come_back(client, begin(client, provider)).status_code == 302
    scheme, _, credentials = provider.asked("/token")[0][0]["Authorization"].partition(" ")
    user, _, password = base64.b64decode(credentials).decode().partition(":")
    assert (scheme, user, password) == ("Basic", "obhut-tests", "a%2Fb%2Bc%3Dd%3A+%25")


def test_a_client_that_is_registered_for_the_other_way(client: FlaskClient, provider: HostileProvider) -> None:
    provider.metadata["token_endpoint_auth_methods_supported"] = ["client_secret_basic", "client_secret_post"]
    provider.refuses_basic = True
    assert come_back(client, begin(client, provider)).status_code == 302
    assert len(provider.asked("/token")) == 2
    assert come_back(client, begin(client, provider)).status_code == 302
    assert len(provider.asked("/token")) == 3, "what worked is tried first"


def test_a_provider_without_userinfo_and_logout(app: Flask, client: FlaskClient, provider: HostileProvider) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    provider.without.add("userinfo_endpoint")
    provider.claims |= {"given_name": "Ada", "family_name": "Beispiel"}
    assert come_back(client, begin(client, provider)).status_code == 302
    assert "Ada Beispiel" in client.get("/account/").get_data(as_text=True)
    assert client.post("/auth/logout").headers["Location"] == "/"


def test_claims_may_stand_in_userinfo_alone(client: FlaskClient, provider: HostileProvider) -> None:
    provider.userinfo = {"sub": "ada", "given_name": "Ada", "family_name": "Beispiel", "acr": "high", "iss": "x"}
    provider.claims["acr"] = "basic"
    assert come_back(client, begin(client, provider)).status_code == 302
    page = client.get("/account/").get_data(as_text=True)
    assert "Ada Beispiel" in page
    assert "hoch" not in page


@pytest.mark.parametrize("named", [True, False], ids=["under the old name", "without a name"])
def test_another_key_in_the_old_ones_place_is_fetched(
    client: FlaskClient, provider: HostileProvider, monkeypatch: pytest.MonkeyPatch, named: bool
) -> None:
    monkeypatch.setattr(oidc, "REFETCH_AFTER_S", 0.0)
    assert come_back(client, begin(client, provider)).status_code == 302
    provider.key = RSAKey.generate_key(2048, {"use": "sig"} | ({"kid": "one"} if named else {}))
    if not named:
        key = provider.key
        provider.make_id_token = lambda payload: jwt.encode({"alg": "RS256"}, payload, key)
    assert come_back(client, begin(client, provider)).status_code == 302


def test_a_new_key_is_fetched_and_a_withdrawn_one_stops_working(
    client: FlaskClient, provider: HostileProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oidc, "REFETCH_AFTER_S", 0.0)
    old = provider.key
    assert come_back(client, begin(client, provider)).status_code == 302
    provider.key = RSAKey.generate_key(2048, {"kid": "two", "use": "sig"})
    provider.make_id_token = lambda payload: provider.signed(payload, kid="two")
    assert come_back(client, begin(client, provider)).status_code == 302
    provider.make_id_token = lambda payload: provider.signed(payload, old)
    assert come_back(client, begin(client, provider)).status_code == 400
