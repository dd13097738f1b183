"""What was typed becomes a value: one parser for each type of field. Pure.

A parser says whether an answer can be read at all, and gives its stored form; whether the answer is within the field's
bounds is `form.bounds`' affair. Reading a stored answer again gives the same.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import phonenumbers
from stdnum import iban
from stdnum.exceptions import ValidationError as WrongNumber

from config.errors import N_, FieldError
from services.form.code_lists import options_of
from services.form.fields import ADDRESS_PARTS, FieldType, FormField
from services.form.numbers import decimal, digits, integer, money, number
from services.form.plain import Invalid, PartsInvalid, is_empty, plain

PHONE_REGION = "DE"
MOST_DIGITS = 15
"""Of a phone number with its country's (ITU-T E.164, 6.2.1). phonenumbers lets German numbers be longer."""


def parse(field: FormField, value: Any) -> Any:
    """The stored form of what was typed; None when nothing was. Raises Invalid, PartsInvalid."""
    if is_empty(value):
        return None
    return _PARSERS[field.type](field, value)


def _text(field: FormField, value: Any) -> str:
    return _some(" ".join(plain(value).split()))


def _long_text(field: FormField, value: Any) -> str:
    return _some(plain(value))


def _some(text: str) -> str:
    if not text:  # there was something, but nothing that one can see
        raise Invalid(N_("Please fill in this field."))
    return text


def _choice(field: FormField, value: Any) -> str:
    text = plain(value)
    if text not in {option.value for option in options_of(field)}:
        raise Invalid(N_("Please choose one of the options."))
    return text


def _choices(field: FormField, value: Any) -> list[str] | None:
    """In the order of the options, each once."""
    if not isinstance(value, list | tuple | str):
        raise Invalid(N_("Please choose from the options."))
    typed = {plain(one) for one in ([value] if isinstance(value, str) else value)} - {""}
    values = [option.value for option in options_of(field)]
    if not typed <= set(values):
        raise Invalid(N_("Please choose from the options."))
    return [one for one in values if one in typed] or None


_YES = frozenset({"yes", "y", "ja", "true", "on", "1"})
_NO = frozenset({"no", "n", "nein", "false", "off", "0"})


def _yes_no(field: FormField, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = plain(value).lower()
    if word not in _YES | _NO:
        raise Invalid(N_("This can only be yes or no."))
    return word in _YES


def _checkbox(field: FormField, value: Any) -> bool | None:
    """Only a tick is an answer."""
    return _yes_no(field, value) or None


def _consent(field: FormField, value: Any) -> dict[str, Any] | None:
    """With the version of the text that was agreed to. A tick is one to the text of this form."""
    if isinstance(value, Mapping):
        if value.get("given") is not True or value.get("version") != field.consent_version:
            raise Invalid(N_("The text of this consent has changed. Please read it and decide again."))
    elif not _yes_no(field, value):
        return None
    return {"version": field.consent_version, "given": True}


def parse_date(value: str) -> date:
    """A day written as 2026-11-23 or 23.11.2026. Raises ValueError."""
    text = value.strip()
    if re.fullmatch(r"[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4}", text):
        return datetime.strptime(text, "%d.%m.%Y").date()  # noqa: DTZ007 - a day has no zone
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError(text)
    return date.fromisoformat(text)


def _date(field: FormField, value: Any) -> str:
    try:
        return (value if type(value) is date else parse_date(plain(value))).isoformat()
    except ValueError:
        raise Invalid(N_("This is not a date. Please write it as 23.11.2026.")) from None


_TIME = re.compile(r"([01]?[0-9]|2[0-3])[:.]([0-5][0-9])(?::00)?(?: ?Uhr)?")


def _time(field: FormField, value: Any) -> str:
    found = _TIME.fullmatch(plain(value))
    if not found:
        raise Invalid(N_("This is not a time. Please write it as 14:30."))
    return f"{int(found[1]):02}:{found[2]}"


def _iban(field: FormField, value: Any) -> str:
    try:
        return str(iban.validate(re.sub(r"\s", "", plain(value)).upper()))
    except (WrongNumber, ValueError):
        raise Invalid(N_("This is not an IBAN. Please compare it with your bank card.")) from None


_EMAIL = re.compile(r"[^@\s<>\",;]{1,64}@(?:[\w-]{1,63}\.)+[\w-]{2,63}")


def _email(field: FormField, value: Any) -> str:
    text = plain(value)
    if len(text) > 254 or not _EMAIL.fullmatch(text):
        raise Invalid(N_("This is not an e-mail address. It looks like name@example.org."))
    return text


def _phone(field: FormField, value: Any) -> str:
    try:
        number = phonenumbers.parse(plain(value), PHONE_REGION)
    except phonenumbers.NumberParseException:
        number = None
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if number is not None else ""
    if number is None or not phonenumbers.is_valid_number(number) or len(written) > len("+") + MOST_DIGITS:
        raise Invalid(N_("This phone number cannot be. It looks like 0531 123456 or +49 531 123456."))
    return written


_PLATE = re.compile(r"([A-ZÄÖÜ]{1,3})(?:\s*-\s*|\s+)([A-Z]{1,2})\s*-?\s*([1-9][0-9]{0,3})\s*([EH]?)")
MAX_PLATE = 8
"""Characters of a plate without its blanks (Annex 4 of the Fahrzeug-Zulassungsverordnung)."""


def _licence_plate(field: FormField, value: Any) -> str:
    found = _PLATE.fullmatch(plain(value).upper())
    if not found or sum(len(group) for group in found.groups()) > MAX_PLATE:
        raise Invalid(N_("This is not a licence plate. Please write it with a hyphen, such as BS-AB 123."))
    district, letters, digits, suffix = found.groups()
    return f"{district}-{letters} {digits}{suffix}"


_ADDRESS_RULES: dict[str, tuple[re.Pattern[str], str]] = {
    "street": (re.compile(r".{2,120}"), N_("Please enter the street.")),
    "house_number": (re.compile(r"[0-9].{0,15}"), N_("Please enter the house number, such as 12 or 12a.")),
    "postal_code": (re.compile(r"[0-9]{5}"), N_("A postal code has five digits.")),
    "city": (re.compile(r".{2,80}"), N_("Please enter the town.")),
}


def _address(field: FormField, value: Any) -> dict[str, str] | None:
    """Errors carry the part only; who asked knows the field's path."""
    if not isinstance(value, Mapping) or set(value) - set(ADDRESS_PARTS):
        raise Invalid(N_("An address has street, house_number, postal_code and city."))
    parts = {part: " ".join(plain(value.get(part) or "").split()) for part in ADDRESS_PARTS}
    if not any(parts.values()):
        return None
    wrong = [
        FieldError(part, message)
        for part, (pattern, message) in _ADDRESS_RULES.items()
        if not pattern.fullmatch(parts[part])
    ]
    if wrong:
        raise PartsInvalid(wrong)
    return parts


_PLACES = 6
"""Decimals of a coordinate: a hand's breadth."""
_PAIR = re.compile(r"(-?[0-9]{1,2}[.,][0-9]+)[,;\s]\s*(-?[0-9]{1,3}[.,][0-9]+)")


def _map(field: FormField, value: Any) -> dict[str, float] | None:
    """Latitude and longitude in WGS 84, also as one text "52.26, 10.52"."""
    if isinstance(value, str):
        found = _PAIR.fullmatch(plain(value))
        value = {"lat": found[1], "lon": found[2]} if found else None
    if not isinstance(value, Mapping) or set(value) - {"lat", "lon"}:
        raise Invalid(N_("This is no place on the map. Please set the pin."))
    if is_empty(value.get("lat")) and is_empty(value.get("lon")):
        return None
    lat, lon = (_degrees(value.get(name)) for name in ("lat", "lon"))
    if abs(lat) > 90 or abs(lon) > 180:
        raise Invalid(N_("This is no place on the map. Please set the pin."))
    return {"lat": lat, "lon": lon}


def _degrees(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Invalid(N_("This is no place on the map. Please set the pin."))
    return round(float(decimal(digits(value.replace(",", ".") if isinstance(value, str) else value))), _PLACES)


_PARSERS: dict[FieldType, Callable[[FormField, Any], Any]] = {
    FieldType.TEXT: _text,
    FieldType.LONG_TEXT: _long_text,
    FieldType.CHOICE: _choice,
    FieldType.CHOICES: _choices,
    FieldType.YES_NO: _yes_no,
    FieldType.DATE: _date,
    FieldType.TIME: _time,
    FieldType.INTEGER: lambda field, value: integer(value),
    FieldType.NUMBER: lambda field, value: number(value),
    FieldType.MONEY: lambda field, value: money(value),
    FieldType.IBAN: _iban,
    FieldType.EMAIL: _email,
    FieldType.PHONE: _phone,
    FieldType.CHECKBOX: _checkbox,
    FieldType.CONSENT: _consent,
    FieldType.ADDRESS: _address,
    FieldType.LICENCE_PLATE: _licence_plate,
    FieldType.MAP: _map,
    FieldType.FILE: lambda field, value: None,
    FieldType.NOTE: lambda field, value: None,
}
"""Groups are read by who walks the form."""
