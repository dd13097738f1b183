"""An OpenID provider that does as it is told: good by default, and wrong in exactly the way a test asks for."""

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

Json = dict[str, Any]


class HostileProvider:
    """Every part of its answers can be replaced. What it was asked is kept in `requests`."""

    def __init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.reset()

    def reset(self) -> None:
        """Be good again."""
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
        self.metadata: Json = {}
        self.without: set[str] = set()
        self.claims: Json = {}
        self.userinfo: Json | None = None
        self.token: Json = {}
        self.make_id_token: Callable[[Json], Any] = self.signed
        self.status: dict[str, int] = {}
        self.refuses_basic = False
        self.drip_s = 0.0
        self.requests: list[tuple[str, dict[str, str], dict[str, list[str]]]] = []
        self.nonce = ""
        self.client_id = "obhut-tests"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def signed(self, claims: Json, key: Any = None, **header: Any) -> str:
        """An id_token over `claims`, signed with our key or another."""
        names = {"alg": "RS256", "kid": "one"} | header
        return jwt.encode(names, claims, key or self.key, algorithms=[str(names["alg"])])

    def good_claims(self) -> Json:
        now = int(time.time())
        return {
            "iss": self.issuer, "aud": self.client_id, "sub": "ada", "nonce": self.nonce, "iat": now, "exp": now + 300,
        }  # fmt: skip

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
            return {"keys": [self.key.as_dict(private=False)]}
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
                status, found = provider.status.get(path, 200), provider.answer(path)
                if path == "/token" and provider.refuses_basic and "Authorization" in self.headers:
                    status, found = 401, {"error": "invalid_client"}
                body = json.dumps(found).encode()
                self.send_response(status)
                if status in (301, 302, 307):
                    self.send_header("Location", f"{provider.issuer}{path}2")
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self._write(body)

            def _write(self, body: bytes) -> None:
                try:
                    for byte in body if provider.drip_s else ():
                        self.wfile.write(bytes([byte]))
                        time.sleep(provider.drip_s)
                    if not provider.drip_s:
                        self.wfile.write(body)
                except OSError:
                    pass

            def log_message(self, *_: Any) -> None:
                pass

        return Handler
