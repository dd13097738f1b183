"""The OpenID Connect client: code flow with PKCE, strict about everything that comes back.

Works with any standard provider: an optional userinfo endpoint, an optional logout endpoint, and both usual ways of
client authentication. Where metadata could weaken the login (PKCE, algorithms, issuer) they are not asked.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

import requests
import structlog
import urllib3
from authlib.integrations.base_client import OAuthError
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from flask import current_app

from auth.id_tokens import Expected, TokenRefused, UnknownKey, is_subject, usable_keys, verified_claims
from auth.oidc_session import BoundedSession
from config import clock
from config.settings import Settings, current_settings

ProviderName = Literal["residents", "staff"]
CACHED_FOR_S = 600.0
REFETCH_AFTER_S = 5.0
CALLBACK_PATH = "/auth/callback"
LOGGED_OUT_PATH = "/"
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "end_session_endpoint")
REQUIRED = ENDPOINTS[:3]
AUTH_METHODS = ("client_secret_basic", "client_secret_post")
UNANSWERED = (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError)
log = structlog.get_logger(__name__)


class LoginRefused(Exception):
    """The provider's answer is no login; the text is a code for logs and the audit trail."""


class ProviderUnavailable(Exception):
    """The provider cannot be reached or does not answer sensibly; the text is a code."""


class _ClientRefused(Exception):
    """The provider does not accept our credentials, sent in this way."""


@dataclass(frozen=True)
class Answer:
    """A verified login: its claims, those of userinfo included, and what a logout needs."""

    claims: dict[str, Any]
    id_token: str

    @property
    def subject(self) -> str:
        return str(self.claims["sub"])


@dataclass(frozen=True)
class Metadata:
    """What we take from a provider's discovery document, and nothing else."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    auth_methods: tuple[str, ...]
    states_issuer: bool
    fetched_at: float


@dataclass
class Provider:
    """One configured provider, with its metadata and keys as fetched at most ten minutes ago."""

    name: ProviderName
    issuer: str
    client_id: str
    client_secret: str
    scopes: str
    redirect_uri: str
    allow_http: bool
    _metadata: Metadata | None = None
    _keys: tuple[Mapping[str, Any], ...] = ()
    _keys_at: float = float("-inf")
    _auth_method: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def authorization_url(self, *, state: str, nonce: str, code_verifier: str, locale: str, **extra: str) -> str:
        """Where to send the browser. Raises ProviderUnavailable."""
        metadata = self.metadata()
        with self._session() as session:
            url, _ = session.create_authorization_url(
                metadata.authorization_endpoint,
                state=state,
                nonce=nonce,
                code_challenge=create_s256_code_challenge(code_verifier),
                code_challenge_method="S256",
                ui_locales=locale,
                **extra,
            )
        return str(url)

    def redeem(self, *, code: str, nonce: str, code_verifier: str) -> Answer:
        """Exchange the code and verify what comes back. Raises LoginRefused or ProviderUnavailable."""
        metadata = self.metadata()
        with self._session() as session:
            token = self._exchanged(session, metadata, code, code_verifier)
            access_token = token.get("access_token")
            if not isinstance(access_token, str) or not access_token:
                raise LoginRefused("access_token_missing")
            id_token = token.get("id_token")
            expected = Expected(self.issuer, self.client_id, nonce, clock.wall(), access_token)
            claims = self._verified(id_token, expected)
            claims = self._userinfo(session, metadata, access_token, claims) | _token_only(claims)
        return Answer(claims, str(id_token))

    def logout_url(self, id_token: str | None, state: str) -> str | None:
        """Where to send the browser so that the provider ends its session, too; None if it has no such place."""
        try:
            endpoint = self.metadata().end_session_endpoint
        except ProviderUnavailable:
            return None
        if endpoint is None:
            return None
        query = {
            "client_id": self.client_id,
            "post_logout_redirect_uri": self.redirect_uri.removesuffix(CALLBACK_PATH) + LOGGED_OUT_PATH,
            "state": state,
        }
        if id_token:
            query["id_token_hint"] = id_token
        return endpoint + ("&" if urlsplit(endpoint).query else "?") + urlencode(query)

    def metadata(self) -> Metadata:
        """The provider's metadata, fetched anew after ten minutes. Raises ProviderUnavailable."""
        with self._lock:
            if self._metadata is None or time.monotonic() - self._metadata.fetched_at > CACHED_FOR_S:
                self._metadata = self._fetched_metadata()
            return self._metadata

    def _fetched_metadata(self) -> Metadata:
        found = self._fetch(self.issuer.rstrip("/") + "/.well-known/openid-configuration")
        if found.get("issuer") != self.issuer:
            log.error("oidc_issuer_mismatch", provider=self.name, configured=self.issuer)
            raise ProviderUnavailable("issuer_mismatch")
        addresses = {name: found.get(name) for name in ENDPOINTS}
        for name, address in addresses.items():
            if not self._is_address(address) and (address is not None or name in REQUIRED):
                raise ProviderUnavailable(f"metadata_{name}")
        methods = found.get("token_endpoint_auth_methods_supported", [AUTH_METHODS[0]])
        known = tuple(one for one in AUTH_METHODS if isinstance(methods, list) and one in methods)
        return Metadata(
            authorization_endpoint=str(found["authorization_endpoint"]),
            token_endpoint=str(found["token_endpoint"]),
            jwks_uri=str(found["jwks_uri"]),
            userinfo_endpoint=addresses["userinfo_endpoint"],
            end_session_endpoint=addresses["end_session_endpoint"],
            auth_methods=(known or AUTH_METHODS[:1]) if self.client_secret else ("none",),
            states_issuer=found.get("authorization_response_iss_parameter_supported") is True,
            fetched_at=time.monotonic(),
        )

    def _is_address(self, address: object) -> bool:
        if not isinstance(address, str):
            return False
        parts = urlsplit(address)
        return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and self.allow_http))

    def _verified(self, id_token: object, expected: Expected) -> dict[str, Any]:
        try:
            try:
                return verified_claims(id_token, self._current_keys(), expected)
            except UnknownKey:
                return verified_claims(id_token, self._current_keys(older_than=REFETCH_AFTER_S), expected)
        except TokenRefused as refused:
            raise LoginRefused(str(refused)) from None

    def _current_keys(self, older_than: float = CACHED_FOR_S) -> tuple[Mapping[str, Any], ...]:
        uri = self.metadata().jwks_uri
        with self._lock:
            if time.monotonic() - self._keys_at > older_than:
                self._keys = usable_keys(self._fetch(uri))
                self._keys_at = time.monotonic()
            return self._keys

    def _userinfo(
        self, session: BoundedSession, metadata: Metadata, access_token: str, claims: dict[str, Any]
    ) -> dict[str, Any]:
        if metadata.userinfo_endpoint is None:
            return claims
        headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/json"}
        found = _json(session, metadata.userinfo_endpoint, headers)
        if not is_subject(found.get("sub")) or found["sub"] != claims["sub"]:
            raise LoginRefused("userinfo_subject")
        return claims | found

    def _fetch(self, url: str) -> dict[str, Any]:
        with self._session() as session:
            return _json(session, url, {"Accept": "application/json"})

    def _exchanged(
        self, session: BoundedSession, metadata: Metadata, code: str, code_verifier: str
    ) -> Mapping[str, Any]:
        # Metadata say what the provider can do; which way our client was registered for, only its answer says.
        methods = sorted(metadata.auth_methods, key=lambda method: method != self._auth_method)
        for method in methods:
            try:
                token = _exchanged(session, metadata, method, code, code_verifier)
            except _ClientRefused:
                continue
            self._auth_method = method
            return token
        raise LoginRefused("client_refused")

    def _session(self) -> BoundedSession:
        return BoundedSession(
            client_id=self.client_id,
            client_secret=self.client_secret or None,
            scope=self.scopes,
            redirect_uri=self.redirect_uri,
        )


def provider(name: ProviderName) -> Provider | None:
    """The configured provider of this application; None if none is configured."""
    held: dict[ProviderName, Provider | None] = current_app.extensions.setdefault("obhut.oidc", {})
    if name not in held:
        held[name] = _configured(name, current_settings())
    return held[name]


def _configured(name: ProviderName, settings: Settings) -> Provider | None:
    prefix = "oidc_staff_" if name == "staff" else "oidc_"
    issuer, client_id = getattr(settings, f"{prefix}issuer"), getattr(settings, f"{prefix}client_id")
    if not issuer or not client_id:
        return None
    scopes = str(getattr(settings, f"{prefix}scopes"))
    return Provider(
        name=name,
        issuer=issuer,
        client_id=client_id,
        client_secret=getattr(settings, f"{prefix}client_secret").get_secret_value(),
        scopes=scopes if "openid" in scopes.split() else f"openid {scopes}".strip(),
        redirect_uri=settings.public_url(CALLBACK_PATH),
        allow_http=not settings.is_production,
    )


def _exchanged(
    session: BoundedSession, metadata: Metadata, method: str, code: str, code_verifier: str
) -> Mapping[str, Any]:
    try:
        token = session.fetch_token(
            metadata.token_endpoint,
            auth=session.client_auth(method),
            grant_type="authorization_code",
            code=code,
            code_verifier=code_verifier,
        )
    except OAuthError as error:
        log.warning("oidc_code_refused", error=str(error.error)[:60], method=method)
        if error.error == "invalid_client":
            raise _ClientRefused from None
        raise LoginRefused("code_refused") from None
    except UNANSWERED as error:
        raise ProviderUnavailable(f"token_endpoint_{type(error).__name__}") from None
    if not isinstance(token, Mapping) or str(token.get("token_type", "")).lower() != "bearer":
        raise LoginRefused("token_type")
    return token


def _json(session: BoundedSession, url: str, headers: dict[str, str]) -> dict[str, Any]:
    try:
        response = session.get(url, headers=headers, withhold_token=True)
        found = response.json() if response.status_code == 200 else None
    except UNANSWERED as error:
        raise ProviderUnavailable(type(error).__name__) from None
    if not isinstance(found, dict):
        raise ProviderUnavailable(f"status_{response.status_code}")
    return found


def _token_only(claims: Mapping[str, Any]) -> dict[str, Any]:
    # How somebody logged in is said by the signed token alone.
    return {name: claims[name] for name in ("iss", "sub", "acr", "amr", "auth_time", "sid") if name in claims}
