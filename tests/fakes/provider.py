"""A Messages endpoint with moods: what a provider of SMS may do to us, by script. For the faults, not for the tour.

Shares nothing with the product or its sandbox.
"""

import json
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
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
    "hang" (never takes it, never answers), "late" (takes it when the other side has given up), "drip" (takes it,
    answers byte by byte until the other side gives up), "taken" (takes it, answers 500),
    or a pair of HTTP status and error code. `after_accept` runs between taking a message and answering.
    Who is led to `address("a")` posts with "Via": "a".
    `redacted` are the ids of messages whose text was wiped, `redaction_mood` what happens to the wish.
    """

    def __init__(self, account: str = ACCOUNT, first_sid: int = 0) -> None:
        self.account, self.first_sid = account, first_sid
        self.accepted: list[dict[str, str]] = []
        self.posts: list[dict[str, str]] = []
        self.looked_up = 0
        self.mood: Callable[[dict[str, str]], str | tuple[int, int]] = lambda _: "ok"
        self.after_accept: Callable[[dict[str, str]], object] = lambda _: None
        self.listing_is_down = self.listing_hangs = False
        self.redacted: list[str] = []
        self.redaction_mood: Callable[[str], str | tuple[int, int]] = lambda _: "ok"
        self._to: dict[str, list[dict[str, str]]] = {}
        self._began = datetime.now(UTC), time.monotonic()
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

    def address(self, via: str) -> str:
        """The API's base for one of several clients, so that they can be told apart."""
        return f"{self.settings['twilio_api_base']}/{via}"

    def quiet(self) -> None:
        """Return when all that was sent here is dealt with. Everybody who sends must be dead or have hung up."""
        # Connections are accepted in the order in which they came: whose answer we get comes after all that waited.
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(self.address("quiet"), timeout=60):
            pass
        with self._server.changed:
            assert self._server.changed.wait_for(lambda: not self._server.open, 60), "somebody is still connected"

    def listed(self, to: str) -> list[dict[str, str]]:
        """What was taken for a number, newest first."""
        return self._to.get(to, [])[::-1]

    def bodies(self) -> list[str]:
        return sorted(message["Body"] for message in self.accepted)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _now(self) -> datetime:
        """The time by a clock that nobody sets, whatever becomes of ours."""
        return self._began[0] + timedelta(seconds=time.monotonic() - self._began[1])

    def take(self, form: dict[str, str]) -> dict[str, str]:
        with self._lock:
            sid = f"SM{self.account[2:10]}{self.first_sid + len(self.accepted):024x}"
            message = form | {"sid": sid, "at": format_datetime(self._now().replace(microsecond=0))}
            self.accepted.append(message)
            self._to.setdefault(message["To"], []).append(message)
        self.after_accept(message)
        return message


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    provider: Provider

    def __init__(self, *arguments: Any) -> None:
        self.open = 0
        self.changed = threading.Condition()
        super().__init__(*arguments)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self.changed:
            self.open += 1
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self.changed:
                self.open -= 1
                self.changed.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever is killed breaks off."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


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
        via = self.path.partition("/2010")[0].strip("/")
        if via:
            form["Via"] = via
        if not self.path.endswith("/Messages.json"):
            return self._redact(self.path.rpartition("/")[2].removesuffix(".json"), content)
        provider.posts.append(form)
        mood = provider.mood(form)
        if isinstance(mood, tuple):
            return self._answer(mood[0], {"code": mood[1], "message": "No", "status": mood[0]})
        if mood == "refuse":
            self.close_connection = True
            return None
        if mood in ("hang", "late"):
            self._wait_until_given_up()
        if mood == "hang":
            return None
        message = provider.take(form)
        if mood == "drip":
            return self._drip(_as_json(message))
        if mood == "taken":
            return self._answer(500, {"code": 20500, "message": "Oops", "status": 500})
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

    def _wait_until_given_up(self) -> None:
        self.close_connection = True
        while self.connection.recv(1000):
            pass

    def _drip(self, body: dict[str, Any]) -> None:
        self.close_connection = True
        content = json.dumps(body).encode()
        self.send_response(201)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.connection.settimeout(0.02)  # how often a byte comes; hears meanwhile when the other side gives up
        for byte in content:
            try:
                self.wfile.write(bytes([byte]))
                if not self.connection.recv(1):
                    return
            except TimeoutError:
                continue
            except OSError:
                return

    def do_GET(self) -> None:
        provider = self.server.provider
        if self.path == "/quiet":
            self.close_connection = True
            return self._answer(200, {})
        provider.looked_up += 1
        if provider.listing_is_down:
            return self._answer(503, {"code": 20503, "message": "Down", "status": 503})
        if provider.listing_hangs:
            return self._wait_until_given_up()
        query = dict(urllib.parse.parse_qsl(self.path.partition("?")[2]))
        found = [_as_json(each) for each in provider.listed(query.get("To", ""))]
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
