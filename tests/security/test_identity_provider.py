"""A provider, or whoever poses as one, that answers wrongly: no login, whatever it tries.

Every case is tried in several dresses (`DRESSES`), each of which is shown to be a good login by itself. After each try
there is an error page, no session, no user, one event in the audit trail, and nothing of it in the logs.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from auth import logins, oidc_session
from auth.models import AuditEvent, UsedLogoutToken, User, UserSession
from config.database import db
from tests.fakes.hostile_provider import HostileProvider
from tests.fixtures.providers import begin
from tests.security.hostile.answers import ANSWERS, METADATA
from tests.security.hostile.programs import ACCESS_TOKENS, LOGOUT_TOKENS, is_sendable
from tests.security.hostile.tokens import ID_TOKENS

pytestmark = [pytest.mark.timeout(900), pytest.mark.one_database]
AUDIENCE = "obhut-api"
SUBJECT = "canary-subject"
COOKIE = "obhut_session"
Providers = dict[str, HostileProvider]
Amount = Callable[[int, int], int]


@pytest.fixture
def app(make_app: Callable[..., Flask], provider: HostileProvider, staff_provider: HostileProvider) -> Flask:
    return make_app(
        oidc_issuer=provider.issuer,
        oidc_staff_issuer=staff_provider.issuer,
        oidc_staff_client_id=staff_provider.client_id,
        oidc_api_audience=AUDIENCE,
    )


@pytest.fixture
def providers(provider: HostileProvider, staff_provider: HostileProvider) -> Providers:
    return {"/auth/login": provider, "/auth/login?staff=1": staff_provider}


def _audience_as_list(provider: HostileProvider) -> None:
    provider.claims["aud"] = [provider.client_id]


def _elliptic(provider: HostileProvider) -> None:
    provider.make_id_token = lambda claims: provider.signed(claims, provider.ec_key, alg="ES256", kid="ec")


def _nameless(provider: HostileProvider) -> None:
    provider.make_id_token = lambda claims: provider.signed(claims, kid=..., typ="JWT")


def _rich(provider: HostileProvider) -> None:
    provider.claims |= {
        "name": "Canary", "email": "canary@example.org", "acr": "high", "auth_time": provider.good_claims()["iat"],
        "roles": ["administrator"], "sid": "canary-sid", "azp": provider.client_id, "address": {"locality": "Canary"},
    }  # fmt: skip
    provider.userinfo = {"sub": SUBJECT, "given_name": "Canary", "acr": "high", "roles": ["auditor"]}


def _typed(provider: HostileProvider) -> None:
    provider.make_id_token = lambda claims: provider.signed(claims, typ="id_token+jwt")
    provider.token |= {"expires_in": 300, "refresh_token": "canary-refresh", "scope": "openid"}


def _nothing(provider: HostileProvider) -> None:
    pass


DRESSES: tuple[tuple[str, Callable[[HostileProvider], None]], ...] = tuple(
    (address, dress)
    for dress in (_nothing, _rich, _audience_as_list, _typed, _nameless, _elliptic)
    for address in ("/auth/login", "/auth/login?staff=1")
)


@dataclass
class Bench:
    """One application on which many logins are tried, and what is left behind of each."""

    app: Flask
    providers: Providers
    capsys: pytest.CaptureFixture[str]
    caplog: pytest.LogCaptureFixture
    visitors: int = 0

    def visitor(self) -> FlaskClient:
        """A browser at an address of its own, so that no limit of requests answers in the place of what is tested."""
        self.visitors += 1
        client = self.app.test_client()
        client.environ_base["REMOTE_ADDR"] = f"10.0.{self.visitors // 250}.{self.visitors % 250}"
        return client

    def dressed(self, dress: tuple[str, Callable[[HostileProvider], None]]) -> tuple[str, HostileProvider]:
        """The login's address and its provider, good and as this dress says."""
        address, put_on = dress
        for one in self.providers.values():
            one.reset()
        provider = self.providers[address]
        provider.claims["sub"], provider.userinfo = SUBJECT, {"sub": SUBJECT}
        provider.token["access_token"] = "canary-access-token"
        put_on(provider)
        self.app.extensions.pop("obhut.oidc", None)  # metadata and keys are fetched anew
        self.logged()
        return address, provider

    def logged(self) -> str:
        """Everything logged since the last time."""
        out = self.capsys.readouterr()
        text = out.out + out.err + self.caplog.text
        self.caplog.clear()
        return text

    def rows(self) -> tuple[int, int, list[str]]:
        """Users, sessions, and what the audit trail says."""
        with self.app.app_context():
            users = db.session.scalar(select(func.count()).select_from(User)) or 0
            sessions = db.session.scalar(select(func.count()).select_from(UserSession)) or 0
            return users, sessions, list(db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))

    def faults(self, client: FlaskClient, answer: Any, before: tuple[int, int, list[str]], *secrets: str) -> list[str]:
        """What is not as it must be after a try that began with `before`."""
        page, logged, after = answer.get_data(as_text=True), self.logged(), self.rows()
        checks = {
            f"status {answer.status_code}": answer.status_code in (400, 503),
            "no page": "<h1" in page and "Traceback" not in page and "canary" not in page.lower(),
            "a cookie": client.get_cookie(COOKIE) is None,
            f"rows {after[:2]}": after[:2] == before[:2],
            f"events {after[2][len(before[2]) :]}": after[2][len(before[2]) :] == ["login.refused"],
            "in the logs": not any(secret in logged for secret in ("canary", "Canary", "eyJ", "Traceback", *secrets)),
        }
        return [fault for fault, is_well in checks.items() if not is_well]


@pytest.fixture
def bench(
    app: Flask, providers: Providers, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> Bench:
    return Bench(app, providers, capsys, caplog)


def dresses(number: int, count: int) -> Iterator[tuple[str, Callable[[HostileProvider], None]]]:
    """`count` of the dresses, beginning at another one for each case."""
    return islice((DRESSES[(number + step) % len(DRESSES)] for step in range(len(DRESSES))), count)


def back(client: FlaskClient, state: str, **query: Any) -> Any:
    return client.get("/auth/callback", query_string={"code": "canary-code", "state": state} | query)


def tried(bench: Bench, cases: dict[str, Any], count: int, attempt: Callable[..., list[str]]) -> None:
    """Try each case in `count` dresses; a fault is reported with the case it belongs to."""
    bad = {}
    for number, (name, case) in enumerate(cases.items()):
        for dress in dresses(number, count):
            try:
                faults = attempt(case, dress)
            except Exception as error:
                faults = [f"{type(error).__name__}: {error}"]
            if faults:
                bad[f"{name} / {dress[0]} {dress[1].__name__}"] = faults
    assert not bad


def test_every_dress_is_a_good_login(bench: Bench) -> None:
    for dress in DRESSES:
        address, provider = bench.dressed(dress)
        client = bench.visitor()
        answer = back(client, begin(client, provider, address))
        assert answer.status_code == 302, dress
        assert client.get("/account/").status_code == 200
        logged = bench.logged()
        assert "canary" not in logged.lower()
        assert "eyJ" not in logged


def test_there_are_enough_cases() -> None:
    assert len(ID_TOKENS) + len(ANSWERS) + len(METADATA) + len(WAYS) >= 240
    assert len(LOGOUT_TOKENS) >= 100
    assert len(ACCESS_TOKENS) >= 80


def test_hostile_id_tokens(bench: Bench, amount: Amount) -> None:
    def attempt(make: Any, dress: Any) -> list[str]:
        address, provider = bench.dressed(dress)
        client, before = bench.visitor(), bench.rows()
        state = begin(client, provider, address)
        provider.make_id_token = lambda claims: make(provider, claims)
        return bench.faults(client, back(client, state), before, state, provider.nonce)

    tried(bench, ID_TOKENS, amount(1, len(DRESSES)), attempt)


def test_hostile_answers(bench: Bench, amount: Amount) -> None:
    def attempt(arrange: Any, dress: Any) -> list[str]:
        address, provider = bench.dressed(dress)
        client, before = bench.visitor(), bench.rows()
        state = begin(client, provider, address)
        arrange(provider)
        return bench.faults(client, back(client, state), before, state, provider.nonce)

    tried(bench, ANSWERS, amount(1, len(DRESSES)), attempt)


def test_hostile_metadata(bench: Bench, amount: Amount) -> None:
    def attempt(arrange: Any, dress: Any) -> list[str]:
        address, provider = bench.dressed(dress)
        client, before = bench.visitor(), bench.rows()
        arrange(provider)
        return bench.faults(client, client.get(address), before)

    tried(bench, METADATA, amount(1, len(DRESSES)), attempt)


@dataclass
class Way:
    """A login under way in a browser, to be ended in a wrong way."""

    bench: Bench
    client: FlaskClient
    provider: HostileProvider
    address: str
    state: str

    def back(self, **query: Any) -> Any:
        sent = {"code": "canary-code", "state": self.state} | query
        return self.client.get(
            "/auth/callback", query_string={name: value for name, value in sent.items() if value is not ...}
        )

    def elsewhere(self) -> Any:
        """The same answer in a browser that has begun a login of its own."""
        self.client = self.bench.visitor()
        nonce = self.provider.nonce
        begin(self.client, self.provider, self.address)
        self.provider.nonce = nonce
        return self.back()

    def of_a_stranger(self) -> Any:
        self.client = self.bench.visitor()
        return self.back()

    def with_the_state_of_another(self) -> Any:
        """Two logins of one browser, whose answers were exchanged."""
        nonce = self.provider.nonce
        self.state = begin(self.client, self.provider, self.address)
        self.provider.nonce = nonce
        return self.back()

    def crowded_out(self) -> Any:
        for _ in range(logins.MOST_PENDING):
            begin(self.client, self.provider, self.address)
        return self.back()

    def of_the_other_provider(self) -> Any:
        """Everything comes from a provider that is configured, and trusted, for others."""
        other = next(one for one in self.bench.providers.values() if one is not self.provider)
        self.provider.make_id_token = lambda claims: other.signed(claims)
        return self.back()

    def promised(self, **query: Any) -> Any:
        self.provider.metadata["authorization_response_iss_parameter_supported"] = True
        self.bench.app.extensions.pop("obhut.oidc", None)
        return self.back(**query)


WAYS: dict[str, Callable[[Way], Any]] = {
    "no state": lambda way: way.back(state=...),
    "empty state": lambda way: way.back(state=""),
    "guessed state": lambda way: way.back(state="guessed"),
    "state in capitals": lambda way: way.back(state=way.state.swapcase()),
    "state cut": lambda way: way.back(state=way.state[:-1]),
    "state with something behind": lambda way: way.back(state=way.state + "="),
    "state twice": lambda way: way.back(state=[way.state, way.state]),
    "state with a NUL": lambda way: way.back(state=way.state + "\x00"),
    "endless state": lambda way: way.back(state="x" * 5000),
    "no code": lambda way: way.back(code=...),
    "empty code": lambda way: way.back(code=""),
    "code twice": lambda way: way.back(code=["canary-code", "canary-code"]),
    "endless code": lambda way: way.back(code="canary" * 1000),
    "nothing": lambda way: way.client.get("/auth/callback"),
    "error": lambda way: way.back(code=..., error="access_denied"),
    "error with a script": lambda way: way.back(error="<script>canary</script>", error_description="<script>canary"),
    "error beside a code": lambda way: way.back(error="login_required"),
    "error twice": lambda way: way.back(error=["a", "b"]),
    "endless error": lambda way: way.back(error="canary" * 1000),
    "issuer of somebody else": lambda way: way.back(iss="https://evil.example"),
    "issuer empty": lambda way: way.back(iss=""),
    "issuer twice": lambda way: way.back(iss=[way.provider.issuer, way.provider.issuer]),
    "issuer with a slash more": lambda way: way.back(iss=way.provider.issuer + "/"),
    "promised issuer missing": lambda way: way.promised(),
    "promised issuer wrong": lambda way: way.promised(iss="https://evil.example"),
    "another browser": Way.elsewhere,
    "a browser that began nothing": Way.of_a_stranger,
    "answers exchanged": Way.with_the_state_of_another,
    "too many begun": Way.crowded_out,
    "the other provider": Way.of_the_other_provider,
}


def test_hostile_ways_back(bench: Bench, amount: Amount) -> None:
    def attempt(go: Any, dress: Any) -> list[str]:
        address, provider = bench.dressed(dress)
        client, before = bench.visitor(), bench.rows()
        way = Way(bench, client, provider, address, begin(client, provider, address))
        answer = go(way)
        return bench.faults(way.client, answer, before, way.state, provider.nonce)

    tried(bench, WAYS, amount(2, len(DRESSES)), attempt)


def test_a_state_that_is_too_old(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logins, "PENDING_LASTS", -logins.PENDING_LASTS)
    address, provider = bench.dressed(DRESSES[0])
    client, before = bench.visitor(), bench.rows()
    state = begin(client, provider, address)
    assert not bench.faults(client, back(client, state), before, state)


@pytest.mark.parametrize("good", [True, False], ids=["after a login", "after a refusal"])
def test_a_state_counts_once(bench: Bench, good: bool) -> None:
    address, provider = bench.dressed(DRESSES[0])
    client = bench.visitor()
    state = begin(client, provider, address)
    provider.claims["aud"] = provider.client_id if good else "somebody-else"
    assert back(client, state).status_code == (302 if good else 400)
    provider.claims["aud"] = provider.client_id
    before = bench.rows()
    client.delete_cookie(COOKIE)
    assert not bench.faults(client, back(client, state), before, state)


@pytest.mark.parametrize("drips_headers", [True, False], ids=["in headers", "in the body"])
def test_a_provider_that_drips_is_given_up(bench: Bench, monkeypatch: pytest.MonkeyPatch, drips_headers: bool) -> None:
    monkeypatch.setattr(oidc_session, "ANSWER_WITHIN_S", 0.2)
    address, provider = bench.dressed(DRESSES[0])
    provider.drip_s, provider.drips_headers = 0.01, drips_headers
    client, before = bench.visitor(), bench.rows()
    assert not bench.faults(client, client.get(address), before)


def test_hostile_logout_tokens(bench: Bench, amount: Amount) -> None:
    """Whoever is in stays in; nothing is remembered but the event."""
    address, provider = bench.dressed(DRESSES[0])
    inside = bench.visitor()
    provider.claims["sid"] = "canary-sid"
    assert back(inside, begin(inside, provider, address)).status_code == 302
    provider.typ = "logout+jwt"

    def attempt(make: Any, _: Any) -> list[str]:
        bench.logged()
        token = make(provider, provider.logout_claims(sub=SUBJECT, sid="canary-sid"))
        before = bench.rows()
        answer = bench.visitor().post("/auth/backchannel-logout", data=_form(token))
        logged, after = bench.logged(), bench.rows()
        with bench.app.app_context():
            used = db.session.scalar(select(func.count()).select_from(UsedLogoutToken))
        checks = {
            f"status {answer.status_code}": answer.status_code == 400,
            "no answer in JSON": answer.get_json()["error"] == "invalid_request",
            "may be kept": answer.headers["Cache-Control"] == "no-store",
            f"rows {after[:2]}": (after[:2], used) == (before[:2], 0),
            f"events {after[2][len(before[2]) :]}": after[2][len(before[2]) :] == ["logout.refused"],
            "in the logs": not any(secret in logged for secret in ("canary", "eyJ", "Traceback")),
        }
        return [fault for fault, is_well in checks.items() if not is_well]

    tried(bench, LOGOUT_TOKENS | BAD_FORMS, 1, attempt)
    assert inside.get("/account/").status_code == 200
    good = provider.logout_token(sub=SUBJECT, sid="canary-sid")
    assert bench.visitor().post("/auth/backchannel-logout", data={"logout_token": good}).status_code == 200
    assert inside.get("/account/").status_code == 302


BAD_FORMS: dict[str, Any] = {
    "token twice": lambda p, c: {"logout_token": [p.logout_token(), p.logout_token()]},
    "token under another name": lambda p, c: {"token": p.logout_token()},
    "no form": lambda p, c: {},
}


def _form(token: Any) -> Any:
    if isinstance(token, dict) and token.keys() <= {"logout_token", "token"}:
        return token
    return {"logout_token": token if isinstance(token, str) else str(token)}


def test_hostile_access_tokens(bench: Bench) -> None:
    _, provider = bench.dressed(DRESSES[0])
    provider.typ = "at+jwt"
    client = bench.visitor()

    def asked(token: str) -> Any:
        return client.get("/api/v1/notifications", headers={"Authorization": f"Bearer {token}"})

    def attempt(make: Any, _: Any) -> list[str]:
        token = make(provider, provider.access_claims(sub=SUBJECT, roles=["health_officer"]))
        if not is_sendable(token):
            return []
        bench.logged()
        answer = asked(token)
        logged = bench.logged()
        faults = [] if answer.status_code == 401 else [f"status {answer.status_code}"]
        return faults + [secret for secret in ("canary", "eyJ", "Traceback") if secret in logged]

    tried(bench, ACCESS_TOKENS, 1, attempt)
    assert asked(provider.access_token(roles=["health_officer"])).status_code == 403, "there is no office"
    assert asked(provider.access_token(roles=["auditor"])).status_code == 403
