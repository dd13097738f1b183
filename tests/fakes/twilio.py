"""A small Twilio of our own: takes messages, reports on them with signed callbacks, and lets people write back.

Written from Twilio's public description of its Messages resource and request signatures; shares nothing with the
product or its sandbox.
"""

import base64
import hashlib
import hmac
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.error import URLError

from tests.fakes.serving import Response, Served, as_json

ACCOUNT = "AC" + "0123456789abcdef" * 2
TOKEN = "feedfacefeedfacefeedfacefeedface"
NUMBER = "+4915735990099"
MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages"
REPORTED = ("sent", "delivered")


@dataclass
class Message:
    """One message that the account was asked to send."""

    sid: str
    to: str
    sender: str
    body: str
    callback: str
    at: datetime
    status: str = "queued"
    reports: list[tuple[str, int]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        when = format_datetime(self.at)
        return {
            "sid": self.sid, "account_sid": ACCOUNT, "to": self.to, "from": self.sender, "body": self.body,
            "status": self.status, "direction": "outbound-api", "num_segments": "1", "num_media": "0",
            "date_created": when, "date_sent": when, "date_updated": when, "error_code": None, "error_message": None,
            "price": None, "price_unit": "EUR", "messaging_service_sid": None, "api_version": "2010-04-01",
            "uri": f"{MESSAGES}/{self.sid}.json", "subresource_uris": {},
        }  # fmt: skip


class Twilio(Served):
    """The emulator. `messages` is all it accepted, `delay_s` how long an answer takes, `refuse_with` an HTTP code.

    `before_answer` runs when a message was taken and is not answered yet.
    """

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.delay_s = 0.0
        self.refuse_with: int | None = None
        self.before_answer: Callable[[Message], object] = lambda _: None
        self.requests = 0
        self._lock = threading.Lock()
        super().__init__()

    @property
    def environment(self) -> dict[str, str]:
        """The settings that lead an application here."""
        return {
            "OBHUT_TWILIO_API_BASE": self.url,
            "OBHUT_TWILIO_ACCOUNT_SID": ACCOUNT,
            "OBHUT_TWILIO_AUTH_TOKEN": TOKEN,
            "OBHUT_TWILIO_FROM": NUMBER,
        }

    def respond(self, method: str, path: str, headers: Any, body: bytes) -> Response:
        self.requests += method == "POST"
        expected = "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if headers.get("Authorization") != expected:
            return _refusal(401, 20003, "Authenticate")
        return self._take(path, body) if method == "POST" else self._look_up(path)

    def _take(self, path: str, body: bytes) -> Response:
        if self.refuse_with:
            return _refusal(self.refuse_with, 20500, "Down")
        if path != f"{MESSAGES}.json":
            return _refusal(404, 20404, "Not found")
        message = self.accept(dict(urllib.parse.parse_qsl(body.decode())))
        self.before_answer(message)
        time.sleep(self.delay_s)
        return as_json(201, message.as_json())

    def _look_up(self, address: str) -> Response:
        path, _, query = address.partition("?")
        found = self.listed(dict(urllib.parse.parse_qsl(query)))
        if path == f"{MESSAGES}.json":
            listed = {"messages": [message.as_json() for message in found], "page": 0, "page_size": 50}
            return as_json(200, listed | {"next_page_uri": None, "first_page_uri": address, "uri": address})
        for message in found:
            if path == f"{MESSAGES}/{message.sid}.json":
                return as_json(200, message.as_json())
        return _refusal(404, 20404, "Not found")

    def accept(self, form: dict[str, str]) -> Message:
        """Take one message, and report on it a moment later."""
        with self._lock:
            sid = "SM" + hashlib.md5(f"{len(self.messages)}{time.time_ns()}".encode()).hexdigest()
            sender = form.get("From") or NUMBER
            now = datetime.now(UTC).replace(microsecond=0)
            message = Message(sid, form["To"], sender, form.get("Body", ""), form.get("StatusCallback", ""), now)
            self.messages.append(message)
        if message.callback:
            threading.Thread(target=self._report, args=(message,), daemon=True).start()
        return message

    def listed(self, query: dict[str, str]) -> list[Message]:
        """The account's messages that fit the list's filters, newest first."""
        found = [message for message in self.messages if query.get("To") in (None, message.to)]
        for name, keep in (("DateSent>", lambda day, at: day <= at), ("DateSent<", lambda day, at: at <= day)):
            if name in query:
                limit = datetime.fromisoformat(query[name].replace("Z", "+00:00"))
                limit = limit if limit.tzinfo else limit.replace(tzinfo=UTC)
                if len(query[name]) == len("2026-01-01") and name == "DateSent<":
                    limit += timedelta(days=1)
                found = [message for message in found if keep(limit, message.at)]
        return found[::-1]

    def write(self, webhook: str, sender: str, body: str) -> int:
        """Let somebody write to our number; the webhook's HTTP code."""
        sid = "SM" + hashlib.md5(f"in{time.time_ns()}".encode()).hexdigest()
        form = {"MessageSid": sid, "SmsSid": sid, "AccountSid": ACCOUNT, "From": sender, "To": NUMBER, "Body": body}
        return _post_signed(webhook, form | {"NumMedia": "0", "NumSegments": "1", "SmsStatus": "received"})

    def _report(self, message: Message) -> None:
        for status in REPORTED:
            time.sleep(0.05)
            message.status = status
            form = {"MessageSid": message.sid, "SmsSid": message.sid, "AccountSid": ACCOUNT, "To": message.to}
            form |= {"From": message.sender, "MessageStatus": status, "SmsStatus": status}
            message.reports.append((status, self._insist(message.callback, form)))

    def _insist(self, url: str, form: dict[str, str]) -> int:
        for wait in (0.2, 0.5, 1.0, 2.0, 4.0):
            code = _post_signed(url, form)
            if code and code < 500:
                return code
            time.sleep(wait)
        return 0


def _refusal(status: int, code: int, message: str) -> Response:
    return as_json(status, {"code": code, "message": message, "status": status})


def signature(url: str, form: dict[str, str]) -> str:
    """X-Twilio-Signature as Twilio's security page describes it."""
    text = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(TOKEN.encode(), text.encode(), hashlib.sha1).digest()).decode()


def _post_signed(url: str, form: dict[str, str]) -> int:
    request = urllib.request.Request(url, urllib.parse.urlencode(form).encode())
    request.add_header("X-Twilio-Signature", signature(url, form))
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=10) as answer:
            return int(answer.status)
    except URLError as error:
        return getattr(error, "code", 0)
    except OSError:
        return 0
