"""Signed tokens of a provider (JWS, compact form): which are looked at, and by which keys. Pure.

Stricter than a library's defaults: only asymmetric signatures whatever the provider's metadata say, only the types that
the caller names, and whatever cannot be read is refused as such, however it was made.
"""

import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from joserfc import jwk, jws, jwt
from joserfc.errors import JoseError, SecurityWarning

ALGORITHMS: dict[str, str] = {
    "RS256": "RSA", "RS384": "RSA", "RS512": "RSA",
    "PS256": "RSA", "PS384": "RSA", "PS512": "RSA",
    "ES256": "EC", "ES384": "EC", "ES512": "EC",
    "Ed25519": "OKP", "EdDSA": "OKP",
}  # fmt: skip
MOST_BYTES = 64 * 1024
LEEWAY_S = 30
RSA_LETTERS = 342  # a modulus of 2048 bits in base64url: shorter keys can be broken
SUBJECT_LENGTH = 255
NAME_LENGTH = 255
# RFC 9864 renames EdDSA to Ed25519; providers will say the old name for years, and every login would warn of it.
warnings.filterwarnings("ignore", "EdDSA is deprecated", SecurityWarning)
_registry = jws.JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)
# A RecursionError comes from JSON that is nested a thousand times.
_UNREADABLE = (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError)


class TokenRefused(Exception):
    """The token proves nothing; the text is a code for logs, without any content of the token."""


class UnknownKey(TokenRefused):
    """Signed with no key of the set: perhaps with a new one, be it under an old name or none."""


@dataclass(frozen=True)
class Kind:
    """One use of tokens. `name` begins the codes of refusals; `types` are the values of `typ`, in capitals.

    `untyped`: whether a token without `typ` may be one.
    """

    name: str
    types: tuple[str, ...]
    untyped: bool = False

    def refused(self, reason: str) -> TokenRefused:
        return TokenRefused(f"{self.name}_{reason}")


def opened(token: object, keys: Sequence[Mapping[str, Any]], kind: Kind) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of `token` if it is of this kind and signed by one of `keys`. Raises TokenRefused."""
    header = _header(token, kind)
    candidates = [key for key in keys if _fits(key, header)]
    if not candidates:
        raise UnknownKey(f"{kind.name}_key_unknown")
    for key in candidates:
        try:
            decoded = jwt.decode(str(token), jwk.import_key(_public(key)), registry=_registry)
            claims = dict(decoded.claims)
        except _UNREADABLE:
            continue
        return header, claims
    raise UnknownKey(f"{kind.name}_signature")


def unverified_claims(token: object) -> dict[str, Any]:
    """What the token claims, believed by nobody: to find out whose keys to ask. Empty if it cannot be read."""
    if not _is_compact(token):
        return {}
    try:
        claims = json.loads(jws.extract_compact(str(token).encode()).payload)
    except _UNREADABLE:
        return {}
    return claims if isinstance(claims, dict) else {}


def usable_keys(document: object) -> tuple[Mapping[str, Any], ...]:
    """The public signature keys of a provider's key set; everything else in it is passed over."""
    listed = document.get("keys") if isinstance(document, Mapping) else None
    return tuple(key for key in listed if _is_usable(key)) if isinstance(listed, list) else ()


def is_subject(value: object) -> bool:
    """Whether this can be a `sub`: 1 to 255 printable ASCII characters."""
    return isinstance(value, str) and 1 <= len(value) <= SUBJECT_LENGTH and value.isascii() and value.isprintable()


def is_name(value: object) -> bool:
    """Whether this can be a `jti`, a `sid` or a `client_id`: 1 to 255 printable characters."""
    return isinstance(value, str) and 1 <= len(value) <= NAME_LENGTH and value.isprintable()


def is_time(value: object) -> bool:
    """Whether this can be a NumericDate: a number of seconds since 1970, neither a bool nor beyond all bounds."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e11


def check_lifetime(claims: Mapping[str, Any], now: float, kind: Kind) -> None:
    """`exp` must be there and not have passed, and `nbf` must have if it is there. Raises TokenRefused."""
    expires, not_before = claims.get("exp"), claims.get("nbf")
    if not is_time(expires) or expires <= now - LEEWAY_S:  # type: ignore[operator]
        raise kind.refused("expired")
    if "nbf" in claims and (not is_time(not_before) or not_before > now + LEEWAY_S):  # type: ignore[operator]
        raise kind.refused("not_before")


def _is_compact(token: object) -> bool:
    return isinstance(token, str) and 0 < len(token) <= MOST_BYTES and token.count(".") == 2


def _is_usable(key: object) -> bool:
    if not isinstance(key, Mapping) or key.get("kty") not in list(ALGORITHMS.values()):
        return False
    if key["kty"] == "RSA" and len(str(key.get("n", "")).rstrip("=")) < RSA_LETTERS:
        return False
    operations = key.get("key_ops")
    return key.get("use", "sig") == "sig" and (not isinstance(operations, list) or "verify" in operations)


def _header(token: object, kind: Kind) -> dict[str, Any]:
    if not _is_compact(token):
        raise kind.refused("malformed")
    try:
        header = dict(jws.extract_compact(str(token).encode()).headers())
    except _UNREADABLE:
        raise kind.refused("malformed") from None
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise kind.refused("algorithm")
    if not _is_of_type(header, kind):
        raise kind.refused("type")
    if "crit" in header or "b64" in header:
        raise kind.refused("critical_header")
    return header


def _is_of_type(header: Mapping[str, Any], kind: Kind) -> bool:
    if "typ" not in header:
        return kind.untyped
    named = header["typ"]
    return isinstance(named, str) and named.upper().removeprefix("APPLICATION/") in kind.types


def _fits(key: Mapping[str, Any], header: Mapping[str, Any]) -> bool:
    if key["kty"] != ALGORITHMS[header["alg"]] or key.get("alg", header["alg"]) != header["alg"]:
        return False
    return "kid" not in header or key.get("kid") == header["kid"]


def _public(key: Mapping[str, Any]) -> dict[str, Any]:
    # A key's own restrictions were checked above; only its numbers go to the library.
    names = ("kty", "n", "e", "crv", "x", "y")
    return {name: key[name] for name in names if name in key}
