"""The JSON API of named contacts: the same commands and domain functions as the pages."""

from typing import Any
from uuid import UUID

from flask import Blueprint, jsonify

from auth.policies import current_actor, require
from auth.roles import Permission
from care import case_management, naming, naming_queries, queries, trail
from care.api import Answer
from care.naming_rules import ActOnNamed, NameContacts
from config.api_document import Shape, answers
from config.database import transaction
from config.openapi import api

CONTACTS = Shape("NamedContacts", ("items", "next", "finished", "named_by"))
CONTACT = Shape(
    "NamedContact",
    (
        *("id", "given_name", "family_name", "birth_date", "phone", "email", "relation", "last_contact_on", "remark"),
        *("state", "source", "named_at", "attempts", "last_attempt_at", "case", "line_list", "actions"),
    ),
)
blueprint = Blueprint("api_naming", __name__, url_prefix="/api/v1/care/cases")


@blueprint.get("/<reference>/contacts")
@require(Permission.CASES_SEE, api=True)
@answers(200, shape=CONTACTS)
@api.validate(tags=["care"])
def index(reference: str) -> Answer:
    """Whom the person has named, whether these are all, and the cases whose persons have named this one."""
    return jsonify(_shown(reference)), 200


@blueprint.post("/<reference>/contacts")
@require(Permission.CASES_CONTACT, api=True)
@answers(201, shape=CONTACTS)
@api.validate(tags=["care"])
def name(reference: str, json: NameContacts) -> Answer:
    """Take down whom an infected person has met. `finished`: these are all; with nobody at all, `none` confirms it."""
    actor = current_actor()
    case_id = queries.standing_case_for(actor, reference).id
    with transaction():
        case = case_management.locked_case(case_id)
        naming.name(json, case=case, actor=actor)
    return jsonify(_shown(case.reference)), 201


@blueprint.post("/<reference>/contacts/<uuid:contact_id>/actions")
@require(Permission.CASES_ENROL, api=True)
@answers(200, shape=CONTACT)
@api.validate(tags=["care"])
def act(reference: str, contact_id: UUID, json: ActOnNamed) -> Answer:
    """Enrol somebody named, say which case they are, note an attempt, give up, or say that they are no contact."""
    actor = current_actor()
    case_id = queries.standing_case_for(actor, reference).id
    with transaction():
        contact = naming.act(json, contact_id=contact_id, case_id=case_id, actor=actor)
        shown = naming_queries.contacts_json(actor, [contact])[0]
    return jsonify(shown), 200


def _shown(reference: str) -> dict[str, Any]:
    case = queries.case_for(current_actor(), reference)
    values = naming_queries.list_json(current_actor(), case)
    trail.looked(current_actor(), "case.viewed", [case])
    return values
