"""Hostile logout tokens and access tokens: what is hostile in every token, and what is so in these."""

from collections.abc import Mapping
from typing import Any

from tests.fakes.hostile_provider import LOGOUT_EVENT, HostileProvider, Json
from tests.security.hostile.tokens import (
    FORMS,
    HEADERS,
    SIGNATURES,
    WHEN,
    WHOM,
    WHOSE,
    Make,
    changed,
    header,
    later,
)


def _id_token(provider: HostileProvider, claims: Json) -> str:
    return provider.signed(provider.good_claims() | {"nonce": "n"})


def _without(cases: Mapping[str, Make], *names: str) -> dict[str, Make]:
    assert set(names) <= set(cases)
    return {name: make for name, make in cases.items() if name not in names}


LOGOUT_TOKENS: dict[str, Make] = {
    **WHOSE,
    # The provider's session is named beside, so that no subject is a good token.
    **_without(WHOM, "no subject", "subject null"),
    **WHEN,
    **_without(HEADERS, "type of a logout token"),
    **SIGNATURES,
    **FORMS,
    "older than two minutes": later(iat=-180),
    "no type": header(typ=...),
    "type of any token": header(typ="JWT"),
    "an id_token": _id_token,
    "no number": changed(jti=...),
    "empty number": changed(jti=""),
    "number null": changed(jti=None),
    "number a list": changed(jti=["a"]),
    "number a number": changed(jti=7),
    "number without end": changed(jti="a" * 256),
    "number with a NUL": changed(jti="a\x00"),
    "number with half a character": changed(jti="\ud800"),
    "no events": changed(events=...),
    "events null": changed(events=None),
    "events a list": changed(events=[LOGOUT_EVENT]),
    "events a text": changed(events=LOGOUT_EVENT),
    "no event": changed(events={}),
    "another event": changed(events={"http://schemas.openid.net/event/other": {}}),
    "event null": changed(events={LOGOUT_EVENT: None}),
    "event a text": changed(events={LOGOUT_EVENT: "{}"}),
    "event a list": changed(events={LOGOUT_EVENT: []}),
    "a nonce": changed(nonce="n"),
    "a nonce null": changed(nonce=None),
    "an empty nonce": changed(nonce=""),
    "nobody": changed(sub=..., sid=...),
    "nobody, twice": changed(sub=None, sid=None),
    "session a list": changed(sid=["s-1"]),
    "session a number": changed(sid=1),
    "empty session": changed(sid=""),
    "session without end": changed(sid="s" * 256),
    "session with a NUL": changed(sid="s\x00"),
    "session with half a character": changed(sid="\ud800"),
}
ACCESS_TOKENS: dict[str, Make] = {
    # A program's token may be for several, us among them, and is made once for all its life.
    **_without(WHOSE, "one audience too many", "audience twice"),
    **WHOM,
    **_without(WHEN, "issued long ago"),
    **_without(HEADERS),
    **SIGNATURES,
    **FORMS,
    "no type": header(typ=...),
    "type of any token": header(typ="JWT"),
    "an id_token": _id_token,
    "audience of the website": lambda p, c: changed(aud=p.client_id)(p, c),
    "audience in a text": changed(aud="other obhut-api"),
    "audience beside a number": changed(aud=["obhut-api", 7]),
    "no client": changed(client_id=...),
    "client null": changed(client_id=None),
    "client a list": changed(client_id=["reporting"]),
    "empty client": changed(client_id=""),
    "no number": changed(jti=...),
    "number a list": changed(jti=["a"]),
}
del ACCESS_TOKENS["type of an access token"]


def is_sendable(token: Any) -> bool:
    """Whether a client can send this at all, in a form or in a header."""
    return isinstance(token, str) and token.isascii() and token.isprintable()
