"""In which order a line list stands, and where one goes on from a row of it. Every order ends with the reference."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from math import isfinite
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_

from care import page_marks
from care.models import Case
from config.ids import REFERENCE_ALPHABET


@dataclass(frozen=True)
class Order:
    """One order: its column, which way, how a mark's value is read, and the value of a case.

    `has_gaps`: cases without a value come last.
    """

    column: Any
    read: Callable[[Any], Any]
    of: Callable[[Case], Any]
    is_descending: bool = False
    has_gaps: bool = False


def _finite(value: Any) -> float:
    number = float(value)
    if not isfinite(number):
        raise ValueError("no priority of ours")
    return number


def _moment(value: Any) -> datetime:
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError("no moment of ours")
    return at


def _or_none(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else read(value)


def _reference(value: Any) -> str:
    if not value or not set(value) <= set(REFERENCE_ALPHABET):
        raise ValueError("no reference of ours")
    return str(value)


ORDERS: dict[str, Order] = {
    "priority": Order(Case.priority, _finite, lambda case: case.priority, is_descending=True),
    "last_report": Order(Case.heard_at, _moment, lambda case: case.last_report_at or case.enrolled_at),
    "ends": Order(
        Case.monitoring_ends_on, _or_none(date.fromisoformat), lambda case: case.monitoring_ends_on, has_gaps=True
    ),
    "follow_up": Order(Case.follow_up_on, _or_none(date.fromisoformat), lambda case: case.follow_up_on, has_gaps=True),
    "enrolled": Order(Case.enrolled_at, _moment, lambda case: case.enrolled_at, is_descending=True),
}


def place_of(case: Case, order_by: str) -> Any:
    """By what a case stands where it stands, as JSON can hold it."""
    value = ORDERS[order_by].of(case)
    return value if value is None or isinstance(value, float) else value.isoformat()


def mark_of(case: Case, order_by: str) -> str:
    """The mark of the page that comes after `case`."""
    return page_marks.mark(place_of(case, order_by), case.reference)


def after_mark(text: str, order_by: str) -> ColumnElement[bool]:
    """What comes after a mark. Raises RuleViolation for one that is damaged or of another order."""
    return after(*page_marks.read(text, ORDERS[order_by].read, _reference), order_by)


def read_place(value: Any, order_by: str) -> Any:
    """What `place_of` gave. Raises ValueError or TypeError."""
    return ORDERS[order_by].read(value)


def after(value: Any, reference: str, order_by: str) -> ColumnElement[bool]:
    """Whether a case comes after the place of this value and reference."""
    order, same = ORDERS[order_by], Case.reference > reference
    if value is None:
        return and_(order.column.is_(None), same)
    further = order.column < value if order.is_descending else order.column > value
    gaps = [order.column.is_(None)] if order.has_gaps else []
    return or_(further, and_(order.column == value, same), *gaps)


def before(value: Any, reference: str, order_by: str) -> ColumnElement[bool]:
    """Whether a case comes before that place."""
    order, same = ORDERS[order_by], Case.reference < reference
    if value is None:
        return or_(order.column.is_not(None), and_(order.column.is_(None), same))
    nearer = order.column > value if order.is_descending else order.column < value
    return or_(nearer, and_(order.column == value, same))


def ordered(statement: Select[Case], order_by: str, *, backwards: bool = False) -> Select[Case]:
    """The statement in this order, or from its end."""
    order = ORDERS[order_by]
    column = order.column.desc() if order.is_descending is not backwards else order.column.asc()
    if order.has_gaps:
        column = column.nulls_first() if backwards else column.nulls_last()
    return statement.order_by(column, Case.reference.desc() if backwards else Case.reference)
