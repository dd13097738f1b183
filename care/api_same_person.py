"""The JSON API of cases that may be one person's, and of cases that other offices offer."""

from typing import Annotated

from flask import Blueprint, jsonify
from pydantic import Field

from auth.policies import current_actor, require
from auth.roles import Permission
from care import duplicate_queries, merging, trail, transfer, transfer_queries
from care.api import CASE, Answer, shown
from care.commands import AnswerTransfer, Command
from care.merge_rules import MergeCases
from config.api_document import PAGE, Shape, answers
from config.database import transaction
from config.openapi import api

TRANSFER = Shape("TransferAnswer", ("reference", "state"))
blueprint = Blueprint("api_same_person", __name__, url_prefix="/api/v1/care")


class ListDuplicates(Command):
    """`after` is the cursor that the last page gave."""

    after: Annotated[str | None, Field(max_length=200)] = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


@blueprint.get("/duplicates")
@require(Permission.CASES_SEE, api=True)
@answers(200, shape=PAGE)
@api.validate(tags=["care"])
def duplicates(query: ListDuplicates) -> Answer:
    """Pairs of cases that may be one person's, the likeliest first: how likely (0 to 100), and because of what."""
    actor = current_actor()
    page = duplicate_queries.list_pairs(actor, query.after, query.limit)
    items = [duplicate_queries.pair_json(pair) for pair in page.items]
    trail.looked(actor, "cases.duplicates_listed", [case for pair in page.items for case in (pair.case_a, pair.case_b)])
    return jsonify({"items": items, "next": page.next})


@blueprint.post("/cases/<reference>/merge")
@require(Permission.CASES_CLOSE, api=True)
@answers(200, shape=CASE)
@api.validate(tags=["care"])
def merge(reference: str, json: MergeCases) -> Answer:
    """Let the case `other` go into this one. `choices`: for each field that differs, `kept` or `other`."""
    with transaction():
        merging.merge(json, reference=reference, actor=current_actor())
    return jsonify(shown(reference)), 200


@blueprint.get("/transfers")
@require(Permission.CASES_TRANSFER, api=True)
@answers(200, shape=PAGE)
@api.validate(tags=["care"])
def transfers() -> Answer:
    """The cases that other offices offer to one's own, those that run out first on top; not who the people are."""
    actor = current_actor()
    items = transfer_queries.waiting_json(actor)
    transfer_queries.note_looks(actor, [one["reference"] for one in items])
    return jsonify({"items": items, "next": None})


@blueprint.post("/transfers/<reference>")
@require(Permission.CASES_TRANSFER, api=True)
@answers(200, shape=TRANSFER)
@api.validate(tags=["care"])
def answer(reference: str, json: AnswerTransfer) -> Answer:
    """Take an offered case over, or refuse it with a reason."""
    transfer.answer(json, reference=reference, actor=current_actor())
    return jsonify({"reference": reference.strip().upper(), "state": "accepted" if json.accept else "refused"}), 200


@blueprint.post("/cases/<reference>/transfer/withdrawal")
@require(Permission.CASES_TRANSFER, api=True)
@answers(200, shape=TRANSFER)
@api.validate(tags=["care"])
def withdraw(reference: str) -> Answer:
    """Take back an offer that waits for the other office's answer."""
    transfer.withdraw(reference=reference, actor=current_actor())
    return jsonify({"reference": reference.strip().upper(), "state": "withdrawn"}), 200
