"""The receipt of a request, by login or with reference and PIN, and the certificate that it is signed with."""

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from auth.policies import current_actor, public, require
from auth.roles import Permission
from config import signing
from config.api_document import Shape, answers
from config.openapi import Answer, api
from config.settings import current_settings
from services import downloads, opened, receipts, status_pages
from services.api import blueprint as api_pages
from services.views_applicant import requests
from services.views_status import status

certificate = Blueprint("signing", __name__)
blueprints = (certificate,)
A_DAY_S = 24 * 3600


@requests.get("/requests/<reference>/receipt")
@require(Permission.REQUESTS_OWN)
def receipt(reference: str) -> ResponseReturnValue:
    """Made the first time, then always the same."""
    return downloads.file(receipts.of_applicant(current_actor(), reference))


@status.get("/status/open/<mark>/receipt", endpoint="receipt")
@public(acts_as="status")
def receipt_by_pin(mark: str) -> ResponseReturnValue:
    """For requests that were handed in without an account, once reference and PIN have opened them. Raises NotFound."""
    found = opened.behind(mark)
    return downloads.file(receipts.of_nobody(found)) if found else status_pages.to_form()


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
