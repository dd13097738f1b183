"""Where a provider says that somebody has logged out there (OpenID Connect Back-Channel Logout 1.0, 2.5)."""

import structlog
from flask import Blueprint, Response, jsonify, make_response, request

from auth import logouts
from auth.jwts import TokenRefused
from auth.oidc import ProviderUnavailable
from auth.policies import signed
from config.limits import limit_failures

blueprint = Blueprint("backchannel", __name__, url_prefix="/auth")
RETRY_AFTER_S = 5
log = structlog.get_logger(__name__)


@blueprint.post("/backchannel-logout")
@signed
@limit_failures("webhooks")  # a provider that restarts tells of many people at once
def logout() -> Response:
    tokens = request.form.getlist("logout_token")
    try:
        if len(tokens) != 1:
            raise TokenRefused("logout_token_missing")
        logouts.by_provider(tokens[0])
    except TokenRefused as refused:
        log.warning("logout_token_refused", reason=str(refused))
        logouts.note_refusal(str(refused))
        return _answer(400, "invalid_request")
    except ProviderUnavailable as problem:
        log.error("logout_token_not_verified", reason=str(problem))
        response = _answer(503, "temporarily_unavailable")
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
        return response
    return _answer(200)


def _answer(status: int, error: str = "") -> Response:
    response = jsonify(error=error, error_description="The logout token was not accepted.") if error else Response()
    response.headers["Cache-Control"] = "no-store"
    return make_response(response, status)
