"""Verification of id_tokens (OpenID Connect Core 3.1.3.7). Pure: keys, token and time in, claims out.

Exactly our audience, and nothing optional that matters here is optional.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from auth.jwts import ALGORITHMS, LEEWAY_S, Kind, check_lifetime, is_subject, is_time, opened

ID_TOKEN = Kind("id_token", ("JWT", "ID_TOKEN+JWT"), untyped=True)
ISSUED_WITHIN_S = 600


@dataclass(frozen=True)
class Expected:
    """What an id_token must say. `max_age`: how many seconds ago the person may have proved who they are at most."""

    issuer: str
    client_id: str
    nonce: str
    now: datetime
    access_token: str | None = None
    max_age: int | None = None


def verified_claims(token: object, keys: Sequence[Mapping[str, Any]], expected: Expected) -> dict[str, Any]:
    """The claims of `token` if it was signed by one of `keys` and says what is expected. Raises TokenRefused."""
    header, claims = opened(token, keys, ID_TOKEN)
    now = expected.now.timestamp()
    _check_origin(claims, expected)
    check_lifetime(claims, now, ID_TOKEN)
    if not is_time(claims.get("iat")) or abs(now - claims["iat"]) > ISSUED_WITHIN_S:
        raise ID_TOKEN.refused("issued_at")
    _check_login_time(claims, now, expected.max_age)
    _check_access_token(claims, header, expected.access_token)
    return claims


def _check_origin(claims: Mapping[str, Any], expected: Expected) -> None:
    if claims.get("iss") != expected.issuer:
        raise ID_TOKEN.refused("issuer")
    audience = claims.get("aud")
    if audience != expected.client_id and audience != [expected.client_id]:
        raise ID_TOKEN.refused("audience")
    if claims.get("azp", expected.client_id) != expected.client_id:
        raise ID_TOKEN.refused("authorized_party")
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not _same(nonce, expected.nonce):
        raise ID_TOKEN.refused("nonce")
    if not is_subject(claims.get("sub")):
        raise ID_TOKEN.refused("subject")


def _check_login_time(claims: Mapping[str, Any], now: float, max_age: int | None) -> None:
    """`auth_time` must be there when `max_age` was asked for (Core 3.1.2.1), and never lies in the future."""
    logged_in = claims.get("auth_time")
    if logged_in is None and max_age is None:
        return
    if not is_time(logged_in) or logged_in > now + LEEWAY_S:  # type: ignore[operator]
        raise ID_TOKEN.refused("login_time")
    if max_age is not None and now - logged_in > max_age + LEEWAY_S:  # type: ignore[operator]
        raise ID_TOKEN.refused("login_too_old")


def _check_access_token(claims: Mapping[str, Any], header: Mapping[str, Any], access_token: str | None) -> None:
    given = claims.get("at_hash")
    algorithm = str(header["alg"])
    if given is None or access_token is None or ALGORITHMS[algorithm] == "OKP":
        return
    digest = hashlib.new(f"sha{algorithm[2:]}", access_token.encode()).digest()
    half = base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
    if not isinstance(given, str) or not _same(given, half):
        raise ID_TOKEN.refused("access_token_hash")


def _same(given: str, expected: str) -> bool:
    # JSON can name halves of characters, which UTF-8 cannot write
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode())
