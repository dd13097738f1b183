"""What we take from a provider's discovery document: addresses and a few abilities, each checked, and nothing else.

Whatever else a document says (PKCE methods, algorithms, response types) does not reach the client, so that it cannot
weaken a login.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "end_session_endpoint")
REQUIRED = ENDPOINTS[:3]
AUTH_METHODS = ("client_secret_basic", "client_secret_post")
ADDRESS_LENGTH = 2000
# What we say ourselves when we send a browser there; said twice, a provider might believe the other.
OURS = frozenset({
    "response_type", "response_mode", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge",
    "code_challenge_method", "prompt", "max_age", "acr_values", "ui_locales", "claims", "request", "request_uri",
})  # fmt: skip


class ProviderUnavailable(Exception):
    """The provider cannot be reached or does not answer sensibly; the text is a code."""


@dataclass(frozen=True)
class Metadata:
    """The addresses of a provider and what it can do, as fetched at `fetched_at` (monotonic seconds)."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    auth_methods: tuple[str, ...]
    states_issuer: bool
    fetched_at: float


def metadata_of(
    document: Mapping[str, Any], *, issuer: str, has_secret: bool, allow_http: bool, fetched_at: float
) -> Metadata:
    """The metadata in a provider's discovery document. Raises ProviderUnavailable for one that cannot be its own."""
    if document.get("issuer") != issuer:
        raise ProviderUnavailable("issuer_mismatch")
    addresses = {name: document.get(name) for name in ENDPOINTS}
    for name, address in addresses.items():
        if not is_address(address, allow_http) and (address is not None or name in REQUIRED):
            raise ProviderUnavailable(f"metadata_{name}")
    query = parse_qsl(urlsplit(str(addresses["authorization_endpoint"])).query, keep_blank_values=True)
    if OURS & {name.lower() for name, _ in query}:
        raise ProviderUnavailable("metadata_authorization_endpoint")
    return Metadata(
        authorization_endpoint=str(addresses["authorization_endpoint"]),
        token_endpoint=str(addresses["token_endpoint"]),
        jwks_uri=str(addresses["jwks_uri"]),
        userinfo_endpoint=addresses["userinfo_endpoint"],
        end_session_endpoint=addresses["end_session_endpoint"],
        auth_methods=_auth_methods(document) if has_secret else ("none",),
        states_issuer=document.get("authorization_response_iss_parameter_supported") is True,
        fetched_at=fetched_at,
    )


def is_address(address: object, allow_http: bool) -> bool:
    """Whether this is an absolute address for us to ask or to send a browser to: https, outside production http too."""
    if not isinstance(address, str) or len(address) > ADDRESS_LENGTH:
        return False
    if not address.isascii() or not address.isprintable() or any(char in ' "<>\\^`{|}' for char in address):
        return False
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 - read only now, and a ValueError when it is no number
    except ValueError:
        return False
    if not parts.hostname or parts.fragment or "#" in address or parts.username is not None:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and allow_http)


def _auth_methods(document: Mapping[str, Any]) -> tuple[str, ...]:
    offered = document.get("token_endpoint_auth_methods_supported", [AUTH_METHODS[0]])
    known = tuple(one for one in AUTH_METHODS if isinstance(offered, list) and one in offered)
    return known or AUTH_METHODS[:1]
