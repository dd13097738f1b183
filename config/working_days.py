"""Working days and public holidays of Lower Saxony, for terms of every kind. Pure.

Holidays follow the Niedersächsisches Feiertagsgesetz (31 October since 2018).
"""

from datetime import date, timedelta
from functools import cache

import holidays

SATURDAY = 5
ONE_DAY = timedelta(days=1)


@cache
def _holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("DE", subdiv="NI", years=year))


def is_working_day(day: date) -> bool:
    """Monday to Friday, unless a public holiday in Lower Saxony."""
    return day.weekday() < SATURDAY and day not in _holidays(day.year)


def working_day_from(day: date) -> date:
    """`day` itself, or the next working day: how a term ends by § 193 BGB and § 222 (2) ZPO."""
    while not is_working_day(day):
        day += ONE_DAY
    return day
