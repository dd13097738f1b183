"""Twilio's calls to us. Checked, stored with one insert, answered; all else happens in a job."""

import re

import structlog
from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from twilio.request_validator import RequestValidator

from auth.policies import signed
from config.database import transaction
from config.settings import current_settings
from notifications import inbound, receipts
from notifications.addresses import E164
from notifications.celery_app import wake
from notifications.channels.codes import KNOWN_RECEIPTS
from notifications.schedule import Queue

log = structlog.get_logger(__name__)
blueprint = Blueprint("webhooks", __name__, url_prefix="/webhooks/twilio")
EMPTY_TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
# The signed string is address, names and values without separators, so a request can be cut anew where it stays valid:
# only what has exactly the right form counts.
MESSAGE_SID = re.compile(r"(?:SM|MM)[0-9a-fA-F]{32}")
ERROR_CODE = re.compile(r"\d{1,6}")
OPT_OUT_TYPES = frozenset({"", "STOP", "START", "HELP"})
LONGEST_BODY = 1600  # what Twilio itself allows


@blueprint.post("/status")
@signed
def status() -> ResponseReturnValue:
    """A delivery receipt."""
    refusal = _refusal()
    if refusal is not None:
        return refusal
    sid, word = _one("MessageSid"), _one("MessageStatus")
    code = _one("ErrorCode")
    if not MESSAGE_SID.fullmatch(sid) or word not in KNOWN_RECEIPTS or (code and not ERROR_CODE.fullmatch(code)):
        return _plain("malformed", 400)
    with transaction():
        if receipts.store(sid, word, code or None):
            wake(Queue.INBOUND)
    return "", 204


@blueprint.post("/messages")
@signed
def messages() -> ResponseReturnValue:
    """A message from a person."""
    refusal = _refusal()
    if refusal is not None:
        return refusal
    sid, sender, body = _one("MessageSid"), _one("From"), request.form.get("Body", "")
    opt_out = _one("OptOutType")
    if (
        not MESSAGE_SID.fullmatch(sid)
        or not E164.fullmatch(sender)
        or len(body) > LONGEST_BODY
        or opt_out not in OPT_OUT_TYPES
    ):
        return _plain("malformed", 400)
    with transaction():
        # PostgreSQL cannot store NUL, and nobody means it.
        if inbound.store(sid, sender, body.replace("\0", ""), opt_out):
            wake(Queue.INBOUND)
    return Response(EMPTY_TWIML, content_type="text/xml; charset=utf-8")


def _refusal() -> ResponseReturnValue | None:
    """403 unless Twilio signed exactly this request to our configured address, for our account."""
    settings = current_settings()
    token = settings.twilio_auth_token.get_secret_value()
    query = request.query_string.decode("ascii", "replace")
    address = settings.public_url(request.path) + (f"?{query}" if query else "")
    given = request.headers.get("X-Twilio-Signature", "")
    if not token or not given or not RequestValidator(token).validate(address, request.form, given):
        log.warning("webhook_refused", path=request.path, reason="signature")
        return _plain("signature", 403)
    if _one("AccountSid") != settings.twilio_account_sid:
        log.warning("webhook_refused", path=request.path, reason="account")
        return _plain("account", 403)
    return None


def _one(name: str) -> str:
    """The value of a field that must not come twice; "" when it is missing or does."""
    values = request.form.getlist(name)
    return values[0] if len(values) == 1 else ""


def _plain(text: str, code: int) -> Response:
    return Response(text, code, content_type="text/plain; charset=utf-8")
