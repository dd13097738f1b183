"""What Pydantic found wrong with a command, in the language of the asker: one table for forms and the JSON API."""

from typing import Any, get_args

from flask_babel import gettext as _
from pydantic_core.core_schema import ErrorType

from config.errors import N_

# Pydantic's own messages are English and meant for programmers.
MESSAGES: dict[str, str] = {
    "missing": N_("Please fill in this field."),
    "string_too_short": N_("Please fill in this field."),
    "string_too_long": N_("This is too long."),
    "enum": N_("Please choose one of the options."),
    "literal_error": N_("Please choose one of the options."),
    "date_type": N_("This is not a date."),
    "date_parsing": N_("This is not a date."),
    "date_from_datetime_parsing": N_("This is not a date."),
    "datetime_type": N_("This is not a date with a time."),
    "datetime_parsing": N_("This is not a date with a time."),
    "datetime_from_date_parsing": N_("This is not a date with a time."),
    "int_parsing": N_("This is not a number."),
    "int_type": N_("This is not a number."),
    "float_parsing": N_("This is not a number."),
    "float_type": N_("This is not a number."),
    "decimal_parsing": N_("This is not a number."),
    "greater_than": N_("This number is too small."),
    "greater_than_equal": N_("This number is too small."),
    "less_than": N_("This number is too large."),
    "less_than_equal": N_("This number is too large."),
    "string_pattern_mismatch": N_("This does not have the expected form."),
}
# What no form can make of what people type: these are for whoever writes a program.
FOR_PROGRAMS: dict[str, str] = {
    "extra_forbidden": N_("There is no such field."),
    "string_type": N_("This must be text."),
    "list_type": N_("This must be a list."),
    "tuple_type": N_("This must be a list."),
    "bool_type": N_("This must be true or false."),
    "bool_parsing": N_("This must be true or false."),
    "uuid_type": N_("This is not a UUID."),
    "uuid_parsing": N_("This is not a UUID."),
    "too_long": N_("These are too many entries."),
    "too_short": N_("These are too few entries."),
}
BUILT_IN = frozenset(get_args(ErrorType))
OTHERWISE = N_("This cannot be right.")
# What a program needs beside the sentence: the options, the pattern, the bound.
FACTS = ("expected", "pattern", "gt", "ge", "lt", "le", "max_length", "min_length")


def field_of(found: dict[str, Any]) -> str:
    """The field that one of a ValidationError's `errors()` is about, as in person.phone; "" for all of it.

    Where a field takes this or that, each kind complains by itself, and Pydantic names the kind in brackets.
    """
    return ".".join(str(part) for part in found["loc"] if "[" not in str(part))


def message_of(found: dict[str, Any]) -> str:
    """The sentence for one of a ValidationError's `errors()`."""
    if found["type"] == "value_error":
        return str(_(str(found["msg"]).removeprefix("Value error, ")))
    if found["type"] not in BUILT_IN:  # a PydanticCustomError of ours, its text marked with N_
        return str(_(str(found["msg"])))
    return str(_(MESSAGES.get(found["type"]) or FOR_PROGRAMS.get(found["type"], OTHERWISE)))


def message_for_programs(found: dict[str, Any]) -> str:
    """The same sentence, with what was expected behind it."""
    fact = next((found["ctx"][name] for name in FACTS if name in found.get("ctx", {})), None)
    return message_of(found) if fact is None else f"{message_of(found)} ({str(fact).replace(' or ', ', ')})"
