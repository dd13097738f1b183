"""The history of cases as sheets: what people reported, results, steps of orders, attempts, notes, the timeline.

Not among them: papers and how they were given away (the timeline has it), matters for the court, wishes for help,
people who were named, conversions. The archive of one case (`keeping.files_of_case`) has all that is kept of it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from care.assessment_models import CheckIn, LabResult, Review, SymptomReport
from care.course_models import Comment, ContactAttempt, Travel, Vaccination
from care.models import Case, CaseEvent, OrderRecord
from config.database import db
from config.errors import N_
from config.exports import Cell
from config.rowsets import among


@dataclass(frozen=True)
class Part:
    """One sheet of a history: its rows are those of `model`, each of one case."""

    name: str
    model: Any
    time: str
    headers: tuple[str, ...]
    row: Callable[[Any], Sequence[Cell]]


def _symptoms(answers: Mapping[str, bool] | None) -> str:
    return ", ".join(key for key, answer in sorted((answers or {}).items()) if answer)


def _report(row: SymptomReport) -> Sequence[Cell]:
    vitals = row.vitals or {}
    told = (_symptoms(row.symptoms), vitals.get("temperature_c"), vitals.get("fever_reducer"), row.note)
    return (row.reported_at, row.recorded_at, row.by.value, row.channel.value, *told)


def _vaccination(row: Vaccination) -> Sequence[Cell]:
    details = row.details or {}
    return (row.recorded_at, details.get("vaccine"), details.get("given_on"), details.get("dose"))


def _event(row: CaseEvent) -> Sequence[Cell]:
    details = "; ".join(f"{name}={value}" for name, value in (row.details or {}).items())
    return (row.occurred_at, row.recorded_at, row.kind, row.actor_name or row.actor_id, details)


PARTS = (
    Part(
        N_("Reports"), SymptomReport, "reported_at",
        ("reported_at", "recorded_at", "by", "channel", "symptoms", "temperature_c", "fever_reducer", "note"), _report,
    ),
    Part(
        N_("Check-ins"), CheckIn, "due_at", ("local_date", "slot", "due_at", "expires_at", "answered_at"),
        lambda row: (row.local_date, row.slot, row.due_at, row.expires_at, row.answered_at),
    ),
    Part(
        N_("Laboratory"), LabResult, "recorded_at", ("sampled_on", "kind", "result", "recorded_at"),
        lambda row: (row.sampled_on, row.kind.value, row.outcome, row.recorded_at),
    ),
    Part(
        N_("Vaccinations"), Vaccination, "recorded_at", ("recorded_at", "vaccine", "given_on", "dose"), _vaccination
    ),
    Part(
        N_("Travel"), Travel, "recorded_at", ("recorded_at", "place", "from_on", "until_on", "note"),
        lambda row: (row.recorded_at, row.place, row.from_on, row.until_on, row.note),
    ),
    Part(
        N_("Reviews"), Review, "recorded_at", ("recorded_at", "outcome", "note", "actor"),
        lambda row: (row.recorded_at, row.outcome, row.note, row.actor_id),
    ),
    Part(
        N_("Orders"), OrderRecord, "recorded_at", ("recorded_at", "event", "starts_on", "ends_on", "legal_basis"),
        lambda row: (row.recorded_at, row.event.value, row.starts_on, row.ends_on, row.legal_basis),
    ),
    Part(
        N_("Attempts"), ContactAttempt, "attempted_at", ("attempted_at", "means", "outcome", "actor", "note"),
        lambda row: (row.attempted_at, row.means.value, row.outcome.value, row.actor_name or row.actor_id, row.note),
    ),
    Part(
        N_("Notes"), Comment, "recorded_at", ("recorded_at", "version", "actor", "text"),
        lambda row: (row.recorded_at, row.version, row.actor_name or row.actor_id, row.text),
    ),
    Part(
        N_("Course"), CaseEvent, "recorded_at", ("occurred_at", "recorded_at", "kind", "actor", "details"), _event
    ),
)  # fmt: skip


def rows_of(part: Part, cases: Mapping[UUID, Case]) -> list[Sequence[Cell]]:
    """The rows of this sheet for these cases, in their order: two statements, whatever there is."""
    model = part.model
    wanted = select(model).where(among(model.case_id, cases)).order_by(getattr(model, part.time), model.id)
    found: dict[UUID, list[Sequence[Cell]]] = {case_id: [] for case_id in cases}
    for row in db.session.scalars(wanted):
        found[row.case_id].append((cases[row.case_id].reference, *part.row(row)))
    return [cells for rows in found.values() for cells in rows]
