"""What the sandbox's provider knows of logins: when, how surely, in which session; and logging out everywhere.

The package behind it says nothing of that in its id_tokens, so they are completed and signed anew on their way out.
"""

import json
import secrets
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import flask
import requests
from joserfc import jwt
from joserfc.jwk import RSAKey
from joserfc.jws import extract_compact

from auth.assurance import LEVELS
from auth.logout_tokens import EVENT
from config.identity_settings import DEFAULT_ASSURANCE
from config.sandbox.accounts import ACCOUNTS

LEVEL_NAMES = {"basic": "normal", "substantial": "substanziell", "high": "hoch"}
MAX_LOGINS = 1000
TOLD_WITHIN_S = 5
METADATA = {
    "acr_values_supported": list(LEVELS),
    "authorization_response_iss_parameter_supported": True,
    "backchannel_logout_supported": True,
    "backchannel_logout_session_supported": True,
    "code_challenge_methods_supported": ["S256", "plain"],
}


@dataclass(frozen=True)
class Login:
    """Somebody who has logged in for one client."""

    subject: str
    client_id: str
    at: int
    level: str
    sid: str


class Logins:
    """Logins by the code that was given for them, and those that have not ended, both in memory."""

    def __init__(self) -> None:
        self._by_code: dict[str, Login] = {}
        self.open: list[Login] = []

    def add(self, code: str, login: Login) -> None:
        self._by_code[code] = login
        while len(self._by_code) > MAX_LOGINS:
            self._by_code.pop(next(iter(self._by_code)))

    def redeem(self, code: str) -> Login | None:
        login = self._by_code.pop(code, None)
        if login:
            self.open = [*self.open, login][-MAX_LOGINS:]
        return login

    def end(self, subject: str) -> set[str]:
        """Forget all logins of `subject`; the clients to be told."""
        clients = {one.client_id for one in self.open if one.subject == subject}
        self.open = [one for one in self.open if one.subject != subject]
        return clients


def add_to(app: flask.Flask, backchannel: str) -> None:
    """Let `app` (the package's application) know of logins. `backchannel`: the application's address for logouts."""
    logins = Logins()
    app.jinja_env.globals.update(asked_level=asked_level, level_names=LEVEL_NAMES)

    @app.after_request
    def complete(response: flask.Response) -> flask.Response:
        path = flask.request.path
        if path.endswith("/oauth2/authorize"):
            _note(logins, response)
        elif path.endswith("/oauth2/token") and response.status_code == 200:
            _complete_token(logins, response)
        elif path == "/.well-known/openid-configuration":
            response.set_data(json.dumps(response.get_json() | METADATA))
        return response

    @app.route("/logout-everywhere", methods=["GET", "POST"])
    def logout_everywhere() -> str:
        subject, told = flask.request.form.get("sub", ""), []
        if flask.request.method == "POST":
            told = [_tell(backchannel, subject, client) for client in sorted(logins.end(subject))]
        people = sorted({one.subject for one in logins.open})
        return flask.render_template("logout_everywhere.html", people=people, subject=subject, told=told)


def asked_level() -> str:
    """The lowest level that this request for a login asks for by `acr_values`; "" for none."""
    words = flask.request.args.get("acr_values", "").split()
    levels = [DEFAULT_ASSURANCE[word] for word in words if word in DEFAULT_ASSURANCE]
    return min(levels, key=LEVELS.index, default="")


def _note(logins: Logins, response: flask.Response) -> None:
    """Remember the login behind a code that is being given, and name the issuer beside it (RFC 9207)."""
    parts = urlsplit(response.location or "")
    code = parse_qs(parts.query).get("code")
    if not parts.netloc or response.status_code not in (302, 303):
        return
    response.location = urlunsplit(parts._replace(query=f"{parts.query}&{urlencode({'iss': _issuer()})}"))
    if code:
        subject = flask.request.form.get("sub", "")
        client = flask.request.args.get("client_id", "")
        logins.add(code[0], Login(subject, client, int(time.time()), _level(subject), secrets.token_urlsafe(16)))


def _level(subject: str) -> str:
    """The level that was chosen on the page; else the account's own, or what was asked for if that is more."""
    chosen = flask.request.form.get("level", "")
    if chosen in LEVELS:
        return chosen
    own = next((account.assurance for account in ACCOUNTS if account.subject == subject), LEVELS[0])
    return max(own, asked_level() or own, key=LEVELS.index)


def _complete_token(logins: Logins, response: flask.Response) -> None:
    login = logins.redeem(flask.request.form.get("code", ""))
    answer: dict[str, Any] = response.get_json()
    if login is None or "id_token" not in answer:
        return
    token = extract_compact(answer["id_token"].encode())
    claims = json.loads(token.payload) | {"auth_time": login.at, "acr": login.level, "sid": login.sid}
    answer["id_token"] = _signed({"typ": "JWT"}, claims)
    response.set_data(json.dumps(answer))


def _tell(backchannel: str, subject: str, client: str) -> str:
    now = int(time.time())
    claims = {
        "iss": _issuer(), "aud": client, "sub": subject, "iat": now, "exp": now + 120,
        "jti": secrets.token_urlsafe(16), "events": {EVENT: {}},
    }  # fmt: skip
    form = {"logout_token": _signed({"typ": "logout+jwt"}, claims)}
    try:
        answer = requests.post(backchannel, data=form, timeout=TOLD_WITHIN_S, allow_redirects=False)
    except requests.RequestException as error:
        return f"{client}: {type(error).__name__}"
    return f"{client}: {answer.status_code}"


def _signed(header: dict[str, str], claims: dict[str, Any]) -> str:
    key = RSAKey.import_key(flask.g.oidc_provider_mock_storage.jwk.as_dict(is_private=True))
    return jwt.encode({"alg": "RS256"} | header, claims, key)


def _issuer() -> str:
    return flask.request.host_url.rstrip("/")
