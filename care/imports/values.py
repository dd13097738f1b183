"""Single values as they stand in the files of health offices. Pure.

Each function gives the value or raises `Unusable`, whose message names the value. Nothing is guessed: a date that can
be read in two ways is no date.
"""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

import phonenumbers

from care.commands import normalised_email, normalised_phone
from config.errors import N_, DomainError

EARLIEST_YEAR = 1900
ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
NATIONAL_DATE = re.compile(r"(\d{1,2})([./])(\d{1,2})\2(\d{4})")
SHORT_YEAR = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{2}")
TIME_OF_DAY = re.compile(r"[T ]+\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$")
EMAIL = re.compile(r"[^@\s,;<>\"()]+@[^@\s,;<>\"()]+\.[^@\s.,;<>\"()]{2,}")

TRUE = frozenset({"true", "yes", "ja", "wahr", "1", "x"})
FALSE = frozenset({"false", "no", "nein", "falsch", "0"})
UNKNOWN = frozenset({"", "unknown", "unbekannt", "-"})
SEXES = {
    "male": "male", "m": "male", "männlich": "male", "mann": "male",
    "female": "female", "f": "female", "w": "female", "weiblich": "female", "frau": "female",
    "other": "diverse", "divers": "diverse", "d": "diverse", "diverse": "diverse", "andere": "diverse",
}  # fmt: skip


class Unusable(DomainError):
    """The cell has a value that cannot be used."""

    def __init__(self, message: str, value: str, **params: Any) -> None:
        super().__init__(message, value=value, **params)
        self.value = value


def month_first_separators(texts: Iterable[str]) -> frozenset[str]:
    """The separators ("." or "/") whose dates in this file must be month first, such as 05/20/2021.

    Such dates are impossible for us; but they say that 04/05/2021 in the same file may well mean April.
    """
    found = set()
    for text in texts:
        match = NATIONAL_DATE.match(text)
        if match and int(match[3]) > 12 >= int(match[1]):
            found.add(match[2])
    return frozenset(found)


def parse_date(text: str, ambiguous: frozenset[str] = frozenset()) -> date | None:
    """dd.MM.yyyy, dd/MM/yyyy or yyyy-MM-dd, a time of day after it is passed over; None for nothing.

    `ambiguous` holds the separators for which day and month cannot be told apart (see `month_first_separators`).
    """
    text = text.strip()
    if not text:
        return None
    plain = TIME_OF_DAY.sub("", text)
    if match := ISO_DATE.fullmatch(plain):
        year, month, day = (int(part) for part in match.groups())
    elif match := NATIONAL_DATE.fullmatch(plain):
        day, month, year = int(match[1]), int(match[3]), int(match[4])
        if match[2] in ambiguous and day <= 12 and month <= 12 and day != month:
            raise Unusable(N_("“{value}” is ambiguous: other dates in this file have the month first."), text)
    elif SHORT_YEAR.fullmatch(plain):
        raise Unusable(N_("“{value}” is ambiguous: please write the year with four digits."), text)
    else:
        raise Unusable(N_("“{value}” is not a date (dd.MM.yyyy, dd/MM/yyyy or yyyy-MM-dd)."), text)
    if month > 12 >= day:
        raise Unusable(N_("“{value}” is not a possible date: the day comes first, then the month."), text)
    return checked_date(year, month, day, text)


def checked_date(year: int, month: int, day: int, text: str) -> date:
    """The date, if the calendar has it and it lies after 1900."""
    try:
        if year < EARLIEST_YEAR:
            raise ValueError(year)
        return date(year, month, day)
    except ValueError:
        raise Unusable(N_("“{value}” is not a possible date."), text) from None


def parse_date_parts(day: str, month: str, year: str) -> date | None:
    """A birth date in three columns; None when all are empty. A part alone is no date."""
    parts = [part.strip() for part in (day, month, year)]
    if not any(parts):
        return None
    text = ".".join(part or "?" for part in parts)
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise Unusable(N_("“{value}” is not a complete date."), text)
    if len(parts[2]) != 4:
        raise Unusable(N_("“{value}” is ambiguous: please write the year with four digits."), text)
    return checked_date(int(parts[2]), int(parts[1]), int(parts[0]), text)


def parse_flag(text: str) -> bool | None:
    """TRUE/FALSE, Yes/No, Ja/Nein; None for nothing or unknown."""
    plain = text.strip().casefold()
    if plain in UNKNOWN:
        return None
    if plain in TRUE:
        return True
    if plain in FALSE:
        return False
    raise Unusable(N_("“{value}” is neither yes nor no."), text)


def parse_sex(text: str) -> str | None:
    """`male`, `female` or `diverse`; None for nothing or unknown."""
    plain = text.strip().casefold()
    if plain in UNKNOWN:
        return None
    if plain not in SEXES:
        raise Unusable(N_("“{value}” is not a known entry for the sex."), text)
    return SEXES[plain]


def parse_phone(text: str, region: str = "DE") -> str | None:
    """The number as E.164. Raises Unusable for one that no network has given out."""
    plain = text.strip().lstrip("'")
    if not plain:
        return None
    try:
        return normalised_phone(plain, region)
    except ValueError:
        raise Unusable(N_("“{value}” cannot be a telephone number."), text) from None


def takes_sms(phone: str) -> bool:
    """Whether `phone` (E.164) may be a mobile number; a landline gets no SMS."""
    kind = phonenumbers.number_type(phonenumbers.parse(phone))
    return kind in {phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE}


def parse_email(text: str) -> str | None:
    """The address, trimmed. Whether it exists shows only when something is sent."""
    plain = text.strip()
    if not plain:
        return None
    try:
        if len(plain) > 254 or not EMAIL.fullmatch(plain):
            raise ValueError(plain)
        return normalised_email(plain)
    except ValueError:
        raise Unusable(N_("“{value}” is not an e-mail address."), text) from None
