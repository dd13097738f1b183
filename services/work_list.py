"""The work list in the database. Every query begins with who is asking.

A page is put together of streams, one for each department and status, each read from an index in the order of the list
and each no longer than the page: so a page costs the same whether ten thousand requests lie there or a million. What is
counted is counted up to a limit. Partial indexes are met by conditions that are written as they are (ADR 33).
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    text,
    tuple_,
    union_all,
)

from auth.actors import Actor
from auth.models import Department
from auth.roles import Permission
from config.database import db
from config.filters import day_of
from services import places, proposals
from services.lifecycle import RequestStatus
from services.models import ServiceRequest
from services.queries import Page, page_key
from services.work_filters import ListRequests, View, of_view, soon_until

MOST_COUNTED = 1000
LOWEST, HIGHEST = "0", "Z"  # the first and the last letter that a reference may have, whatever the database's order
SHORT_DAYS = 14
IN_ORDER = (ServiceRequest.due_on, ServiceRequest.reference)
Conditions = list[ColumnElement[bool]]


def work_list(actor: Actor, wanted: ListRequests, today: date) -> Page:
    """A page of the requests that `actor` may work on, by deadline. `today` is the day in the city's zone."""
    if wanted.q:
        return _by_reference(actor, wanted.q.upper(), wanted.limit)
    backwards = wanted.sort == "latest"
    streams = [_ordered(one, backwards) for one in _streams(actor, wanted, today, after=wanted.after)]
    if not streams:
        return Page([], None)
    merged = _merged(stream.limit(wanted.limit + 1) for stream in streams).subquery()
    order = (merged.c.due_on, merged.c.reference)
    ids = select(merged.c.id).order_by(*(one.desc() if backwards else one for one in order)).limit(wanted.limit + 1)
    found = list(db.session.scalars(ids))
    rows = _in_order(found[: wanted.limit])
    last = rows[-1] if rows else None
    more = len(found) > wanted.limit and last is not None and last.due_on is not None
    return Page(rows, f"{last.due_on}~{last.reference}" if more and last else None)


def counts(actor: Actor, today: date, views: Sequence[View] = tuple(View)) -> dict[View, int]:
    """How many requests each tab holds; more than MOST_COUNTED means "and more"."""
    numbers = {view: _count(actor, of_view(view), today) for view in views}
    known = {view: number for view, number in numbers.items() if number is not None}
    if not known:
        return dict.fromkeys(views, 0)
    found = db.session.execute(select(*known.values())).one()
    return dict.fromkeys(views, 0) | dict(zip(known, found, strict=True))


def count_up_to(actor: Actor, wanted: ListRequests, today: date, limit: int = MOST_COUNTED) -> int:
    """How many requests a list holds; `limit` + 1 for more."""
    number = _count(actor, wanted, today, limit)
    return 0 if number is None else int(db.session.scalar(select(number)) or 0)


def _count(actor: Actor, wanted: ListRequests, today: date, limit: int = MOST_COUNTED) -> Any:
    # In the order of the list, for which there are the indexes: without it SQLite takes any that fits.
    one = select(literal(1).label("one")).select_from(ServiceRequest).order_by(*IN_ORDER).limit(limit + 1)
    streams = [one.where(*conditions) for conditions in _streams(actor, wanted, today)]
    if not streams:
        return None
    every: Any = _merged(streams)
    return select(func.count()).select_from(every.limit(limit + 1).subquery()).scalar_subquery()


def _merged(streams: Iterable[Select[Any]]) -> CompoundSelect[Any] | Select[Any]:
    # A LIMIT within a UNION needs a select around it on SQLite.
    parts = [select(stream.subquery()) for stream in streams]
    return union_all(*parts) if len(parts) > 1 else parts[0]


def _in_order(ids: Sequence[UUID]) -> list[ServiceRequest]:
    if not ids:
        return []
    found = db.session.scalars(select(ServiceRequest).where(ServiceRequest.id.in_(ids)))
    by_id = {row.id: row for row in found}
    return [by_id[one] for one in ids if one in by_id]


def _ordered(conditions: Conditions, backwards: bool) -> Select[Any]:
    statement: Any = select(ServiceRequest.id, *IN_ORDER).where(*conditions)
    return statement.order_by(*(one.desc() if backwards else one for one in IN_ORDER))  # type: ignore[no-any-return]


def _streams(actor: Actor, wanted: ListRequests, today: date, *, after: str | None = None) -> Iterator[Conditions]:
    """For each department and status of the list, the conditions of its requests."""
    conditions = _conditions(actor, wanted, today)
    key = page_key(after) if after else None
    if key:
        place = tuple_(*IN_ORDER)
        conditions.append(place < tuple_(*key) if wanted.sort == "latest" else place > tuple_(*key))
    for code in _departments(actor):
        if wanted.department in (None, code):
            for status in wanted.statuses:
                yield [*_of_one(code, status), *_postal(wanted, code), *conditions]


def _of_one(code: str, status: RequestStatus) -> Conditions:
    return [ServiceRequest.department_code == code, ServiceRequest.status == status]


def _departments(actor: Actor) -> list[str]:
    if actor.is_system:
        return sorted(db.session.scalars(select(Department.code)))
    return sorted(actor.departments_for(Permission.REQUESTS_WORK))


def _postal(wanted: ListRequests, code: str) -> Conditions:
    if wanted.postal_code is None:
        return []
    return [ServiceRequest.postal_mark == places.postal_mark(code, wanted.postal_code)]


def _conditions(actor: Actor, wanted: ListRequests, today: date) -> Conditions:
    """What each filter means, apart from status, department and postal code."""
    found: Conditions = []
    if wanted.assigned_to is not None:
        found.append(_assigned(actor, wanted.assigned_to))
    if wanted.service:
        found.append(ServiceRequest.slug == wanted.service)
    if wanted.source:
        found.append(ServiceRequest.source == wanted.source)
    for chosen, condition in (
        (wanted.urgent, "service_request.is_priority"),
        (wanted.news, "service_request.news_at IS NOT NULL"),
        (wanted.proposed, "service_request.proposed_by IS NOT NULL"),
        (wanted.nearby, "service_request.nearby > 0"),
    ):
        if chosen is not None:
            found.append(_as_written(condition if chosen else f"NOT ({condition})"))
    if wanted.unanswered is not None:
        found.append(_unanswered(today) if wanted.unanswered else not_(_unanswered(today)))
    if wanted.to_confirm is not None:
        found.append(_to_confirm(actor) if wanted.to_confirm else not_(_to_confirm(actor)))
    return [*found, *_days(wanted, today)]


def _as_written(condition: str) -> ColumnElement[bool]:
    return text(condition)  # type: ignore[return-value]


def _unanswered(today: date) -> ColumnElement[bool]:
    """What `answers_due.is_late` says of questions; requests in other statuses have no such day."""
    return and_(_as_written("service_request.answer_due_on IS NOT NULL"), ServiceRequest.answer_due_on < today)


def _to_confirm(actor: Actor) -> ColumnElement[bool]:
    """A colleague's proposal about somebody else's request: `rights.possible` has the second person's acts for it."""
    if not proposals.is_somebody(actor):
        return false()
    waits = and_(_as_written("service_request.proposed_by IS NOT NULL"), ServiceRequest.proposed_by != actor.id)
    applicant = ServiceRequest.applicant_id
    return waits if actor.user_id is None else and_(waits, or_(applicant.is_(None), applicant != actor.user_id))


def _assigned(actor: Actor, wanted: str) -> ColumnElement[bool]:
    if wanted == "nobody":
        return ServiceRequest.assignee_id.is_(None)
    try:
        user_id = actor.user_id if wanted == "me" else UUID(wanted)
    except ValueError:
        user_id = None
    return ServiceRequest.assignee_id == (user_id or UUID(int=0))


def _days(wanted: ListRequests, today: date) -> Conditions:
    due, received = ServiceRequest.due_on, _received(wanted, today)
    found: Conditions = []
    match wanted.due:
        case "overdue":
            found.append(due < today)
        case "soon":
            found.append(due.between(today, soon_until(today)))
        case "on_time":
            found.append(due > soon_until(today))
    for chosen, bound in (
        (wanted.due_from, due.__ge__),
        (wanted.due_to, due.__le__),
        (wanted.received_from, received.__ge__),
        (wanted.received_to, received.__le__),
    ):
        if chosen:
            found.append(bound(day_of(chosen, today)))
    return found


def _received(wanted: ListRequests, today: date) -> Any:
    """The column; for a long time hidden from the planner, which would sort all of it instead of reading in order."""
    first = day_of(wanted.received_from, today) if wanted.received_from else date.min
    last = day_of(wanted.received_to, today) if wanted.received_to else today
    is_short = (last - first).days <= SHORT_DAYS
    return ServiceRequest.received_on if is_short else func.coalesce(ServiceRequest.received_on, today)


def _by_reference(actor: Actor, beginning: str, limit: int) -> Page:
    length = ServiceRequest.reference.type.length or 8
    between = ServiceRequest.reference.between(beginning.ljust(length, LOWEST), beginning.ljust(length, HIGHEST))
    # The department is hidden from the planner: by it, all requests of the department would be read and sorted.
    theirs = func.coalesce(ServiceRequest.department_code, "").in_(_departments(actor))
    handed_in = ServiceRequest.status != RequestStatus.DRAFT
    wanted = select(ServiceRequest).where(between, theirs, handed_in).order_by(ServiceRequest.reference)
    return Page(list(db.session.scalars(wanted.limit(limit))), None)
