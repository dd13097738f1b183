"""How this server answers: in two forms, to pages of any origin, and with GeoReport's own kind of error.

Content is in the city's language; errors are in English, like GeoReport's own, whatever was asked for: they are for
those who write a client, and half of them name its parameters.
"""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, make_response, request
from flask_babel import force_locale
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from config.error_pages import MESSAGES, STATUS_OF, message_of, translated
from config.errors import DomainError, FieldError, RuleViolation
from config.settings import current_settings
from services.open311.asking import Problem
from services.open311.wire import MEDIA_TYPES, written

FORM = "<any(json,xml):form>"
NEEDS_KEY = "Missing or invalid api_key."
KEPT_BY_OTHERS = ("Retry-After", "Allow")
ERROR_LOCALE = "en"


def init(blueprint: Blueprint) -> None:
    """Let `blueprint` answer errors in GeoReport's way, and pages of any origin read its answers."""
    blueprint.register_error_handler(Problem, lambda error: problem(error.status, *error.texts))
    blueprint.register_error_handler(DomainError, _domain_error)
    blueprint.register_error_handler(ValidationError, _invalid)
    blueprint.register_error_handler(HTTPException, _http_error)
    blueprint.after_request(_open_to_pages)
    blueprint.after_request(_in_our_words)


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


def in_english(error: DomainError | FieldError) -> str:
    """The error's text as GeoReport's errors are written."""
    with force_locale(ERROR_LOCALE):
        return translated(error)


def _domain_error(error: DomainError) -> Response:
    if isinstance(error, RuleViolation):
        return problem(400, *(_complaint(one) for one in error.errors))
    status = next((int(code) for kind, code in STATUS_OF.items() if isinstance(error, kind)), 400)
    return problem(status, in_english(error))


def _complaint(error: FieldError) -> str:
    return f"{error.field}: {in_english(error)}" if error.field else in_english(error)


def _invalid(error: ValidationError) -> Response:
    places = {".".join(str(part) for part in one["loc"]) for one in error.errors(include_input=False)}
    return problem(400, *(f"{place}: this cannot be read." for place in sorted(places)))


def _http_error(error: HTTPException) -> Response:
    status = error.code or 400
    if status == 401:  # GeoReport knows no 401: a key is right or it is not
        return problem(403, NEEDS_KEY)
    with force_locale(ERROR_LOCALE):
        said = message_of(error)
    response = problem(status, said) if said else _said_of(status)
    for name, value in error.get_headers():
        if name in KEPT_BY_OTHERS:
            response.headers[name] = value
    return response


def _said_of(status: int) -> Response:
    name = HTTPStatus(status).phrase
    return problem(status, MESSAGES.get(status, name).partition("{")[0].strip() or name)


def _in_our_words(response: Response) -> Response:
    """What the house answered in its own way, as when the database is gone, is an error of GeoReport, too."""
    if response.status_code < 400 or response.headers["Content-Type"] in MEDIA_TYPES.values():
        return response
    ours = _said_of(response.status_code)
    response.data, response.headers["Content-Type"] = ours.data, ours.headers["Content-Type"]
    return response


def _open_to_pages(response: Response) -> Response:
    # No cookie counts here, so no page can do with it what its visitor could not do without it.
    response.headers["Access-Control-Allow-Origin"] = "*"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, POST, OPTIONS"
        response.headers["Access-Control-Allow-Headers"] = "Content-Type, Idempotency-Key"
        response.headers["Access-Control-Max-Age"] = "86400"
    return response
