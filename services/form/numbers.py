"""Numbers and amounts as people write them. Pure."""

import re
from decimal import Decimal
from typing import Any

from config.errors import N_
from services.form.plain import Invalid, plain

MAX_DIGITS = 15
"""Digits before the decimal comma: more than any amount or measure of a form has."""
MAX_DECIMALS = 9

_GROUPED = re.compile(r"-?[0-9]{1,3}(?:\.[0-9]{3})+")
_INTEGER = re.compile(r"-?[0-9]+")
_DECIMAL = re.compile(r"-?(?:[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+)(?:,[0-9]+)?|-?[0-9]+\.[0-9]+")
_NOT_A_NUMBER = N_("This is not a number.")


def integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise Invalid(N_("This must be a whole number."))
    text = digits(value)
    if _GROUPED.fullmatch(text):
        text = text.replace(".", "")
    if not _INTEGER.fullmatch(text):
        raise Invalid(N_("This must be a whole number."))
    return int(_not_too_long(text))


def digits(value: Any) -> str:
    """A number as it was typed, in one way of writing blanks and the minus sign."""
    text = str(value) if isinstance(value, int) and abs(value) < 10**MAX_DIGITS else value
    if isinstance(text, float | Decimal):
        text = f"{Decimal(str(text)):f}" if Decimal(str(text)).is_finite() else ""
    if not isinstance(text, str):
        raise Invalid(_NOT_A_NUMBER)
    return re.sub(r"\s", "", plain(text)).replace("\N{MINUS SIGN}", "-")


def _not_too_long(text: str) -> str:
    if len(text.partition(".")[0].lstrip("-")) > MAX_DIGITS:
        raise Invalid(N_("This number is too large."))
    return text


def decimal(text: str) -> Decimal:
    """A number with a comma (dots between thousands) or with a point."""
    if not _DECIMAL.fullmatch(text):
        raise Invalid(_NOT_A_NUMBER)
    if "," in text or text.count(".") > 1:
        text = text.replace(".", "").replace(",", ".")
    found = Decimal(_not_too_long(text))
    return abs(found) if found == 0 else found  # there is no minus nought


def number(value: Any) -> str:
    text = digits(value)
    if isinstance(value, str) and _GROUPED.fullmatch(text) and text.count(".") == 1:
        raise Invalid(N_("Is the dot a comma? Please write 1234 or 1,234."))
    return write_number(decimal(text))


def write_number(found: Decimal) -> str:
    """A number as it is stored. Three decimals get a fourth: 1.234 could be read as thousands."""
    text = f"{round(found, MAX_DECIMALS):f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    text = "0" if text == "-0" else text
    return f"{text}0" if len(text.partition(".")[2]) == 3 else text


_CURRENCY = re.compile(r"(?:€|EUR|Euro)", re.IGNORECASE)


def money(value: Any) -> str:
    """Euros and cents, as 1234.50. A single dot before three digits is one between thousands: there are no mils."""
    text = _CURRENCY.sub("", digits(value), count=1)
    text = re.sub(r",[-–—]{1,2}$", "", text)
    if isinstance(value, str) and _GROUPED.fullmatch(text):
        text = text.replace(".", "")
    found = decimal(text)
    if found != round(found, 2):
        raise Invalid(N_("An amount has at most two digits after the comma."))
    return f"{found:.2f}"
