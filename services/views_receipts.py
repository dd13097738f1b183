"""The receipt of a request, by login or with reference and PIN, and the certificate that it is signed with."""

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from auth.policies import current_actor, public, require
from auth.roles import Permission
from config import signing
from config.api_document import Shape, answers
from config.errors import NotFound
from config.forms import command_or_errors
from config.openapi import Answer, api
from config.settings import current_settings
from services import downloads, pins, receipts
from services.api import blueprint as api_pages
from services.commands import Lookup
from services.forms import StatusForm
from services.views_applicant import requests
from services.views_status import status, with_pin

certificate = Blueprint("signing", __name__)
blueprints = (certificate,)
A_DAY_S = 24 * 3600


@requests.get("/requests/<reference>/receipt")
@require(Permission.REQUESTS_OWN)
def receipt(reference: str) -> ResponseReturnValue:
    """Made the first time, then always the same."""
    return downloads.file(receipts.of_applicant(current_actor(), reference))


@status.post("/status/receipt", endpoint="receipt")
@with_pin
def receipt_by_pin() -> ResponseReturnValue:
    """For requests that were handed in without an account. Raises NotFound for all others, and for a wrong PIN."""
    lookup = command_or_errors(StatusForm(), Lookup)
    found = pins.pin_fits(lookup) if lookup else None
    if found is None:
        raise NotFound()
    return downloads.file(receipts.of_nobody(found))


@api_pages.get("/api/v1/requests/<reference>/receipt")
@require(Permission.REQUESTS_OWN, api=True)
@answers(200, shape=Shape("File"), media_type="*/*")
@api.validate(tags=["services"])
def api_receipt(reference: str) -> Answer:
    """The receipt of one's own request, a signed PDF."""
    return downloads.file(receipts.of_applicant(current_actor(), reference))


@certificate.get("/.well-known/obhut-signing.pem")
@public
def public_certificate() -> Response:
    """The certificate with which receipts are signed, to check them offline."""
    answer = Response(signing.certificate_pem(current_settings()), content_type="application/x-pem-file")
    answer.headers["Cache-Control"] = f"public, max-age={A_DAY_S}"
    return answer
