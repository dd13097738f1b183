"""What is wrong with a rule before anybody has answered: operators, arguments, names, size. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.form.fields import ADDRESS_PARTS, FieldType, FormField
from services.form.logic import ARGUMENTS, ITEM_OPERATORS
from services.form.places import Level

MAX_DEPTH = 12
MAX_OPERATORS = 200
MAX_LISTS_IN_LISTS = 2
Where = tuple[int | str, ...]
PARTS: dict[FieldType, frozenset[str]] = {
    FieldType.ADDRESS: frozenset(ADDRESS_PARTS),
    FieldType.MAP: frozenset({"lat", "lon"}),
    FieldType.CONSENT: frozenset({"version", "given"}),
}
NAMED = ("current", "accumulator")
"""What a `reduce` calls the entry and what has been gathered."""


@dataclass(frozen=True)
class Found:
    """Something is wrong at `where`, a way of keys and positions."""

    where: Where
    message: str


@dataclass(frozen=True)
class Names:
    """The names that a rule may use: those of a level, and within a list first those of its entries.

    `entry` is the group whose entries the list has; None when its entries have no parts.
    """

    level: Level
    entry: FormField | None = None
    outer: "Names | None" = None
    folding: bool = False

    def knows(self, name: str) -> bool:
        if self.outer is None:
            return self._of_level(name)
        if self.folding:
            first, _, rest = name.partition(".")
            return (first in NAMED and (not rest or first == "accumulator" or self._of_entry(rest))) or (
                self.outer.knows(name)
            )
        return name == "" or self._of_entry(name) or self.outer.knows(name)

    def _of_entry(self, name: str) -> bool:
        first, _, rest = name.partition(".")
        inner = {field.key: field for field in self.entry.fields} if self.entry else {}
        return first in inner and leads_on(inner[first], rest)

    def _of_level(self, name: str) -> bool:
        first, _, rest = name.partition(".")
        level: Level | None = self.level
        while level is not None:
            if first in level.fields:
                return leads_on(level.fields[first], rest)
            level = level.outer
        return False

    def group(self, rule: Any) -> FormField | None:
        """The group whose entries a rule gives, as far as one can tell."""
        if isinstance(rule, Mapping) and "filter" in rule and isinstance(rule["filter"], list) and rule["filter"]:
            return self.group(rule["filter"][0])
        if not isinstance(rule, Mapping) or not isinstance(name := rule.get("var"), str):
            return None
        place = self.level.seek(name)
        return place.field if place is not None and place.field.fields else None


def leads_on(field: FormField, rest: str) -> bool:
    """Whether `rest`, dotted, is a part of this field's answers; "" is the whole."""
    if not rest:
        return field.type not in (FieldType.NOTE, FieldType.FILE)
    first, _, rest = rest.partition(".")
    if field.fields:
        if field.repeats is not None:
            if not first.isdecimal():
                return False
            if not rest:
                return True
            first, _, rest = rest.partition(".")
        inner = {one.key: one for one in field.fields}
        return first in inner and leads_on(inner[first], rest)
    return not rest and first in PARTS.get(field.type, ())


def wrong_in(rule: Any, names: Names, where: Where = ()) -> list[Found]:
    """Everything that is wrong with a rule that stands at `where`."""
    found = list(_wrong(rule, names, where, 0))
    if sum(1 for _ in _operators(rule)) > MAX_OPERATORS:
        found.append(Found(where, f"a rule has at most {MAX_OPERATORS} operators"))
    return found


def _operators(rule: Any) -> Iterator[str]:
    if isinstance(rule, Mapping):
        yield from (str(name) for name in rule)
        rule = list(rule.values())
    if isinstance(rule, list):
        for one in rule:
            yield from _operators(one)


def _wrong(rule: Any, names: Names, where: Where, depth: int) -> Iterator[Found]:
    if isinstance(rule, list):
        for at, one in enumerate(rule):
            yield from _wrong(one, names, (*where, at), depth)
        return
    if not isinstance(rule, Mapping):
        return
    if depth >= MAX_DEPTH:
        yield Found(where, f"a rule is at most {MAX_DEPTH} operators deep")
        return
    if len(rule) != 1:
        yield Found(where, "a rule has exactly one operator")
        return
    ((operator, given),) = rule.items()
    here = (*where, str(operator))
    if operator not in ARGUMENTS:
        yield Found(here, f"there is no operator “{operator}”")
        return
    arguments = given if isinstance(given, list) else [given]
    least, most = ARGUMENTS[operator]
    if not least <= len(arguments) <= most:
        yield Found(here, f"“{operator}” takes {least if least == most else f'{least} to {most}'} arguments")
        return
    yield from _unknown(operator, arguments, names, here)
    for at, one in enumerate(arguments):
        place = (*here, at) if isinstance(given, list) else here
        inside = operator in ITEM_OPERATORS and at == 1
        yield from _wrong(one, _within(names, operator, arguments[0]) if inside else names, place, depth + 1)
    if operator in ITEM_OPERATORS and _nesting(names) >= MAX_LISTS_IN_LISTS:
        yield Found(here, f"lists go at most {MAX_LISTS_IN_LISTS} deep into each other")


def _within(names: Names, operator: str, entries: Any) -> Names:
    return Names(names.level, names.group(entries), names, folding=operator == "reduce")


def _nesting(names: Names) -> int:
    return 0 if names.outer is None else 1 + _nesting(names.outer)


def _unknown(operator: str, arguments: Sequence[Any], names: Names, here: Where) -> Iterator[Found]:
    wanted: Sequence[Any] = ()
    if operator == "var":
        wanted = arguments[:1]
    elif operator == "missing":
        wanted = arguments
    for name in wanted:
        if not isinstance(name, str):
            yield Found(here, f"“{operator}” takes the name of a field")
        elif not names.knows(name):
            yield Found(here, f"there is no field “{name}”")
