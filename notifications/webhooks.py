"""Twilio's calls to us. Checked, stored with one insert, answered; all else happens in a job."""

import re

import structlog
from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from auth.policies import signed
from config.database import transaction
from config.limits import note_failure
from notifications import inbound, receipts
from notifications.addresses import E164
from notifications.celery_app import wake
from notifications.channels.codes import KNOWN_RECEIPTS
from notifications.schedule import Queue
from notifications.signatures import Fields, signed_fields

log = structlog.get_logger(__name__)
blueprint = Blueprint("webhooks", __name__, url_prefix="/webhooks/twilio")
EMPTY_TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
# The signed string is address, names and values without separators, so a request can be cut anew where it stays valid:
# only what has exactly the right form counts.
MESSAGE_SID = re.compile(r"(?:SM|MM)[0-9a-fA-F]{32}")
ERROR_CODE = re.compile(r"\d{1,6}", re.ASCII)
SHORT_CODE = re.compile(r"\d{3,8}", re.ASCII)
# Companies write under a name; it can be read, not answered.
SENDER_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 &._+-]{1,11}")
OPT_OUT_TYPES = frozenset({"", "STOP", "START", "HELP"})
LONGEST_BODY = 1600  # what Twilio itself allows


@blueprint.post("/status")
@signed
def status() -> ResponseReturnValue:
    """A delivery receipt."""
    fields = signed_fields(request)
    if fields is None:
        return _refused()
    sid, word, code = _sid(fields), fields.get("MessageStatus", ""), fields.get("ErrorCode", "")
    is_sound = word in KNOWN_RECEIPTS and (not code or ERROR_CODE.fullmatch(code)) and _is_number(fields.get("To"))
    if not sid or not is_sound:
        return _malformed()
    with transaction():
        if receipts.store(sid, word, code or None):
            wake(Queue.INBOUND)
    return "", 204


@blueprint.post("/messages")
@signed
def messages() -> ResponseReturnValue:
    """A message from a person."""
    fields = signed_fields(request)
    if fields is None:
        return _refused()
    sid, sender, body = _sid(fields), fields.get("From", ""), fields.get("Body", "")
    opt_out = fields.get("OptOutType", "")
    is_sound = _is_sender(sender) and _is_number(fields.get("To")) and opt_out in OPT_OUT_TYPES
    if not sid or not is_sound or len(body) > LONGEST_BODY:
        return _malformed()
    with transaction():
        # PostgreSQL cannot store NUL, and nobody means it.
        if inbound.store(sid, sender, body.replace("\0", ""), opt_out):
            wake(Queue.INBOUND)
    return Response(EMPTY_TWIML, content_type="text/xml; charset=utf-8")


def _sid(fields: Fields) -> str:
    """The message's id; "" when it has not the right form, or the older name of the field says something else."""
    sid = fields.get("MessageSid", "")
    return sid if MESSAGE_SID.fullmatch(sid) and fields.get("SmsSid", sid) == sid else ""


def _is_sender(text: str) -> bool:
    return any(form.fullmatch(text) for form in (E164, SHORT_CODE, SENDER_NAME))


def _is_number(text: str | None) -> bool:
    return not text or any(form.fullmatch(text) for form in (E164, SHORT_CODE))


def _refused() -> Response:
    # Our provider's addresses are those of its other customers, too: nobody's forgeries may keep genuine calls out.
    note_failure("webhooks")
    log.warning("webhook_refused", path=request.path)
    return _plain("refused", 403)


def _malformed() -> Response:
    log.warning("webhook_malformed", path=request.path)
    return _plain("malformed", 400)


def _plain(text: str, code: int) -> Response:
    return Response(text, code, content_type="text/plain; charset=utf-8")
