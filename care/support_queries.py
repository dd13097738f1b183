"""Reading requests for help, and how they are shown. Staff see those of the cases that they may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import joinedload

from auth.actors import Actor
from care import page_marks
from care.models import Case
from care.queries import cases_visible_to
from care.support_models import SupportRequest
from care.support_rules import ENDED, WAITING, ListSupport, is_overdue, possible_actions
from config import clock
from config.database import db
from config.errors import NotFound


@dataclass(frozen=True)
class Page:
    """One page of requests, and the cursor of the next one."""

    items: Sequence[SupportRequest]
    next: str | None


@dataclass(frozen=True)
class Numbers:
    """How many requests wait: all of them, those that the asker does, those whose time is over."""

    waiting: int
    mine: int
    overdue: int


def visible_to(actor: Actor) -> Select[SupportRequest]:
    """The requests of the cases that `actor` may see."""
    cases = cases_visible_to(actor).with_only_columns(Case.id)
    return select(SupportRequest).where(SupportRequest.case_id.in_(cases)).options(joinedload(SupportRequest.case))


def request_for(actor: Actor, request_id: UUID) -> SupportRequest:
    """The request, if `actor` may see its case. Raises NotFound."""
    found = db.session.scalar(visible_to(actor).where(SupportRequest.id == request_id))
    if found is None:
        raise NotFound()
    return found


def list_requests(actor: Actor, wanted: ListSupport) -> Page:
    """A page of the requests that fit. Raises RuleViolation for a bad cursor."""
    by = SupportRequest.due_at, SupportRequest.id
    has_ended = wanted.state in ENDED
    statement = visible_to(actor).where(*_filters(actor, wanted))
    if wanted.after:
        statement = statement.where(_beyond(*page_marks.read(wanted.after, _aware, UUID), has_ended))
    order = tuple(column.desc() for column in by) if has_ended else by
    found = db.session.scalars(statement.order_by(*order).limit(wanted.limit + 1)).all()
    items = found[: wanted.limit]
    more = len(found) > wanted.limit
    return Page(items, page_marks.mark(items[-1].due_at.isoformat(), str(items[-1].id)) if more else None)


def _filters(actor: Actor, wanted: ListSupport) -> list[ColumnElement[bool]]:
    chosen: list[ColumnElement[bool]] = [SupportRequest.state.in_([wanted.state] if wanted.state else WAITING)]
    if wanted.kind:
        chosen.append(SupportRequest.kind == wanted.kind)
    if wanted.mine:
        chosen.append(SupportRequest.owner_id == actor.id)
    if wanted.overdue:
        chosen.append(_overdue())
    return chosen


def _overdue() -> ColumnElement[bool]:
    return and_(SupportRequest.state.in_(WAITING), SupportRequest.due_at < clock.now())


def _beyond(due: datetime, id_: UUID, descending: bool) -> ColumnElement[bool]:
    column, key = SupportRequest.due_at, SupportRequest.id
    if descending:
        return or_(column < due, and_(column == due, key < id_))
    return or_(column > due, and_(column == due, key > id_))


def _aware(value: Any) -> datetime:
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError("no moment of ours")
    return at


def numbers(actor: Actor) -> Numbers:
    """What waits in the offices of `actor`."""
    waiting = visible_to(actor).where(SupportRequest.state.in_(WAITING))
    counted = func.count().filter(SupportRequest.owner_id == actor.id), func.count().filter(_overdue())
    row = db.session.execute(waiting.with_only_columns(func.count(), *counted)).one()
    return Numbers(*row)


def of_case(case: Case) -> list[SupportRequest]:
    """The requests of `case`: those that wait first, the one due first on top; then the others, the latest first."""
    wanted = select(SupportRequest).where(SupportRequest.case_id == case.id).order_by(SupportRequest.due_at)
    found = list(db.session.scalars(wanted))
    waiting = [one for one in found if one.state in WAITING]
    return waiting + [one for one in reversed(found) if one.state in ENDED]


def row_values(request: SupportRequest) -> dict[str, Any]:
    """One request for a page of staff."""
    person = request.case.person
    return {
        **own_values(request),
        "id": str(request.id),
        "source": request.source.value,
        "due_at": request.due_at,
        "is_overdue": is_overdue(request.state, request.due_at, clock.now()),
        "owner_id": request.owner_id,
        "owner": request.owner_name or "",
        "actions": [action.value for action in possible_actions(request.state)],
        "reference": request.case.reference,
        "name": f"{person.family_name}, {person.given_name}",
        "phone": person.phone,
        "locale": person.locale,
        "is_open": request.case.is_open,
    }


def own_values(request: SupportRequest) -> dict[str, Any]:
    """One request as the person themselves sees it."""
    return {
        "kind": request.kind.value,
        "state": request.state.value,
        "asked_at": request.asked_at,
        "ended_at": request.ended_at,
        "note": request.note,
        "outcome": request.outcome,
    }


def as_json(request: SupportRequest) -> dict[str, Any]:
    """One request as the API shows it. Times are RFC 3339 in UTC."""
    return {
        "id": str(request.id),
        "case": request.case.reference,
        "kind": request.kind.value,
        "state": request.state.value,
        "source": request.source.value,
        "note": request.note,
        "asked_at": request.asked_at.isoformat(),
        "due_at": request.due_at.isoformat(),
        "is_overdue": is_overdue(request.state, request.due_at, clock.now()),
        "owner": request.owner_id,
        "outcome": request.outcome,
        "ended_at": request.ended_at.isoformat() if request.ended_at else None,
        "actions": [action.value for action in possible_actions(request.state)],
    }
