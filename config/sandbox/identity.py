"""A real OpenID provider with the accounts of `accounts.py`: discovery, authorization code, tokens, userinfo, logout.

The PyPI package `oidc-provider-mock` does the protocol; from us come the accounts, the login page, the check of PKCE
verifiers (the package passes over them), what id_tokens say of the login itself (`identity_logins.py`), and that its
debugger is off.
"""

import base64
import hashlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # loopback only; read when a request comes

import flask
import oidc_provider_mock
from jinja2 import ChoiceLoader, FileSystemLoader
from oidc_provider_mock import User

from config.sandbox import identity_logins
from config.sandbox.accounts import ACCOUNTS, Account

TEMPLATES = Path(__file__).parent / "provider_templates"
MAX_CODES = 1000


def provider(departments: Sequence[str], backchannel: str = "") -> flask.Flask:
    """The provider as a WSGI application; its issuer is the address that it is asked under.

    `backchannel`: where the application wants to be told of logouts.
    """
    app: flask.Flask = oidc_provider_mock.app(
        user_claims=[User(sub=account.subject, claims=account.claims(departments)) for account in ACCOUNTS]
    )
    app.debug = False
    while type(app.wsgi_app).__name__ == "DebuggedApplication":
        app.wsgi_app = app.wsgi_app.app  # type: ignore[attr-defined,method-assign]
    app.jinja_loader = ChoiceLoader([FileSystemLoader(TEMPLATES), app.jinja_loader])  # type: ignore[list-item]
    app.jinja_env.globals.update(groups=_groups())
    app.config["SESSION_COOKIE_NAME"] = "sandbox_provider"  # cookies know no ports
    _check_verifiers(app)
    app.after_request(_with_state)
    identity_logins.add_to(app, backchannel)
    return app


def _groups() -> list[tuple[str, list[Account]]]:
    return [
        ("Einwohnerinnen und Einwohner", [account for account in ACCOUNTS if not account.role]),
        ("Beschäftigte", [account for account in ACCOUNTS if account.role]),
    ]


def _check_verifiers(app: flask.Flask) -> None:
    """Refuse a code whose PKCE verifier does not fit the challenge it was asked for with."""
    challenges: dict[str, tuple[str, str]] = {}

    @app.after_request
    def remember(response: flask.Response) -> flask.Response:
        code = parse_qs(urlsplit(response.location or "").query).get("code")
        challenge = flask.request.args.get("code_challenge")
        if code and challenge:
            challenges[code[0]] = challenge, flask.request.args.get("code_challenge_method", "plain")
            while len(challenges) > MAX_CODES:
                challenges.pop(next(iter(challenges)))
        return response

    @app.before_request
    def check() -> Any:
        form = flask.request.form
        if not flask.request.path.endswith("/oauth2/token") or form.get("grant_type") != "authorization_code":
            return None
        challenge, method = challenges.pop(form.get("code", ""), ("", "plain"))
        if challenge and not secrets.compare_digest(challenge, _challenge(form.get("code_verifier", ""), method)):
            return {"error": "invalid_grant", "error_description": "The code verifier does not fit."}, 400
        return None


def _with_state(response: flask.Response) -> flask.Response:
    """A refusal carries the state, too (RFC 6749, 4.1.2.1): without it nobody knows which login was cancelled."""
    sent, state = urlsplit(response.location or ""), flask.request.args.get("state")
    told = parse_qs(sent.query)
    if state and "error" in told and "state" not in told:
        response.location = f"{response.location}&{urlencode({'state': state})}"
    return response


def _challenge(verifier: str, method: str) -> str:
    if method != "S256":
        return verifier
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
