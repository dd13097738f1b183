"""JSON Schema as `form.checks` reads it: the library's validator, with the patterns of `form.bounds`. Pure.

Takes longer to import than all forms to compile.
"""

import re
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from services.form.bounds import pattern

DEEP = frozenset(
    {
        "$anchor", "$defs", "$dynamicAnchor", "$dynamicRef", "$id", "$ref", "$schema", "additionalProperties", "allOf",
        "anyOf", "contains", "dependentSchemas", "else", "if", "items", "not", "oneOf", "patternProperties",
        "prefixItems", "properties", "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties",
    }
)  # fmt: skip
"""Keywords of a schema that has a name, or other schemas within, or refers to them."""


def _pattern(validator: Any, written: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if not isinstance(instance, str):
        return
    try:
        fits = pattern(written).search(instance)
    except re.error:  # one that is whole by itself alone, of a form from before such were refused (`form.soundness`)
        return
    if not fits:
        yield ValidationError(f"does not match {written!r}")


def _properties(validator: Any, properties: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """As the library has it, but what fits at once is not descended into: half of the work of a form's last look."""
    if not validator.is_type(instance, "object"):
        return
    for name, written in properties.items():
        if name in instance and not _fits(validator, instance[name], written):
            yield from validator.descend(instance[name], written, path=name, schema_path=name)


def _fits(validator: Any, value: Any, written: Any) -> bool:
    """Whether `value` fits a schema that stands for itself; False for one with others within: it is descended into."""
    if not isinstance(written, dict) or not DEEP.isdisjoint(written):
        return False
    known = validator.VALIDATORS
    for keyword in written:
        if keyword in known:
            for _ in known[keyword](validator, written[keyword], value, written) or ():
                return False
    return True


SchemaValidator = extend(Draft202012Validator, {"pattern": _pattern, "properties": _properties})  # type: ignore[no-untyped-call]
