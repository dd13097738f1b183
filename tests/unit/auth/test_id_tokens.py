"""Hostile id_tokens: each is refused, and for the reason it was made for. Cases after OpenID Connect Core 3.1.3.7."""

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from auth.id_tokens import Expected, verified_claims
from auth.jwts import TokenRefused, UnknownKey, is_subject, usable_keys

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
STAMP = int(NOW.timestamp())
ISSUER, CLIENT, NONCE = "https://id.example", "obhut", "n-0S6_WzA2Mj"
RSA = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
EC = ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"})
OKP = OKPKey.generate_key("Ed25519", {"kid": "okp", "use": "sig"})
STRANGER = RSAKey.generate_key(2048, {"kid": "rsa"})
KEYS = usable_keys({"keys": [key.as_dict(private=False) for key in (RSA, EC, OKP)]})
ACCESS_TOKEN = "the-access-token"


def claims(**changes: Any) -> dict[str, Any]:
    good = {
        "iss": ISSUER, "aud": CLIENT, "sub": "ada", "nonce": NONCE, "iat": STAMP, "exp": STAMP + 300, "azp": CLIENT,
    }  # fmt: skip
    return {name: value for name, value in (good | changes).items() if value is not ...}


def signed(payload: dict[str, Any], key: Any = RSA, **header: Any) -> str:
    names = {"alg": "RS256", "kid": "rsa"} | header
    chosen = {name: value for name, value in names.items() if value is not ...}
    return jwt.encode(chosen, payload, key, algorithms=[str(chosen["alg"])])


def expected(**changes: Any) -> Expected:
    return Expected(**({"issuer": ISSUER, "client_id": CLIENT, "nonce": NONCE, "now": NOW} | changes))


def unsigned(alg: str) -> str:
    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': alg})}.{part(claims())}."


@pytest.mark.parametrize(
    "token",
    [
        signed(claims()),
        signed(claims(aud=[CLIENT])),
        signed(claims(azp=...)),
        signed(claims(iat=STAMP - 590, exp=STAMP - 20)),
        signed(claims(), kid=...),
        signed(claims(), typ="id_token+jwt"),
        signed(claims(), EC, alg="ES256", kid="ec"),
        signed(claims(), OKP, alg="Ed25519", kid="okp"),
        signed(claims(), alg="PS256"),
    ],
)
def test_good_tokens_are_accepted(token: str) -> None:
    assert verified_claims(token, KEYS, expected())["sub"] == "ada"


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
def test_the_old_name_of_ed25519_is_accepted() -> None:
    assert verified_claims(signed(claims(), OKP, alg="EdDSA", kid="okp"), KEYS, expected())["sub"] == "ada"


HOSTILE: list[tuple[str, Callable[[], object], str]] = [
    ("no token", lambda: None, "malformed"),
    ("a number", lambda: 7, "malformed"),
    ("empty", lambda: "", "malformed"),
    ("two parts", lambda: "a.b", "malformed"),
    ("not base64", lambda: "%.%.%", "malformed"),
    ("encrypted form", lambda: "a.b.c.d.e", "malformed"),
    ("huge", lambda: "a" * 100_000 + ".b.c", "malformed"),
    ("alg none", lambda: unsigned("none"), "algorithm"),
    ("alg None", lambda: unsigned("None"), "algorithm"),
    ("alg missing", lambda: unsigned(""), "algorithm"),
    (
        "HS256 with the client secret",
        lambda: signed(claims(), OctKey.import_key("secret" * 8), alg="HS256"),
        "algorithm",
    ),
    (
        "HS256 with the public key",
        lambda: signed(claims(), OctKey.import_key(hashlib.sha256(RSA.as_pem(private=False)).hexdigest()), alg="HS256"),
        "algorithm",
    ),
    ("stranger's key under our kid", lambda: signed(claims(), STRANGER), "signature"),
    ("stranger's key without kid", lambda: signed(claims(), STRANGER, kid=...), "signature"),
    ("unknown kid", lambda: signed(claims(), STRANGER, kid="new"), "key_unknown"),
    ("kid of another type", lambda: signed(claims(), RSA, kid="ec"), "key_unknown"),
    ("payload changed", lambda: _tampered(signed(claims())), "signature"),
    ("signature cut off", lambda: signed(claims()).rsplit(".", 1)[0] + ".", "signature"),
    ("access token type", lambda: signed(claims(), typ="at+jwt"), "type"),
    ("logout token type", lambda: signed(claims(), typ="logout+jwt"), "type"),
    ("other issuer", lambda: signed(claims(iss="https://evil.example")), "issuer"),
    ("issuer with a slash more", lambda: signed(claims(iss=ISSUER + "/")), "issuer"),
    ("issuer missing", lambda: signed(claims(iss=...)), "issuer"),
    ("issuer list", lambda: signed(claims(iss=[ISSUER])), "issuer"),
    ("other audience", lambda: signed(claims(aud="other")), "audience"),
    ("more audiences", lambda: signed(claims(aud=[CLIENT, "other"])), "audience"),
    ("no audience", lambda: signed(claims(aud=...)), "audience"),
    ("empty audience", lambda: signed(claims(aud=[])), "audience"),
    ("audience prefix", lambda: signed(claims(aud=CLIENT + "2")), "audience"),
    ("other authorised party", lambda: signed(claims(azp="other")), "authorized_party"),
    ("expired", lambda: signed(claims(exp=STAMP - 31)), "expired"),
    ("no expiry", lambda: signed(claims(exp=...)), "expired"),
    ("expiry as text", lambda: signed(claims(exp=str(STAMP + 300))), "expired"),
    ("expiry true", lambda: signed(claims(exp=True)), "expired"),
    ("issued long ago", lambda: signed(claims(iat=STAMP - 700)), "issued_at"),
    ("issued in the future", lambda: signed(claims(iat=STAMP + 700)), "issued_at"),
    ("never issued", lambda: signed(claims(iat=...)), "issued_at"),
    ("not yet valid", lambda: signed(claims(nbf=STAMP + 120)), "not_before"),
    ("other nonce", lambda: signed(claims(nonce="other")), "nonce"),
    ("no nonce", lambda: signed(claims(nonce=...)), "nonce"),
    ("nonce list", lambda: signed(claims(nonce=[NONCE])), "nonce"),
    ("nonce waved away", lambda: signed(claims(nonce=..., nonce_supported=False)), "nonce"),
    ("no subject", lambda: signed(claims(sub=...)), "subject"),
    ("empty subject", lambda: signed(claims(sub="")), "subject"),
    ("subject too long", lambda: signed(claims(sub="x" * 256)), "subject"),
    ("subject a number", lambda: signed(claims(sub=7)), "subject"),
    ("subject with control characters", lambda: signed(claims(sub="ada\n")), "subject"),
    ("hash of another access token", lambda: signed(claims(at_hash="AAAAAAAAAAAAAAAAAAAAAA")), "access_token_hash"),
    ("hash of wrong type", lambda: signed(claims(at_hash=["x"])), "access_token_hash"),
]


def _tampered(token: str) -> str:
    header, _, signature = token.split(".")
    payload = base64.urlsafe_b64encode(json.dumps(claims(sub="eve")).encode()).rstrip(b"=").decode()
    return f"{header}.{payload}.{signature}"


@pytest.mark.parametrize(("make", "reason"), [case[1:] for case in HOSTILE], ids=[case[0] for case in HOSTILE])
def test_hostile_tokens_are_refused(make: Callable[[], object], reason: str) -> None:
    with pytest.raises(TokenRefused) as refused:
        verified_claims(make(), KEYS, expected(access_token=ACCESS_TOKEN))
    assert str(refused.value) == f"id_token_{reason}"


def test_the_right_access_token_hash_is_accepted() -> None:
    half = base64.urlsafe_b64encode(hashlib.sha256(ACCESS_TOKEN.encode()).digest()[:16]).rstrip(b"=").decode()
    assert verified_claims(signed(claims(at_hash=half)), KEYS, expected(access_token=ACCESS_TOKEN))["at_hash"] == half


def test_a_critical_header_is_not_overlooked() -> None:
    token = signed(claims(), crit=["kid"])
    with pytest.raises(TokenRefused, match="critical_header"):
        verified_claims(token, KEYS, expected())


def test_a_token_of_an_unknown_key_says_so() -> None:
    with pytest.raises(UnknownKey):
        verified_claims(signed(claims(), kid="new"), KEYS, expected())


@pytest.mark.parametrize(
    "document",
    [
        None, [], {}, {"keys": None}, {"keys": [None, 1, "x", {}]}, {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]},
        {"keys": [RSA.as_dict(private=False) | {"use": "enc"}]},
        {"keys": [RSA.as_dict(private=False) | {"key_ops": ["sign"]}]},
    ],
)  # fmt: skip
def test_key_sets_without_signature_keys(document: object) -> None:
    assert usable_keys(document) == ()


def test_a_key_for_another_algorithm_is_not_used() -> None:
    keys = usable_keys({"keys": [RSA.as_dict(private=False) | {"alg": "PS512"}]})
    with pytest.raises(UnknownKey):
        verified_claims(signed(claims()), keys, expected())


def test_a_broken_key_does_not_hide_a_good_one() -> None:
    broken = {"kty": "RSA", "kid": "rsa", "n": "!", "e": "AQAB"}
    assert verified_claims(signed(claims()), (broken, *KEYS), expected())["sub"] == "ada"


@pytest.mark.parametrize(
    ("value", "good"), [("a", True), ("x" * 255, True), ("ä", False), (None, False), ("a\x7f", False)]
)
def test_subjects(value: object, good: bool) -> None:
    assert is_subject(value) is good
