"""An OpenID provider that does as it is told: good by default, and wrong in exactly the way a test asks for."""

import json
import secrets
import threading
import time
from collections.abc import Callable
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

Json = dict[str, Any]
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


@cache
def rsa_key(number: int, kid: str = "one") -> RSAKey:
    """The same key for the same number: making one takes longer than a test."""
    parts = RSAKey.generate_key(2048).as_dict(private=True) if kid == "one" else rsa_key(number).as_dict(private=True)
    return RSAKey.import_key(parts | {"kid": kid, "use": "sig", "alg": "RS256"})


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever hangs up on us is right to."""


class HostileProvider:
    """Every part of its answers can be replaced. What it was asked is kept in `requests`."""

    def __init__(self, key: int = 1, client_id: str = "obhut-tests") -> None:
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        self.own_key, self.client_id = key, client_id
        self.ec_key = ECKey.generate_key("P-256", {"kid": "ec", "use": "sig", "alg": "ES256"})
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.reset()

    def reset(self) -> None:
        """Be good again."""
        self.key = rsa_key(self.own_key)
        self.keys: Any = ...
        self.metadata: Json = {}
        self.without: set[str] = set()
        self.claims: Json = {}
        self.userinfo: Json | None = None
        self.token: Json = {}
        self.make_id_token: Callable[[Json], Any] = self.signed
        self.status: dict[str, int] = {}
        self.raw: dict[str, bytes] = {}
        self.refuses_basic = False
        self.drip_s = 0.0
        self.drips_headers = False
        self.requests: list[tuple[str, dict[str, str], dict[str, list[str]]]] = []
        self.nonce = ""
        self.typ: str | None = None

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def signed(self, claims: Json, key: Any = None, **header: Any) -> str:
        """A token over `claims`, signed with our key or another; a header that is `...` is left out."""
        names = {"alg": "RS256", "kid": "one"} | header
        chosen = {name: value for name, value in names.items() if value is not ...}
        return jwt.encode(chosen, claims, key or self.key, algorithms=[str(chosen["alg"])])

    def good_claims(self) -> Json:
        now = int(time.time())
        return {
            "iss": self.issuer, "aud": self.client_id, "sub": "ada", "nonce": self.nonce, "iat": now, "exp": now + 300,
        }  # fmt: skip

    def logout_claims(self, **changes: Any) -> Json:
        """What a good logout token of `ada` says; a claim that is `...` is left out."""
        now = int(time.time())
        good = {
            "iss": self.issuer, "aud": self.client_id, "sub": "ada", "iat": now, "exp": now + 120,
            "jti": secrets.token_urlsafe(12), "events": {LOGOUT_EVENT: {}},
        }  # fmt: skip
        return {name: value for name, value in (good | changes).items() if value is not ...}

    def logout_token(self, **changes: Any) -> str:
        return self.signed(self.logout_claims(**changes), typ="logout+jwt")

    def access_claims(self, **changes: Any) -> Json:
        """What a good access token of a program says, for the API `obhut-api`."""
        now = int(time.time())
        good = {
            "iss": self.issuer, "aud": "obhut-api", "sub": "reporting", "client_id": "reporting", "iat": now,
            "exp": now + 300, "jti": secrets.token_urlsafe(12), "roles": ["auditor"],
        }  # fmt: skip
        return {name: value for name, value in (good | changes).items() if value is not ...}

    def access_token(self, **changes: Any) -> str:
        return self.signed(self.access_claims(**changes), typ="at+jwt")

    def asked(self, path: str) -> list[tuple[dict[str, str], dict[str, list[str]]]]:
        """Headers and form of every request to `path`."""
        return [(headers, form) for one, headers, form in self.requests if one == path]

    def answer(self, path: str) -> Any:
        """The document at `path`."""
        if path == "/.well-known/openid-configuration":
            found = {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
            } | self.metadata
            return {name: value for name, value in found.items() if name not in self.without}
        if path == "/jwks":
            own = [self.key.as_dict(private=False), self.ec_key.as_dict(private=False)]
            return {"keys": own} if self.keys is ... else self.keys
        if path == "/userinfo":
            return {"sub": "ada"} if self.userinfo is None else self.userinfo
        claims = {name: value for name, value in (self.good_claims() | self.claims).items() if value is not ...}
        found = {"access_token": "at", "token_type": "Bearer", "id_token": self.make_id_token(claims)} | self.token
        return {name: value for name, value in found.items() if value is not ...}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer({})

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                self._answer(parse_qs(self.rfile.read(length).decode()))

            def _answer(self, form: dict[str, list[str]]) -> None:
                path = urlsplit(self.path).path
                provider.requests.append((path, dict(self.headers), form))
                if provider.drips_headers:
                    return self._drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 10_000)
                status, found = provider.status.get(path, 200), provider.answer(path)
                if path == "/token" and provider.refuses_basic and "Authorization" in self.headers:
                    status, found = 401, {"error": "invalid_client"}
                body = provider.raw.get(path) or json.dumps(found).encode()
                self.send_response(status)
                if status in (301, 302, 307):
                    self.send_header("Location", f"{provider.issuer}{path}2")
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if provider.drip_s:
                    return self._drip(body)
                self.wfile.write(body)

            def _drip(self, content: bytes) -> None:
                try:
                    for byte in content:
                        self.wfile.write(bytes([byte]))
                        time.sleep(provider.drip_s)
                except OSError:
                    pass

            def log_message(self, *_: Any) -> None:
                pass

        return Handler
