"""When an administrative act counts as announced, and until when it can be challenged in court. Pure.

For orders of the health office and decisions of other departments alike. Days are local. Sources: §§ 41, 43 VwVfG with
§ 1 NVwVfG (which takes the federal act as it stands), §§ 57, 58, 74 VwGO, §§ 187–193 BGB, § 80 NJG; for taxes § 122 AO,
for social benefits § 37 SGB X; ADR 22.
"""

import calendar
from datetime import date, timedelta
from enum import StrEnum

from config.working_days import working_day_from

FOUR_DAYS_SINCE = date(2025, 1, 1)
"""Postrechtsmodernisierungsgesetz of 15 July 2024: letters and e-mails given away before count from the third day."""


class Way(StrEnum):
    """How an act came to the person."""

    VERBAL = "verbal"
    HANDED = "handed"  # into the person's hand, or into the letter box by our own messenger
    POST = "post"
    ELECTRONIC = "electronic"  # sent, such as by e-mail
    PORTAL = "portal"  # fetched by the person after a login, with their consent


class Procedure(StrEnum):
    """The act by which an office proceeds, which says from when its decisions count."""

    ADMINISTRATIVE = "vwvfg"
    FISCAL = "ao"  # municipal taxes and charges: § 11 (1) no. 3 b NKAG with § 122 AO
    SOCIAL = "sgb_x"  # benefits of the Social Code, such as a place in day care: § 37 SGB X


PRESUMED = frozenset({Way.POST, Way.ELECTRONIC})
"""Ways on which the day is presumed, so that a later arrival, or none, changes it (§ 41 (2) sentence 3 VwVfG)."""


def announced_on(
    way: Way,
    given_on: date,
    *,
    arrived_on: date | None = None,
    lost: bool = False,
    procedure: Procedure = Procedure.ADMINISTRATIVE,
) -> date | None:
    """The day on which an act counts as announced; None while it does not.

    `given_on`: when it was said, handed over, given to the post, sent, or fetched. `arrived_on`: when it demonstrably
    came, which counts only if that is later; `lost`: it never came. The day presumed may be a Saturday, a Sunday or a
    holiday: it is a date and no term, so § 31 (3) VwVfG does not move it (OVG Lüneburg, 28 February 2011, 4 LA 44/10),
    nor § 26 (3) SGB X (BSG, 6 May 2010, B 14 AS 12/09 R). For taxes it is moved to the next working day (§ 108 (3) AO;
    BFH, 14 October 2003, IX R 68/98).
    """
    if lost:
        return None
    if way in PRESUMED:
        presumed = given_on + timedelta(days=4 if given_on >= FOUR_DAYS_SINCE else 3)
        if procedure is Procedure.FISCAL:
            presumed = working_day_from(presumed)
        return max(presumed, arrived_on) if arrived_on else presumed
    if way is Way.PORTAL:
        return given_on + timedelta(days=1)  # § 41 (2a) sentence 3 VwVfG
    return given_on


def remedy_until(announced: date, *, instructed: bool = True) -> date:
    """The last day for an action in the administrative court; there is no objection procedure first (§ 80 (1) NJG).

    One month (§ 74 (1) VwGO); a year where nobody instructed the person in writing (§ 58 (2) VwGO). The term ends on
    the day of the same number, else on the month's last (§ 188 (2), (3) BGB), and on no day off (§ 222 (2) ZPO).
    """
    return working_day_from(_months_later(announced, 1 if instructed else 12))


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
