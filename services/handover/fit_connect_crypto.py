"""The cryptography of FIT-Connect: what is sealed for a destination, and what may be believed of an event.

Content: JWE in compact serialisation, RSA-OAEP-256 with A256GCM, for the destination's public key of at least 4096
bits (docs.fitko.de/fit-connect, “Verschlüsseln” and “Vorgaben für kryptographische Verfahren”). Events: Security Event
Tokens (RFC 8417), JWTs signed with PS512 by the delivery service or by the destination.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwe, jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

KEY_WRAPPING, CONTENT = "RSA-OAEP-256", "A256GCM"
SIGNING, SET_TYPE = "PS512", "secevent+jwt"
LEAST_BITS = 4096
SKEW = timedelta(minutes=5)
EVENTS = "https://schema.fitko.de/fit-connect/events/"


class NotToBeUsed(Exception):
    """A key of the destination that nothing may be sealed with; the text is fit for logs."""


class NotGenuine(Exception):
    """An event that nothing follows from; the text is fit for logs."""


@dataclass(frozen=True)
class SetEvent:
    """A genuine event: `submit-submission`, `accept-submission` and so on, and what it says besides."""

    name: str
    issuer: str
    payload: Mapping[str, Any]


def encryption_key(content: Mapping[str, Any]) -> RSAKey:
    """The destination's key to wrap with, as JWK. Raises NotToBeUsed."""
    if content.get("kty") != "RSA" or content.get("alg", KEY_WRAPPING) != KEY_WRAPPING:
        raise NotToBeUsed("not an RSA key for RSA-OAEP-256")
    operations = content.get("key_ops")
    if not isinstance(operations, list) or "wrapKey" not in operations:
        raise NotToBeUsed("not for wrapping keys")
    try:
        key = RSAKey.import_key({name: content[name] for name in ("kty", "n", "e")})
    except (JoseError, ValueError, KeyError, TypeError):
        raise NotToBeUsed("not a key") from None
    if key.public_key.key_size < LEAST_BITS:
        raise NotToBeUsed(f"shorter than {LEAST_BITS} bits")
    return key


def sealed(content: bytes, key: RSAKey, key_id: str, media_type: str) -> str:
    """`content` as compact JWE, to be opened by the owner of the key alone."""
    header = {"alg": KEY_WRAPPING, "enc": CONTENT, "kid": key_id, "cty": media_type}
    return jwe.encrypt_compact(header, content, key, algorithms=[KEY_WRAPPING, CONTENT])


def tag_of(token: str) -> str:
    """The authentication tag of a compact JWE, its last part (RFC 7516, 7.1): it tells nothing of the content."""
    return token.rpartition(".")[2]


def read_event(
    token: str, key_of: Callable[[str, str], Mapping[str, Any]], submission: str, case: str, now: datetime
) -> SetEvent:
    """The event in `token`, if it is genuine and about this submission. Raises NotGenuine.

    `key_of(issuer, key id)` gives the JWK of whoever may sign as `issuer`, or raises NotGenuine. Whose events count for
    what, the caller decides.
    """
    header, claims = _opened(token)
    if header.get("alg") != SIGNING or header.get("typ") != SET_TYPE:
        raise NotGenuine("not a security event token with PS512")
    issuer, key_id = claims.get("iss"), header.get("kid")
    if not isinstance(issuer, str) or not isinstance(key_id, str):
        raise NotGenuine("nobody has signed it")
    _check_signature(token, key_of(issuer, key_id))
    if claims.get("sub") != f"submission:{submission}" or claims.get("txn") != f"case:{case}":
        raise NotGenuine("about another submission")
    issued = claims.get("iat")
    if not isinstance(issued, int) or issued > (now + SKEW).timestamp() or not claims.get("jti"):
        raise NotGenuine("without a time or an id")
    events = claims.get("events")
    if not isinstance(events, dict) or len(events) != 1:
        raise NotGenuine("not one event")
    name, payload = next(iter(events.items()))
    if not str(name).startswith(EVENTS):
        raise NotGenuine("not an event of FIT-Connect")
    return SetEvent(str(name).removeprefix(EVENTS), issuer, payload if isinstance(payload, dict) else {})


def _opened(token: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Header and claims, not yet believed: they say whose key to try."""
    try:
        found = jws.extract_compact(token.encode())
        claims = json.loads(found.payload)
    except (JoseError, ValueError):
        raise NotGenuine("not a signed token") from None
    if not isinstance(claims, dict):
        raise NotGenuine("not a signed token")
    return found.protected, claims


def _check_signature(token: str, jwk: Mapping[str, Any]) -> None:
    operations = jwk.get("key_ops") or ["verify"]
    if jwk.get("kty") != "RSA" or jwk.get("alg", SIGNING) != SIGNING or not isinstance(operations, list):
        raise NotGenuine("the key is not for signatures")
    if "verify" not in operations:
        raise NotGenuine("the key is not for signatures")
    try:
        key = RSAKey.import_key({name: jwk[name] for name in ("kty", "n", "e")})
        jws.deserialize_compact(token, key, algorithms=[SIGNING])
    except (JoseError, ValueError, KeyError, TypeError):
        raise NotGenuine("wrong signature") from None
