"""A provider, or whoever poses as one, that answers wrongly: no login, a readable page, no user, no session."""

import base64
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from sqlalchemy import func, select

from auth import oidc, oidc_session
from auth.models import AuditEvent, LoginAttempt, User, UserSession
from config.database import db
from tests.fakes.hostile_provider import HostileProvider

Arrange = Callable[[HostileProvider], None]


@pytest.fixture(scope="module")
def running() -> Iterator[HostileProvider]:
    provider = HostileProvider()
    yield provider
    provider.stop()


@pytest.fixture
def provider(running: HostileProvider) -> HostileProvider:
    running.reset()
    return running


@pytest.fixture
def app(make_app: Callable[..., Flask], provider: HostileProvider) -> Flask:
    return make_app(oidc_issuer=provider.issuer, oidc_staff_issuer=provider.issuer)


def begin(client: FlaskClient, provider: HostileProvider) -> str:
    """Start a login; the state that was sent out."""
    answer = client.get("/auth/login")
    assert answer.status_code == 302, answer.get_data(as_text=True)
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    provider.nonce = query["nonce"][0]
    return query["state"][0]


def come_back(client: FlaskClient, state: str, **query: str) -> Any:
    return client.get("/auth/callback", query_string={"code": "c", "state": state} | query)


def assert_nobody_in(app: Flask, client: FlaskClient, answer: Any) -> None:
    page = answer.get_data(as_text=True)
    assert answer.status_code in (400, 503)
    assert "<h1" in page
    assert "Traceback" not in page
    assert client.get_cookie("obhut_session") is None
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(User)) == 0
        assert db.session.scalar(select(func.count()).select_from(UserSession)) == 0
        events = db.session.scalars(select(AuditEvent.action)).all()
        assert list(events) == ["login.refused"]
    assert client.get("/account/").status_code == 302


def test_the_provider_is_good_by_default(client: FlaskClient, provider: HostileProvider) -> None:
    answer = come_back(client, begin(client, provider))
    assert answer.status_code == 302
    assert client.get("/account/").status_code == 200


def claims(**changes: Any) -> Arrange:
    return lambda provider: provider.claims.update(changes)


def token(**changes: Any) -> Arrange:
    return lambda provider: provider.token.update(changes)


def set_(name: str, value: Any) -> Arrange:
    return lambda provider: setattr(provider, name, value)


def _hs256(provider: HostileProvider) -> None:
    secret = OctKey.import_key("not-a-secret" * 4)
    provider.make_id_token = lambda payload: provider.signed(payload, secret, alg="HS256")


def _stranger(provider: HostileProvider) -> None:
    stranger = RSAKey.generate_key(2048, {"kid": "one"})
    provider.make_id_token = lambda payload: provider.signed(payload, stranger)


def _code_refused(provider: HostileProvider) -> None:
    provider.status["/token"] = 400
    provider.token["error"] = "invalid_grant"


HOSTILE: dict[str, Arrange] = {
    "wrong issuer": claims(iss="https://evil.example"),
    "wrong audience": claims(aud="somebody-else"),
    "one audience too many": claims(aud=["obhut-tests", "somebody-else"]),
    "other authorised party": claims(azp="somebody-else"),
    "wrong nonce": claims(nonce="x"),
    "no nonce": claims(nonce=...),
    "expired": claims(exp=1_000_000),
    "issued long ago": claims(iat=1_000_000),
    "no subject": claims(sub=...),
    "endless subject": claims(sub="a" * 300),
    "alg none": set_("make_id_token", lambda _: "eyJhbGciOiJub25lIn0.e30."),
    "HS256 with the client secret": _hs256,
    "signed by a stranger": _stranger,
    "signed with an unknown key": set_("make_id_token", lambda _: "eyJhbGciOiJSUzI1NiIsImtpZCI6Im5ldyJ9.e30.AAAA"),
    "no id_token": token(id_token=...),
    "id_token of wrong type": token(id_token=["a"]),
    "no access token": token(access_token=...),
    "no token type": token(token_type=...),
    "token type not Bearer": token(token_type="mac"),
    "another subject in userinfo": set_("userinfo", {"sub": "eve"}),
    "no subject in userinfo": set_("userinfo", {"email": "ada@example.org"}),
    "userinfo fails": set_("status", {"/userinfo": 500}),
    "userinfo forbids": set_("status", {"/userinfo": 401}),
    "userinfo leads away": set_("status", {"/userinfo": 302}),
    "code refused": lambda provider: (provider.status.update({"/token": 400}), token(error="invalid_grant")(provider))[
        0
    ],
    "token endpoint fails": set_("status", {"/token": 503}),
    "token endpoint leads away": set_("status", {"/token": 307}),
    "keys fail": set_("status", {"/jwks": 500}),
    "hash of another access token": claims(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
}


@pytest.mark.parametrize("arrange", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_answer_is_no_login(
    app: Flask, client: FlaskClient, provider: HostileProvider, arrange: Arrange
) -> None:
    state = begin(client, provider)
    arrange(provider)
    assert_nobody_in(app, client, come_back(client, state))


def test_a_state_counts_once(app: Flask, client: FlaskClient, provider: HostileProvider) -> None:
    state = begin(client, provider)
    provider.claims["nonce"] = "x"
    come_back(client, state)
    provider.claims.clear()
    assert_nobody_in_again(app, client, come_back(client, state))


def assert_nobody_in_again(app: Flask, client: FlaskClient, answer: Any) -> None:
    assert answer.status_code == 400
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(UserSession)) == 0


def test_a_used_state_does_not_work_after_a_good_login(client: FlaskClient, provider: HostileProvider) -> None:
    state = begin(client, provider)
    assert come_back(client, state).status_code == 302
    assert come_back(client, state).status_code == 400


def test_a_state_counts_only_in_its_browser(app: Flask, client: FlaskClient, provider: HostileProvider) -> None:
    state = begin(client, provider)
    other = app.test_client()
    assert come_back(other, state).status_code == 400
    other.get("/auth/login")
    assert come_back(other, state).status_code == 400
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(User)) == 0


@pytest.mark.parametrize(
    "query",
    [{}, {"code": "c"}, {"code": "c", "state": "guessed"}, {"code": ["c", "d"], "state": "s"}, {"state": "x" * 5000}],
)
def test_answers_to_nothing(app: Flask, client: FlaskClient, provider: HostileProvider, query: dict[str, Any]) -> None:
    client.get("/auth/login")
    assert_nobody_in(app, client, client.get("/auth/callback", query_string=query))


def test_a_state_expires(
    app: Flask, client: FlaskClient, provider: HostileProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    from auth import logins

    monkeypatch.setattr(logins, "PENDING_LASTS", -logins.PENDING_LASTS)
    state = begin(client, provider)
    assert_nobody_in(app, client, come_back(client, state))


def test_at_most_five_logins_are_pending(app: Flask, client: FlaskClient, provider: HostileProvider) -> None:
    states = [begin(client, provider) for _ in range(7)]
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(LoginAttempt)) == 5
    assert come_back(client, states[0]).status_code == 400
    assert come_back(client, states[-1]).status_code == 302


def test_error_answers_become_a_readable_page(app: Flask, client: FlaskClient, provider: HostileProvider) -> None:
    state = begin(client, provider)
    answer = client.get(
        "/auth/callback",
        query_string={"error": "access_denied", "error_description": "<script>alert(1)</script>", "state": state},
    )
    assert_nobody_in(app, client, answer)
    page = answer.get_data(as_text=True)
    assert "Anmeldung abgebrochen" in page
    assert "<script>alert" not in page


@pytest.mark.parametrize("stated", ["https://evil.example", ""])
def test_an_answer_of_another_issuer(app: Flask, client: FlaskClient, provider: HostileProvider, stated: str) -> None:
    state = begin(client, provider)
    assert_nobody_in(app, client, come_back(client, state, iss=stated))


def test_a_promised_issuer_must_be_there(app: Flask, client: FlaskClient, provider: HostileProvider) -> None:
    provider.metadata["authorization_response_iss_parameter_supported"] = True
    state = begin(client, provider)
    assert_nobody_in(app, client, come_back(client, state))
    state = begin(client, provider)
    assert come_back(client, state, iss=provider.issuer).status_code == 302


METADATA: dict[str, Arrange] = {
    "another issuer": lambda provider: provider.metadata.update(issuer="https://evil.example"),
    "issuer with a slash more": lambda provider: provider.metadata.update(issuer=provider.issuer + "/"),
    "no token endpoint": lambda provider: provider.without.add("token_endpoint"),
    "a script as endpoint": lambda provider: provider.metadata.update(authorization_endpoint="javascript:alert(1)"),
    "a file as key set": lambda provider: provider.metadata.update(jwks_uri="file:///etc/passwd"),
    "a number as endpoint": lambda provider: provider.metadata.update(userinfo_endpoint=7),
    "not found": lambda provider: provider.status.update({"/.well-known/openid-configuration": 404}),
    "leads away": lambda provider: provider.status.update({"/.well-known/openid-configuration": 302}),
    "endless": lambda provider: provider.metadata.update(x="a" * 600_000),
}


@pytest.mark.parametrize("arrange", METADATA.values(), ids=METADATA.keys())
def test_wrong_metadata_mean_no_login(
    app: Flask, client: FlaskClient, provider: HostileProvider, arrange: Arrange
) -> None:
    arrange(provider)
    answer = client.get("/auth/login")
    assert answer.status_code == 503
    assert_nobody_in(app, client, answer)
    assert "Anmeldung ist gerade nicht möglich" in answer.get_data(as_text=True)


def test_a_provider_that_drips_is_given_up(
    app: Flask, client: FlaskClient, provider: HostileProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oidc_session, "ANSWER_WITHIN_S", 0.2)
    provider.drip_s = 0.01
    assert_nobody_in(app, client, client.get("/auth/login"))


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


def test_a_client_that_is_refused_in_every_way(app: Flask, client: FlaskClient, provider: HostileProvider) -> None:
    provider.refuses_basic = True
    assert_nobody_in(app, client, come_back(client, begin(client, provider)))


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


def test_no_token_reaches_the_logs(
    client: FlaskClient, provider: HostileProvider, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    provider.token["access_token"] = "canary-access-token"
    state = begin(client, provider)
    assert come_back(client, state, code="canary-code").status_code == 302
    provider.claims["nonce"] = "x"
    second = begin(client, provider)
    come_back(client, second, code="canary-code")
    out = capsys.readouterr()
    logged = out.out + out.err + caplog.text
    for secret in ("canary", state, second, provider.nonce):
        assert secret not in logged
