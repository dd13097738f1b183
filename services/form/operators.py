"""The operators of rules that only see the values of their arguments. Pure."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal, DecimalException
from itertools import pairwise
from typing import Any

MAX_TEXT = 10_000


class TooMuch(Exception):
    """A rule takes longer, or makes more, than any form needs."""


def truthy(value: Any) -> bool:
    """Whether JsonLogic takes `value` for true: not null, false, 0, "" or []."""
    return bool(value) or isinstance(value, Mapping)


def number(value: Any) -> Decimal | None:
    """`value` as a number; None when it is none. True is no number."""
    if isinstance(value, Decimal):
        return value if value.is_finite() else None
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, float | str):
        try:
            found = Decimal(str(value).strip())
        except DecimalException:
            return None
        return found if found.is_finite() else None
    return None


def day(value: Any) -> date | None:
    """`value`, an ISO text, as a day; None when it is none."""
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _equal(one: Any, other: Any) -> bool:
    """Loose equality: a text that is a number equals that number."""
    if isinstance(one, bool) or isinstance(other, bool) or one is None or other is None:
        return one is other
    if _is_number(one) != _is_number(other):
        first, second = number(one), number(other)
        return first is not None and first == second
    return _same(one, other)


def _same(one: Any, other: Any) -> bool:
    """Strict equality; all numbers are of one kind."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if _is_number(one) and _is_number(other):
        return number(one) == number(other)
    return type(one) is type(other) and bool(one == other)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _ordered(*values: Any, strictly: bool) -> bool:
    """Whether the values rise: numbers by size, texts (days, times) by their letters."""
    return all(_before(one, other, strictly=strictly) for one, other in pairwise(values))


def _before(one: Any, other: Any, *, strictly: bool) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return one < other if strictly else one <= other
    first, second = number(one), number(other)
    if first is None or second is None:
        return False
    return first < second if strictly else first <= second


def _numbers(values: Sequence[Any]) -> list[Decimal] | None:
    found = [number(value) for value in values]
    return None if not found or None in found else [one for one in found if one is not None]


def _folded(fold: Callable[[list[Decimal]], Decimal]) -> Callable[..., Decimal | None]:
    def of(*values: Any) -> Decimal | None:
        found = _numbers(values)
        return None if found is None else fold(found)

    return of


def _product(values: list[Decimal]) -> Decimal:
    found = Decimal(1)
    for value in values:
        found *= value
    return found


def _minus(values: list[Decimal]) -> Decimal:
    return -values[0] if len(values) == 1 else values[0] - values[1]


def _cat(*values: Any) -> str:
    text = "".join(word(value) for value in values)
    if len(text) > MAX_TEXT:
        raise TooMuch
    return text


def word(value: Any) -> str:
    """`value` as text; "" for what is none."""
    if value is None or isinstance(value, Mapping | list):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _in(part: Any, whole: Any) -> bool:
    if isinstance(whole, str):
        return isinstance(part, str) and part in whole
    return isinstance(whole, list) and any(_same(part, one) for one in whole)


def _days_between(first: Any, last: Any) -> Decimal | None:
    """Days from the first to the last, without the first: 0 for the same day."""
    one, other = day(first), day(last)
    return None if one is None or other is None else Decimal((other - one).days)


PLAIN: dict[str, Callable[..., Any]] = {
    "==": _equal,
    "!=": lambda one, other: not _equal(one, other),
    "===": _same,
    "!==": lambda one, other: not _same(one, other),
    "<": lambda *values: _ordered(*values, strictly=True),
    "<=": lambda *values: _ordered(*values, strictly=False),
    ">": lambda *values: _ordered(*reversed(values), strictly=True),
    ">=": lambda *values: _ordered(*reversed(values), strictly=False),
    "!": lambda value: not truthy(value),
    "!!": truthy,
    "+": _folded(lambda values: sum(values, Decimal())),
    "-": _folded(_minus),
    "*": _folded(_product),
    "/": _folded(lambda values: values[0] / values[1]),
    "%": _folded(lambda values: values[0] % values[1]),
    "min": _folded(min),
    "max": _folded(max),
    "cat": _cat,
    "in": _in,
    "days_between": _days_between,
}
"""Operators that only see the values of their arguments."""
