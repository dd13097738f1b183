"""Errors become pages for people and RFC 9457 problem+json for programs. One set of handlers for the whole house."""

import secrets
from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask, Response, current_app, has_request_context, jsonify, make_response, render_template, request
from flask_babel import gettext as _
from markupsafe import escape
from psycopg.errors import ReadOnlySqlTransaction
from pydantic import ValidationError
from sqlalchemy.exc import DataError, InterfaceError, InternalError, OperationalError, TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, InternalServerError, TooManyRequests

from config import errors
from config.command_errors import field_of, message_for_programs
from config.errors import N_, DomainError, FieldError, RuleViolation, Worded
from config.localisation import local_wait, spoken_locale
from config.settings import current_settings

log = structlog.get_logger(__name__)
RETRY_AFTER_S = 5
WAIT_AFTER_TOO_MANY_S = 60
API_PREFIX = "/api/"
PROBLEM_JSON = "application/problem+json"

STATUS_OF: dict[type[DomainError], HTTPStatus] = {
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.InvalidTransition: HTTPStatus.CONFLICT,
    errors.RuleViolation: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.ConfigurationError: HTTPStatus.SERVICE_UNAVAILABLE,
}
TITLES: dict[int, str] = {
    400: N_("This request could not be understood"),
    401: N_("Please log in"),
    403: N_("Not allowed"),
    404: N_("Not found"),
    405: N_("Not possible here"),
    409: N_("Not possible right now"),
    410: N_("No longer available"),
    413: N_("Too large"),
    415: N_("Wrong kind of file"),
    422: N_("Please check your entries"),
    429: N_("Too many requests"),
    500: N_("Something went wrong on our side"),
    502: N_("A partner service does not answer"),
    503: N_("Not available at the moment"),
}
MESSAGES: dict[int, str] = {
    400: N_("The request was incomplete or damaged. Please go back and try again."),
    401: N_("You need to log in for this."),
    403: errors.Forbidden.message,
    404: N_("There is nothing at this address, or it is not meant for you."),
    405: N_("This address cannot be used in this way."),
    413: N_("That was too much at once: at most {limit_mb} MB are possible. Please choose a smaller file."),
    415: N_("We cannot read this kind of content here."),
    429: N_("That was a bit much in a short time. Please wait a moment and try again."),
    500: N_("This is our fault, not yours. The error was noted. Please try again later."),
    503: N_("The system is busy or being looked after. Your entries were not stored. Please try again in a moment."),
}
TRY_AGAIN = N_("That was a bit much in a short time. Please try again {when}.")
FORM_TOO_OLD = N_("This form was open for too long, or you have logged in anew since. Please reload it and try again.")


def init_app(app: Flask) -> None:
    """Let every error of `app` end in a page or a problem."""
    app.register_error_handler(DomainError, _domain_error)
    app.register_error_handler(ValidationError, _invalid_command)
    app.register_error_handler(HTTPException, http_error)
    for unavailable in (OperationalError, InterfaceError, PoolTimeout):
        app.register_error_handler(unavailable, _database_unavailable)
    app.register_error_handler(InternalError, _internal_of_database)
    app.register_error_handler(DataError, _impossible_value)
    app.register_error_handler(InternalServerError, _internal_error)
    app.register_error_handler(Exception, _unexpected)


def translated(error: DomainError | FieldError) -> str:
    """The error's text in the language of this page, with its parameters."""
    if isinstance(error, errors.InvalidTransition) and has_request_context() and not wants_json():
        return str(_(error.for_people))
    return filled(error.message, dict(error.params))


def filled(message: str, params: dict[str, Any]) -> str:
    """`message` (an English msgid) in the language of this page, with `params` put in, `Worded` ones in it too."""
    text: str = _(message)
    locale = spoken_locale()
    try:
        return text.format(**{key: one.to(locale) if isinstance(one, Worded) else one for key, one in params.items()})
    except (KeyError, IndexError, ValueError):
        return text


def wants_json() -> bool:
    """Whether the asker is a program: by address, by what it sends, else by what it accepts."""
    if request.path.startswith(API_PREFIX) or request.is_json:
        return True
    accepted = request.accept_mimetypes
    best = accepted.best_match(["text/html", "application/json", PROBLEM_JSON])
    return best in ("application/json", PROBLEM_JSON) and accepted[best] > accepted["text/html"]


def answer(
    status: int,
    *,
    message: str | None = None,
    errors: list[tuple[str, str]] | None = None,
    reference: str | None = None,
    title: str | None = None,
    mend: str | None = None,
) -> Response:
    """The answer for an error: texts are translated already. `errors` are pairs of field and message."""
    title = title or _(TITLES.get(status, HTTPStatus(status).phrase))
    message = message or filled(MESSAGES.get(status, TITLES.get(status, "")), _params()) or title
    if wants_json():
        return _problem(status, title, message, errors or [], reference)
    return _page(status, title=title, message=message, errors=errors or [], reference=reference, mend=mend)


def _params() -> dict[str, Any]:
    return {"limit_mb": current_settings().max_upload_mb}


def _problem(status: int, title: str, detail: str, found: list[tuple[str, str]], reference: str | None) -> Response:
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    if found:
        body["errors"] = [{"field": field, "message": message} for field, message in found]
    if reference:
        body["instance"] = f"urn:obhut:error:{reference}"
    response = jsonify(body)
    response.status_code = status
    response.mimetype = PROBLEM_JSON
    return response


def _page(status: int, **shown: Any) -> Response:
    try:
        page = render_template("error.html", status=status, **shown)
    except Exception as error:  # the page itself may need what just failed: database, session, routing
        log.warning("error_page_failed", status=status, error=type(error).__name__)
        page = _bare_page(shown["title"], shown["message"], shown.get("reference"))
    return make_response(page, status)


def _bare_page(title: str, message: str, reference: str | None) -> str:
    number = f"<p>{escape(reference)}</p>" if reference else ""
    return (
        f"<!doctype html><meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
        f"<title>{escape(title)}</title><h1>{escape(title)}</h1><p>{escape(message)}</p>{number}"
        f"<p><a href='/'>Obhut</a></p>"
    )


def _domain_error(error: DomainError) -> Response:
    status = next((code for kind, code in STATUS_OF.items() if isinstance(error, kind)), HTTPStatus.BAD_REQUEST)
    found = [(one.field, translated(one)) for one in error.errors] if isinstance(error, RuleViolation) else []
    message = _(RuleViolation.message) if len(found) > 1 else translated(error)
    return answer(status, message=message, errors=found)


def _invalid_command(error: ValidationError) -> Response:
    if not wants_json():
        return _unexpected(error)
    each = error.errors(include_input=False, include_url=False)
    found = [(field_of(dict(one)), message_for_programs(dict(one))) for one in each]
    return answer(HTTPStatus.UNPROCESSABLE_ENTITY, message=_(RuleViolation.message), errors=found)


def _impossible_value(error: DataError) -> Response:
    # What no database can hold, such as a NUL character or a number beyond all bounds, was never a good request.
    log.warning("impossible_value", endpoint=request.endpoint, error=type(error.orig).__name__)
    return answer(HTTPStatus.BAD_REQUEST)


def http_error(error: HTTPException) -> Response:
    """The page or problem for an error of HTTP."""
    status = error.code or 500
    if error.response is not None:
        return make_response(error.response)
    if status < 400:
        return make_response(error.get_response())
    response = answer(status, message=message_of(error))
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers.add(name, value)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        response.headers.setdefault("Retry-After", str(WAIT_AFTER_TOO_MANY_S))
    return response


def message_of(error: HTTPException) -> str | None:
    """What this very error has to say, in the language of this page; None where its status says it all."""
    if type(error).__name__ == "CSRFError":
        return str(_(FORM_TOO_OLD))
    if isinstance(error, TooManyRequests) and isinstance(error.retry_after, int):
        return filled(TRY_AGAIN, {"when": local_wait(error.retry_after)})
    return None


def _database_unavailable(error: Exception) -> Response:
    log.error("database_unavailable", error=type(error).__name__, cause=type(getattr(error, "orig", None)).__name__)
    response = answer(HTTPStatus.SERVICE_UNAVAILABLE)
    response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


def _internal_of_database(error: InternalError) -> Response:
    # While a standby takes over, or somebody has made the database read-only, what would write is only to come later.
    is_read_only = isinstance(error.orig, ReadOnlySqlTransaction)
    return _database_unavailable(error) if is_read_only else _unexpected(error)


def _internal_error(error: InternalServerError) -> Response:
    original = error.original_exception
    if isinstance(original, OperationalError | InterfaceError | PoolTimeout):
        return _database_unavailable(original)
    return _unexpected(original or error)


def _unexpected(error: BaseException) -> Response:
    reference = secrets.token_hex(4).upper()
    trace = (type(error), error, error.__traceback__)
    log.error(
        "unexpected_error", reference=reference, endpoint=request.endpoint, error=trace[0].__name__, exc_info=trace
    )
    propagate = current_app.config["PROPAGATE_EXCEPTIONS"]
    if current_app.testing if propagate is None else propagate:
        raise error
    return answer(HTTPStatus.INTERNAL_SERVER_ERROR, reference=reference)
