"""A Messages endpoint with moods: what a provider of SMS may do to us, by script. For the faults, not for the tour.

Shares nothing with the product or its sandbox.
"""

import json
import threading
import urllib.parse
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ACCOUNT = "AC" + "fedcba9876543210" * 2
TOKEN = "0123456789abcdef0123456789abcdef"
NUMBER = "+4915735990098"
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"


class Provider:
    """`accepted` is all that a phone would have got. `mood` is asked for every POST, and gives one of

    "ok", "drop" (takes it, then hangs up), "garbage" (takes it, answers nonsense), "refuse" (hangs up first),
    or a pair of HTTP status and error code. `after_accept` runs between taking a message and answering.
    `redacted` are the ids of messages whose text was wiped, `redaction_mood` what happens to the wish.
    """

    def __init__(self, account: str = ACCOUNT, first_sid: int = 0) -> None:
        self.account, self.first_sid = account, first_sid
        self.accepted: list[dict[str, str]] = []
        self.posts: list[dict[str, str]] = []
        self.looked_up = 0
        self.mood: Callable[[dict[str, str]], str | tuple[int, int]] = lambda _: "ok"
        self.after_accept: Callable[[dict[str, str]], object] = lambda _: None
        self.listing_is_down = False
        self.redacted: list[str] = []
        self.redaction_mood: Callable[[str], str | tuple[int, int]] = lambda _: "ok"
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.provider = self
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def settings(self) -> dict[str, str]:
        """The settings, by attribute, that lead an application here."""
        return {
            "twilio_api_base": f"http://127.0.0.1:{self._server.server_port}",
            "twilio_account_sid": self.account,
            "twilio_auth_token": TOKEN,
            "twilio_from": NUMBER,
        }

    @property
    def environment(self) -> dict[str, str]:
        return {f"OBHUT_{name.upper()}": value for name, value in self.settings.items()}

    def bodies(self) -> list[str]:
        return sorted(message["Body"] for message in self.accepted)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def take(self, form: dict[str, str]) -> dict[str, str]:
        with self._lock:
            sid = f"SM{self.account[2:10]}{self.first_sid + len(self.accepted):024x}"
            message = form | {"sid": sid, "at": format_datetime(datetime.now(UTC).replace(microsecond=0))}
            self.accepted.append(message)
        self.after_accept(message)
        return message


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    provider: Provider


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        content = self.rfile.read(length)
        if len(content) < length:  # whoever was writing is dead
            self.close_connection = True
            return None
        form = dict(urllib.parse.parse_qsl(content.decode()))
        provider = self.server.provider
        if not self.path.endswith("/Messages.json"):
            return self._redact(self.path.rpartition("/")[2].removesuffix(".json"), content)
        provider.posts.append(form)
        mood = provider.mood(form)
        if isinstance(mood, tuple):
            return self._answer(mood[0], {"code": mood[1], "message": "No", "status": mood[0]})
        if mood == "refuse":
            self.close_connection = True
            return None
        message = provider.take(form)
        if mood == "drop":
            self.close_connection = True
            return None
        if mood == "garbage":
            return self._write(201, b"<html>It works!</html>")
        return self._answer(201, _as_json(message))

    def _redact(self, sid: str, content: bytes) -> None:
        provider = self.server.provider
        mood = provider.redaction_mood(sid)
        if mood == "refuse":
            self.close_connection = True
            return None
        if isinstance(mood, tuple):
            return self._answer(mood[0], {"code": mood[1], "message": "No", "status": mood[0]})
        found = next((each for each in provider.accepted if each["sid"] == sid), None)
        if found is None:
            return self._answer(404, {"code": 20404, "message": "Not found", "status": 404})
        if content != b"Body=":
            return self._answer(400, {"code": 20001, "message": "Body must be empty", "status": 400})
        provider.redacted.append(sid)
        return self._answer(200, _as_json(found) | {"body": ""})

    def do_GET(self) -> None:
        provider = self.server.provider
        provider.looked_up += 1
        if provider.listing_is_down:
            return self._answer(503, {"code": 20503, "message": "Down", "status": 503})
        query = dict(urllib.parse.parse_qsl(self.path.partition("?")[2]))
        found = [_as_json(each) for each in reversed(provider.accepted) if each["To"] == query.get("To")]
        return self._answer(200, {"messages": found, "page": 0, "page_size": 50, "next_page_uri": None})

    def log_message(self, format: str, *args: Any) -> None:
        """Tests read what was sent, not a log."""

    def _answer(self, code: int, body: dict[str, Any]) -> None:
        self._write(code, json.dumps(body).encode())

    def _write(self, code: int, content: bytes) -> None:
        try:
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        except OSError:
            self.close_connection = True


def _as_json(message: dict[str, str]) -> dict[str, Any]:
    return {
        "sid": message["sid"],
        "account_sid": ACCOUNT,
        "to": message["To"],
        "from": message.get("From"),
        "body": message["Body"],
        "status": "queued",
        "date_created": message["at"],
        "date_sent": None,
        "date_updated": message["at"],
        "error_code": None,
        "error_message": None,
    }
