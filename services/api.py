"""The JSON API of this wing: the same commands and the same domain calls as the pages."""

from typing import Any

from flask import Blueprint, jsonify, url_for

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
from services import (
    casework,
    decisions,
    downloads,
    notes,
    queries,
    representations,
    submission,
    trail,
    versions,
    work_list,
)
from services.commands import Act, Submit, SubmitBody, Upload, WriteNote
from services.lifecycle import Action
from services.work_filters import VIEWS, ListRequests, View

blueprint = Blueprint("api_services", __name__)
REQUEST = Shape(
    "Request",
    ("reference", "service", "department", "status", "answers", "provenance", "attachments", "events", "actions"),
)
FILE = Shape("File")


class ListQuery(ListRequests):
    """Query of the list of requests: the filters of the work list, and its tabs as `view`."""

    view: View | None = None

    def as_filters(self) -> ListRequests:
        """The filters of the tab, and over them those that were given."""
        given = self.model_dump(exclude={"view"}, exclude_none=True)
        return ListRequests.model_validate((VIEWS[self.view] if self.view else {}) | given)


@blueprint.post("/api/v1/services/<slug>/requests")
@takes_files
@require(Permission.REQUESTS_OWN, Permission.REQUESTS_WORK, api=True, asks_first=versions.questions_of_offer)
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
        uploads=tuple(Upload(field=one.field, file_name=one.file_name, data=one.data) for one in json.uploads),
        source="api",
    )
    prepared = submission.prepare(command)
    with transaction():
        request, is_new = submission.submitted(prepared, actor)
        # Who hands it in knows it: that is no look.
        shown = representations.as_json(request, actor, actor.locale, is_new=is_new)
    location = url_for("api_services.show", reference=shown["reference"])
    return jsonify(shown), 201, {"Location": location}


@blueprint.get("/api/v1/requests")
@require(Permission.REQUESTS_OWN, Permission.REQUESTS_WORK, api=True)
@answers(200, shape=A_PAGE)
@api.validate(tags=["services"])
def index(query: ListQuery) -> Answer:
    """Requests by deadline: those of the department, or one's own."""
    actor = current_actor()
    if query.after and queries.page_key(query.after) is None:
        raise RuleViolation("after", N_("This page mark is damaged."))
    if actor.may(Permission.REQUESTS_WORK):
        today = clock.today(current_settings().zone)
        page = work_list.work_list(actor, query.as_filters(), today)
    else:
        page = queries.page(queries.own_requests(actor), query.after, query.limit)
    items = [representations.summary_json(one) for one in page.items]
    trail.looked(actor, "requests.listed", page.items, searched=bool(query.q))
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
    if json.action is Action.HAND_ON:  # from here on it may be another department's
        return jsonify({"reference": reference.upper(), "department": json.to})
    return jsonify(_shown(reference))


@blueprint.get("/api/v1/requests/<reference>/notes")
@require(Permission.REQUESTS_WORK, api=True)
@answers(200, shape=Shape("Notes", ("items",)))
@api.validate(tags=["services"])
def list_notes(reference: str) -> Answer:
    """What colleagues wrote for each other about a request, the oldest first."""
    actor = current_actor()
    found = queries.get(actor, reference, among=queries.work_of)
    items = [representations.note_json(one) for one in notes.of(found)]
    trail.looked(actor, "request.viewed", [found])
    return jsonify({"items": items})


@blueprint.post("/api/v1/requests/<reference>/notes")
@require(Permission.REQUESTS_WORK, api=True)
@answers(201, shape=Shape("Note", ("id", "at", "by", "text")))
@api.validate(tags=["services"])
def write_note(reference: str, json: WriteNote) -> Answer:
    """Note something for colleagues; the applicant does not see it."""
    with transaction():
        written = representations.note_json(notes.write(reference, json, current_actor()))
    return jsonify(written), 201


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
