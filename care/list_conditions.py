"""What filters of the line lists mean in the database, as functions of the value chosen; `list_sql` is their table."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, ColumnElement, and_, case, exists, false, func, literal, or_, select, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import aliased
from sqlalchemy.sql.functions import FunctionElement

from auth.actors import Actor
from auth.models import Office
from auth.roles import Permission
from care import list_marks
from care.course_models import ContactAttempt, Handover
from care.list_filters import ListCases, day_of, moments
from care.local_days import local_midnight
from care.models import Case, OfficeTask, Person
from care.naming_models import NamedContact
from care.occasion_models import Guest
from care.support_models import SupportRequest
from care.support_rules import WAITING
from care.vocabulary import IN_VAIN, OPEN_STATUSES, RUNNING_ORDERS
from config.database import db
from config.rowsets import among
from config.settings import current_settings

Condition = ColumnElement[bool]


@dataclass(frozen=True)
class Asked:
    """What is asked for, by whom and when. `today`: the jurisdiction's local day."""

    wanted: ListCases
    actor: Actor
    now: datetime
    today: date

    def midnight(self, day: date) -> datetime:
        return local_midnight(day, current_settings().zone)

    def office_ids(self) -> Collection[UUID]:
        """The offices whose marks count, in a steady order."""
        if self.actor.is_system:
            return db.session.scalars(select(Office.id).order_by(Office.id)).all()
        return sorted(self.actor.offices_for(Permission.CASES_SEE))

    def marked(self, column: Any, kind: str, values: Collection[str]) -> Condition:
        return among(column, list_marks.marks(self.office_ids(), kind, values))


class _holds(FunctionElement[bool]):
    """Whether one sequence of bytes (the first) lies within another."""

    type = Boolean()
    inherit_cache = True
    name = "holds"


@compiles(_holds, "postgresql")
def _holds_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    part, whole = (compiler.process(each, **kw) for each in element.clauses)
    return f"position({part} IN {whole}) > 0"


@compiles(_holds, "sqlite")
def _holds_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    part, whole = (compiler.process(each, **kw) for each in element.clauses)
    return f"instr({whole}, {part}) > 0"


def is_open() -> Condition:
    """Both say the same; indexes of open cases are found by the second."""
    return and_(Case.status.in_(OPEN_STATUSES), Case.closed_at.is_(None))


def equals(column: Any, value: Any, asked: Asked) -> Condition:
    return column == value  # type: ignore[no-any-return]


def status(value: str, asked: Asked) -> Condition:
    if value == "any":
        return true()
    return is_open() if value == "open" else Case.status == value


def instants(column: Any, name: str) -> dict[str, Callable[[Any, Asked], Condition]]:
    """Two filters of local days on a column of instants."""

    def begins(value: str, asked: Asked) -> Condition:
        return column >= moments(value, None, asked.today, asked.midnight)[0]  # type: ignore[no-any-return]

    def over(value: str, asked: Asked) -> Condition:
        return column < moments(None, value, asked.today, asked.midnight)[1]  # type: ignore[no-any-return]

    return {f"{name}_from": begins, f"{name}_to": over}


def days(column: Any, name: str) -> dict[str, Callable[[Any, Asked], Condition]]:
    """Two filters of local days on a column of days."""
    return {
        f"{name}_from": lambda value, asked: column >= day_of(value, asked.today),
        f"{name}_to": lambda value, asked: column <= day_of(value, asked.today),
    }


def marked_days(column: Any, name: str, kind: str) -> dict[str, Callable[[Any, Asked], Condition]]:
    """Two filters of days that are sealed. Both ends are one condition: the marks of all days between them."""

    def between(value: str, asked: Asked) -> Condition:
        ends = [getattr(asked.wanted, f"{name}_{side}") for side in ("from", "to")]
        first, last = (day_of(text, asked.today) if text else None for text in ends)
        return asked.marked(column, kind, list_marks.days(first, last, asked.today))

    def last_alone(value: str, asked: Asked) -> Condition:
        return true() if getattr(asked.wanted, f"{name}_from") else between(value, asked)

    return {f"{name}_from": between, f"{name}_to": last_alone}


def assigned_to(value: str, asked: Asked) -> Condition:
    if value == "nobody":
        return Case.assigned_to.is_(None)
    return Case.assigned_to == (asked.actor.id if value == "me" else value)


def follow_up(value: str, asked: Asked) -> Condition:
    if value == "due":
        return Case.follow_up_on <= asked.today
    return Case.follow_up_on.is_not(None) if value == "set" else Case.follow_up_on.is_(None)


def finding(value: str, asked: Asked) -> Condition:
    state = asked.wanted.finding_state
    return has_finding(f"{value}:{state}" if state else value, asked)


def finding_state(value: str, asked: Asked) -> Condition:
    return true() if asked.wanted.finding else has_finding(f"{list_marks.ANY}:{value}", asked)


def has_finding(word: str, asked: Asked) -> Condition:
    """Whether one of a case's findings goes by this word of `list_marks.finding_words`."""
    marks = list_marks.marks(asked.office_ids(), "finding", [word])
    return or_(*(_holds(literal(mark), Case.finding_marks) for mark in marks))


def task(value: str, asked: Asked) -> Condition:
    open_one = exists().where(OfficeTask.case_id == Case.id, OfficeTask.done_at.is_(None))
    return open_one if value == "any" else open_one.where(OfficeTask.kind == value)


def task_overdue(value: bool, asked: Asked) -> Condition:
    late = exists().where(OfficeTask.case_id == Case.id, OfficeTask.done_at.is_(None), OfficeTask.due_at < asked.now)
    kind = asked.wanted.task
    return _is(late.where(OfficeTask.kind == kind) if kind not in (None, "any") else late, value)


def support(value: str, asked: Asked) -> Condition:
    waiting = exists().where(SupportRequest.case_id == Case.id, SupportRequest.state.in_(WAITING))
    return waiting if value == "any" else waiting.where(SupportRequest.kind == value)


def support_overdue(value: bool, asked: Asked) -> Condition:
    late = exists().where(SupportRequest.case_id == Case.id, SupportRequest.state.in_(WAITING))
    return _is(late.where(SupportRequest.due_at < asked.now), value)


def origin(value: str, asked: Asked) -> Condition:
    named = exists().where(NamedContact.contact_case_id == Case.id)
    guest = exists().where(Guest.case_id == Case.id)
    ways: dict[str, Condition] = {
        "import": Case.source.is_not(None),
        "named": named,
        "occasion": guest,
        "manual": and_(Case.source.is_(None), ~named, ~guest),
    }
    return ways[value]


def silent_hours(value: int, asked: Asked) -> Condition:
    return Case.heard_at <= asked.now - timedelta(hours=value)


def attempts(value: int, asked: Asked) -> Condition:
    """As often as that in vain, since a report or an attempt that reached them; who was heard from begins anew."""
    reached = aliased(ContactAttempt)
    reached_since = exists().where(
        reached.case_id == ContactAttempt.case_id,
        reached.outcome.not_in(IN_VAIN),
        reached.message_key.is_(None),  # that a message was delivered does not mean that somebody answers
        reached.attempted_at >= ContactAttempt.attempted_at,
    )
    in_vain = select(func.count()).where(
        ContactAttempt.case_id == Case.id,
        ContactAttempt.outcome.in_(IN_VAIN),
        or_(Case.last_report_at.is_(None), ContactAttempt.attempted_at > Case.last_report_at),
        ~reached_since,
    )
    # Most cases were never tried: only those that were often enough at all are looked at one by one. Without the CASE a
    # planner that knows nothing of the table yet looks at every open case first (400 ms of 40,000).
    tried = select(ContactAttempt.case_id).where(ContactAttempt.outcome.in_(IN_VAIN))
    often = tried.group_by(ContactAttempt.case_id).having(func.count() >= value)
    exactly = in_vain.correlate(Case).scalar_subquery() >= value
    return case((Case.id.in_(often), exactly), else_=false()) if value else true()


def monitoring_day(value: int, asked: Asked) -> Condition:
    return Case.monitoring_starts_on == asked.today - timedelta(days=value)


def of_person(make: Callable[[Any, Asked], Condition], value: Any, asked: Asked) -> Condition:
    return Case.person_id.in_(select(Person.id).where(make(value, asked)))


def ages(value: int, asked: Asked) -> Condition:
    """By year of birth alone: who becomes so old this year counts. Both ends are one condition."""
    youngest, oldest = asked.wanted.age_from or 0, asked.wanted.age_to
    years = range(asked.today.year - (130 if oldest is None else oldest), asked.today.year - youngest + 1)
    return asked.marked(Person.born_mark, "born", [str(year) for year in years])


def age_to(value: int, asked: Asked) -> Condition:
    return true() if asked.wanted.age_from is not None else of_person(ages, value, asked)


def postal_code(value: str, asked: Asked) -> Condition:
    return asked.marked(Person.postal_mark, "postal", [value])


def household(value: str, asked: Asked) -> Condition:
    member = aliased(Case)
    answers = exists().where(member.household_head_id == Case.id)
    if value == "member":
        return Case.household_head_id.is_not(None)
    return answers if value == "head" else and_(Case.household_head_id.is_(None), ~answers)


def household_size(value: int, asked: Asked) -> Condition:
    member = aliased(Case)
    head = func.coalesce(Case.household_head_id, Case.id)
    others = select(func.count()).where(member.household_head_id == head).correlate(Case).scalar_subquery()
    return others + 1 >= value


def order(value: str, asked: Asked) -> Condition:
    if value == "any":
        return Case.order_state.in_(RUNNING_ORDERS)
    return Case.order_state.is_(None) if value == "none" else Case.order_state == value


def order_ends(side: str, value: str, asked: Asked) -> Condition:
    """Of orders that stand: where one was lifted, nothing ends any more."""
    day = day_of(value, asked.today)
    ends = Case.order_ends_on >= day if side == "from" else Case.order_ends_on <= day
    return and_(ends, Case.order_state.in_(RUNNING_ORDERS))


def _is(condition: Condition, value: bool) -> Condition:
    return condition if value else ~condition


def has(model: Any, value: bool, asked: Asked) -> Condition:
    return _is(exists().where(model.case_id == Case.id), value)


def taken_over(value: bool, asked: Asked) -> Condition:
    return _is(exists().where(Handover.case_id == Case.id, Handover.to_office_id == Case.office_id), value)


def present(column: Any, value: bool, asked: Asked) -> Condition:
    return column.is_not(None) if value else column.is_(None)  # type: ignore[no-any-return]
