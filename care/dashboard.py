"""What the health office's first page says: numbers of today, what is next, and the course of the last weeks.

Each number leads to a list, and is counted by the filters of that list or in the one pass over all open cases.
"""

import itertools
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, func, or_, select

from auth.actors import Actor
from auth.roles import Permission
from care import daily_counts, day_numbers
from care.day_numbers import CURVE, DAY, ENDED, ENROLLED, EXPECTED, HEARD, OPEN, REPORTS, Numbers, span, stands
from care.list_conditions import Asked, has_finding, is_open
from care.list_filters import ListCases
from care.models import Case, OfficeTask
from care.queries import cases_visible_to, count_up_to
from care.vocabulary import ASKED_STATUSES, RUNNING_ORDERS, Kind, LineList, OrderState, ReportChannel
from config import clock, scopes
from config.database import db
from config.settings import current_settings

NEXT_UP = 10
IN_VAIN = 3
COUNTED = 1000
SPANS = (21, 42)
CHANNELS = {
    "link": (ReportChannel.LINK, ReportChannel.ACCOUNT),
    "sms": (ReportChannel.SMS,),
    "phone": (ReportChannel.PHONE,),
    "api": (ReportChannel.API,),
    "paper": (ReportChannel.PAPER,),
}


@dataclass(frozen=True)
class Today:
    """The numbers of today. Days are local days of the jurisdiction."""

    open: int
    by_kind: dict[Kind, int]
    by_list: dict[LineList, int]
    expected: int
    heard: int
    heard_of_expected: int
    enrolled: int
    ended: int
    ending_today: int
    ending_tomorrow: int
    orders_ending: int
    verbal_orders: int
    unseen: int
    overdue: int
    follow_ups: int
    late_tasks: int
    in_vain: int

    @property
    def response(self) -> int | None:
        """In per cent of those from whom a report is expected today; None when none is."""
        return round(100 * self.heard_of_expected / self.expected) if self.expected else None


@dataclass(frozen=True)
class Series:
    """A chart's numbers: its days, and for each series one number a day."""

    code: str
    days: Sequence[date]
    values: dict[str, list[int]]


def today_of(actor: Actor) -> Today:
    """The numbers of today, for the offices of `actor`."""
    now = clock.now()
    day = now.astimezone(current_settings().zone).date()
    asked = Asked(ListCases(), actor, now, day)
    row, by_kind, by_list = _one_pass(actor, asked)
    counted = day_numbers.came_and_went(_offices(actor), day)
    return Today(
        open=sum(by_kind.values()),
        by_kind=by_kind,
        by_list=by_list,
        enrolled=counted[day, ENROLLED, ""],
        ended=counted[day, ENDED, ""],
        late_tasks=_late_tasks(actor, now),
        in_vain=count_up_to(actor, ListCases(status="open", attempts=IN_VAIN), COUNTED),
        **row,
        **_orders(actor, asked.today),
    )


def _one_pass(actor: Actor, asked: Asked) -> tuple[dict[str, int], dict[Kind, int], dict[LineList, int]]:
    """All that can be told from the open cases themselves, in one look at each."""
    begins, _over = span(asked.today)
    expected = and_(
        Case.status.in_(ASKED_STATUSES),
        or_(Case.monitoring_ends_on.is_(None), Case.monitoring_ends_on >= asked.today),
    )
    wanted: dict[str, Any] = {
        "expected": expected,
        "heard": Case.last_report_at >= begins,
        "heard_of_expected": and_(expected, Case.last_report_at >= begins),
        "ending_today": Case.monitoring_ends_on == asked.today,
        "ending_tomorrow": Case.monitoring_ends_on == asked.today + DAY,
        "unseen": has_finding("medical:open", asked),
        "overdue": has_finding("any:overdue", asked),
        "follow_ups": Case.follow_up_on <= asked.today,
    }
    sums = [func.sum(case((condition, 1), else_=0)).label(name) for name, condition in wanted.items()]
    visible = cases_visible_to(actor).where(is_open())
    grouped = visible.with_only_columns(Case.kind, Case.line_list, func.count().label("number"), *sums)
    found = db.session.execute(grouped.group_by(Case.kind, Case.line_list)).all()
    totals = {name: sum(int(row._mapping[name] or 0) for row in found) for name in wanted}
    by_kind, by_list = dict.fromkeys(Kind, 0), dict.fromkeys(LineList, 0)
    for row in found:
        by_kind[row.kind] += row.number
        if row.line_list is not None:
            by_list[row.line_list] += row.number
    return totals, by_kind, by_list


def _orders(actor: Actor, today: date) -> dict[str, int]:
    """Orders go on when a case is closed: those that run today, of all cases, found by the index of their ends."""
    tomorrow = and_(Case.order_state.in_(RUNNING_ORDERS), Case.order_ends_on <= today + DAY)
    wanted = {"orders_ending": tomorrow, "verbal_orders": Case.order_state == OrderState.VERBAL}
    sums = [func.sum(case((condition, 1), else_=0)).label(name) for name, condition in wanted.items()]
    running = cases_visible_to(actor).where(stands(), Case.order_ends_on >= today)
    found = db.session.execute(running.with_only_columns(*sums)).one()
    return {name: int(found._mapping[name] or 0) for name in wanted}


def _late_tasks(actor: Actor, now: datetime) -> int:
    """How many cases have a task that is overdue: the list has cases, too."""
    late = select(func.count(OfficeTask.case_id.distinct())).where(
        OfficeTask.done_at.is_(None), OfficeTask.due_at < now
    )
    if not actor.is_system:
        late = late.where(OfficeTask.office_id.in_(_offices(actor)))
    return db.session.scalar(late) or 0


def next_up(actor: Actor) -> Sequence[Case]:
    """The open cases to look at first: those of the highest priority that nobody else has taken."""
    mine = or_(Case.assigned_to.is_(None), Case.assigned_to == actor.id)
    wanted = cases_visible_to(actor).where(is_open(), Case.priority > 0, mine)
    return db.session.scalars(wanted.order_by(Case.priority.desc(), Case.reference).limit(NEXT_UP)).all()


def _offices(actor: Actor) -> Collection[UUID]:
    return sorted(actor.offices_for(Permission.CASES_SEE))


def course(actor: Actor, length: int, now: Today | None = None) -> list[Series]:
    """The last `length` days for each chart: days that are over as they were counted, today as it is now."""
    today = clock.today(current_settings().zone)
    now, offices = now or today_of(actor), _offices(actor)
    days = [today - number * DAY for number in range(length - 1, -1, -1)]
    found = daily_counts.of_days(offices, days[0])
    # Of the curve also the days that still move: a file of today may say when people fell ill a week ago.
    moving = [day for day in days if day >= today - daily_counts.CURVE_MOVES * DAY or _lacks(found, day)]
    for day, kind in itertools.product(moving, Kind):
        del found[day, CURVE, kind.value]
    found += day_numbers.curve(offices, moving) + _reports(offices, today)
    found += Counter({(today, OPEN, kind.value): number for kind, number in now.by_kind.items()})
    found += Counter({(today, EXPECTED, ""): now.expected, (today, HEARD, ""): now.heard_of_expected})
    return [
        Series(CURVE, days, {kind.value: _line(found, days, CURVE, kind.value) for kind in Kind}),
        Series("response", days, {name: _line(found, days, name, "") for name in (EXPECTED, HEARD)}),
        Series(OPEN, days, {kind.value: _line(found, days, OPEN, kind.value) for kind in Kind}),
        Series(REPORTS, days, {name: _sum(found, days, channels) for name, channels in CHANNELS.items()}),
    ]


def _lacks(found: Numbers, day: date) -> bool:
    return (day, daily_counts.COUNTED, "") not in found


def _reports(offices: Collection[UUID], today: date) -> Numbers:
    """Counted by the house itself: it names the offices, and need not ask for each report whose it is."""
    with scopes.within(scopes.system("care.dashboard")):
        return day_numbers.reports(offices, today)


def _line(found: Numbers, days: Sequence[date], figure: str, part: str) -> list[int]:
    return [found[day, figure, part] for day in days]


def _sum(found: Numbers, days: Sequence[date], channels: Collection[str]) -> list[int]:
    return [sum(found[day, REPORTS, str(channel)] for channel in channels) for day in days]
