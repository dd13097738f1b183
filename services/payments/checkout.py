"""Hosted payment pages by the Checkout API that Stripe documents (docs.stripe.com/api/checkout/sessions).

Form-encoded requests with a Bearer key; JSON answers; every POST carries an `Idempotency-Key`, under which the provider
gives the same answer again for at least a day: a page that was made when our process died is found by asking anew.
Calls to us are signed: `Stripe-Signature: t=<seconds>,v1=<hex>`, HMAC-SHA256 over "<t>.<body>" (webhooks/signatures).
Nothing about the person is sent: purpose, reference, amount and language are all that the provider hears of us.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import UUID

import requests

from services.payments.base import Forged, Order, Refund, Refused, Returned, Said, Started, Unavailable, Word

OFFICIAL = "https://api.stripe.com"
OFFICIAL_PAGES = "https://checkout.stripe.com"
TIMEOUT_S = (3.05, 12.0)
TOLERANCE_S = 300
"""How old a signature may be, and how far its clock may be ahead: the provider's own libraries take five minutes."""
SIGNATURE = "Stripe-Signature"
LONGEST_BODY = 256 * 1024
LOCALES = frozenset({"de", "en", "fr", "pl", "ru", "tr"})
CONCERNS_US = ("checkout.session.",)
REFUNDS = {
    "succeeded": Returned.DONE,
    "pending": Returned.PENDING,
    "requires_action": Returned.PENDING,
    "failed": Returned.FAILED,
    "canceled": Returned.FAILED,
}


class Checkout:
    """The adapter. `secrets`: those with which calls to us are signed, several while one is being changed."""

    name = "checkout"

    def __init__(self, api_base: str, api_key: str, secrets: Sequence[str]) -> None:
        self._base, self._key, self._secrets = api_base.rstrip("/"), api_key, tuple(secrets)
        parts = urlsplit(self._base)
        self.page_origin = OFFICIAL_PAGES if self._base == OFFICIAL else f"{parts.scheme}://{parts.netloc}"

    def start(self, order: Order) -> Started:
        fields = {
            "mode": "payment",
            "client_reference_id": str(order.id),
            "locale": order.locale if order.locale in LOCALES else "auto",
            "line_items[0][quantity]": "1",
            "line_items[0][price_data][currency]": "eur",
            "line_items[0][price_data][unit_amount]": str(order.amount_cents),
            "line_items[0][price_data][product_data][name]": order.purpose,
            "payment_intent_data[description]": order.reference,
            "metadata[reference]": order.reference,
            "success_url": order.return_url,
            "cancel_url": order.cancel_url,
            "expires_at": str(int(order.expires_at.timestamp())),
        }
        made = self._post("/v1/checkout/sessions", fields, f"start:{order.id}")
        try:
            return Started(str(made["id"]), str(made["url"]))
        except KeyError:
            raise Unavailable("no page in the answer") from None

    def read(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Word | None:
        signed = [value for name, value in headers.items() if name.lower() == SIGNATURE.lower()]
        self._verify(signed[0] if signed else "", body, now)
        try:
            event = json.loads(body)
            kind, session = str(event["type"]), dict(event["data"]["object"])
        except (ValueError, KeyError, TypeError):
            raise Forged("signed, but no event") from None
        if not kind.startswith(CONCERNS_US):
            return None
        if kind == "checkout.session.async_payment_failed":
            session["payment_status"], session["status"] = "unpaid", "failed"
        return _word(session)

    def ask(self, provider_id: str) -> Word:
        return _word(self._get(f"/v1/checkout/sessions/{quote(provider_id, safe='')}", provider_id))

    def close(self, provider_id: str) -> Word:
        try:
            path = f"/v1/checkout/sessions/{quote(provider_id, safe='')}/expire"
            return _word(self._post(path, {}, f"close:{provider_id}"))
        except Refused:  # it is open no more; what became of it, the provider says when it is asked
            return self.ask(provider_id)

    def refund(self, order_id: UUID, attempt: int, transaction: str, amount_cents: int) -> Refund:
        fields = {"payment_intent": transaction, "amount": str(amount_cents), "reason": "requested_by_customer"}
        return _refund(self._post("/v1/refunds", fields, f"refund:{order_id}:{attempt}"))

    def ask_refund(self, refund_id: str) -> Refund:
        return _refund(self._get(f"/v1/refunds/{quote(refund_id, safe='')}", refund_id))

    def probe(self) -> None:
        self._get("/v1/checkout/sessions?limit=1", "")

    def _verify(self, header: str, body: bytes, now: datetime) -> None:
        parts = [part.partition("=") for part in header.split(",")]
        times = [value for name, _, value in parts if name.strip() == "t"]
        signatures = [value.strip() for name, _, value in parts if name.strip() == "v1"]
        if len(body) > LONGEST_BODY or len(times) != 1 or not times[0].isascii() or not times[0].isdigit():
            raise Forged("no signature")
        signed = times[0].encode() + b"." + body
        wanted = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in self._secrets]
        # Each with each, so that the time taken tells nothing; bytes, since a header may hold anything.
        good = [hmac.compare_digest(one.encode(), other.encode()) for one in wanted for other in signatures]
        if not any(good):
            raise Forged("wrong signature")
        if len(times[0]) > 12 or abs(now.timestamp() - int(times[0])) > TOLERANCE_S:
            raise Forged("signed at another time")

    def _post(self, path: str, fields: Mapping[str, str], key: str) -> dict[str, Any]:
        return self._call("POST", path, data=fields, headers={"Idempotency-Key": key})

    def _get(self, path: str, provider_id: str) -> dict[str, Any]:
        try:
            return self._call("GET", path)
        except Refused as refused:
            if str(refused) == "404":
                return {"id": provider_id, "status": "unknown"}
            raise

    def _call(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._key}"} | options.pop("headers", {})
        try:
            answer = requests.request(
                method, self._base + path, headers=headers, timeout=TIMEOUT_S, allow_redirects=False, **options
            )
            content = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise Unavailable(type(error).__name__) from None
        if answer.status_code == 200 and isinstance(content, dict):
            return content
        # 409: the same key is being worked on; 429: too many calls; 401 and 403: our key, which somebody will mend.
        if answer.status_code in (401, 403, 409, 429) or answer.status_code >= 500 or answer.status_code < 400:
            raise Unavailable(f"HTTP {answer.status_code}")
        raise Refused("404" if answer.status_code == 404 else _code(content))


def _code(content: Any) -> str:
    error = content.get("error") if isinstance(content, dict) else None
    code = error.get("code") or error.get("type") if isinstance(error, dict) else None
    return str(code or "refused")[:60]


def _word(session: Mapping[str, Any]) -> Word:
    status, payment = session.get("status"), session.get("payment_status")
    said = {"expired": Said.EXPIRED, "failed": Said.FAILED, "unknown": Said.UNKNOWN}.get(str(status), Said.OPEN)
    if payment == "paid":
        said = Said.PAID
    return Word(
        said,
        str(session.get("id") or ""),
        _uuid(session.get("client_reference_id")),
        str(session.get("payment_intent") or ""),
        _number(session.get("amount_total")),
        str(session.get("currency") or "").upper(),
    )


def _refund(content: Mapping[str, Any]) -> Refund:
    return Refund(REFUNDS.get(str(content.get("status")), Returned.PENDING), str(content.get("id") or ""))


def _uuid(text: Any) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
