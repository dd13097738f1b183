"""A system that takes requests as signed JSON: checks each signature and knows repetitions by their key."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

from tests.fakes.serving import Response, Served

SECRET = "a-secret-that-both-sides-know-0123456789"


class RecordsSystem(Served):
    """`answers`: what it says to a POST, as status and headers. `taken`: by key, what it has taken."""

    def __init__(self) -> None:
        self.taken: dict[str, dict[str, Any]] = {}
        self.posts = 0
        self.refused = 0
        self.bodies: list[bytes] = []
        self.answers: Callable[[str], tuple[int, dict[str, str]]] = lambda _: (201, {})
        self.state: dict[str, Any] = {"state": "pending"}
        self.before_answer: Callable[[], object] = lambda: None
        super().__init__()

    @property
    def url(self) -> str:
        return f"{super().url}/requests"

    def is_genuine(self, header: str, body: bytes) -> bool:
        parts = dict(part.split("=", 1) for part in header.split(","))
        wanted = hmac.new(SECRET.encode(), parts["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(wanted, parts["v1"]) and abs(time.time() - int(parts["t"])) < 300

    def respond(self, method: str, path: str, headers: Any, body: bytes) -> Response:
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
