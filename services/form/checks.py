"""The check of answers against a form's fields. Pure.

The same check serves the page, the API and the form tests: what a field accepts is decided here and nowhere else.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import phonenumbers

from config.errors import N_, FieldError, RuleViolation
from config.plain_text import visible
from services.form.fields import ADDRESS_PARTS, FieldType, FormField

PHONE_REGION = "DE"


class Invalid(Exception):
    """One answer is not acceptable; `part` names the part of an address."""

    def __init__(self, message: str, part: str = "", **params: Any) -> None:
        super().__init__(message)
        self.message, self.part, self.params = message, part, params


def validate(fields: Sequence[FormField], answers: Mapping[str, Any], uploaded: Collection[str]) -> dict[str, Any]:
    """The cleaned answers: trimmed, dates as ISO texts, phone numbers in E.164, plates with hyphen and space.

    `uploaded` are the keys of the file fields that have a file. Empty optional answers are left out.
    Raises RuleViolation with every complaint at once, in the form's order.
    """
    errors: list[FieldError] = []
    clean: dict[str, Any] = {}
    for field in fields:
        try:
            value = _checked(field, answers.get(field.key), field.key in uploaded)
        except PartsInvalid as several:
            errors += several.errors
        except Invalid as wrong:
            errors.append(FieldError(field.key, wrong.message, wrong.params))
        else:
            if value is not None:
                clean[field.key] = value
    known = {field.key for field in fields}
    errors += [FieldError(key, N_("This form has no such field.")) for key in answers if key not in known]
    if errors:
        raise RuleViolation.of(errors)
    return clean


class PartsInvalid(Exception):
    """Several parts of one answer are not acceptable."""

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__()
        self.errors = errors


def _checked(field: FormField, value: Any, has_file: bool) -> Any:
    if field.type is FieldType.FILE:
        if field.required and not has_file:
            raise Invalid(N_("Please add the file."))
        return None
    if value is None or (isinstance(value, str) and not value.strip()) or value is False:
        if field.required:
            raise Invalid(_MISSING.get(field.type, N_("Please fill in this field.")))
        return None
    return _CHECKS[field.type](field, value)


_MISSING = {
    FieldType.CHOICE: N_("Please choose one."),
    FieldType.CHECKBOX: N_("Please confirm this."),
}


def plain(value: Any) -> str:
    """Text as people mean it: composed characters, no control characters, no blanks around it. Raises Invalid."""
    if not isinstance(value, str):
        raise Invalid(N_("This must be a text."))
    return visible(unicodedata.normalize("NFC", value).replace("\r\n", "\n").replace("\t", " ")).strip()


def _text(field: FormField, value: Any) -> str:
    text = " ".join(plain(value).split())
    return _not_longer(text, field.max_length)


def _long_text(field: FormField, value: Any) -> str:
    return _not_longer(plain(value), field.max_length)


def _not_longer(text: str, limit: int) -> str:
    if len(text) > limit:
        raise Invalid(N_("This is too long: at most {limit} characters."), limit=limit)
    if not text:
        raise Invalid(N_("Please fill in this field."))
    return text


def _choice(field: FormField, value: Any) -> str:
    text = plain(value)
    if text not in {option.value for option in field.options}:
        raise Invalid(N_("Please choose one of the options."))
    return text


def parse_date(value: str) -> date:
    """A day written as 2026-11-23 or 23.11.2026. Raises ValueError."""
    text = value.strip()
    if re.fullmatch(r"\d{1,2}\.\d{1,2}\.\d{4}", text):
        return datetime.strptime(text, "%d.%m.%Y").date()  # noqa: DTZ007 - a day has no zone
    return date.fromisoformat(text)


def _date(field: FormField, value: Any) -> str:
    try:
        day = value if isinstance(value, date) else parse_date(plain(value))
    except ValueError:
        raise Invalid(N_("This is not a date. Please write it as 23.11.2026.")) from None
    if isinstance(field.not_before, date) and day < field.not_before:
        raise Invalid(N_("The date must not be before {day}."), day=field.not_before.isoformat())
    if isinstance(field.not_after, date) and day > field.not_after:
        raise Invalid(N_("The date must not be after {day}."), day=field.not_after.isoformat())
    return day.isoformat()


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
    if number is None or not phonenumbers.is_valid_number(number):
        raise Invalid(N_("This phone number cannot be. It looks like 0531 123456 or +49 531 123456."))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _checkbox(field: FormField, value: Any) -> bool:
    if value is True or value in ("y", "on", "true", "1"):
        return True
    raise Invalid(N_("This can only be yes or no."))


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
    "house_number": (re.compile(r"\d.{0,15}"), N_("Please enter the house number, such as 12 or 12a.")),
    "postal_code": (re.compile(r"\d{5}"), N_("A postal code has five digits.")),
    "city": (re.compile(r".{2,80}"), N_("Please enter the town.")),
}


def _address(field: FormField, value: Any) -> dict[str, str] | None:
    if not isinstance(value, Mapping) or set(value) - set(ADDRESS_PARTS):
        raise Invalid(N_("An address has street, house_number, postal_code and city."))
    parts = {part: " ".join(plain(value.get(part) or "").split()) for part in ADDRESS_PARTS}
    if not field.required and not any(parts.values()):
        return None
    wrong = [
        FieldError(f"{field.key}.{part}", message)
        for part, (pattern, message) in _ADDRESS_RULES.items()
        if not pattern.fullmatch(parts[part])
    ]
    if wrong:
        raise PartsInvalid(wrong)
    return parts


_CHECKS: dict[FieldType, Callable[[FormField, Any], Any]] = {
    FieldType.TEXT: _text,
    FieldType.LONG_TEXT: _long_text,
    FieldType.CHOICE: _choice,
    FieldType.DATE: _date,
    FieldType.EMAIL: _email,
    FieldType.PHONE: _phone,
    FieldType.CHECKBOX: _checkbox,
    FieldType.ADDRESS: _address,
    FieldType.LICENCE_PLATE: _licence_plate,
}
