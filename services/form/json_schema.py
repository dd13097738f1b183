"""A form as JSON Schema (draft 2020-12): what cleaned answers look like. Pure.

The schema never refuses what `form.checks` has cleaned. What a schema cannot say stands beside it under
`x-`: rules (`x-visible`, `x-required-when`, `x-computed`, `x-check`), bounds of decimals and days, files. A question
that depends on a rule is optional here.
"""

from collections.abc import Callable, Sequence
from typing import Any

from services.form.code_lists import options_of
from services.form.fields import FieldType, FormField, Step, Text

DRAFT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]
KEYWORDS = frozenset(
    {
        "$schema", "additionalProperties", "const", "description", "enum", "format", "items", "maxItems", "maxLength",
        "maximum", "minItems", "minLength", "minimum", "pattern", "properties", "required", "title", "type",
        "uniqueItems",
    }
)  # fmt: skip
"""Every keyword that these schemas use; tests run the official suite for each."""


def schema_of(steps: Sequence[Step], *, locale: str = "de") -> Schema:
    """The schema of a form's cleaned answers, with titles in `locale`."""
    fields = [field for step in steps for field in step.fields]
    conditional = {field.key for step in steps if step.visible is not None for field in step.fields}
    return (
        {"$schema": DRAFT} | _object(fields, locale, conditional) | {"x-steps": [_step(one, locale) for one in steps]}
    )


def _step(step: Step, locale: str) -> Schema:
    said: Schema = {"key": step.key, "title": step.title.to(locale), "fields": [field.key for field in step.fields]}
    if step.intro is not None:
        said["intro"] = step.intro.to(locale)
    return said | ({"x-visible": step.visible} if step.visible is not None else {})


def _object(fields: Sequence[FormField], locale: str, conditional: set[str] | frozenset[str] = frozenset()) -> Schema:
    said = [field for field in fields if field.type not in (FieldType.FILE, FieldType.NOTE)]
    files = {field.key: _file(field, locale) for field in fields if field.type is FieldType.FILE}
    schema: Schema = {
        "type": "object",
        "properties": {field.key: _property(field, locale) for field in said},
        "required": [field.key for field in said if field.key not in conditional and is_always_there(field)],
        "additionalProperties": False,
    }
    return schema | ({"x-files": files} if files else {})


def is_always_there(field: FormField) -> bool:
    """Whether cleaned answers have this one, whatever the others are."""
    if not field.required or any(rule is not None for rule in (field.visible, field.required_when, field.computed)):
        return False
    if field.repeats is not None:  # entries that must be there are asked for where the group is shown
        return field.repeats.least > 0 and _is_always_shown(field)
    if field.type is FieldType.GROUP:  # a group without answers is left out
        return any(is_always_there(one) for one in field.fields)
    return field.type not in (FieldType.FILE, FieldType.NOTE)


def _is_always_shown(field: FormField) -> bool:
    """Whether this is seen wherever what is around it is. A group in which nothing is shown is not seen itself."""
    return field.visible is None and (
        field.type is not FieldType.GROUP or any(_is_always_shown(one) for one in field.fields)
    )


def _property(field: FormField, locale: str) -> Schema:
    return {"title": field.label.to(locale)} | _TYPES[field.type](field, locale) | _beside(field, locale)


def _file(field: FormField, locale: str) -> Schema:
    said: Schema = {"title": field.label.to(locale), "required": field.required, "max_files": field.max_files}
    return said | _beside(field, locale)


def _beside(field: FormField, locale: str) -> Schema:
    """What a schema cannot say, and what people are told."""
    rules = {"x-visible": field.visible, "x-required-when": field.required_when, "x-computed": field.computed}
    said: Schema = {key: rule for key, rule in rules.items() if rule is not None}
    if isinstance(field.hint, Text):
        said["description"] = field.hint.to(locale)
    if field.check:
        said["x-check"] = [{"rule": one.rule, "message": one.message.to(locale)} for one in field.check]
    for key in ("not_before", "not_after"):
        day = getattr(field, key)
        if day is not None:
            said[f"x-{key.replace('_', '-')}"] = str(day)
    return said


def _text(field: FormField, locale: str) -> Schema:
    schema: Schema = {"type": "string", "minLength": max(1, field.min_length), "maxLength": field.max_length}
    return schema | ({"pattern": f"^(?:{field.pattern})$"} if field.pattern is not None else {})


def _choice(field: FormField, locale: str) -> Schema:
    options = options_of(field)
    labels = {option.value: option.label.to(locale) for option in options}
    return {"type": "string", "enum": [option.value for option in options], "x-labels": labels}


def _choices(field: FormField, locale: str) -> Schema:
    return {"type": "array", "items": _choice(field, locale), "minItems": 1, "uniqueItems": True}


def _integer(field: FormField, locale: str) -> Schema:
    bounds = {"minimum": field.minimum, "maximum": field.maximum}
    return {"type": "integer"} | {key: _json(bound) for key, bound in bounds.items() if bound is not None}


def _decimal(pattern: str) -> Callable[[FormField, str], Schema]:
    def schema(field: FormField, locale: str) -> Schema:
        bounds = {"x-minimum": field.minimum, "x-maximum": field.maximum}
        return {"type": "string", "pattern": pattern} | {
            key: str(bound) for key, bound in bounds.items() if bound is not None
        }

    return schema


def _json(number: Any) -> int | float:
    return int(number) if number == int(number) else float(number)


def _consent(field: FormField, locale: str) -> Schema:
    return _closed({"version": {"const": field.consent_version}, "given": {"const": True}})


def _closed(properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _group(field: FormField, locale: str) -> Schema:
    entry = _object(field.fields, locale)
    if field.repeats is None:
        return entry
    return {"type": "array", "items": entry, "minItems": max(1, field.repeats.least), "maxItems": field.repeats.most}


def _always(schema: Schema) -> Callable[[FormField, str], Schema]:
    return lambda field, locale: dict(schema)


_ADDRESS = _closed(
    {
        "street": {"type": "string", "minLength": 2, "maxLength": 120},
        "house_number": {"type": "string", "pattern": "^[0-9]", "maxLength": 16},
        "postal_code": {"type": "string", "pattern": "^[0-9]{5}$"},
        "city": {"type": "string", "minLength": 2, "maxLength": 80},
    }
)
_PLACE = _closed(
    {
        "lat": {"type": "number", "minimum": -90, "maximum": 90},
        "lon": {"type": "number", "minimum": -180, "maximum": 180},
    }
)
_EMAIL = {"type": "string", "format": "idn-email", "pattern": r"^[^@\s]+@[^@\s]+$", "maxLength": 254}
_TYPES: dict[FieldType, Callable[[FormField, str], Schema]] = {
    FieldType.TEXT: _text,
    FieldType.LONG_TEXT: _text,
    FieldType.CHOICE: _choice,
    FieldType.CHOICES: _choices,
    FieldType.YES_NO: _always({"type": "boolean"}),
    FieldType.DATE: _always({"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}),
    FieldType.TIME: _always({"type": "string", "pattern": "^(?:[01][0-9]|2[0-3]):[0-5][0-9]$"}),
    FieldType.INTEGER: _integer,
    FieldType.NUMBER: _decimal(r"^-?[0-9]+(?:\.[0-9]+)?$"),
    FieldType.MONEY: _decimal(r"^-?[0-9]+\.[0-9]{2}$"),
    FieldType.IBAN: _always({"type": "string", "pattern": "^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$"}),
    FieldType.EMAIL: _always(
        {"type": "string", "format": "idn-email", "pattern": r"^[^@\s]+@[^@\s]+$", "maxLength": 254}
    ),
    FieldType.PHONE: _always({"type": "string", "pattern": r"^\+[0-9]{3,15}$"}),
    FieldType.CHECKBOX: _always({"const": True}),
    FieldType.CONSENT: _consent,
    FieldType.ADDRESS: _always(_ADDRESS),
    FieldType.LICENCE_PLATE: _always({"type": "string", "pattern": "^[A-ZÄÖÜ]{1,3}-[A-Z]{1,2} [1-9][0-9]{0,3}[EH]?$"}),
    FieldType.MAP: _always(_PLACE),
    FieldType.GROUP: _group,
}
