"""The JSON API of this wing: the same commands and the same domain calls as the pages."""

from typing import Any

from flask import Blueprint, jsonify, url_for
from pydantic import BaseModel, Field

from auth.policies import current_actor, require
from auth.roles import Permission
from config import clock
from config.api_document import PAGE as A_PAGE, Shape, answers
from config.bodies import takes_files
from config.database import transaction
from config.errors import N_, RuleViolation
from config.localisation import is_locale
from config.openapi import Answer, api
from config.settings import current_settings
from services import casework, decisions, downloads, queries, representations, submission, trail
from services.commands import Act, Submit, SubmitBody, Upload
from services.queries import PAGE, View

blueprint = Blueprint("api_services", __name__)
MAX_PAGE = 200
REQUEST = Shape(
    "Request",
    ("reference", "service", "department", "status", "answers", "provenance", "attachments", "events", "actions"),
)
FILE = Shape("File")


class ListQuery(BaseModel):
    """Query of the list of requests."""

    view: View = View.OPEN
    service: str | None = None
    after: str | None = None
    limit: int = Field(default=PAGE, ge=1, le=MAX_PAGE)


@blueprint.post("/api/v1/services/<slug>/requests")
@takes_files
@require(Permission.REQUESTS_OWN, Permission.REQUESTS_WORK, api=True)
@answers(201, shape=REQUEST)
@api.validate(tags=["services"])
def create(slug: str, json: SubmitBody) -> Answer:
    """Hand in a request. Files come as `uploads` of field, file name and base64 data."""
    actor = current_actor()
    if not is_locale(json.locale):
        raise RuleViolation("locale", N_("We do not know this language."))
    command = Submit(
        slug=slug,
        answers=json.answers,
        locale=json.locale,
        submission_key=submission.new_key(),
        uploads=tuple(Upload(field=one.field, file_name=one.file_name, data=one.data) for one in json.uploads),
        source="api",
    )
    prepared = submission.prepare(command)
    with transaction():
        request, _ = submission.submitted(prepared, actor)
        shown = representations.as_json(request, actor, actor.locale)  # who hands it in knows it: that is no look
    location = url_for("api_services.show", reference=shown["reference"])
    return jsonify(shown), 201, {"Location": location}


@blueprint.get("/api/v1/requests")
@require(Permission.REQUESTS_OWN, Permission.REQUESTS_WORK, api=True)
@answers(200, shape=A_PAGE)
@api.validate(tags=["services"])
def index(query: ListQuery) -> Answer:
    """Requests by deadline: those of the department, or one's own."""
    actor = current_actor()
    if actor.may(Permission.REQUESTS_WORK):
        today = clock.today(current_settings().zone)
        page = queries.work_list(actor, query.view, today, slug=query.service, after=query.after, limit=query.limit)
    else:
        page = queries.page(queries.own_requests(actor), query.after, query.limit)
    items = [representations.summary_json(one) for one in page.items]
    trail.looked(actor, "requests.listed", page.items, view=query.view.value)
    return jsonify({"items": items, "next": page.next})


@blueprint.get("/api/v1/requests/<reference>")
@require(Permission.REQUESTS_OWN, Permission.REQUESTS_WORK, api=True)
@answers(200, shape=REQUEST)
@api.validate(tags=["services"])
def show(reference: str) -> Answer:
    """One request with its answers, files and events."""
    return jsonify(_shown(reference))


@blueprint.post("/api/v1/requests/<reference>/transitions")
@require(Permission.REQUESTS_OWN, Permission.REQUESTS_WORK, api=True)
@answers(200, shape=REQUEST)
@api.validate(tags=["services"])
def transition(reference: str, json: Act) -> Answer:
    """Carry out one action of the transition table."""
    actor = current_actor()
    decision = decisions.prepare(reference, json, actor)
    with transaction():
        casework.act(reference, json, actor, decision)
    return jsonify(_shown(reference))


@blueprint.get("/api/v1/requests/<reference>/files/<attachment_id>")
@require(Permission.REQUESTS_OWN, Permission.REQUESTS_WORK, api=True)
@answers(200, shape=FILE, media_type="*/*")
@api.validate(tags=["services"])
def download(reference: str, attachment_id: str) -> Answer:
    """One file of a request."""
    actor = current_actor()
    attachment = queries.attachment(actor, reference, attachment_id)
    answer = downloads.file(attachment)
    trail.looked(actor, "request.file_read", [attachment.request], file=attachment_id)
    return answer


def _shown(reference: str) -> dict[str, Any]:
    actor = current_actor()
    found = queries.get(actor, reference)
    shown = representations.as_json(found, actor, actor.locale)
    trail.looked(actor, "request.viewed", [found])
    return shown
