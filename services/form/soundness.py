"""Whether a form makes sense before anybody has answered: rules, names, patterns, bounds, code lists. Pure."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from services.form.code_lists import UnknownCodeList, find
from services.form.fields import CHOOSING, FieldType, FormField, Step
from services.form.loops import first_loop
from services.form.places import Level, top_level
from services.form.rule_checks import Found, Names, Where, wrong_in

NUMERIC = frozenset({FieldType.INTEGER, FieldType.NUMBER, FieldType.MONEY})
WRITTEN = frozenset({FieldType.TEXT, FieldType.LONG_TEXT})
KEYS_OF: dict[str, frozenset[FieldType]] = {
    "max_length": WRITTEN,
    "min_length": WRITTEN,
    "pattern": WRITTEN,
    "pattern_message": WRITTEN,
    "minimum": NUMERIC,
    "maximum": NUMERIC,
    "not_before": frozenset({FieldType.DATE}),
    "not_after": frozenset({FieldType.DATE}),
    "max_files": frozenset({FieldType.FILE}),
    "options": CHOOSING,
    "code_list": CHOOSING,
}
"""Keys that only some types of fields heed."""
NOT_COMPUTED = frozenset({FieldType.FILE, FieldType.NOTE, FieldType.GROUP, FieldType.CONSENT, FieldType.CHECKBOX})
MAX_LEVELS = 8
FOREIGN = re.compile(r"\(\?(?!:|=|!)|\\[AZz]|\(\?<")
"""What other readers of JSON Schema do not understand in a pattern, or understand otherwise."""


def wrong_with(steps: Sequence[Step]) -> list[Found]:
    """Everything that is wrong with a form; places begin at `steps`."""
    top = top_level(steps, {})
    found: list[Found] = []
    for at, step in enumerate(steps):
        where: Where = ("steps", at)
        if step.visible is not None:
            found += wrong_in(step.visible, Names(top), (*where, "visible"))
        found += _of_fields(step.fields, top, (*where, "fields"))
    keys = [step.key for step in steps]
    twice = [at for at, key in enumerate(keys) if key in keys[:at]]
    found += [Found(("steps", at, "key"), f"the step “{keys[at]}” is there twice") for at in twice]
    if not found and (loop := first_loop(steps)):
        found.append(Found(_where(steps, loop[0]), f"these rules lead back to themselves: {', '.join(loop)}"))
    return found


def _of_fields(fields: Sequence[FormField], level: Level, where: Where) -> Iterator[Found]:
    for at, field in enumerate(fields):
        here = (*where, at)
        yield from _of_field(field, level, here)
        if field.fields:
            place = level.place(field.key)
            inner = place.levels_or_first[0]
            if sum(not part.isdecimal() for part in place.path.split(".")) >= MAX_LEVELS:
                yield Found((*here, "fields"), f"groups go at most {MAX_LEVELS} deep into each other")
            else:
                yield from _of_fields(field.fields, inner, (*here, "fields"))


def _of_field(field: FormField, level: Level, here: Where) -> Iterator[Found]:
    for key in ("visible", "required_when", "computed"):
        rule: Any = getattr(field, key)
        if rule is not None:
            yield from wrong_in(rule, Names(level), (*here, key))
    inside = level.place(field.key).levels_or_first[0] if field.fields and not field.repeats else level
    for at, check in enumerate(field.check):
        yield from wrong_in(check.rule, Names(inside), (*here, "check", at, "rule"))
    for key, types in KEYS_OF.items():
        if key in field.model_fields_set and getattr(field, key) not in (None, ()) and field.type not in types:
            yield Found((*here, key), f"a field of type {field.type} has no {key}")
    yield from _of_bounds(field, here)
    if field.computed is not None and field.type in NOT_COMPUTED:
        yield Found((*here, "computed"), f"a field of type {field.type} cannot be computed")
    if field.code_list is not None:
        try:
            find(field.code_list)
        except UnknownCodeList:
            yield Found((*here, "code_list"), f"there is no code list “{field.code_list}”")


def _of_bounds(field: FormField, here: Where) -> Iterator[Found]:
    if field.pattern is not None:
        try:
            re.compile(field.pattern, re.ASCII)
        except re.error as error:
            yield Found((*here, "pattern"), f"this is no pattern: {error}")
        else:
            if FOREIGN.search(field.pattern):
                yield Found((*here, "pattern"), "this pattern has parts that JSON Schema does not know")
    if field.minimum is not None and field.maximum is not None and field.minimum > field.maximum:
        yield Found((*here, "minimum"), "minimum must not be above maximum")
    if field.type in WRITTEN and field.min_length > field.max_length:
        yield Found((*here, "min_length"), "min_length must not be above max_length")


def _where(steps: Sequence[Step], path: str) -> Where:
    """Where the field at `path`, or the step of that key, is written."""
    first, *rest = path.split(".")
    for at, step in enumerate(steps):
        keys = [field.key for field in step.fields]
        if first in keys:
            where: Where = ("steps", at, "fields", keys.index(first))
            fields = step.fields[keys.index(first)].fields
            for part in rest:
                position = [field.key for field in fields].index(part)
                where, fields = (*where, "fields", position), fields[position].fields
            return where
    return ("steps", next((at for at, step in enumerate(steps) if step.key == first), 0))
