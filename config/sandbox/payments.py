"""A provider of payments for trying out: the Checkout API that our adapter speaks, and a page on which no money moves.

On the page one pays, fails, goes back, lets the call to the application get lost, or has it made twice.
"""

import hashlib
import hmac
import json
import logging
import threading
import time
import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

import requests
from flask import Blueprint, current_app, jsonify, redirect, render_template, request

from config.sandbox.store import Store

log = logging.getLogger(__name__)
TIMEOUT_S = 15
WAITS_S = (0.0, 0.5, 2.0, 10.0, 30.0)
View = Callable[..., Any]
Content = dict[str, Any]


class Payments:
    """What the provider knows, and its calls to the application at `webhook`."""

    def __init__(self, store: Store, key: str, webhook: str) -> None:
        self.store, self._key, self._webhook = store, key, webhook

    def knows(self, authorization: str) -> bool:
        return hmac.compare_digest(authorization.encode(), f"Bearer {self._key}".encode())

    def tell(self, session: Content, kind: str, times: int = 1) -> None:
        """Call the application, signed, so often; not before the page has been answered."""
        event = {"id": "evt_" + uuid.uuid4().hex, "object": "event", "type": kind, "data": {"object": session}}
        body = json.dumps(event | {"created": int(time.time())}).encode()
        for _ in range(times):
            threading.Thread(target=self._tell, args=(body,), name="payment-call", daemon=True).start()

    def _tell(self, body: bytes) -> None:
        for wait in WAITS_S:
            time.sleep(wait)
            seconds = str(int(time.time()))
            digest = hmac.new(self._key.encode(), seconds.encode() + b"." + body, hashlib.sha256).hexdigest()
            headers = {"Stripe-Signature": f"t={seconds},v1={digest}", "Content-Type": "application/json"}
            try:
                answer = requests.post(self._webhook, data=body, headers=headers, timeout=TIMEOUT_S)
            except requests.RequestException:
                continue
            if answer.ok:
                return
        log.error("the application has not taken a call about a payment")


def provider() -> Payments:
    found = current_app.extensions["sandbox.payments"]
    assert isinstance(found, Payments)
    return found


def authenticated(view: View) -> View:
    """Only with the account's own key."""

    @wraps(view)
    def checked(*args: Any, **named: Any) -> Any:
        if not provider().knows(request.headers.get("Authorization", "")):
            return jsonify(error={"type": "invalid_request_error"}), 401
        return view(*args, **named)

    return checked


blueprint = Blueprint("sandbox_payments", __name__, template_folder="provider_templates")


@blueprint.post("/v1/checkout/sessions")
@authenticated
def make() -> Any:
    """The same key gives the same session again."""
    form, key = request.form, request.headers.get("Idempotency-Key") or uuid.uuid4().hex
    id_ = "cs_" + hashlib.sha256(key.encode()).hexdigest()[:40]
    found = provider().store.payment(id_)
    if found is None:
        price = "line_items[0][price_data]"
        found = {
            "id": id_,
            "object": "checkout.session",
            "client_reference_id": form["client_reference_id"],
            "amount_total": int(form[f"{price}[unit_amount]"]),
            "currency": form[f"{price}[currency]"],
            "purpose": form[f"{price}[product_data][name]"],
            "reference": form.get("metadata[reference]", ""),
            "status": "open",
            "payment_status": "unpaid",
            "payment_intent": None,
            "success_url": form["success_url"],
            "cancel_url": form["cancel_url"],
            "url": f"{request.host_url}pay/{id_}",
        }
        provider().store.keep_payment(id_, found)
    return found


@blueprint.get("/v1/checkout/sessions")
@authenticated
def listed() -> Any:
    return {"object": "list", "data": []}


@blueprint.get("/v1/checkout/sessions/<id_>")
@blueprint.get("/v1/refunds/<id_>")
@authenticated
def show(id_: str) -> Any:
    return provider().store.payment(id_) or _missing()


@blueprint.post("/v1/checkout/sessions/<id_>/expire")
@authenticated
def expire(id_: str) -> Any:
    session = provider().store.payment(id_)
    if session is None:
        return _missing()
    if session["status"] != "open":
        return jsonify(error={"code": "session_not_open"}), 400
    return _changed(session, status="expired")


@blueprint.post("/v1/refunds")
@authenticated
def refund() -> Any:
    """Goes through at once; of one payment only once."""
    id_ = "re_" + hashlib.sha256(request.form["payment_intent"].encode()).hexdigest()[:40]
    made = {"id": id_, "object": "refund", "status": "succeeded", "amount": int(request.form["amount"])}
    provider().store.keep_payment(id_, made)
    return made


@blueprint.get("/pay/<id_>")
def page(id_: str) -> Any:
    session = provider().store.payment(id_)
    if session is None:
        return "Diese Bezahlseite gibt es nicht.", 404
    euros, cents = divmod(session["amount_total"], 100)
    return render_template("payment.html", session=session, amount=f"{euros},{cents:02} €")


@blueprint.post("/pay/<id_>")
def act(id_: str) -> Any:
    """What the person does; the calls to the application go out beside."""
    session, action = provider().store.payment(id_), request.form.get("action", "")
    if session is None:
        return "Diese Bezahlseite gibt es nicht.", 404
    if action == "cancel":
        return redirect(session["cancel_url"], 303)
    if session["status"] == "open" and action in ("pay", "lost", "twice"):
        intent = "pi_" + id_.removeprefix("cs_")[:24]
        session = _changed(session, status="complete", payment_status="paid", payment_intent=intent)
        if action != "lost":
            provider().tell(session, "checkout.session.completed", 2 if action == "twice" else 1)
    elif session["status"] == "open" and action == "fail":
        session = _changed(session, status="complete")
        provider().tell(session, "checkout.session.async_payment_failed")
    return redirect(session["success_url"], 303)


def _changed(session: Content, **changes: Any) -> Content:
    changed = session | changes
    provider().store.keep_payment(session["id"], changed)
    return changed


def _missing() -> Any:
    return jsonify(error={"code": "resource_missing"}), 404
