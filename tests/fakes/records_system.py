"""A system that takes requests as signed JSON: checks each signature and knows repetitions by their key."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "a-secret-that-both-sides-know-0123456789"


class RecordsSystem:
    """`answers`: what it says to a POST, as status and headers. `taken`: by key, what it has taken."""

    def __init__(self) -> None:
        self.taken: dict[str, dict[str, Any]] = {}
        self.posts = 0
        self.refused = 0
        self.bodies: list[bytes] = []
        self.answers: Callable[[str], tuple[int, dict[str, str]]] = lambda _: (201, {})
        self.state: dict[str, Any] = {"state": "pending"}
        self.before_answer: Callable[[], object] = lambda: None
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.system = self
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/requests"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def is_genuine(self, header: str, body: bytes) -> bool:
        parts = dict(part.split("=", 1) for part in header.split(","))
        wanted = hmac.new(SECRET.encode(), parts["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(wanted, parts["v1"]) and abs(time.time() - int(parts["t"])) < 300

    def answer(self, method: str, headers: Any, body: bytes) -> tuple[int, dict[str, str], bytes]:
        if not self.is_genuine(headers.get("Obhut-Signature", "t=0,v1="), body):
            self.refused += 1
            return 401, {}, b""
        if method == "GET":
            return 200, {}, json.dumps(self.state).encode()
        self.posts += 1
        self.bodies.append(body)
        status, more = self.answers(headers["Idempotency-Key"])
        if status < 300:
            self.taken.setdefault(headers["Idempotency-Key"], json.loads(body))
        self.before_answer()
        return status, more, b"" if status < 400 else "Das Fach „Zone“ fehlt.".encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    system: RecordsSystem


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, headers, data = self.server.system.answer(self.command, self.headers, body)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass
