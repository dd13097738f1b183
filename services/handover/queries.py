"""Reading hand-overs, always by a request or a department that the reader may see."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask_babel import get_locale, gettext as _
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import contains_eager

from auth.actors import Actor
from auth.roles import Permission
from config.database import db
from config.errors import N_
from services import queries, versions
from services.handover.following import rows_of
from services.handover.models import HandOverRow
from services.handover.states import CAME_BACK_LATE, IN_TROUBLE, LABELS, TONES, WORKED_ON, State
from services.models import ServiceRequest

SHOWN = 200
PROBLEMS = {
    "unavailable": N_("The receiver does not answer."),
    "no_answer": N_("The receiver has not accepted it in time."),
    "no_address": N_("The department has no e-mail address."),
    "no_such_way": N_("There is no such way of handing over."),
    "options": N_("The service's file, or the settings, name the receiver wrongly."),
    "rejected": N_("The receiver has refused it."),
    "destination_key": N_("The receiver's key must not be used."),
    "other_content_accepted": N_("The receiver has accepted something else than was sent."),
    "status_elsewhere": N_("The receiver answers from another address than its own."),
    CAME_BACK_LATE: N_("The mail came back after the answer: the receiver may not have it."),
    "files_checked": N_("Its files are still being checked for viruses."),
    "unreadable": N_("The request cannot be read: its key is gone."),
    "fault": N_("A fault of this system. Whoever runs it finds it in the log."),
}
OTHER = N_("The receiver does not take it.")


@dataclass(frozen=True)
class Shown:
    """A hand-over as pages show it: the four states apart, each with its time."""

    id: UUID
    reference: str
    service: str
    way: str
    state: str
    label: str
    tone: str
    submitted_at: datetime | None
    handed_over_at: datetime | None
    accepted_at: datetime | None
    answered_at: datetime | None
    changed_at: datetime
    problem: str
    remark: str
    in_trouble: bool
    can_be_tried: bool
    tries: int


def shown(row: HandOverRow, locale: str) -> Shown:
    """One hand-over in the language of the page."""
    return Shown(
        id=row.id,
        reference=row.request.reference,
        service=versions.of(row.request).title.to(locale),
        way=row.plugin,
        state=row.state.value,
        label=_(LABELS[row.state]),
        tone=TONES[row.state],
        submitted_at=row.request.submitted_at,
        handed_over_at=row.handed_over_at,
        accepted_at=row.accepted_at,
        answered_at=row.answered_at,
        changed_at=row.changed_at,
        problem=_(PROBLEMS.get(row.problem, OTHER)) if row.problem else "",
        remark=row.remark or "",
        in_trouble=row.state in IN_TROUBLE or row.problem == CAME_BACK_LATE,
        can_be_tried=row.state in IN_TROUBLE,
        tries=row.tries,
    )


def of_request(actor: Actor, reference: str) -> list[Shown]:
    """The hand-overs of a request that the actor may see. Raises NotFound."""
    request = queries.get(actor, reference)
    return [shown(row, str(get_locale() or "de")) for row in rows_of(request)]


def troubled(actor: Actor) -> list[HandOverRow]:
    """What failed in the actor's departments, or came back after its answer, the oldest first."""
    return _of_departments(actor, is_in_trouble())


def waiting(actor: Actor) -> list[HandOverRow]:
    """What is under way, the oldest first."""
    return _of_departments(actor, HandOverRow.state.in_(WORKED_ON))


def is_in_trouble() -> ColumnElement[bool]:
    """Whether staff have to look at a hand-over, as a condition."""
    came_back = (HandOverRow.state == State.ANSWERED) & (HandOverRow.problem == CAME_BACK_LATE)
    return HandOverRow.state.in_(IN_TROUBLE) | came_back


def _of_departments(actor: Actor, wanted: ColumnElement[bool]) -> list[HandOverRow]:
    codes = actor.departments_for(Permission.SERVICES_MANAGE) | actor.departments_for(Permission.REQUESTS_WORK)
    return list(
        db.session.scalars(
            select(HandOverRow)
            .join(HandOverRow.request)
            .options(contains_eager(HandOverRow.request))
            .where(ServiceRequest.department_code.in_(codes), wanted)
            .order_by(HandOverRow.changed_at)
            .limit(SHOWN)
        )
    )
