"""Answers as people read them: one by one, and a whole form for summaries, papers and casework. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field as member
from datetime import date
from decimal import Decimal
from typing import Any

import phonenumbers

from services.form.code_lists import options_of
from services.form.fields import FieldType, FormField, Step
from services.form.places import Level, Place
from services.form.state import FormState

UNSAID = frozenset({FieldType.FILE, FieldType.NOTE})
"""Files are shown by who holds them."""


@dataclass(frozen=True)
class Line:
    """A question and its answer as text; of a group its entries instead, each called `entry_label`.

    `path` is the answer's in the form.
    """

    path: str
    label: str
    text: str = ""
    entries: tuple[tuple["Line", ...], ...] = ()
    entry_label: str = ""

    def __iter__(self) -> Iterator[str]:
        """Label and text: a line can be taken as a pair."""
        return iter((self.label, self.text))


@dataclass(frozen=True)
class Part:
    """What stands on one step of a form."""

    key: str
    title: str
    lines: tuple[Line, ...] = member(default=())


def lines(
    steps: Sequence[Step], answers: Mapping[str, Any], locale: str, *, yes: str, no: str, today: date | None = None
) -> tuple[Part, ...]:
    """Every visible step with its visible questions and answers, in `locale`.

    `today`, in the city's zone, is for answers that are still being typed. Without it they are stored ones, shown as
    they were handed in, whatever rules would say of them today.
    """
    form = FormState(steps, answers, today=today)

    def said(place: Place) -> Line:
        field = place.field
        if field.fields:
            entries = tuple(of(level) for level in place.levels)
            return Line(place.path, field.label.to(locale), entries=entries, entry_label=field.entry_label(locale))
        value = form.answer(place)
        return Line(place.path, field.label.to(locale), readable(field, value, locale, yes=yes, no=no))

    def of(level: Level, keys: Sequence[str] = ()) -> tuple[Line, ...]:
        places = [place for place in level.places() if not keys or place.field.key in keys]
        return tuple(said(one) for one in places if one.field.type not in UNSAID and form.shown(one))

    shown = [step for step in steps if step.key in form.steps]
    return tuple(
        Part(step.key, step.title.to(locale), of(form.top, [field.key for field in step.fields])) for step in shown
    )


def readable(field: FormField, value: Any, locale: str, *, yes: str, no: str) -> str:
    """A stored answer as a person reads it, in `locale`; "" when there is none. A group: its parts in a row."""
    if field.type in (FieldType.CHECKBOX, FieldType.CONSENT):
        return yes if value else no
    if value is None or field.type in UNSAID:
        return ""
    match field.type:
        case FieldType.YES_NO:
            return yes if value else no
        case FieldType.CHOICES:
            return ", ".join(_label(field, one, locale) for one in value)
        case FieldType.CHOICE:
            return _label(field, value, locale)
        case FieldType.GROUP:
            entries = value if isinstance(value, list) else [value]
            return "; ".join(_in_a_row(field, one, locale, yes=yes, no=no) for one in entries)
    return _PLAIN[field.type](value) if field.type in _PLAIN else str(value)


def _label(field: FormField, value: str, locale: str) -> str:
    return next((option.label.to(locale) for option in options_of(field) if option.value == value), str(value))


def _in_a_row(group: FormField, parts: Mapping[str, Any], locale: str, *, yes: str, no: str) -> str:
    said = (readable(one, parts.get(one.key), locale, yes=yes, no=no) for one in group.fields)
    return ", ".join(one for one in said if one)


def _address(value: Mapping[str, str]) -> str:
    return f"{value['street']} {value['house_number']}, {value['postal_code']} {value['city']}"


def _phone(value: str) -> str:
    return phonenumbers.format_number(phonenumbers.parse(value), phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _decimal(value: Any) -> str:
    """With a comma, and dots between thousands."""
    return f"{Decimal(value):,f}".translate(str.maketrans(",.", ".,"))


_PLAIN: dict[FieldType, Callable[[Any], str]] = {
    FieldType.ADDRESS: _address,
    FieldType.DATE: lambda value: f"{date.fromisoformat(value):%d.%m.%Y}",
    FieldType.PHONE: _phone,
    FieldType.INTEGER: _decimal,
    FieldType.NUMBER: lambda value: _decimal(Decimal(value).normalize()),
    FieldType.MONEY: lambda value: f"{_decimal(value)} €",
    FieldType.IBAN: lambda value: " ".join(value[at : at + 4] for at in range(0, len(value), 4)),
    FieldType.MAP: lambda value: f"{value['lat']:.6f}, {value['lon']:.6f}",
}
