"""Verification of a provider's access tokens for programs (RFC 9068). Pure: keys, token and time in, claims out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from auth.jwts import LEEWAY_S, Kind, check_lifetime, is_name, is_subject, is_time, opened

ACCESS_TOKEN = Kind("access_token", ("AT+JWT",))


@dataclass(frozen=True)
class Machine:
    """A program as its provider names it, with all claims of its token."""

    subject: str
    client_id: str
    claims: Mapping[str, Any]


def verified(token: object, keys: Sequence[Mapping[str, Any]], *, issuer: str, audience: str, now: datetime) -> Machine:
    """Whose `token` this is, if one of `keys` signed it for `audience` and it has not expired. Raises TokenRefused."""
    _, claims = opened(token, keys, ACCESS_TOKEN)
    if claims.get("iss") != issuer:
        raise ACCESS_TOKEN.refused("issuer")
    if not _is_for(claims.get("aud"), audience):
        raise ACCESS_TOKEN.refused("audience")
    check_lifetime(claims, now.timestamp(), ACCESS_TOKEN)
    issued = claims.get("iat")
    if not is_time(issued) or issued > now.timestamp() + LEEWAY_S:  # type: ignore[operator]
        raise ACCESS_TOKEN.refused("issued_at")
    if not is_subject(claims.get("sub")):
        raise ACCESS_TOKEN.refused("subject")
    if not is_name(claims.get("client_id")):
        raise ACCESS_TOKEN.refused("client")
    if not is_name(claims.get("jti")):
        raise ACCESS_TOKEN.refused("number")
    return Machine(claims["sub"], claims["client_id"], claims)


def _is_for(named: object, audience: str) -> bool:
    """A token may be for several, us among them; a list with anything but texts in it is no audience."""
    if isinstance(named, list):
        return audience in named and all(isinstance(one, str) for one in named)
    return named == audience
