"""The bounds that a field sets for its answers. Pure."""

import calendar
import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from config.errors import N_
from services.form.fields import Day, FieldType, FormField
from services.form.plain import Invalid

WORDS = "{text}"
"""The message of an error whose words are the form's own: the text comes as the parameter `text`."""
_FROM_TODAY = re.compile(r"today(?:([+-])([0-9]{1,5})([dmy]))?")


def check(field: FormField, value: Any, *, today: date) -> None:
    """Raises Invalid when the stored answer `value` is out of the field's bounds. `today`: in the city's zone."""
    bound = _BOUNDS.get(field.type)
    if bound is not None:
        bound(field, value, today)


def resolved(day: Day, today: date) -> date:
    """A day of a definition, counted from `today` where it says so; the end of the month where that day is missing."""
    if isinstance(day, date):
        return day
    found = _FROM_TODAY.fullmatch(day)
    if found is None or not found[1]:
        return today
    count = int(found[1] + found[2])
    try:
        return today + timedelta(days=count) if found[3] == "d" else _months_on(today, count * _MONTHS[found[3]])
    except (OverflowError, ValueError):
        return date.max if count > 0 else date.min


_MONTHS = {"m": 1, "y": 12}


def _months_on(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _text(field: FormField, text: str, today: date) -> None:
    if len(text) > field.max_length:
        raise Invalid(N_("This is too long: at most {limit} characters."), limit=field.max_length)
    if len(text) < field.min_length:
        raise Invalid(N_("This is too short: at least {limit} characters."), limit=field.min_length)
    if field.pattern is not None and not pattern(field.pattern).fullmatch(text):
        if field.pattern_message is not None:
            raise Invalid(WORDS, text=field.pattern_message)
        raise Invalid(N_("This does not have the form that is needed here."))


@lru_cache(maxsize=1000)
def pattern(written: str) -> re.Pattern[str]:
    """A pattern of a definition, read as JSON Schema reads it: its digits and letters are those of ASCII."""
    return re.compile(written, re.ASCII)


def _number(field: FormField, value: Any, today: date) -> None:
    found = Decimal(value)
    least = Decimal(0) if field.minimum is None and field.type is FieldType.MONEY else field.minimum
    if least is not None and found < least:
        raise Invalid(N_("At least {limit}, please."), limit=comma(least))
    if field.maximum is not None and found > field.maximum:
        raise Invalid(N_("At most {limit}, please."), limit=comma(field.maximum))


def comma(number: Decimal) -> str:
    """A number as people here write it."""
    return f"{number:f}".replace(".", ",")


def _date(field: FormField, value: str, today: date) -> None:
    day = date.fromisoformat(value)
    if field.not_before is not None and day < (first := resolved(field.not_before, today)):
        raise Invalid(N_("The date must not be before {day}."), day=f"{first:%d.%m.%Y}")
    if field.not_after is not None and day > (last := resolved(field.not_after, today)):
        raise Invalid(N_("The date must not be after {day}."), day=f"{last:%d.%m.%Y}")


_BOUNDS: dict[FieldType, Callable[[FormField, Any, date], None]] = {
    FieldType.TEXT: _text,
    FieldType.LONG_TEXT: _text,
    FieldType.INTEGER: _number,
    FieldType.NUMBER: _number,
    FieldType.MONEY: _number,
    FieldType.DATE: _date,
}
