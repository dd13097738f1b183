"""Single values as they stand in the files of health offices. Pure.

Each function gives the value or raises `Unusable`, whose message names the value. Nothing is guessed: a date that can
be read in two ways is no date.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers

from care.commands import normalised_email, normalised_phone
from config.errors import N_, DomainError

EARLIEST_YEAR = 1900
ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
NATIONAL_DATE = re.compile(r"(\d{1,2})([./])(\d{1,2})\2(\d{4})")
SHORT_YEAR = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{2}")
NAMED_MONTH = re.compile(r"([A-Za-z]{3}) +(\d{1,2}) +(\d{4})")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
TIME_OF_DAY = re.compile(r"[T ]+\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?[AP]M)?(Z|[+-]\d{2}:?\d{2})?$", re.IGNORECASE)
EMAIL = re.compile(r"[^@\s,;<>\"()]+@[^@\s,;<>\"()]+\.[^@\s.,;<>\"()]{2,}")

TRUE = frozenset({"true", "yes", "ja", "wahr", "1", "x"})
FALSE = frozenset({"false", "no", "nein", "falsch", "0"})
UNKNOWN = frozenset({"", "unknown", "unbekannt", "-", "n/a"})
SEX_UNKNOWN = UNKNOWN | {"u", "unreported"}
SEXES = {
    "male": "male", "m": "male", "männlich": "male", "mann": "male",
    "female": "female", "f": "female", "w": "female", "weiblich": "female", "frau": "female",
    "other": "diverse", "divers": "diverse", "d": "diverse", "diverse": "diverse", "andere": "diverse",
    "x": "diverse",
}  # fmt: skip


class DateOrder(StrEnum):
    """How a format writes 04/05/2026."""

    DAY_FIRST = "day_first"  # says its documentation
    MONTH_FIRST = "month_first"  # says its documentation
    AS_WRITTEN = "as_written"  # as whoever exported it had set it: only other dates of the same file can tell


@dataclass(frozen=True)
class DateReading:
    """How the dates of one file are read: with which separators ("." or "/") the month comes first, or nobody knows."""

    month_first: frozenset[str] = frozenset()
    ambiguous: frozenset[str] = frozenset()

    @classmethod
    def of(cls, order: DateOrder, texts: Iterable[str]) -> "DateReading":
        """The reading for a file with these dates."""
        if order is DateOrder.MONTH_FIRST:
            return cls(month_first=frozenset("./"))
        dates = list(texts)
        month_first = month_first_separators(dates)
        if order is DateOrder.DAY_FIRST:
            return cls(ambiguous=month_first)
        day_first = day_first_separators(dates)
        unknown = month_first & day_first | ({"/"} - month_first - day_first)
        return cls(month_first - day_first, frozenset(unknown))


class Unusable(DomainError):
    """The cell has a value that cannot be used."""

    def __init__(self, message: str, value: str, **params: Any) -> None:
        super().__init__(message, value=value, **params)
        self.value = value


def month_first_separators(texts: Iterable[str]) -> frozenset[str]:
    """The separators ("." or "/") whose dates in this file must be month first, such as 05/20/2021."""
    matches = filter(None, map(NATIONAL_DATE.match, texts))
    return frozenset(match[2] for match in matches if int(match[3]) > 12 >= int(match[1]))


def day_first_separators(texts: Iterable[str]) -> frozenset[str]:
    """The separators whose dates in this file must be day first, such as 20/05/2021."""
    matches = filter(None, map(NATIONAL_DATE.match, texts))
    return frozenset(match[2] for match in matches if int(match[1]) > 12 >= int(match[3]))


def parse_date(
    text: str, ambiguous: frozenset[str] = frozenset(), month_first: frozenset[str] = frozenset()
) -> date | None:
    """dd.MM.yyyy, dd/MM/yyyy, yyyy-MM-dd or Mar 22 2021, a time of day after it is passed over; None for nothing.

    `ambiguous` holds the separators for which day and month cannot be told apart, `month_first` those with which the
    month is first (see `DateReading`).
    """
    text = text.strip()
    if not text:
        return None
    plain = TIME_OF_DAY.sub("", text)
    if match := ISO_DATE.fullmatch(plain):
        year, month, day = (int(part) for part in match.groups())
    elif (match := NAMED_MONTH.fullmatch(plain)) and match[1].lower() in MONTHS:
        year, month, day = int(match[3]), MONTHS.index(match[1].lower()) + 1, int(match[2])
    elif match := NATIONAL_DATE.fullmatch(plain):
        day, month, year = int(match[1]), int(match[3]), int(match[4])
        if match[2] in month_first:
            day, month = month, day
        elif match[2] in ambiguous and day <= 12 and month <= 12 and day != month:
            raise Unusable(N_("“{value}” is ambiguous: day or month may come first. Please write 2026-05-04."), text)
    elif SHORT_YEAR.fullmatch(plain):
        raise Unusable(N_("“{value}” is ambiguous: please write the year with four digits."), text)
    else:
        raise Unusable(N_("“{value}” is not a date (dd.MM.yyyy, dd/MM/yyyy or yyyy-MM-dd)."), text)
    if month > 12 >= day and not month_first:
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
    if plain in SEX_UNKNOWN:
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


def parse_moment(text: str, zone: ZoneInfo) -> datetime | None:
    """2026-11-02T09:00+01:00, or 02.11.2026 09:00 (also with ISO's date) in `zone`; None for nothing."""
    text = text.strip()
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        try:
            found = datetime.strptime(text, "%d.%m.%Y %H:%M").replace(tzinfo=zone)
        except ValueError:
            raise Unusable(N_("“{value}” is not a date with a time of day (02.11.2026 09:00)."), text) from None
    return found if found.tzinfo else found.replace(tzinfo=zone)
