"""Reading orders: the work that is open on them, and how the steps of one are shown."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement, Select, and_, func, or_, select, text

from auth.actors import Actor
from auth.models import Office
from care import court_matters, page_marks
from care.commands import Command
from care.day_numbers import stands
from care.models import Case
from care.order_models import OPEN_PAPERS, CourtMatter, OrderNotice
from care.order_papers import missing_facts
from care.order_rules import PaperState
from care.queries import cases_visible_to
from care.vocabulary import RUNNING_ORDERS, OrderState
from config import clock
from config.database import db, locked
from config.settings import current_settings

SOON = timedelta(days=2)
PRINTED_AT_ONCE = 200
Work = Literal["verbal", "print", "post", "unacknowledged", "lost", "ending", "waiting", "court"]
WORK: tuple[Work, ...] = ("verbal", "print", "post", "unacknowledged", "lost", "ending", "waiting", "court")


class ListOrders(Command):
    """Which open work on orders; `after` is the cursor that the last page gave."""

    work: Work = "verbal"
    after: str | None = None
    limit: Annotated[int, Field(ge=1, le=PRINTED_AT_ONCE)] = 50


@dataclass(frozen=True)
class Page:
    """One page of cases with open work on their orders, those that end first on top, and the next one's cursor."""

    items: Sequence[Case]
    next: str | None


def _notices(*which: ColumnElement[bool]) -> ColumnElement[bool]:
    return Case.id.in_(select(OrderNotice.case_id).where(*which))


def _waiting(state: PaperState) -> ColumnElement[bool]:
    """Papers in this state that the person does not have; off the index of them."""
    return and_(text(OPEN_PAPERS), OrderNotice.paper == state)


def _which(work: Work) -> ColumnElement[bool]:
    """What makes a case a piece of this work."""
    today = clock.today(current_settings().zone)
    running = and_(Case.order_state.in_(RUNNING_ORDERS), Case.order_ends_on >= today)
    can_be_known = or_(OrderNotice.paper.in_((PaperState.MADE, PaperState.PRINTED)), OrderNotice.told_at.is_not(None))
    lost = _notices(OrderNotice.announced_on.is_(None), OrderNotice.is_lost.is_(True))
    on_the_way = OrderNotice.given_on.is_(None)
    known: dict[Work, ColumnElement[bool]] = {
        "verbal": and_(Case.order_state == OrderState.VERBAL, running),
        "print": _notices(_waiting(PaperState.MADE), on_the_way),
        "post": _notices(_waiting(PaperState.PRINTED), on_the_way),
        "unacknowledged": and_(running, _notices(OrderNotice.acknowledged_at.is_(None), can_be_known)),
        "lost": lost,
        "ending": and_(running, Case.order_ends_on <= today + SOON),
        "waiting": _notices(_waiting(PaperState.DUE)),
        "court": Case.id.in_(select(CourtMatter.case_id).where(CourtMatter.ended_at.is_(None))),
    }
    return known[work]


def with_work(actor: Actor, work: Work) -> Select[Case]:
    """The visible cases whose orders have this work."""
    return cases_visible_to(actor).where(stands(), _which(work))


def list_orders(actor: Actor, wanted: ListOrders) -> Page:
    """A page of open work. Raises RuleViolation for a bad cursor."""
    statement, ends = with_work(actor, wanted.work), func.coalesce(Case.order_ends_on, date.max)
    if wanted.after:
        day, reference = page_marks.read(wanted.after, date.fromisoformat, str)
        statement = statement.where(or_(ends > day, and_(ends == day, Case.reference > reference)))
    found = db.session.scalars(statement.order_by(ends, Case.reference).limit(wanted.limit + 1)).all()
    items = found[: wanted.limit]
    last = items[-1] if len(found) > wanted.limit else None
    return Page(items, page_marks.mark((last.order_ends_on or date.max).isoformat(), last.reference) if last else None)


def numbers(actor: Actor) -> dict[str, int]:
    """How many cases have which work."""
    return {
        work: db.session.scalar(with_work(actor, work).with_only_columns(func.count(Case.id)).order_by(None)) or 0
        for work in WORK
    }


def rows(cases: Sequence[Case]) -> list[dict[str, Any]]:
    """Cases as rows of the list, with the newest step of each; two statements however many there are."""
    newest = {case_id: found[-1] for case_id, found in _of_cases([case.id for case in cases]).items()}
    return [_row(case, newest.get(case.id)) for case in cases]


def _row(case: Case, notice: OrderNotice | None) -> dict[str, Any]:
    return {
        "reference": case.reference,
        "name": f"{case.person.given_name} {case.person.family_name}",
        "kind": case.kind.value,
        "phone": case.person.phone,
        "state": case.order_state.value if case.order_state else None,
        "starts_on": case.order_starts_on,
        "ends_on": case.order_ends_on,
        "is_open": case.is_open,
        "notice": notice_values(notice) if notice else None,
    }


def of_case(case: Case) -> dict[str, Any]:
    """What the page of a case shows of its order: every step, the matter for the court, what the office still lacks."""
    notices = _of_cases([case.id]).get(case.id, [])
    found = [notice_values(notice) for notice in notices]
    orders_it = next((one.office_id for one in notices if one.paper is PaperState.DUE), case.office_id)
    return {
        "notices": found,
        "unacknowledged": [one for one in found if one["can_be_known"] and one["acknowledged_at"] is None],
        "court_matter": court_matters.values_of(case),
        "missing_facts": missing_facts(db.session.get(Office, orders_it)),
    }


def _of_cases(case_ids: Collection[UUID]) -> dict[UUID, list[OrderNotice]]:
    wanted = select(OrderNotice).where(OrderNotice.case_id.in_(case_ids))
    found: dict[UUID, list[OrderNotice]] = defaultdict(list)
    for notice in db.session.scalars(wanted.order_by(OrderNotice.created_at, OrderNotice.id)):
        found[notice.case_id].append(notice)
    return found


def notice_values(notice: OrderNotice) -> dict[str, Any]:
    """One step as plain values."""
    return {
        "id": notice.id,
        "event": notice.event.event.value,
        "legal_basis": notice.event.legal_basis,
        "starts_on": notice.event.starts_on,
        "ends_on": notice.event.ends_on,
        "previous_ends_on": notice.previous_ends_on,
        "recorded_at": notice.event.recorded_at,
        "paper": notice.paper.value,
        "document_id": notice.document_id,
        "text": f"{notice.text_code} {notice.text_version}" if notice.text_code else None,
        "printed_at": notice.printed_at,
        "told_to": notice.told_to,
        "told_at": notice.told_at,
        "way": notice.way.value if notice.way else None,
        "given_on": notice.given_on,
        "arrived_on": notice.arrived_on,
        "is_lost": notice.is_lost,
        "announced_on": notice.announced_on,
        "remedy_until": notice.remedy_until,
        "can_be_known": notice.paper in (PaperState.MADE, PaperState.PRINTED) or notice.told_at is not None,
        "acknowledged_at": notice.acknowledged_at,
        "acknowledged_source": notice.acknowledged_source.value if notice.acknowledged_source else None,
    }


def as_json(values: dict[str, Any]) -> dict[str, Any]:
    """The same for programs, and for a person's copy: days and times as ISO 8601."""
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else str(value) if isinstance(value, UUID) else value
        for name, value in values.items()
    }


def notice_json(notice: OrderNotice) -> dict[str, Any]:
    """One step and all that became of it, for copies and histories."""
    return as_json(notice_values(notice)) | {"reason": notice.reason}


def papers_to_print(actor: Actor, references: Collection[str], *, again: bool) -> list[tuple[UUID, UUID]]:
    """Notice and document of the papers of these visible cases that nobody has printed, in the list's order, locked.

    `again`: of those that were printed and not given away yet. What somebody else has just taken is left out.
    """
    cases = cases_visible_to(actor).where(Case.reference.in_(references)).with_only_columns(Case.id)
    to_print = and_(_waiting(PaperState.PRINTED if again else PaperState.MADE), OrderNotice.given_on.is_(None))
    wanted = (
        select(OrderNotice.id, OrderNotice.document_id)
        .join(Case, Case.id == OrderNotice.case_id)
        .where(OrderNotice.case_id.in_(cases), OrderNotice.document_id.is_not(None), to_print)
        .order_by(Case.order_ends_on, Case.reference, OrderNotice.created_at)
        .limit(PRINTED_AT_ONCE)
    )
    found = [(row[0], row[1]) for row in db.session.execute(wanted) if row[1] is not None]
    named = select(OrderNotice.id).where(OrderNotice.id.in_([each[0] for each in found]), to_print)
    mine = set(db.session.scalars(locked(named.order_by(OrderNotice.id))))
    return [each for each in found if each[0] in mine]
