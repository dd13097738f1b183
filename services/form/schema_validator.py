"""JSON Schema as `form.checks` reads it: the library's validator, with the patterns of `form.bounds`. Pure.

Takes longer to import than all forms to compile.
"""

import re
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from services.form.bounds import pattern


def _pattern(validator: Any, written: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if not isinstance(instance, str):
        return
    try:
        fits = pattern(written).search(instance)
    except re.error:  # one that is whole by itself alone, of a form from before such were refused (`form.soundness`)
        return
    if not fits:
        yield ValidationError(f"does not match {written!r}")


SchemaValidator = extend(Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]
