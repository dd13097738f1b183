"""What became of the steps of an order, through the JSON API. Adds its addresses to `care.api`."""

from functools import partial
from uuid import UUID

from flask import jsonify

from auth.policies import current_actor, require
from auth.roles import Permission
from care import court_matters, order_notices, order_queries, queries, trail
from care.api import CASE, Answer, act_on, blueprint as cases
from care.order_rules import Acknowledge, Announce, NoteCourtMatter
from config.api_document import Shape, answers
from config.openapi import api

STEPS = Shape("OrderSteps", ("items", "court_matter", "missing_facts"))


@cases.get("/<reference>/orders")
@require(Permission.CASES_SEE, api=True)
@answers(200, shape=STEPS)
@api.validate(tags=["care"])
def order_steps(reference: str) -> Answer:
    """Every step of the order: its paper, how and when it was given away, from when it counts, who has read it."""
    actor = current_actor()
    found = queries.case_for(actor, reference)
    shown = order_queries.of_case(found)
    matter = shown["court_matter"]
    trail.looked(actor, "case.viewed", [found])
    return jsonify(
        {
            "items": [order_queries.as_json(one) for one in shown["notices"]],
            "court_matter": order_queries.as_json(matter) if matter else None,
            "missing_facts": shown["missing_facts"],
        }
    )


@cases.post("/<reference>/orders/<uuid:notice_id>/announcement")
@require(Permission.CASES_ORDER, api=True)
@answers(200, shape=CASE)
@api.validate(tags=["care"])
def announce(reference: str, notice_id: UUID, json: Announce) -> Answer:
    """Note how and when the paper of a step was given away, or that it never came."""
    return act_on(reference, json, partial(order_notices.announce, notice_id=notice_id), 200)


@cases.post("/<reference>/orders/acknowledgement")
@require(Permission.CASES_CONTACT, api=True)
@answers(200, shape=CASE)
@api.validate(tags=["care"])
def acknowledge(reference: str, json: Acknowledge) -> Answer:
    """The person has received and read the order. Said before: nothing happens."""
    return act_on(reference, json, order_notices.acknowledge, 200)


@cases.post("/<reference>/court-matter")
@require(Permission.CASES_ORDER, api=True)
@answers(200, shape=CASE)
@api.validate(tags=["care"])
def court_matter(reference: str, json: NoteCourtMatter) -> Answer:
    """Flag that deprivation of liberty is a matter for the court, or that it is none any more. It is a note alone."""
    return act_on(reference, json, court_matters.note, 200)
