"""Hostile tokens. A case is a function from the provider and the claims of a good token to something else.

`provider.typ` is the type that good tokens of the kind in question carry in their header, None for none.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from tests.fakes.hostile_provider import HostileProvider, Json, rsa_key

Make = Callable[[HostileProvider, Json], Any]
DEEP = b"[" * 20_000 + b"]" * 20_000


def part(value: Any) -> str:
    """A part of a token over `value`: JSON, or bytes as they are."""
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def changed(**changes: Any) -> Make:
    """Properly signed, but saying something else; `...` leaves a claim out."""

    def make(provider: HostileProvider, claims: Json) -> str:
        wrong = {name: value for name, value in (claims | changes).items() if value is not ...}
        return header()(provider, wrong)

    return make


def later(**moments: float) -> Make:
    """Properly signed, with times moved from now by so many seconds."""
    return lambda provider, claims: changed(**{name: claims["iat"] + by for name, by in moments.items()})(
        provider, claims
    )


def header(**changes: Any) -> Make:
    """Properly signed over a header that says something else."""

    def make(provider: HostileProvider, claims: Json) -> str:
        names = {"alg": "RS256", "kid": "one"} | _typ(provider) | changes
        signing = part({name: value for name, value in names.items() if value is not ...}) + "." + part(claims)
        return signing + "." + _rs256(provider.own_key, signing)

    return make


def hmac_with(secret: Callable[[HostileProvider], bytes], alg: str = "HS256") -> Make:
    """Signed symmetrically, with something that an attacker knows."""

    def make(provider: HostileProvider, claims: Json) -> str:
        signing = part({"alg": alg, "kid": "one"} | _typ(provider)) + "." + part(claims)
        digest = hmac.digest(secret(provider), signing.encode(), f"sha{alg[2:]}")
        return f"{signing}.{part(digest)}"

    return make


def whole(value: Any) -> Make:
    """Not a token at all."""
    return lambda provider, claims: value


def parts(head: Any, payload: Any = ..., signature: str = "AAAA") -> Make:
    """A token put together from these parts."""
    return lambda provider, claims: f"{part(head)}.{part(claims if payload is ... else payload)}.{signature}"


def _typ(provider: HostileProvider) -> Json:
    return {"typ": provider.typ} if provider.typ else {}


def _rs256(number: int, signing: str) -> str:
    return part(rsa_key(number).private_key.sign(signing.encode(), padding.PKCS1v15(), SHA256()))


@cache
def short_key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=1024)


def short_jwk() -> Json:
    """A key of 1024 bits, as a provider would publish it."""
    numbers = short_key().public_key().public_numbers()
    return {"kty": "RSA", "kid": "one", "n": part(numbers.n.to_bytes(128, "big")), "e": "AQAB"}


def signed_by_short_key(claims: Json) -> str:
    signing = part({"alg": "RS256", "kid": "one"}) + "." + part(claims)
    return f"{signing}.{part(short_key().sign(signing.encode(), padding.PKCS1v15(), SHA256()))}"


def _signed_bytes(payload: bytes) -> Make:
    def make(provider: HostileProvider, claims: Json) -> str:
        signing = part({"alg": "RS256", "kid": "one"} | _typ(provider)) + "." + part(payload)
        return signing + "." + _rs256(provider.own_key, signing)

    return make


def _cut(count: int) -> Make:
    return lambda provider, claims: changed()(provider, claims)[:-count]


def _flipped(provider: HostileProvider, claims: Json) -> str:
    head, payload, signature = changed()(provider, claims).split(".")
    return f"{head}.{payload}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


def _other_payload(provider: HostileProvider, claims: Json) -> str:
    head, _, signature = changed()(provider, claims).split(".")
    return f"{head}.{part(claims | {'sub': 'eve'})}.{signature}"


def _stranger(**names: Any) -> Make:
    return lambda provider, claims: provider.signed(claims, rsa_key(9), **(_typ(provider) | names))


def _embedded(provider: HostileProvider, claims: Json) -> str:
    return _stranger(jwk=rsa_key(9).as_dict(private=False))(provider, claims)


def _public_pem(provider: HostileProvider) -> bytes:
    return rsa_key(provider.own_key).as_pem(private=False)


def _client_secret(_: HostileProvider) -> bytes:
    return b"not-a-secret"


WHOSE: dict[str, Make] = {
    "issuer of somebody else": changed(iss="https://evil.example"),
    "issuer with a slash more": lambda p, c: changed(iss=c["iss"] + "/")(p, c),
    "issuer in capitals": lambda p, c: changed(iss=c["iss"].upper())(p, c),
    "issuer with a space": lambda p, c: changed(iss=c["iss"] + " ")(p, c),
    "issuer as a list": lambda p, c: changed(iss=[c["iss"]])(p, c),
    "no issuer": changed(iss=...),
    "issuer null": changed(iss=None),
    "audience of somebody else": changed(aud="somebody-else"),
    "one audience too many": lambda p, c: changed(aud=[p.client_id, "somebody-else"])(p, c),
    "audience twice": lambda p, c: changed(aud=[p.client_id, p.client_id])(p, c),
    "audience within a list within a list": lambda p, c: changed(aud=[[p.client_id]])(p, c),
    "audience as an object": lambda p, c: changed(aud={p.client_id: True})(p, c),
    "audience with something behind": lambda p, c: changed(aud=p.client_id + "2")(p, c),
    "audience a number": changed(aud=7),
    "empty audience": changed(aud=[]),
    "no audience": changed(aud=...),
}

WHOM: dict[str, Make] = {
    "no subject": changed(sub=...),
    "empty subject": changed(sub=""),
    "subject null": changed(sub=None),
    "subject a number": changed(sub=7),
    "subject a list": changed(sub=["canary-subject"]),
    "subject of 256 characters": changed(sub="a" * 256),
    "subject with a line break": changed(sub="ada\n"),
    "subject with a NUL": changed(sub="ada\x00"),
    "subject with an umlaut": changed(sub="adä"),
    "subject with half a character": changed(sub="ada\ud800"),
}

WHEN: dict[str, Make] = {
    "expired": later(exp=-31),
    "expired long ago": changed(exp=1_000_000),
    "no expiry": changed(exp=...),
    "expiry a text": lambda p, c: changed(exp=str(c["exp"]))(p, c),
    "expiry true": changed(exp=True),
    "expiry without end": changed(exp=float("inf")),
    "expiry no number": changed(exp=float("nan")),
    "expiry in milliseconds": lambda p, c: changed(exp=c["exp"] * 1000)(p, c),
    "expiry a list": lambda p, c: changed(exp=[c["exp"]])(p, c),
    "expiry of a thousand digits": changed(exp=10**1000),
    "expiry below zero": changed(exp=-1),
    "issued long ago": later(iat=-601),
    "issued in the future": later(iat=660, exp=900),
    "never issued": changed(iat=...),
    "issued a text": lambda p, c: changed(iat=str(c["iat"]))(p, c),
    "issued null": changed(iat=None),
    "not valid yet": later(nbf=120),
    "valid from a text": changed(nbf="0"),
}

WHICH_LOGIN: dict[str, Make] = {
    "other authorised party": changed(azp="somebody-else"),
    "authorised party as a list": lambda p, c: changed(azp=[p.client_id])(p, c),
    "authorised party null": changed(azp=None),
    "logged in in the future": later(auth_time=120),
    "logged in a text": changed(auth_time="now"),
    "logged in true": changed(auth_time=True),
    "no nonce": changed(nonce=...),
    "another nonce": changed(nonce="x"),
    "nonce null": changed(nonce=None),
    "nonce as a list": lambda p, c: changed(nonce=[c["nonce"]])(p, c),
    "nonce in capitals": lambda p, c: changed(nonce=c["nonce"].swapcase())(p, c),
    "nonce with something behind": lambda p, c: changed(nonce=c["nonce"] + "=")(p, c),
    "nonce with half a character": lambda p, c: changed(nonce=c["nonce"] + "\ud800")(p, c),
    "nonce waved away": changed(nonce=..., nonce_supported=False),
    "hash of another access token": changed(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
    "hash as a list": changed(at_hash=["AAAAAAAAAAAAAAAAAAAAAA"]),
    "hash with half a character": changed(at_hash="\ud800"),
}

HEADERS: dict[str, Make] = {
    "algorithm none": parts({"alg": "none"}, signature=""),
    "algorithm none with a signature": header(alg="none"),
    "algorithm None": parts({"alg": "None"}, signature=""),
    "algorithm nOnE": parts({"alg": "nOnE"}, signature=""),
    "algorithm missing": header(alg=...),
    "algorithm empty": header(alg=""),
    "algorithm as a list": header(alg=["RS256"]),
    "algorithm as an object": header(alg={"RS256": 1}),
    "algorithm in small letters": header(alg="rs256"),
    "algorithm of another family": header(alg="ES256"),
    "algorithm of another length": header(alg="RS512"),
    "algorithm PS256 over an RS256 signature": header(alg="PS256"),
    "symmetric with the client's secret": hmac_with(_client_secret),
    "symmetric with the public key": hmac_with(_public_pem),
    "symmetric with a hash of the public key": hmac_with(lambda p: hashlib.sha256(_public_pem(p)).digest()),
    "symmetric with nothing much": hmac_with(lambda _: b"x" * 64, "HS512"),
    "type of an access token": header(typ="at+jwt"),
    "type of a logout token": header(typ="logout+jwt"),
    "type of a proof": header(typ="dpop+jwt"),
    "type as a list": header(typ=["JWT"]),
    "type null": header(typ=None),
    "empty type": header(typ=""),
    "critical header": header(crit=["exp"]),
    "critical header that is empty": header(crit=[]),
    "payload not encoded": header(b64=False),
    "unknown key": header(kid="new"),
    "key of another kind": header(kid="ec"),
    "key as a path": header(kid="../../../../dev/null"),
    "key as a query": header(kid="' OR 1=1 --"),
    "key as a list": header(kid=["one"]),
    "key null": header(kid=None),
    "key as an object": header(kid={}),
    "header no object": parts(["RS256"]),
    "header no JSON": parts(b"RS256"),
    "header without bottom": parts(DEEP),
    "header not UTF-8": parts(b'{"alg":"\xff\xfe"}'),
}

SIGNATURES: dict[str, Make] = {
    "stranger's key under our name": _stranger(),
    "stranger's key without a name": _stranger(kid=...),
    "stranger's key within the header": _embedded,
    "stranger's key at an address": _stranger(jku="https://evil.example/jwks"),
    "stranger's certificate": _stranger(x5u="https://evil.example/x", x5c=["AAAA"]),
    "signature cut": _cut(4),
    "signature changed": _flipped,
    "signature of another payload": _other_payload,
    "no signature": lambda p, c: changed()(p, c).rsplit(".", 1)[0] + ".",
    "signature of zeros": parts({"alg": "ES256", "kid": "ec"}, signature=part(bytes(64))),
    "signature of zeros in RSA": parts({"alg": "RS256", "kid": "one"}, signature=part(bytes(256))),
}

FORMS: dict[str, Make] = {
    "two parts": whole("a.b"),
    "five parts": whole("a.b.c.d.e"),
    "no parts": whole("canary"),
    "not base64": whole("%.%.%"),
    "only dots": whole(".."),
    "with a line break": lambda p, c: changed()(p, c) + "\n.",
    "huge": whole("a" * 100_000 + ".b.c"),
    "a list": whole(["a.b.c"]),
    "an object": whole({"canary": 1}),
    "a number": whole(7),
    "true": whole(True),
    "null": whole(None),
    "empty": whole(""),
    "missing": whole(...),
    "payload no object": _signed_bytes(b'["canary"]'),
    "payload no JSON": _signed_bytes(b"canary"),
    "payload without bottom": _signed_bytes(DEEP),
    "payload not UTF-8": _signed_bytes(b'{"iss":"\xff"}'),
    "payload empty": _signed_bytes(b""),
    "payload with a number of ten thousand digits": _signed_bytes(b'{"exp":' + b"9" * 10_000 + b"}"),
}

ID_TOKENS = WHOSE | WHOM | WHEN | WHICH_LOGIN | HEADERS | SIGNATURES | FORMS
