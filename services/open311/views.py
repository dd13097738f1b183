"""Open311 GeoReport v2: what everybody may read. The ending of an address is the form of the answer."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Blueprint, Response, request
from flask_babel import force_locale

from auth.policies import public
from config.limits import limited
from config.settings import current_settings
from services.open311 import answering, asking, queries, representations
from services.open311.answering import FORM, check_jurisdiction, response_of
from services.open311.asking import Problem

blueprint = Blueprint("open311", __name__, url_prefix=representations.PATH)
answering.init(blueprint)
View = TypeVar("View", bound=Callable[..., Any])
A_MINUTE_S, FIVE_MINUTES_S = 60, 300


def speaks(root: str, kept_s: int) -> Callable[[View], View]:
    """Let a view give back content, and answer with it in the form that the address ends in; `root` is its name in XML.

    `kept_s`: for how many seconds anybody may keep the answer.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def answered(form: str, **arguments: Any) -> Response:
            check_jurisdiction()
            with force_locale(current_settings().locale):
                response = response_of(root, view(**arguments), form)
            response.headers["Cache-Control"] = f"public, max-age={kept_s}"
            response.add_etag()
            response.make_conditional(request)
            return response

        return cast(View, answered)

    return decorate


@blueprint.get(f"/discovery.{FORM}")
@public(api=True)
@limited("reports")
@speaks("discovery", FIVE_MINUTES_S)
def discovery() -> Any:
    return representations.discovery()


@blueprint.get(f"/services.{FORM}")
@public(api=True)
@limited("reports")
@speaks("services", FIVE_MINUTES_S)
def services() -> Any:
    return representations.services()


@blueprint.get(f"/services/<code>.{FORM}")
@public(api=True)
@limited("reports")
@speaks("service_definition", FIVE_MINUTES_S)
def definition(code: str) -> Any:
    service = queries.public_services().get(code)
    if service is None:
        raise Problem(404, f"service_code {code[:80]} was not found.")
    return representations.definition(service)


@blueprint.get(f"/requests.{FORM}")
@public(api=True)
@limited("reports")
@speaks("service_requests", A_MINUTE_S)
def requests() -> Any:
    rows = queries.reports(asking.wanted(request.args, current_settings().zone))
    if not _with_extensions():
        return [representations.report(row) for row in rows]
    updates = queries.updates_of_all(rows)
    return [representations.report(row, updates.get(row.id, [])) for row in rows]


@blueprint.get(f"/requests/<reference>.{FORM}")
@public(api=True)
@limited("reports")
@speaks("service_requests", A_MINUTE_S)
def one_request(reference: str) -> Any:
    row = queries.report(reference)
    if row is None:
        raise Problem(404, f"service_request_id {reference[:80]} was not found.")
    return [representations.report(row, queries.updates_of(row) if _with_extensions() else None)]


@blueprint.get(f"/tokens/<reference>.{FORM}")
@public(api=True)
@limited("reports")
@speaks("service_requests", A_MINUTE_S)
def token(reference: str) -> Any:
    """Reports have their id at once here, so none is waited for under a token; the id itself will do as one."""
    row = queries.report(reference)
    if row is None:
        raise Problem(404, f"token {reference[:80]} was not found.")
    return [{"service_request_id": row.reference, "token": reference}]


@blueprint.get(f"/servicerequestupdates.{FORM}")
@public(api=True)
@limited("reports")
@speaks("service_request_updates", A_MINUTE_S)
def updates() -> Any:
    since, until = asking.span(request.args, current_settings().zone)
    rows = queries.updates(since, until, **asking.pages(request.args))
    return [representations.update(row) for row in rows]


def _with_extensions() -> bool:
    return request.args.get("extensions", "").strip().lower() in ("true", "1", "yes")


@blueprint.route("/<path:filename>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
@public(api=True)
def nothing_here(filename: str) -> Any:
    if request.method not in ("GET", "HEAD"):
        raise Problem(405, "This address cannot be used in this way.")
    raise Problem(404, "There is nothing at this address.")
