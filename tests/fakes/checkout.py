"""A provider of hosted payment pages that speaks as Stripe Checkout does, and does as a test says.

Written from the public description of sessions, refunds, idempotent requests and webhook signatures; shares nothing
with the product or its sandbox.
"""

import hashlib
import hmac
import json
import threading
import time
import urllib.parse
import uuid
from collections.abc import Callable
from typing import Any

from tests.fakes.serving import Response, Served, as_json

KEY = "sk_test_0123456789abcdefghijklmnop"
SECRET = "whsec_0123456789abcdefghijklmnopqrstuv"
LEAST_CENTS = 50


class Checkout(Served):
    """`is_down`: it answers 503. `before_answer` runs when a POST has been carried out and is not answered yet."""

    def __init__(self) -> None:
        self.sessions: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.asked = 0
        self.is_down = False
        self.refunds_become = "succeeded"
        self.before_answer: Callable[[str], object] = lambda _: None
        self._answers: dict[str, tuple[str, dict[str, str], tuple[int, dict[str, Any]]]] = {}
        self._lock = threading.RLock()
        super().__init__()

    @property
    def settings(self) -> dict[str, Any]:
        """The settings, by attribute, that lead an application here."""
        return {
            "payment_provider": "checkout",
            "payment_api_base": self.url,
            "payment_api_key": KEY,
            "payment_webhook_secrets": SECRET,
        }

    def only(self) -> dict[str, Any]:
        """The one session there is."""
        (session,) = self.sessions.values()
        return session

    def pay(self, session_id: str, amount: int | None = None) -> None:
        """Somebody pays on the page, whether it is still open or not: money finds ways."""
        session = self.sessions[session_id]
        session |= {"status": "complete", "payment_status": "paid", "payment_intent": "pi_" + session_id[8:]}
        if amount is not None:
            session["amount_total"] = amount

    def expire(self, session_id: str) -> None:
        self.sessions[session_id]["status"] = "expired"

    def call(
        self,
        session_id: str,
        kind: str = "checkout.session.completed",
        *,
        at: float | None = None,
        secret: str = SECRET,
    ) -> tuple[dict[str, str], bytes]:
        """Headers and body of a signed call about a session, as it is now."""
        event = {
            "id": "evt_" + uuid.uuid4().hex,
            "object": "event",
            "type": kind,
            "created": int(time.time()),
            "data": {"object": self.sessions[session_id]},
        }
        return self.signed(json.dumps(event).encode(), at=at, secret=secret)

    def signed(self, body: bytes, *, at: float | None = None, secret: str = SECRET) -> tuple[dict[str, str], bytes]:
        seconds = str(int(at if at is not None else time.time()))
        digest = hmac.new(secret.encode(), seconds.encode() + b"." + body, hashlib.sha256).hexdigest()
        return {"Stripe-Signature": f"t={seconds},v1={digest},v0=old"}, body

    def respond(self, method: str, path: str, headers: Any, body: bytes) -> Response:
        fields = dict(urllib.parse.parse_qsl(body.decode())) if method == "POST" else {}
        return as_json(*self.answer(method, path, headers, fields))

    def answer(self, method: str, path: str, headers: Any, fields: dict[str, str]) -> tuple[int, dict[str, Any]]:
        with self._lock:
            self.asked += 1
            if self.is_down:
                return 503, {"error": {"type": "api_error"}}
            if headers.get("Authorization") != f"Bearer {KEY}":
                return 401, {"error": {"type": "invalid_request_error"}}
            if method == "GET":
                return self._get(path)
            key = headers.get("Idempotency-Key")
            assert key, "every POST carries a key"
            known = self._answers.get(key)
            if known is None:
                known = self._answers[key] = (path, fields, self._post(path, fields))
            elif known[:2] != (path, fields):
                return 400, {"error": {"type": "idempotency_error"}}
        self.before_answer(path)
        return known[2]

    def _get(self, path: str) -> tuple[int, dict[str, Any]]:
        name, _, key = path.partition("?")[0].rpartition("/")
        if name == "/v1/checkout" and key == "sessions":
            return 200, {"object": "list", "data": []}
        found = (self.refunds if name == "/v1/refunds" else self.sessions).get(key)
        return (200, dict(found)) if found else (404, {"error": {"code": "resource_missing"}})

    def _post(self, path: str, fields: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if path == "/v1/checkout/sessions":
            return self._make(fields)
        if path == "/v1/refunds":
            return self._refund(fields)
        session = self.sessions[path.split("/")[-2]]
        if session["status"] != "open":
            return 400, {"error": {"type": "invalid_request_error", "message": "only open sessions can be expired"}}
        session["status"] = "expired"
        return 200, dict(session)

    def _make(self, fields: dict[str, str]) -> tuple[int, dict[str, Any]]:
        price = "line_items[0][price_data]"
        amount = int(fields[f"{price}[unit_amount]"])
        left = int(fields["expires_at"]) - time.time()
        if amount < LEAST_CENTS or not 1800 <= left <= 86400 or fields[f"{price}[currency]"] != "eur":
            return 400, {"error": {"code": "parameter_invalid"}}
        made = {
            "id": "cs_test_" + uuid.uuid4().hex,
            "object": "checkout.session",
            "client_reference_id": fields["client_reference_id"],
            "amount_total": amount,
            "currency": "eur",
            "status": "open",
            "payment_status": "unpaid",
            "payment_intent": None,
            "success_url": fields["success_url"],
            "cancel_url": fields["cancel_url"],
            "description": fields[f"{price}[product_data][name]"],
        }
        made["url"] = f"{self.url}/pay/{made['id']}"
        self.sessions[made["id"]] = made
        return 200, dict(made)

    def _refund(self, fields: dict[str, str]) -> tuple[int, dict[str, Any]]:
        paid = [one for one in self.sessions.values() if one["payment_intent"] == fields["payment_intent"]]
        done = [one for one in self.refunds.values() if one["status"] != "failed"]
        back = sum(one["amount"] for one in done if one["payment_intent"] == fields["payment_intent"])
        if not paid or back + int(fields["amount"]) > paid[0]["amount_total"]:
            return 400, {"error": {"code": "charge_already_refunded"}}
        made = {
            "id": "re_" + uuid.uuid4().hex,
            "amount": int(fields["amount"]),
            "payment_intent": fields["payment_intent"],
            "status": self.refunds_become,
        }
        self.refunds[made["id"]] = made
        return 200, dict(made)
