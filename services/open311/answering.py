"""How this server answers: in two forms, to pages of any origin, and with GeoReport's own kind of error."""

from typing import Any

from flask import Blueprint, Response, make_response, request
from flask_babel import force_locale
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from config.error_pages import MESSAGES, STATUS_OF, translated
from config.errors import DomainError, FieldError, RuleViolation
from config.settings import current_settings
from services.open311.asking import Problem
from services.open311.attributes import UnknownAttribute
from services.open311.wire import MEDIA_TYPES, written

FORM = "<any(json,xml):form>"
NEEDS_KEY = "Missing or invalid api_key."
KEPT_BY_OTHERS = ("Retry-After", "Allow")


def init(blueprint: Blueprint) -> None:
    """Let `blueprint` answer errors in GeoReport's way, and pages of any origin read its answers."""
    blueprint.register_error_handler(Problem, lambda error: problem(error.status, *error.texts))
    blueprint.register_error_handler(UnknownAttribute, _unknown_attribute)
    blueprint.register_error_handler(DomainError, _domain_error)
    blueprint.register_error_handler(ValidationError, _invalid)
    blueprint.register_error_handler(HTTPException, _http_error)
    blueprint.after_request(_open_to_pages)


def response_of(root: str, content: Any, form: str, status: int = 200) -> Response:
    """`content` in the wanted form; `root` is the name of the whole in XML."""
    response = make_response(written(root, content, form), status)
    response.headers["Content-Type"] = MEDIA_TYPES[form]
    return response


def check_jurisdiction() -> None:
    """This server knows one jurisdiction. Where it has no name, whatever a client calls it is meant for it.

    Raises Problem.
    """
    ours, asked = current_settings().jurisdiction, request.values.get("jurisdiction_id", "").strip()
    if ours and asked and asked.lower() != ours.lower():
        raise Problem(404, f"jurisdiction_id {asked[:80]} was not found.")


def problem(status: int, *texts: str) -> Response:
    """An error of GeoReport: a list of codes and sentences."""
    form = "json" if request.path.endswith(".json") else "xml"
    return response_of("errors", [{"code": status, "description": text} for text in texts], form, status)


def _unknown_attribute(error: UnknownAttribute) -> Response:
    return problem(400, f"attribute[{error.code}] is unknown, see the definition of the service.")


def _domain_error(error: DomainError) -> Response:
    with force_locale(current_settings().locale):
        if isinstance(error, RuleViolation):
            return problem(400, *(_complaint(one) for one in error.errors))
        status = next((int(code) for kind, code in STATUS_OF.items() if isinstance(error, kind)), 400)
        return problem(status, translated(error))


def _complaint(error: FieldError) -> str:
    return f"{error.field}: {translated(error)}" if error.field else translated(error)


def _invalid(error: ValidationError) -> Response:
    places = {".".join(str(part) for part in one["loc"]) for one in error.errors(include_input=False)}
    return problem(400, *(f"{place}: this cannot be read." for place in sorted(places)))


def _http_error(error: HTTPException) -> Response:
    status = error.code or 400
    if status == 401:  # GeoReport knows no 401: a key is right or it is not
        return problem(403, NEEDS_KEY)
    with force_locale(current_settings().locale):
        response = problem(status, MESSAGES.get(status, error.name).partition("{")[0].strip() or error.name)
    for name, value in error.get_headers():
        if name in KEPT_BY_OTHERS:
            response.headers[name] = value
    return response


def _open_to_pages(response: Response) -> Response:
    # No cookie counts here, so no page can do with it what its visitor could not do without it.
    response.headers["Access-Control-Allow-Origin"] = "*"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, POST, OPTIONS"
        response.headers["Access-Control-Allow-Headers"] = "Content-Type, Idempotency-Key"
        response.headers["Access-Control-Max-Age"] = "86400"
    return response
