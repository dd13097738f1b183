"""Whether a service takes requests now: its opening period, its maintenance, and its limit."""

from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import func, select

from auth.actors import Actor
from config import scopes
from config.database import db
from config.errors import N_, RuleViolation
from config.settings import current_settings
from services import offering
from services.definition_parts import Limit
from services.definitions import ServiceDefinition
from services.lifecycle import RequestStatus
from services.models import ServiceRequest

COUNTING = scopes.system("services.availability")  # who asks sees only their own requests
NOT_COUNTED = (RequestStatus.DRAFT, RequestStatus.WITHDRAWN)
TEXTS = {
    "maintenance": N_("This service cannot be used online for now."),
    "not_yet": N_("Requests can be handed in from {day} on."),
    "over": N_("Requests could be handed in until {day}."),
    "person": N_("You have already handed in as many requests as are possible."),
    "all": N_("All places have been given away for now."),
}


class Unavailable(RuleViolation):
    """The service takes no request now. `reason` is a key of TEXTS, `note` what its manager says of it."""

    def __init__(self, reason: str, day: date | None = None, note: str = "") -> None:
        super().__init__("", TEXTS[reason], **({"day": f"{day:%d.%m.%Y}"} if day else {}))
        self.reason, self.note = reason, note


@dataclass(frozen=True)
class Closed:
    """Why a service is closed, the day that belongs to it, and what its manager says."""

    reason: str
    day: date | None = None
    note: str = ""


def closed(definition: ServiceDefinition, today: date, note: str = "") -> Closed | None:
    """Why the service takes no requests from anybody on this day (in the city's zone); None when it does.

    `note`: what its manager says of maintenance, if anything.
    """
    if definition.maintenance is not None or note:
        return Closed("maintenance", note=note)
    opening = definition.opening
    if opening.first is not None and today < opening.first:
        return Closed("not_yet", opening.first)
    if opening.last is not None and today > opening.last:
        return Closed("over", opening.last)
    return None


def period_begins(limit: Limit, today: date) -> date | None:
    """The first day that counts for the limit; None: all days do."""
    match limit.period:
        case "day":
            return today
        case "month":
            return today.replace(day=1)
        case "year":
            return today.replace(month=1, day=1)
    return None


def refuse_unless_open(
    definition: ServiceDefinition, actor: Actor, today: date, *, sending: bool = False, note: str | None = None
) -> None:
    """Go on only if `actor` can hand in a request today. Raises Unavailable.

    `note`: what its manager says of maintenance, when that has just been asked.
    When `sending`, inside `transaction()`, those who send take turns where there is a limit, so that none passes it.
    """
    why = closed(definition, today, offering.maintenance_of(definition.slug) if note is None else note)
    if why is not None:
        raise Unavailable(why.reason, why.day, why.note)
    limit = definition.limit
    if limit is None or (limit.of == "person" and actor.kind not in ("user", "visitor")):
        return
    if sending and db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"limit of {definition.slug}"))))
    if _handed_in(definition, limit, actor, today) >= limit.requests:
        raise Unavailable(limit.of)


@scopes.within(COUNTING)
def _handed_in(definition: ServiceDefinition, limit: Limit, actor: Actor, today: date) -> int:
    wanted = select(func.count()).where(
        ServiceRequest.slug == definition.slug, ServiceRequest.status.not_in(NOT_COUNTED)
    )
    begins = period_begins(limit, today)
    if begins is not None:
        handed_in = func.coalesce(ServiceRequest.submitted_at, ServiceRequest.changed_at)  # unpaid: not submitted yet
        wanted = wanted.where(handed_in >= datetime.combine(begins, time(), current_settings().zone))
    if limit.of == "person":
        mine = ServiceRequest.created_by == actor.id
        wanted = wanted.where(ServiceRequest.applicant_id == actor.user_id if actor.user_id else mine)
    return db.session.scalar(wanted) or 0
