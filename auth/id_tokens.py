"""Verification of id_tokens (OpenID Connect Core 3.1.3.7). Pure: keys, token and time in, claims out.

Stricter than a library's defaults: only asymmetric signatures whatever the provider's metadata say, exactly our
audience, and nothing optional that matters here is optional.
"""

import base64
import hashlib
import hmac
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from joserfc import jwk, jws, jwt
from joserfc.errors import JoseError, SecurityWarning

ALGORITHMS: dict[str, str] = {
    "RS256": "RSA", "RS384": "RSA", "RS512": "RSA",
    "PS256": "RSA", "PS384": "RSA", "PS512": "RSA",
    "ES256": "EC", "ES384": "EC", "ES512": "EC",
    "Ed25519": "OKP", "EdDSA": "OKP",
}  # fmt: skip
TOKEN_TYPES = ("JWT", "ID_TOKEN+JWT")
MOST_BYTES = 64 * 1024
LEEWAY_S = 30
ISSUED_WITHIN_S = 600
SUBJECT_LENGTH = 255
# RFC 9864 renames EdDSA to Ed25519; providers will say the old name for years, and every login would warn of it.
warnings.filterwarnings("ignore", "EdDSA is deprecated", SecurityWarning)
_registry = jws.JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)


class TokenRefused(Exception):
    """The id_token proves nothing; the text is a code for logs, without any content of the token."""


class UnknownKey(TokenRefused):
    """Signed with no key of the set: perhaps with a new one, be it under an old name or none."""


@dataclass(frozen=True)
class Expected:
    """What an id_token must say."""

    issuer: str
    client_id: str
    nonce: str
    now: datetime
    access_token: str | None = None


def verified_claims(token: object, keys: Sequence[Mapping[str, Any]], expected: Expected) -> dict[str, Any]:
    """The claims of `token` if it was signed by one of `keys` and says what is expected. Raises TokenRefused."""
    header, claims = _decoded(token, keys)
    _check_origin(claims, expected)
    _check_times(claims, expected.now.timestamp())
    _check_access_token(claims, header, expected.access_token)
    return claims


def is_subject(value: object) -> bool:
    """Whether this can be a `sub`: 1 to 255 printable ASCII characters."""
    return isinstance(value, str) and 1 <= len(value) <= SUBJECT_LENGTH and value.isascii() and value.isprintable()


def usable_keys(document: object) -> tuple[Mapping[str, Any], ...]:
    """The public signature keys of a provider's key set; everything else in it is passed over."""
    listed = document.get("keys") if isinstance(document, Mapping) else None
    return tuple(key for key in listed if _is_usable(key)) if isinstance(listed, list) else ()


def _is_usable(key: object) -> bool:
    if not isinstance(key, Mapping) or key.get("kty") not in ALGORITHMS.values():
        return False
    operations = key.get("key_ops")
    return key.get("use", "sig") == "sig" and (not isinstance(operations, list) or "verify" in operations)


def _decoded(token: object, keys: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    if not isinstance(token, str) or not token or len(token) > MOST_BYTES or token.count(".") != 2:
        raise TokenRefused("id_token_malformed")
    header = _header(token)
    candidates = [key for key in keys if _fits(key, header)]
    if not candidates:
        raise UnknownKey("id_token_key_unknown")
    for key in candidates:
        try:
            decoded = jwt.decode(token, jwk.import_key(_public(key)), registry=_registry)
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        return header, dict(decoded.claims)
    raise UnknownKey("id_token_signature")


def _header(token: str) -> dict[str, Any]:
    try:
        header = jws.extract_compact(token.encode()).headers()
    except (JoseError, ValueError, TypeError, AttributeError):
        raise TokenRefused("id_token_malformed") from None
    if header.get("alg") not in ALGORITHMS:
        raise TokenRefused("id_token_algorithm")
    if str(header.get("typ", "JWT")).upper().removeprefix("APPLICATION/") not in TOKEN_TYPES:
        raise TokenRefused("id_token_type")
    if "crit" in header:
        raise TokenRefused("id_token_critical_header")
    return dict(header)


def _fits(key: Mapping[str, Any], header: Mapping[str, Any]) -> bool:
    if key["kty"] != ALGORITHMS[header["alg"]] or key.get("alg", header["alg"]) != header["alg"]:
        return False
    return "kid" not in header or key.get("kid") == header["kid"]


def _public(key: Mapping[str, Any]) -> dict[str, Any]:
    # A key's own restrictions were checked above; only its numbers go to the library.
    names = ("kty", "n", "e", "crv", "x", "y")
    return {name: key[name] for name in names if name in key}


def _check_origin(claims: Mapping[str, Any], expected: Expected) -> None:
    if claims.get("iss") != expected.issuer:
        raise TokenRefused("id_token_issuer")
    audience = claims.get("aud")
    if audience != expected.client_id and audience != [expected.client_id]:
        raise TokenRefused("id_token_audience")
    if claims.get("azp", expected.client_id) != expected.client_id:
        raise TokenRefused("id_token_authorized_party")
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), expected.nonce.encode()):
        raise TokenRefused("id_token_nonce")
    if not is_subject(claims.get("sub")):
        raise TokenRefused("id_token_subject")


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    expires, issued, not_before = (claims.get(name) for name in ("exp", "iat", "nbf"))
    if not _is_time(expires) or expires <= now - LEEWAY_S:  # type: ignore[operator]
        raise TokenRefused("id_token_expired")
    if not _is_time(issued) or abs(now - issued) > ISSUED_WITHIN_S:  # type: ignore[operator]
        raise TokenRefused("id_token_issued_at")
    if "nbf" in claims and (not _is_time(not_before) or not_before > now + LEEWAY_S):  # type: ignore[operator]
        raise TokenRefused("id_token_not_before")


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e11


def _check_access_token(claims: Mapping[str, Any], header: Mapping[str, Any], access_token: str | None) -> None:
    given = claims.get("at_hash")
    algorithm = str(header["alg"])
    if given is None or access_token is None or ALGORITHMS[algorithm] == "OKP":
        return
    digest = hashlib.new(f"sha{algorithm[2:]}", access_token.encode()).digest()
    half = base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), half.encode()):
        raise TokenRefused("id_token_access_token_hash")
