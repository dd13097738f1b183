"""The JSON API of requests for help: the same commands and domain functions as the pages."""

from uuid import UUID

from flask import Blueprint, jsonify

from auth.policies import current_actor, require
from auth.roles import Permission
from care import case_management, queries, support, support_queries, trail
from care.api import Answer
from care.support_rules import ActOnSupport, AskForSupport, ListSupport
from config.api_document import PAGE, Shape, answers
from config.database import transaction
from config.openapi import api

SUPPORT = Shape(
    "SupportRequest",
    (
        *("id", "case", "kind", "state", "source", "note", "asked_at", "due_at", "is_overdue", "owner", "outcome"),
        *("ended_at", "actions"),
    ),
)
blueprint = Blueprint("api_support", __name__, url_prefix="/api/v1/care")


@blueprint.post("/cases/<reference>/support-requests")
@require(Permission.CASES_CONTACT, api=True)
@answers(201, 200, shape=SUPPORT)
@api.validate(tags=["care"])
def ask(reference: str, json: AskForSupport) -> Answer:
    """Take down what a person needs. 200 instead of 201 when the same kind of help is waiting already."""
    actor = current_actor()
    case_id = queries.standing_case_for(actor, reference).id
    with transaction():
        request, created = support.ask(json, case=case_management.locked_case(case_id), actor=actor)
        shown = support_queries.as_json(request)
    return jsonify(shown), 201 if created else 200


@blueprint.get("/support-requests")
@require(Permission.CASES_SEE, api=True)
@answers(200, shape=PAGE)
@api.validate(tags=["care"])
def index(query: ListSupport) -> Answer:
    """The requests for help in one's own offices; without `state` all that wait, those due first on top."""
    actor = current_actor()
    page = support_queries.list_requests(actor, query)
    items, cases = [support_queries.as_json(one) for one in page.items], [one.case for one in page.items]
    trail.looked(actor, "cases.support_listed", cases)
    return jsonify({"items": items, "next": page.next})


@blueprint.post("/support-requests/<uuid:support_id>/actions")
@require(Permission.CASES_CONTACT, api=True)
@answers(200, shape=SUPPORT)
@api.validate(tags=["care"])
def act(support_id: UUID, json: ActOnSupport) -> Answer:
    """Take a request on, give it back, finish it, decline it with a reason, or take it up again."""
    actor = current_actor()
    case_id = support_queries.request_for(actor, support_id).case_id
    with transaction():
        case = case_management.locked_case(case_id)
        shown = support_queries.as_json(support.act(json, request_id=support_id, case=case, actor=actor))
    return jsonify(shown), 200
