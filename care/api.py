"""The JSON API of quarantine care: the same commands and domain functions as the pages."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, jsonify, request, url_for

from auth.policies import current_actor, require
from auth.roles import Permission
from care import (
    case_management,
    course_representations,
    duplicate_queries,
    household_answers,
    known_people,
    lab_results,
    orders,
    period_changes,
    queries,
    representations,
    seen,
    trail,
    transfer,
)
from care.commands import (
    CloseCase,
    Command,
    EnrolCase,
    ExtendMonitoring,
    MoveToProtocol,
    OrderEvent,
    RecordLabResult,
    RecordReport,
    ReviewCase,
    SetPreferences,
    SetPublicHealthAction,
    TransferCase,
)
from care.list_filters import ListCases
from care.vocabulary import ReportChannel
from config.api_document import PAGE, Shape, answers
from config.database import transaction
from config.openapi import api

Answer = Response | tuple[Response, int] | tuple[Response, int, dict[str, str]]  # spectree reads these hints
CASE = Shape(
    "Case",
    (
        *("reference", "kind", "status", "line_list", "because", "findings", "priority", "monitoring", "order"),
        *("next_check_in_at", "reassess_at", "protocol", "person"),
    ),
)
TIMELINE = Shape("Timeline", ("items", "reports", "next"))
blueprint = Blueprint("api_care", __name__, url_prefix="/api/v1/care/cases")


@blueprint.post("")
@require(Permission.CASES_ENROL, api=True)
@answers(201, 200, shape=CASE)
@api.validate(tags=["care"])
def create(json: EnrolCase) -> Answer:
    """Take a person into care. 200 instead of 201 when the case with this external_id was there already.

    `alike`, where there are any: cases that may be the same person's, how likely (0 to 100), and because of what.
    """
    actor = current_actor()
    alike = duplicate_queries.alike_json(known_people.maybe_the_same(actor, [json])[0])
    office_id = queries.office_for(actor, Permission.CASES_ENROL)
    with transaction():
        enrolment = case_management.enrol(json, actor=actor, office_id=office_id)
        reference, status = enrolment.case.reference, 201 if enrolment.created else 200
    values = shown(reference) | ({"alike": alike} if alike and status == 201 else {})
    return jsonify(values), status, {"Location": url_for("api_care.show", reference=reference)}


@blueprint.get("")
@require(Permission.CASES_SEE, api=True)
@answers(200, shape=PAGE)
@api.validate(tags=["care"])
def index(query: ListCases) -> Answer:
    """The cases of one's own offices, highest priority first."""
    actor = current_actor()
    page = queries.list_cases(actor, query)
    items = [representations.case_json(case) for case in page.items]
    trail.looked(actor, "cases.listed", page.items, list=query.line_list, searched=bool(query.q))
    return jsonify({"items": items, "next": page.next})


@blueprint.get("/<reference>")
@require(Permission.CASES_SEE, api=True)
@answers(200, shape=CASE)
@api.validate(tags=["care"])
def show(reference: str) -> Answer:
    """One case with its list, the reason, its findings and dates."""
    return jsonify(shown(reference))


@blueprint.get("/<reference>/timeline")
@require(Permission.CASES_SEE, api=True)
@answers(200, shape=TIMELINE)
@api.validate(tags=["care"])
def timeline(reference: str) -> Answer:
    """What happened, oldest first, and the reports."""
    case = queries.case_for(current_actor(), reference)
    items = representations.timeline_json(case)
    reports = [representations.report_json(report) for report in case.reports]
    trail.looked(current_actor(), "case.timeline_read", [case])
    return jsonify({"items": items, "reports": reports, "next": None})


@blueprint.post("/<reference>/reports")
@require(Permission.CASES_REPORT, api=True)
@answers(201, 200, shape=CASE)
@api.validate(tags=["care"])
def report(reference: str, json: RecordReport) -> Answer:
    """Take down a report, for the members of the household too. 200 instead of 201 when all of it was said just now."""
    actor = current_actor()
    case_id = queries.standing_case_for(actor, reference).id
    with transaction():
        case = case_management.locked_case(case_id)
        taken = household_answers.record(json, case=case, actor=actor, channel=ReportChannel.API)
        said, status = representations.taken_json(taken.own, taken.members), 201 if taken.any_new else 200
    return jsonify(shown(case.reference) | said), status


@blueprint.post("/<reference>/reviews")
@require(Permission.CASES_REVIEW, api=True)
@answers(201, shape=CASE)
@api.validate(tags=["care"])
def review(reference: str, json: ReviewCase) -> Answer:
    """Judge what was reported until now; the reports stay as they are."""
    return act_on(reference, json, case_management.review, 201)


@blueprint.post("/<reference>/lab-results")
@require(Permission.CASES_REPORT, api=True)
@answers(201, shape=CASE)
@api.validate(tags=["care"])
def lab_result(reference: str, json: RecordLabResult) -> Answer:
    """Add a laboratory result."""
    return act_on(reference, json, lab_results.record, 201)


@blueprint.post("/<reference>/orders")
@require(Permission.CASES_ORDER, api=True)
@answers(201, shape=CASE)
@api.validate(tags=["care"])
def order(reference: str, json: OrderEvent) -> Answer:
    """Add an event to the quarantine or isolation order."""
    return act_on(reference, json, orders.apply, 201)


@blueprint.post("/<reference>/actions")
@require(Permission.CASES_REVIEW, api=True)
@answers(200, shape=CASE)
@api.validate(tags=["care"])
def action(reference: str, json: SetPublicHealthAction) -> Answer:
    """Order a public-health action; `none` ends it."""
    return act_on(reference, json, case_management.set_action, 200)


@blueprint.post("/<reference>/extensions")
@require(Permission.CASES_REVIEW, api=True)
@answers(201, shape=CASE)
@api.validate(tags=["care"])
def extension(reference: str, json: ExtendMonitoring) -> Answer:
    """Set the last day of monitoring, inclusive: later, or earlier where the protocol allows it."""
    return act_on(reference, json, period_changes.set_end, 201)


@blueprint.post("/<reference>/protocol")
@require(Permission.CASES_REVIEW, api=True)
@answers(200, shape=CASE)
@api.validate(tags=["care"])
def protocol(reference: str, json: MoveToProtocol) -> Answer:
    """Follow the case by the newest version of its protocol, by the one that is named, or by another protocol."""
    return act_on(reference, json, period_changes.move, 200)


@blueprint.post("/<reference>/preferences")
@require(Permission.CASES_CONTACT, api=True)
@answers(200, shape=CASE)
@api.validate(tags=["care"])
def preferences(reference: str, json: SetPreferences) -> Answer:
    """Change channel, time of day, language; pause and resume."""
    return act_on(reference, json, case_management.set_preferences, 200)


@blueprint.post("/<reference>/close")
@require(Permission.CASES_CLOSE, api=True)
@answers(200, shape=CASE)
@api.validate(tags=["care"])
def close(reference: str, json: CloseCase) -> Answer:
    """Close the case."""
    return act_on(reference, json, case_management.close, 200)


@blueprint.post("/<reference>/transfer")
@require(Permission.CASES_TRANSFER, api=True)
@api.validate(tags=["care"])
def hand_over(reference: str, json: TransferCase) -> Answer:
    """Hand the case over to another health office; whoever did it does not see it any more.

    With `offer` that office has to accept first: then `state` is `offered`, and the case stays until it does.
    """
    state = transfer.hand_over(json, reference=reference, actor=current_actor())
    office = json.office.strip().lower()
    return jsonify({"reference": reference.strip().upper(), "office": office, "state": state.value}), 200


def act_on(
    reference: str,
    command: Command,
    act: Callable[..., Any],
    status: int,
    lock: Callable[[Any, UUID], Any] | None = None,
) -> Answer:
    """Let `act` do with the locked case what `command` says; only with the revision that `If-Match` names, if any.

    It is done with the case that this one has gone into, if it has, and that one is the answer.
    """
    actor = current_actor()
    case_id = queries.standing_case_for(actor, reference).id
    with transaction():
        case = lock(command, case_id) if lock else case_management.locked_case(case_id)
        seen.refuse_if_not(case, request.headers.get("If-Match"), asked=reference)
        act(command, case=case, actor=actor)
    return jsonify(shown(case.reference)), status


def shown(reference: str) -> dict[str, Any]:
    """The case as an answer shows it; that it was looked at is recorded. Raises NotFound."""
    case = queries.case_for(current_actor(), reference)
    values = representations.case_json(case) | course_representations.course_json(case)
    values["shortenings"] = representations.shortenings_json(case)
    trail.looked(current_actor(), "case.viewed", [case])
    return values
