"""What is kept of cases beside the cases themselves, part by part, for sheets of a history and for copies alike.

Times are RFC 3339 in UTC, days ISO 8601.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from auth.actors import Actor
from care import (
    course_representations as course,
    court_matters,
    naming_queries,
    occasion_pages,
    order_queries,
    representations,
    support_queries,
    transfer_queries,
)
from care.assessment_models import CheckIn, LabResult, Review, SymptomReport
from care.course_models import EXPOSURE, Comment, Conversion, Travel, Vaccination
from care.models import Case, CaseEvent, OfficeTask, OrderRecord
from care.order_models import CourtMatter, OrderNotice
from care.support_models import SupportRequest
from care.transfer_models import Transfer
from config.database import db
from config.errors import N_
from config.rowsets import among

Json = dict[str, Any]
HOUSE = Actor.system("care.copies")


@dataclass(frozen=True)
class Part:
    """One sort of what is kept: its key in the copies, the name and the columns of its sheet.

    `rows`: for an actor and cases the rows that they may see, each with the id of its case. A column is a key of the
    rows; of a mapping in them, with its key after a dot.
    """

    key: str
    name: str
    columns: tuple[str, ...]
    rows: Callable[[Actor, Collection[UUID]], Iterable[tuple[UUID, Json]]]


def _kept(key: str, name: str, columns: str, model: Any, time: str, shown: Callable[[Any], Json]) -> Part:
    """A part whose rows are those of `model`, seen by whoever sees the case: one statement, oldest first."""

    def rows(actor: Actor, case_ids: Collection[UUID]) -> Iterator[tuple[UUID, Json]]:
        wanted = select(model).where(among(model.case_id, case_ids)).order_by(getattr(model, time), model.id)
        return ((row.case_id, shown(row)) for row in db.session.scalars(wanted))

    return Part(key, name, tuple(columns.split()), rows)


def _event(row: CaseEvent) -> Json:
    return representations.event_json(row, whole=True) | {"name": row.actor_name}


PARTS: tuple[Part, ...] = (
    _kept(
        "reports", N_("Reports"),
        "reported_at recorded_at by channel symptoms temperature_c fever_reducer note id corrects replaces",
        SymptomReport, "reported_at", representations.report_json,
    ),
    _kept(
        "check_ins", N_("Check-ins"), "day slot asked_at due_at expires_at answered_at",
        CheckIn, "due_at", representations.check_in_json,
    ),
    _kept(
        "lab_results", N_("Laboratory"), "sampled_on kind result recorded_at removed_at",
        LabResult, "recorded_at", course.lab_result_json,
    ),
    _kept(
        "vaccinations", N_("Vaccinations"), "recorded_at vaccine given_on dose",
        Vaccination, "recorded_at", course.vaccination_json,
    ),
    _kept("travel", N_("Travel"), "recorded_at place from_on until_on note", Travel, "recorded_at", course.travel_json),
    Part(
        "exposures", N_("Exposures"),
        ("recorded_at", *EXPOSURE, "source_case", "occasion", "removed_at", "id", "replaces"),
        course.exposures_of,
    ),
    _kept("reviews", N_("Reviews"), "at outcome note by", Review, "recorded_at", representations.review_json),
    _kept(
        "conversions", N_("Conversions"),
        "at from to by note before.protocol.code before.protocol.version before.monitoring.starts_on "
        "before.monitoring.ends_on before.extended_until before.order_ends_on before.dates",
        Conversion, "recorded_at", course.conversion_json,
    ),
    _kept(
        "orders", N_("Orders"), "recorded_at event starts_on ends_on legal_basis by",
        OrderRecord, "recorded_at", representations.order_step_json,
    ),
    _kept(
        "order_notices", N_("Orders given"),
        "recorded_at event starts_on ends_on previous_ends_on legal_basis reason paper text printed_at told_to told_at "
        "way given_on arrived_on is_lost announced_on remedy_until acknowledged_at acknowledged_source",
        OrderNotice, "created_at", order_queries.notice_json,
    ),
    _kept(
        "court_matters", N_("Matters for the court"), "noted_at note ended_at outcome",
        CourtMatter, "noted_at", court_matters.as_json,
    ),
    _kept(
        "support_requests", N_("Requests for help"), "asked_at kind state source note due_at owner outcome ended_at",
        SupportRequest, "asked_at", support_queries.as_json,
    ),
    Part(
        "named_contacts", N_("Named contacts"),
        (*naming_queries.FIELDS, "state", "source", "named_at", "attempts", "last_attempt_at", "case"),
        naming_queries.of_cases,
    ),
    Part("occasions", N_("Occasions"), ("occasion", "name", "place", "held_on", "held_until"), occasion_pages.of_cases),
    Part(
        "contact_attempts", N_("Attempts"),
        ("attempted_at", "means", "outcome", "by", "name", "automatic", "note"),
        course.attempts_of,
    ),
    _kept(
        "comments", N_("Notes"), "recorded_at thread version by name text",
        Comment, "recorded_at", course.comment_json,
    ),
    _kept(
        "tasks", N_("Tasks"), "created_at kind due_at done_at done_by note",
        OfficeTask, "created_at", representations.task_json,
    ),
    _kept(
        "transfers", N_("Hand-overs"), "offered_at from_office to_office state note ended_at answer",
        Transfer, "offered_at", transfer_queries.kept_json,
    ),
    _kept(
        "timeline", N_("Course"), "occurred_at recorded_at kind by name details", CaseEvent, "recorded_at", _event
    ),
)  # fmt: skip
OTHERWISE = frozenset({"named_contacts", "occasions", "timeline"})
"""What copies tell in a way of their own: without what became of others, and with what was asked."""

# Of others people learn no more than they have told themselves (Art. 15 (4) GDPR): not who may have infected them.
OF_OTHERS = ("source_case", "source", "occasion", "note")
# What the person finds on their own pages of each part, without this of it. How colleagues work is the office's.
THEIR_OWN: dict[str, tuple[str, ...]] = {
    "reports": (),
    "check_ins": (),
    "lab_results": (),
    "vaccinations": (),
    "travel": (),
    "exposures": OF_OTHERS,
    "conversions": ("by", "note"),
    "orders": ("by",),
    "order_notices": ("document_id",),
    "support_requests": ("owner", "actions"),
}
# What the office hands out when it is asked for all that it holds: notes of colleagues as well, but not their tasks.
HANDED_OUT: dict[str, tuple[str, ...]] = {
    **{part.key: () for part in PARTS if part.key not in OTHERWISE | {"tasks", "transfers"}},
    "exposures": OF_OTHERS,
}


def of_case(case: Case) -> dict[str, list[Json]]:
    """Every part of a case for a copy of it, under its key."""
    return {part.key: [row for _, row in part.rows(HOUSE, [case.id])] for part in PARTS if part.key not in OTHERWISE}


def chosen(case: Case, wanted: dict[str, tuple[str, ...]]) -> dict[str, list[Json]]:
    """The parts of a case that are `wanted`, under their keys, each without what is named there."""
    parts = of_case(case)
    return {
        key: [{name: value for name, value in row.items() if name not in unsaid} for row in parts[key]]
        for key, unsaid in wanted.items()
    }
