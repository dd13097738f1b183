"""The rules of forms: a small subset of JsonLogic, as data in, value out. Pure.

A rule is a mapping of one operator to its arguments; everything else is a value. Numbers are counted as decimals, so
that money stays exact. An answer that is not there (yet) is null: arithmetic with null is null, and nothing is smaller
or larger than null, since a question that nobody has answered must not decide (docs/adr/0030). Days are ISO texts.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal, DecimalException
from typing import Any, Protocol

from services.form.operators import PLAIN, TooMuch, day, truthy

MAX_STEPS = 20_000
"""Operators that one evaluation may carry out; a rule that takes more has no result."""
ITEM_OPERATORS = frozenset({"map", "filter", "reduce", "some", "all", "none"})
"""Operators whose second argument is a rule about each item of a list."""


class Scope(Protocol):
    """Where the names in a rule are looked up."""

    def look(self, name: str) -> Any:
        """The value of `name`, dotted for parts; None when there is none."""


def evaluate(rule: Any, scope: Scope, *, today: date | None) -> Any:
    """The value of `rule`: None, bool, Decimal, text, list or mapping. `today`: in the city's zone, or unknown.

    Never raises for answers of whatever kind: what cannot be computed is None.
    """
    try:
        return _Run(today).value(rule, scope)
    except (TooMuch, RecursionError, DecimalException):
        return None


class _Item:
    """One item of a list: its own parts first, then what lies around it."""

    def __init__(self, item: Any, outer: Scope) -> None:
        self.item, self.outer = item, outer

    def look(self, name: str) -> Any:
        if name == "":
            return self.item
        first, _, rest = name.partition(".")
        if isinstance(self.item, Mapping) and first in self.item:
            return into(self.item[first], rest)
        return self.outer.look(name)


def into(value: Any, name: str) -> Any:
    """The part `name` (dotted; "" is the whole) of `value`; None when there is none."""
    for part in name.split(".") if name else ():
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


class _Run:
    """One evaluation, which counts what it does."""

    def __init__(self, today: date | None) -> None:
        self.today, self.left = today, MAX_STEPS

    def value(self, rule: Any, scope: Scope) -> Any:
        if isinstance(rule, list | tuple):
            return [self.value(one, scope) for one in rule]
        if not isinstance(rule, Mapping) or len(rule) != 1:
            return rule.isoformat() if isinstance(rule, date) else rule
        self.left -= 1
        if self.left < 0:
            raise TooMuch
        ((name, given),) = rule.items()
        arguments = list(given) if isinstance(given, list | tuple) else [given]
        least, most = ARGUMENTS.get(name, (1, 0))
        if not least <= len(arguments) <= most:
            return None  # `rule_checks` refuses it in a file; here it is a snapshot's
        if name in SPECIAL:
            return SPECIAL[name](self, arguments, scope)
        return PLAIN[name](*(self.value(one, scope) for one in arguments))

    def _var(self, arguments: Sequence[Any], scope: Scope) -> Any:
        name = self.value(arguments[0], scope) if arguments else ""
        found = scope.look(str(name if name is not None else ""))
        return self.value(arguments[1], scope) if found is None and len(arguments) > 1 else found

    def _missing(self, arguments: Sequence[Any], scope: Scope) -> list[Any]:
        names = self.value(list(arguments), scope)
        flat = names[0] if len(names) == 1 and isinstance(names[0], list) else names
        return [name for name in flat if scope.look(str(name)) in (None, "", [])]

    def _if(self, arguments: Sequence[Any], scope: Scope) -> Any:
        rest = list(arguments)
        while len(rest) > 1:
            condition, then, *rest = rest
            if truthy(self.value(condition, scope)):
                return self.value(then, scope)
        return self.value(rest[0], scope) if rest else None

    def _and(self, arguments: Sequence[Any], scope: Scope) -> Any:
        found: Any = None
        for one in arguments:
            found = self.value(one, scope)
            if not truthy(found):
                return found
        return found

    def _or(self, arguments: Sequence[Any], scope: Scope) -> Any:
        found: Any = None
        for one in arguments:
            found = self.value(one, scope)
            if truthy(found):
                return found
        return found

    def _items(self, arguments: Sequence[Any], scope: Scope) -> list[Any]:
        found = self.value(arguments[0], scope)
        return found if isinstance(found, list) else []

    def _each(self, arguments: Sequence[Any], scope: Scope) -> list[tuple[Any, Any]]:
        """Every item with what the rule says of it."""
        return [(item, self.value(arguments[1], _Item(item, scope))) for item in self._items(arguments, scope)]

    def _map(self, arguments: Sequence[Any], scope: Scope) -> list[Any]:
        return [found for _, found in self._each(arguments, scope)]

    def _filter(self, arguments: Sequence[Any], scope: Scope) -> list[Any]:
        return [item for item, found in self._each(arguments, scope) if truthy(found)]

    def _some(self, arguments: Sequence[Any], scope: Scope) -> bool:
        return any(truthy(found) for _, found in self._each(arguments, scope))

    def _none(self, arguments: Sequence[Any], scope: Scope) -> bool:
        return not self._some(arguments, scope)

    def _all(self, arguments: Sequence[Any], scope: Scope) -> bool:
        each = self._each(arguments, scope)
        return bool(each) and all(truthy(found) for _, found in each)

    def _reduce(self, arguments: Sequence[Any], scope: Scope) -> Any:
        found = self.value(arguments[2], scope) if len(arguments) > 2 else None
        for item in self._items(arguments, scope):
            found = self.value(arguments[1], _Item({"current": item, "accumulator": found}, scope))
        return found

    def _today(self, arguments: Sequence[Any], scope: Scope) -> str | None:
        return self.today.isoformat() if self.today else None

    def _age(self, arguments: Sequence[Any], scope: Scope) -> Decimal | None:
        """Full years from a day of birth to another day, else to today (§ 187 (2), § 188 (2) BGB)."""
        given = self.value(list(arguments), scope)
        born, then = day(given[0]), day(given[1]) if len(given) > 1 else self.today
        if born is None or then is None or then < born:
            return None
        return Decimal(then.year - born.year - ((then.month, then.day) < (born.month, born.day)))


SPECIAL: dict[str, Callable[[_Run, Sequence[Any], Scope], Any]] = {
    "var": _Run._var,
    "missing": _Run._missing,
    "if": _Run._if,
    "and": _Run._and,
    "or": _Run._or,
    "map": _Run._map,
    "filter": _Run._filter,
    "reduce": _Run._reduce,
    "some": _Run._some,
    "all": _Run._all,
    "none": _Run._none,
    "today": _Run._today,
    "age": _Run._age,
}
"""Operators that see more than values: names, the day, or only some of their arguments."""

ARGUMENTS: dict[str, tuple[int, int]] = {
    "var": (1, 2),
    "missing": (1, 50),
    "if": (2, 50),
    "and": (1, 50),
    "or": (1, 50),
    **dict.fromkeys(("map", "filter", "some", "all", "none"), (2, 2)),
    "reduce": (3, 3),
    "today": (0, 0),
    "age": (1, 2),
    **dict.fromkeys(("==", "!=", "===", "!==", "/", "%", "in", "days_between"), (2, 2)),
    **dict.fromkeys(("<", "<=", ">", ">="), (2, 3)),
    **dict.fromkeys(("!", "!!"), (1, 1)),
    "-": (1, 2),
    **dict.fromkeys(("+", "*", "min", "max", "cat"), (1, 50)),
}
"""How many arguments each operator takes at least and at most."""
