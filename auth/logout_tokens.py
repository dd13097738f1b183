"""Verification of logout tokens (OpenID Connect Back-Channel Logout 1.0, 2.6). Pure.

That a token is used once is for the caller to see to: it needs memory.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from auth.jwts import LEEWAY_S, Kind, check_lifetime, is_name, is_subject, is_time, opened

LOGOUT_TOKEN = Kind("logout_token", ("LOGOUT+JWT",))
EVENT = "http://schemas.openid.net/event/backchannel-logout"
ISSUED_WITHIN_S = 120


@dataclass(frozen=True)
class Logout:
    """Who is to be logged out: one session of the provider, or all of a person.

    `jti`: the token's own number; `issued_at`: seconds since 1970 by the provider's clock.
    """

    jti: str
    issued_at: float
    subject: str | None
    session: str | None


def verified(token: object, keys: Sequence[Mapping[str, Any]], *, issuer: str, client_id: str, now: datetime) -> Logout:
    """What `token` says, if one of `keys` signed it for us at most two minutes ago. Raises TokenRefused."""
    _, claims = opened(token, keys, LOGOUT_TOKEN)
    if claims.get("iss") != issuer:
        raise LOGOUT_TOKEN.refused("issuer")
    if claims.get("aud") != client_id and claims.get("aud") != [client_id]:
        raise LOGOUT_TOKEN.refused("audience")
    _check_times(claims, now.timestamp())
    if not is_name(claims.get("jti")):
        raise LOGOUT_TOKEN.refused("number")
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(EVENT), dict):
        raise LOGOUT_TOKEN.refused("event")
    if "nonce" in claims:  # an id_token must never pass for one
        raise LOGOUT_TOKEN.refused("nonce")
    return Logout(claims["jti"], claims["iat"], *_whom(claims))


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    check_lifetime(claims, now, LOGOUT_TOKEN)
    issued = claims.get("iat")
    if not is_time(issued) or not -LEEWAY_S <= now - issued <= ISSUED_WITHIN_S:  # type: ignore[operator]
        raise LOGOUT_TOKEN.refused("issued_at")


def _whom(claims: Mapping[str, Any]) -> tuple[str | None, str | None]:
    subject, session = claims.get("sub"), claims.get("sid")
    if subject is None and session is None:
        raise LOGOUT_TOKEN.refused("nobody")
    if subject is not None and not is_subject(subject):
        raise LOGOUT_TOKEN.refused("subject")
    if session is not None and not is_name(session):
        raise LOGOUT_TOKEN.refused("session")
    return subject, session
