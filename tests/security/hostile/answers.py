"""Hostile answers beside the id_token: of the token endpoint, of userinfo, of discovery and key sets."""

import json
from collections.abc import Callable
from typing import Any

from tests.fakes.hostile_provider import HostileProvider
from tests.security.hostile.tokens import DEEP, short_jwk, signed_by_short_key

Arrange = Callable[[HostileProvider], None]
DISCOVERY = "/.well-known/openid-configuration"


def status(path: str, code: int) -> Arrange:
    return lambda provider: provider.status.update({path: code})


def raw(path: str, body: bytes) -> Arrange:
    return lambda provider: provider.raw.update({path: body})


def token(**changes: Any) -> Arrange:
    return lambda provider: provider.token.update(changes)


def complaint(code: int, error: Any) -> Arrange:
    return lambda provider: (
        provider.raw.update({"/token": json.dumps({"error": error}).encode()})
        or (provider.status.update({"/token": code}))
    )


def userinfo(found: Any) -> Arrange:
    return raw("/userinfo", json.dumps(found).encode())


def keys(found: Any) -> Arrange:
    return lambda provider: setattr(provider, "keys", found)


def metadata(**changes: Any) -> Arrange:
    return lambda provider: provider.metadata.update(changes)


def endpoint(name: str, address: Any) -> Arrange:
    """`address` with `{}` for the provider's own."""
    return lambda provider: provider.metadata.update(
        {name: address.format(provider.issuer) if isinstance(address, str) else address}
    )


def _own_keys_as_encryption(provider: HostileProvider) -> None:
    provider.keys = {"keys": [provider.key.as_dict(private=False) | {"use": "enc"}]}


def _own_keys_for_signing(provider: HostileProvider) -> None:
    provider.keys = {"keys": [provider.key.as_dict(private=False) | {"key_ops": ["sign"]}]}


def _own_keys_for_another_algorithm(provider: HostileProvider) -> None:
    provider.keys = {"keys": [provider.key.as_dict(private=False) | {"alg": "PS512"}]}


def _short_key(provider: HostileProvider) -> None:
    provider.keys, provider.make_id_token = {"keys": [short_jwk()]}, signed_by_short_key


ANSWERS: dict[str, Arrange] = {
    "code refused": complaint(400, "invalid_grant"),
    "code refused with a canary": complaint(400, "canary-error"),
    "error that is a list": complaint(400, ["canary"]),
    "error that is an object": complaint(400, {"canary": 1}),
    "error with status 200": complaint(200, "invalid_grant"),
    "client refused": complaint(401, "invalid_client"),
    "token endpoint fails": status("/token", 500),
    "token endpoint is busy": status("/token", 503),
    "token endpoint leads away": status("/token", 302),
    "token endpoint leads away with the code": status("/token", 307),
    "token answer is a page": raw("/token", b"<h1>canary</h1>"),
    "token answer is a list": raw("/token", b'["canary"]'),
    "token answer is a text": raw("/token", b'"canary"'),
    "token answer is a number": raw("/token", b"7"),
    "token answer is null": raw("/token", b"null"),
    "token answer is blank": raw("/token", b" "),
    "token answer has no bottom": raw("/token", DEEP),
    "token answer is not UTF-8": raw("/token", b'{"access_token":"\xff\xfe"}'),
    "token answer is endless": raw("/token", b'{"x":"' + b"a" * 600_000 + b'"}'),
    "no access token": token(access_token=...),
    "access token null": token(access_token=None),
    "access token a number": token(access_token=7),
    "access token a list": token(access_token=["canary"]),
    "empty access token": token(access_token=""),
    "access token with a line break": token(access_token="canary\r\nX-Evil: 1"),
    "access token with half a character": token(access_token="canary\ud800"),
    "no token type": token(token_type=...),
    "token type mac": token(token_type="mac"),
    "token type DPoP": token(token_type="DPoP"),
    "token type a list": token(token_type=["Bearer"]),
    "lifetime a list": token(expires_in=["canary"]),
    "lifetime a text": token(expires_in="canary"),
    "lifetime an object": token(expires_in={"canary": 1}),
    "lifetime without end": token(expires_in=float("inf")),
    "expiry an object": token(expires_at={"canary": 1}),
    "userinfo of somebody else": userinfo({"sub": "eve"}),
    "userinfo with a subject in capitals": userinfo({"sub": "CANARY-SUBJECT"}),
    "userinfo without a subject": userinfo({"email": "canary@example.org"}),
    "userinfo with a list of subjects": userinfo({"sub": ["canary-subject"]}),
    "userinfo with an empty subject": userinfo({"sub": ""}),
    "userinfo is a list": userinfo(["canary-subject"]),
    "userinfo is a text": userinfo("canary-subject"),
    "userinfo is a token": raw("/userinfo", b"eyJhbGciOiJub25lIn0.e30."),
    "userinfo has no bottom": raw("/userinfo", DEEP),
    "userinfo is endless": raw("/userinfo", b'{"x":"' + b"a" * 600_000 + b'"}'),
    "userinfo fails": status("/userinfo", 500),
    "userinfo forbids": status("/userinfo", 401),
    "userinfo leads away": status("/userinfo", 302),
    "keys fail": status("/jwks", 500),
    "keys lead away": status("/jwks", 302),
    "keys are a page": raw("/jwks", b"<h1>canary</h1>"),
    "keys have no bottom": raw("/jwks", DEEP),
    "keys are a list": keys([]),
    "no keys": keys({"keys": []}),
    "keys null": keys({"keys": None}),
    "keys an object": keys({"keys": {"one": {}}}),
    "keys that are nonsense": keys({"keys": [None, 7, "canary", [], {}, {"kty": ["RSA"]}]}),
    "keys with broken numbers": keys({"keys": [{"kty": "RSA", "kid": "one", "n": "!", "e": "AQAB"}]}),
    "keys with numbers of the wrong kind": keys({"keys": [{"kty": "RSA", "kid": "one", "n": [7], "e": {}}]}),
    "keys with a tiny modulus": keys({"keys": [{"kty": "RSA", "kid": "one", "n": "AQ", "e": "AQ"}]}),
    "symmetric keys": keys({"keys": [{"kty": "oct", "kid": "one", "k": "bm90LWEtc2VjcmV0"}]}),
    "keys for encryption": _own_keys_as_encryption,
    "keys for signing": _own_keys_for_signing,
    "a key of 1024 bits": _short_key,
    "keys for another algorithm": _own_keys_for_another_algorithm,
}

METADATA: dict[str, Arrange] = {
    "another issuer": metadata(issuer="https://evil.example"),
    "issuer with a slash more": endpoint("issuer", "{}/"),
    "issuer in capitals": lambda provider: provider.metadata.update(issuer=provider.issuer.upper()),
    "issuer as a list": lambda provider: provider.metadata.update(issuer=[provider.issuer]),
    "no issuer": lambda provider: provider.without.add("issuer"),
    "no token endpoint": lambda provider: provider.without.add("token_endpoint"),
    "no authorization endpoint": lambda provider: provider.without.add("authorization_endpoint"),
    "no keys": lambda provider: provider.without.add("jwks_uri"),
    "a script as endpoint": endpoint("authorization_endpoint", "javascript:alert(1)"),
    "a data address as endpoint": endpoint("authorization_endpoint", "data:text/html,canary"),
    "a relative endpoint": endpoint("authorization_endpoint", "/authorize"),
    "an endpoint without a scheme": endpoint("authorization_endpoint", "//evil.example/"),
    "an endpoint with credentials": endpoint("authorization_endpoint", "https://user:canary@evil.example/"),
    "an endpoint with a fragment": endpoint("authorization_endpoint", "{}/authorize#x"),
    "an endpoint with an empty fragment": endpoint("authorization_endpoint", "{}/authorize#"),
    "an endpoint that names the client": endpoint("authorization_endpoint", "{}/authorize?client_id=evil"),
    "an endpoint that leads elsewhere": endpoint("authorization_endpoint", "{}/a?redirect_uri=https://evil.example"),
    "an endpoint that switches PKCE off": endpoint("authorization_endpoint", "{}/a?code_challenge_method=plain"),
    "an endpoint with a challenge of its own": endpoint("authorization_endpoint", "{}/a?a=b&code_challenge=x"),
    "an endpoint with a line break": endpoint("authorization_endpoint", "{}/authorize\r\nX-Evil: 1"),
    "an endpoint with a tabulator": endpoint("authorization_endpoint", "{}/autho\trize"),
    "an endpoint with an umlaut": endpoint("authorization_endpoint", "https://evil.exämple/"),
    "an endpoint with half a character": endpoint("authorization_endpoint", "https://evil.example/\ud800"),
    "an endpoint with half an address": endpoint("authorization_endpoint", "http://[::1"),
    "an endpoint with no port": endpoint("authorization_endpoint", "http://127.0.0.1:port/"),
    "an endpoint with too high a port": endpoint("token_endpoint", "http://127.0.0.1:99999/"),
    "an endless endpoint": lambda p: p.metadata.update(authorization_endpoint=p.issuer + "/" + "a" * 3000),
    "a file as key set": endpoint("jwks_uri", "file:///etc/passwd"),
    "a socket as key set": endpoint("jwks_uri", "unix:///var/run/docker.sock"),
    "a number as endpoint": endpoint("userinfo_endpoint", 7),
    "a list as endpoint": endpoint("token_endpoint", ["https://evil.example/"]),
    "an empty endpoint": endpoint("token_endpoint", ""),
    "an object as logout address": endpoint("end_session_endpoint", {}),
    "not found": status(DISCOVERY, 404),
    "fails": status(DISCOVERY, 500),
    "leads away": status(DISCOVERY, 302),
    "a page": raw(DISCOVERY, b"<h1>canary</h1>"),
    "a list": raw(DISCOVERY, b"[]"),
    "null": raw(DISCOVERY, b"null"),
    "no bottom": raw(DISCOVERY, DEEP),
    "endless": metadata(x="a" * 600_000),
}
