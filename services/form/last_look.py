"""The last look at cleaned answers before they are stored: the form's JSON Schema, run by a library that knows nothing
of our checks. Pure.

It never refuses what `form.checks` has cleaned; if it does, one of both is wrong, and nothing is stored.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import structlog

from config.errors import N_, FieldError, RuleViolation
from services.form.fields import Step
from services.form.json_schema import schema_of

log = structlog.get_logger(__name__)
UNFIT = N_("We cannot store this answer as it is. Please change it, or contact us.")


class LastLook:
    """The schema of a form, compiled once."""

    def __init__(self, steps: Sequence[Step]) -> None:
        # Takes longer to import than all forms to compile: for the first who hands something in, not for every start.
        from services.form.schema_validator import SchemaValidator

        self._validator = SchemaValidator(schema_of(steps))

    def refuse_unfit(self, answers: Mapping[str, Any]) -> None:
        """Raises RuleViolation that names the field of each answer which the schema does not know like this."""
        errors = list(self._validator.iter_errors(answers))
        if errors:
            # Where in the schema, which is ours: what stands in the answers is not for the log.
            log.error("cleaned_answers_unfit", places=["/".join(map(str, one.schema_path)) for one in errors[:20]])
            paths = dict.fromkeys(path for error in errors for path in _paths(error))
            raise RuleViolation.of([FieldError(path, UNFIT) for path in paths])


def _paths(error: Any) -> Iterator[str]:
    """The dotted ways of the fields that a complaint of the schema is about."""
    way = [str(part) for part in error.absolute_path]
    if error.validator == "required":
        names = [name for name in error.validator_value if name not in error.instance]
    elif error.validator == "additionalProperties":
        names = [name for name in error.instance if name not in error.schema.get("properties", {})]
    else:
        names = []
    yield from (".".join([*way, str(name)]) for name in names) if names else [".".join(way)]
