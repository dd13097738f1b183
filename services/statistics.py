"""How a service does: numbers of the last twelve months, which tell of nobody. Days and months are the city's."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import InstrumentedAttribute

from auth.actors import Actor
from auth.roles import Permission
from config.database import db
from config.settings import current_settings
from services import step_counts
from services.commands import STAFF_SOURCES
from services.deadlines import working_days_between
from services.definitions import ServiceDefinition
from services.form.fields import Text
from services.lifecycle import AT_THE_OFFICE, RequestStatus
from services.models import ServiceRequest

MONTHS = 12


@dataclass(frozen=True)
class Month:
    """One month (its first day) of a service; `online`: of those received, handed in by people themselves."""

    first: date
    received: int
    online: int
    decided: int


@dataclass(frozen=True)
class Durations:
    """Working days from handing in to the decision, of all decided in the last twelve months; None without any."""

    decided: int
    median: int | None
    nine_of_ten: int | None
    in_time: int | None  # per cent, measured at the service's term


@dataclass(frozen=True)
class Standing:
    """Requests of this moment."""

    open: int
    waiting: int
    overdue: int


def months_of(actor: Actor, slug: str, today: date) -> list[Month]:
    """The last twelve months, the running one included, oldest first."""
    firsts = _firsts(today)
    zone = current_settings().zone
    spans = [(_begin(one, zone), _begin(_next(one), zone)) for one in firsts]
    online = ServiceRequest.source.not_in(STAFF_SOURCES)
    received = [func.count().filter(_within(ServiceRequest.submitted_at, span)) for span in spans]
    by_self = [func.count().filter(_within(ServiceRequest.submitted_at, span), online) for span in spans]
    decided = [func.count().filter(_within(ServiceRequest.decided_at, span)) for span in spans]
    found = db.session.execute(select(*received, *by_self, *decided).where(_of(actor, slug))).one()
    numbers = [found[start : start + MONTHS] for start in (0, MONTHS, 2 * MONTHS)]
    return [Month(first, *each) for first, *each in zip(firsts, *numbers, strict=True)]


def standing(actor: Actor, slug: str, today: date) -> Standing:
    """How many requests are open, wait for the applicant, and are past their term."""
    waiting = ServiceRequest.status == RequestStatus.NEEDS_INFORMATION
    late = and_(
        ServiceRequest.status.in_(AT_THE_OFFICE - {RequestStatus.NEEDS_INFORMATION}), ServiceRequest.due_on < today
    )
    numbers = [func.count().filter(one) for one in (ServiceRequest.status.in_(AT_THE_OFFICE), waiting, late)]
    found = db.session.execute(select(*numbers).where(_of(actor, slug))).one()
    return Standing(open=found[0], waiting=found[1], overdue=found[2])


def durations(actor: Actor, slug: str, today: date, term: int) -> Durations:
    """How long decisions took. `term`: the service's working days."""
    zone = current_settings().zone
    since = _begin(_firsts(today)[0], zone)
    wanted = select(ServiceRequest.submitted_at, ServiceRequest.decided_at).where(
        _of(actor, slug), ServiceRequest.decided_at >= since, ServiceRequest.submitted_at.is_not(None)
    )
    pairs = Counter(
        (begun.astimezone(zone).date(), ended.astimezone(zone).date())
        for begun, ended in db.session.execute(wanted.execution_options(yield_per=5_000))
        if begun and ended
    )
    taken: Counter[int] = Counter()
    for (begun, ended), number in pairs.items():
        taken[working_days_between(begun, ended)] += number
    total = taken.total()
    in_time = round(100 * sum(number for days, number in taken.items() if days <= term) / total) if total else None
    return Durations(total, quantile(taken, 0.5), quantile(taken, 0.9), in_time)


def quantile(counted: Counter[int], share: float) -> int | None:
    """The smallest value that at least `share` (0–1) of all do not exceed; None when there is none."""
    seen, wanted = 0, share * counted.total()
    for value in sorted(counted):
        seen += counted[value]
        if seen >= wanted:
            return value
    return None


@dataclass(frozen=True)
class StepLeft:
    """A step of the form's current version: how many began it, and how many went on from it."""

    key: str
    title: Text
    reached: int
    passed: int

    @property
    def left(self) -> int | None:
        """In per cent of those who began it; None when nobody did."""
        return round(100 * (1 - self.passed / self.reached)) if self.reached else None


def steps_of(definition: ServiceDefinition, today: date) -> list[StepLeft]:
    """Where people stop filling in, in the last twelve months."""
    counted = {
        step: (reached, passed)
        for version, step, reached, passed in step_counts.of_service(definition.slug, _firsts(today)[0])
        if version == definition.version
    }
    return [StepLeft(step.key, step.title, *counted.get(step.key, (0, 0))) for step in definition.steps]


def _of(actor: Actor, slug: str) -> ColumnElement[bool]:
    """Requests of a service that were handed in, in departments whose numbers `actor` may see."""
    codes = actor.departments_for(Permission.SERVICES_STATISTICS)
    return and_(
        ServiceRequest.slug == slug,
        ServiceRequest.department_code.in_(codes),
        ServiceRequest.status != RequestStatus.DRAFT,
    )


def _firsts(today: date) -> list[date]:
    """The first days of the last twelve months, oldest first."""
    months = [today.year * 12 + today.month - 1 - back for back in range(MONTHS - 1, -1, -1)]
    return [date(month // 12, month % 12 + 1, 1) for month in months]


def _next(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def _begin(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _within(column: InstrumentedAttribute[datetime | None], span: Sequence[datetime]) -> ColumnElement[bool]:
    return and_(column >= span[0], column < span[1])
