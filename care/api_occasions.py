"""The JSON API of occasions and their guests: the same commands and domain functions as the pages."""

from typing import Annotated, Any
from uuid import UUID

from flask import Blueprint, jsonify, url_for
from flask_babel import gettext as _
from pydantic import Field

from auth.policies import current_actor, require
from auth.roles import Permission
from care import guest_lists, occasion_cases, occasion_pages, occasions, queries, trail
from care.api import Answer
from care.commands import Command
from care.naming_rules import ActOnNamed, NamedPerson, NamedState
from care.occasion_rules import AddCase, AddGuests, EnrolGuests, MakeOccasion
from config.api_document import PAGE, Shape, answers
from config.database import transaction
from config.errors import FieldError, RuleViolation
from config.openapi import api

OCCASION = Shape(
    "Occasion",
    (
        "reference",
        "name",
        "place",
        "held_on",
        "held_until",
        "setting",
        "protocol",
        "created_at",
        "link_until",
        "guests",
    ),
)
LINK = Shape("OrganiserLink", ("url",))
ENROLLED = Shape("GuestsEnrolled", ("made", "passed_over"))
blueprint = Blueprint("api_occasions", __name__, url_prefix="/api/v1/care/occasions")


class ListOccasions(Command):
    """`after`: the mark that the page before gave."""

    after: str | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


@blueprint.get("")
@require(Permission.CASES_SEE, api=True)
@answers(200, shape=PAGE)
@api.validate(tags=["care"])
def index(query: ListOccasions) -> Answer:
    """The occasions of one's own offices, the newest first."""
    return jsonify(occasion_pages.list_json(current_actor(), query.after, query.limit)), 200


@blueprint.post("")
@require(Permission.CASES_ENROL, api=True)
@answers(201, shape=OCCASION)
@api.validate(tags=["care"])
def create(json: MakeOccasion) -> Answer:
    """Record where people met, and when."""
    actor = current_actor()
    office_id = queries.office_for(actor, Permission.CASES_ENROL)
    with transaction():
        reference = occasions.make(json, actor=actor, office_id=office_id).reference
    return jsonify(_shown(reference)), 201, {"Location": url_for("api_occasions.show", reference=reference)}


@blueprint.get("/<reference>")
@require(Permission.CASES_SEE, api=True)
@answers(200, shape=OCCASION)
@api.validate(tags=["care"])
def show(reference: str) -> Answer:
    """One occasion with its guests."""
    return jsonify(_shown(reference)), 200


@blueprint.post("/<reference>/guests")
@require(Permission.CASES_ENROL, api=True)
@answers(201, shape=OCCASION)
@api.validate(tags=["care"])
def add_guests(reference: str, json: AddGuests) -> Answer:
    """Put guests on the list, one by one or as CSV; who stands on it already is not added again."""
    actor = current_actor()
    found, guests = occasions.occasion_for(actor, reference).id, _guests_in(json)
    with transaction():
        locked = occasions.locked_occasion(found)
        occasions.add_guests(guests, occasion=locked, actor=actor, source=json.source)
    return jsonify(_shown(reference)), 201


@blueprint.post("/<reference>/guests/<uuid:guest_id>/actions")
@require(Permission.CASES_ENROL, api=True)
@answers(200, shape=OCCASION)
@api.validate(tags=["care"])
def act(reference: str, guest_id: UUID, json: ActOnNamed) -> Answer:
    """Enrol a guest, say which case they are or that they are no contact, or undo that."""
    actor = current_actor()
    found = occasions.occasion_for(actor, reference).id
    with transaction():
        occasions.act(json, guest_id=guest_id, occasion=occasions.locked_occasion(found), actor=actor)
    return jsonify(_shown(reference)), 200


@blueprint.post("/<reference>/enrolments")
@require(Permission.CASES_ENROL, api=True)
@answers(200, shape=ENROLLED)
@api.validate(tags=["care"])
def enrol(reference: str, json: EnrolGuests) -> Answer:
    """Make cases of many guests at once; who is like somebody in care already is passed over."""
    actor = current_actor()
    found = occasions.occasion_for(actor, reference)
    waiting = [guest.id for guest in found.guests if guest.state is NamedState.NAMED]
    chosen = waiting if json.guests is None else json.guests
    done = occasions.enrol_in_bulk(found.id, chosen, actor)
    return jsonify({"made": done.made, "passed_over": done.passed_over}), 200


@blueprint.post("/<reference>/cases")
@require(Permission.CASES_ENROL, api=True)
@answers(200, shape=OCCASION)
@api.validate(tags=["care"])
def add_case(reference: str, json: AddCase) -> Answer:
    """Somebody in care was there."""
    actor = current_actor()
    found = occasions.occasion_for(actor, reference).id
    with transaction():
        occasion_cases.add_case(json.case, occasion=occasions.locked_occasion(found), actor=actor)
    return jsonify(_shown(reference)), 200


@blueprint.post("/<reference>/link")
@require(Permission.CASES_ENROL, api=True)
@answers(201, shape=LINK)
@api.validate(tags=["care"])
def make_link(reference: str) -> Answer:
    """Make a link through which the organiser adds guests; an earlier one ends. It is shown this once."""
    actor = current_actor()
    found = occasions.occasion_for(actor, reference).id
    with transaction():
        url = occasions.new_link(occasions.locked_occasion(found), actor)
    return jsonify({"url": url}), 201


def _guests_in(command: AddGuests) -> list[NamedPerson]:
    """Raises RuleViolation with every mistake by its row."""
    if command.csv is None:
        return list(command.guests)
    found = guest_lists.read_lines(command.csv)
    if found.mistakes:
        raise RuleViolation.of(FieldError(f"csv.{one.row}", _(one.message)) for one in found.mistakes)
    return list(found.guests)


def _shown(reference: str) -> dict[str, Any]:
    actor = current_actor()
    found = occasions.occasion_for(actor, reference)
    values, office_id = occasion_pages.occasion_json(actor, found), found.office_id
    cases = [one["case"]["reference"] for one in values["guests"] if one["case"]]
    trail.looked_at_occasion(actor, office_id, values["reference"], cases)
    return values
