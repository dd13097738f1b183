"""The OpenID Connect client: code flow with PKCE, strict about everything that comes back.

Works with any standard provider: an optional userinfo endpoint, an optional logout endpoint, and both usual ways of
client authentication. Where metadata could weaken the login (PKCE, algorithms, issuer) they are not asked.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar
from urllib.parse import urlencode, urlsplit

import requests
import structlog
import urllib3
from authlib.integrations.base_client import OAuthError
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from flask import current_app

from auth.id_tokens import Expected, verified_claims
from auth.jwts import TokenRefused, UnknownKey, is_subject, usable_keys
from auth.oidc_metadata import Metadata, ProviderUnavailable, metadata_of
from auth.oidc_session import BoundedSession
from config import clock
from config.settings import Settings, current_settings

__all__ = ["Answer", "LoginRefused", "Provider", "ProviderName", "ProviderUnavailable", "provider", "providers"]

Keys = tuple[Mapping[str, Any], ...]
ProviderName = Literal["residents", "staff"]
CACHED_FOR_S = 600.0
REFETCH_AFTER_S = 5.0
RETRY_AFTER_S = 2.0
CALLBACK_PATH = "/auth/callback"
LOGGED_OUT_PATH = "/"
# What a token endpoint may complain about (RFC 6749, 5.2); any other word of it does not go into our logs.
ERRORS = ("invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type")
# Answers of a provider may be anything: what a library stumbles over is an answer that makes no sense.
UNANSWERED = (
    *(requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError),
    *(TypeError, KeyError, AttributeError, RecursionError, OverflowError),
)
FROM_TOKEN_ALONE = ("iss", "sub", "iat", "acr", "amr", "auth_time", "sid")
T = TypeVar("T")
log = structlog.get_logger(__name__)


class LoginRefused(Exception):
    """The provider's answer is no login; the text is a code for logs and the audit trail."""


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
    _keys: Keys = ()
    _keys_at: float = float("-inf")
    _failed_at: float = float("-inf")
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

    def redeem(self, *, code: str, nonce: str, code_verifier: str, max_age: int | None = None) -> Answer:
        """Exchange the code and verify what comes back. Raises LoginRefused or ProviderUnavailable.

        `max_age`: the person must have proved who they are within so many seconds.
        """
        metadata = self.metadata()
        with self._session() as session:
            token = self._exchanged(session, metadata, code, code_verifier)
            access_token = token.get("access_token")
            if not isinstance(access_token, str) or not access_token.isascii() or not access_token.strip():
                raise LoginRefused("access_token_missing")
            id_token = token.get("id_token")
            expected = Expected(self.issuer, self.client_id, nonce, clock.wall(), access_token, max_age)
            try:
                claims = self.with_keys(lambda keys: verified_claims(id_token, keys, expected))
            except TokenRefused as refused:
                raise LoginRefused(str(refused)) from None
            claims = self._with_userinfo(session, metadata, access_token, claims)
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
        try:
            return metadata_of(
                found,
                issuer=self.issuer,
                has_secret=bool(self.client_secret),
                allow_http=self.allow_http,
                fetched_at=time.monotonic(),
            )
        except ProviderUnavailable as problem:
            log.error("oidc_metadata_refused", provider=self.name, issuer=self.issuer, reason=str(problem))
            raise

    def with_keys(self, verify: Callable[[Keys], T]) -> T:
        """What `verify` makes of the provider's keys; with new ones, if it knows none of those that we hold.

        Raises what `verify` raises (TokenRefused) and ProviderUnavailable.
        """
        try:
            return verify(self._current_keys())
        except UnknownKey:
            return verify(self._current_keys(older_than=REFETCH_AFTER_S))

    def _current_keys(self, older_than: float = CACHED_FOR_S) -> Keys:
        uri = self.metadata().jwks_uri
        with self._lock:
            if time.monotonic() - self._keys_at > older_than:
                self._keys = usable_keys(self._fetch(uri))
                self._keys_at = time.monotonic()
            return self._keys

    def _with_userinfo(
        self, session: BoundedSession, metadata: Metadata, access_token: str, claims: dict[str, Any]
    ) -> dict[str, Any]:
        if metadata.userinfo_endpoint is None:
            return claims
        headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/json"}
        found = _json(session, metadata.userinfo_endpoint, headers)
        if not is_subject(found.get("sub")) or found["sub"] != claims["sub"]:
            raise LoginRefused("userinfo_subject")
        # Who logged in, and how, is said by the signed token alone, even when it says nothing.
        return claims | {name: value for name, value in found.items() if name not in FROM_TOKEN_ALONE}

    def _fetch(self, url: str) -> dict[str, Any]:
        # Those who wait for the lock while a provider does not answer must not each wait for it again.
        if time.monotonic() - self._failed_at < RETRY_AFTER_S:
            raise ProviderUnavailable("failed_just_now")
        try:
            with self._session() as session:
                return _json(session, url, {"Accept": "application/json"})
        except ProviderUnavailable:
            self._failed_at = time.monotonic()
            raise

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


def providers() -> list[Provider]:
    """All that are configured: none, one or two."""
    names: tuple[ProviderName, ...] = ("residents", "staff")
    return [found for name in names if (found := provider(name))]


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
        token: object = session.fetch_token(
            metadata.token_endpoint,
            auth=session.client_auth(method),
            grant_type="authorization_code",
            code=code,
            code_verifier=code_verifier,
        )
    except OAuthError as error:
        log.warning("oidc_code_refused", error=error.error if error.error in ERRORS else "other", method=method)
        if error.error == "invalid_client":
            raise _ClientRefused from None
        raise LoginRefused("code_refused") from None
    except UNANSWERED as error:
        raise ProviderUnavailable(f"token_endpoint_{type(error).__name__}") from None
    if not isinstance(token, Mapping) or str(token.get("token_type")).lower() != "bearer":
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
