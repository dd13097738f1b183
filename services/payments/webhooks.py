"""Calls of the payment provider. Checked, written down, answered; the same call again changes nothing."""

import structlog
from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from auth.policies import signed
from config import clock
from config.database import transaction
from config.limits import note_failure
from services.payments import ledger, registry
from services.payments.base import Forged

log = structlog.get_logger(__name__)
blueprint = Blueprint("payment_webhooks", __name__)


@blueprint.post("/webhooks/payments/<name>")
@signed
def called(name: str) -> ResponseReturnValue:
    """What the provider `name` has to say. It comes again until it is answered with 2xx."""
    provider = registry.provider()
    if provider is None or provider.name != name:
        return _plain("no such provider", 404)
    try:
        word = provider.read(dict(request.headers), request.get_data(cache=False), clock.wall())
    except Forged as error:
        note_failure("webhooks")
        log.warning("payment_webhook_refused", reason=str(error))
        return _plain("refused", 403)
    if word is not None:
        with transaction():
            ledger.hear(word)
    return "", 204


def _plain(text: str, code: int) -> Response:
    return Response(text, code, content_type="text/plain; charset=utf-8")
