"""Reports to the application, signed as Twilio does: status callbacks for what it sent, and what people write to it.

What is still to be reported is in the store, so that a restart of the sandbox goes on where it stopped.
"""

import base64
import hashlib
import hmac
import json
import logging
import threading
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from xml.etree import ElementTree

import requests

from config.sandbox.phone_rules import outcome_for, segments
from config.sandbox.store import Row, Store

log = logging.getLogger(__name__)
STEP_SECONDS = 0.05
RETRY_SECONDS = (0.2, 0.5, 1, 2, 4, 8, 15, 30, 60, 120)
TIMEOUT_SECONDS = 15
MAX_REPLY_BYTES = 65_536


def new_sid() -> str:
    """A message id as Twilio makes them."""
    return "SM" + uuid.uuid4().hex


def signature(token: str, url: str, parameters: Mapping[str, str]) -> str:
    """The value of X-Twilio-Signature: HMAC-SHA1 over the address and the sorted form fields, in base64."""
    text = url + "".join(name + parameters[name] for name in sorted(parameters))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


class Courier:
    """Takes each open message of the store one status further, and tells the application, until nothing is left."""

    def __init__(self, store: Store, account_sid: str, auth_token: str, workers: int = 4) -> None:
        self._store, self._account_sid, self._token = store, account_sid, auth_token
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="courier")
        self._local = threading.local()
        self._condition = threading.Condition()
        self._due: dict[str, float] = {}
        self._busy: set[str] = set()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)

    def start(self) -> None:
        """Begin, with what an earlier run left open."""
        for message in self._store.open_messages():
            self._due[message["sid"]] = time.monotonic()
        self._thread.start()

    def stop(self) -> None:
        with self._condition:
            self._stopped = True
            self._condition.notify_all()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def take(self, sid: str, delay: float = STEP_SECONDS) -> None:
        """Look after message `sid` in `delay` seconds."""
        with self._condition:
            self._due[sid] = time.monotonic() + delay
            self._condition.notify_all()

    def pending(self, hopeless_after: int = 6) -> int:
        """Messages with reports still to make; those whose address failed that often do not count."""
        return sum(1 for message in self._store.open_messages() if message["tries"] < hopeless_after)

    def _run(self) -> None:
        while True:
            with self._condition:
                if self._stopped:
                    return
                now = time.monotonic()
                ready = [sid for sid, due in self._due.items() if due <= now and sid not in self._busy]
                for sid in ready:
                    del self._due[sid]
                    self._busy.add(sid)
                if not ready:
                    waits = [due - now for sid, due in self._due.items() if sid not in self._busy]
                    self._condition.wait(min(waits) if waits else None)
                    continue
            for sid in ready:
                self._pool.submit(self._attend, sid)

    def _attend(self, sid: str) -> None:
        delay: float | None = None
        try:
            delay = self._step(sid)
        except Exception:
            log.exception("courier failed")
            delay = RETRY_SECONDS[-1]
        finally:
            with self._condition:
                self._busy.discard(sid)
                if delay is not None:
                    self._due[sid] = time.monotonic() + delay
                self._condition.notify_all()

    def _step(self, sid: str) -> float | None:
        """Report the next status; the seconds until the next step, or None when nothing is left."""
        message = self._store.message(sid)
        upcoming: list[str] = json.loads(message["upcoming"]) if message else []
        if message is None or not upcoming:
            return None
        status = upcoming[0]
        if message["status"] != status:
            message |= self._reach(message, status)
        if message["callback"] and not self._report(message) and message["tries"] < len(RETRY_SECONDS):
            self._store.change_message(sid, tries=message["tries"] + 1)
            return RETRY_SECONDS[message["tries"]]
        self._store.change_message(sid, upcoming=upcoming[1:], tries=0)
        return STEP_SECONDS if upcoming[1:] else None

    def _reach(self, message: Row, status: str) -> dict[str, Any]:
        now = time.time()
        changes: dict[str, Any] = {"status": status, "updated": now}
        if status == "sent":
            changes["sent"] = now
        if status in ("undelivered", "failed"):
            changes["error_code"] = outcome_for(message["recipient"])[1]
        self._store.change_message(message["sid"], **changes)
        return changes

    def _report(self, message: Row) -> bool:
        """Tell the application; False when it was not there or had an error of its own."""
        parameters = self._parameters(message)
        headers = {"X-Twilio-Signature": signature(self._token, message["callback"], parameters)}
        session = self._session()
        try:
            answer = session.post(
                message["callback"], data=parameters, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False
            )
        except requests.RequestException:
            return False
        if message["direction"] == "inbound" and answer.ok:
            self._send_replies(message, answer.text[:MAX_REPLY_BYTES])
        return answer.status_code < 500

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
            self._local.session.trust_env = False
        session: requests.Session = self._local.session
        return session

    def _parameters(self, message: Row) -> dict[str, str]:
        sid, status = message["sid"], message["status"]
        parameters = {
            "AccountSid": self._account_sid,
            "ApiVersion": "2010-04-01",
            "From": message["sender"],
            "MessageSid": sid,
            "SmsSid": sid,
            "SmsStatus": status,
            "To": message["recipient"],
        }
        if message["service_sid"]:
            parameters["MessagingServiceSid"] = message["service_sid"]
        if message["direction"] == "inbound":
            count = str(segments(message["body"]))
            return parameters | {
                "SmsMessageSid": sid, "Body": message["body"], "NumMedia": "0", "NumSegments": count,
                "FromCountry": "DE", "ToCountry": "DE",
            }  # fmt: skip
        parameters["MessageStatus"] = status
        if message["error_code"]:
            parameters["ErrorCode"] = str(message["error_code"])
        return parameters

    def _send_replies(self, message: Row, answer: str) -> None:
        """Send what the application's TwiML answer says to the person who wrote."""
        try:
            tree = ElementTree.fromstring(answer) if answer.strip() else None  # noqa: S314 - our own application's
        except ElementTree.ParseError:
            return
        for verb in tree.iter("Message") if tree is not None and tree.tag == "Response" else ():
            body = verb.findtext("Body") or verb.text or ""
            now = time.time()
            reply = self._store.add_message(
                {
                    "sid": new_sid(), "direction": "outbound-reply", "sender": message["recipient"],
                    "recipient": message["sender"], "body": body.strip(), "status": "queued",
                    "upcoming": outcome_for(message["sender"])[0], "created": now, "updated": now,
                }
            )  # fmt: skip
            self.take(reply["sid"])
