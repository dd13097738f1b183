"""When an act counts as announced, and until when one may go to court: every row names its source."""

from datetime import date

import pytest

from config.announcement import Procedure, Way, announced_on, remedy_until
from config.working_days import is_working_day, working_day_from


@pytest.mark.parametrize(
    ("way", "given_on", "known", "expected"),
    [
        # § 41 (2) sentence 1 VwVfG: the fourth day after it was given to the post, since 1 January 2025
        (Way.POST, date(2026, 11, 2), {}, date(2026, 11, 6)),
        (Way.POST, date(2025, 1, 1), {}, date(2025, 1, 5)),
        # the same in its version until 31 December 2024: the third day
        (Way.POST, date(2024, 12, 31), {}, date(2025, 1, 3)),
        # OVG Lüneburg, 28 February 2011, 4 LA 44/10: also when that is a Saturday, a Sunday or a holiday
        (Way.POST, date(2026, 11, 3), {}, date(2026, 11, 7)),
        (Way.POST, date(2026, 12, 21), {}, date(2026, 12, 25)),
        # § 41 (2) sentence 3: an earlier arrival changes nothing, a later one does, and none means not announced
        (Way.POST, date(2026, 11, 2), {"arrived_on": date(2026, 11, 3)}, date(2026, 11, 6)),
        (Way.POST, date(2026, 11, 2), {"arrived_on": date(2026, 11, 10)}, date(2026, 11, 10)),
        (Way.POST, date(2026, 11, 2), {"lost": True}, None),
        # § 41 (2) sentence 2: what is sent electronically, likewise
        (Way.ELECTRONIC, date(2026, 11, 2), {}, date(2026, 11, 6)),
        (Way.ELECTRONIC, date(2024, 11, 4), {}, date(2024, 11, 7)),
        # § 41 (2a) sentence 3: the day after it was fetched
        (Way.PORTAL, date(2026, 11, 2), {}, date(2026, 11, 3)),
        # § 122 (2) no. 1 AO; for taxes § 108 (3) AO moves the day past a Saturday and past Christmas (BFH, IX R 68/98)
        (Way.POST, date(2026, 12, 1), {"procedure": Procedure.FISCAL}, date(2026, 12, 7)),
        (Way.POST, date(2026, 12, 21), {"procedure": Procedure.FISCAL}, date(2026, 12, 28)),
        (Way.POST, date(2026, 11, 2), {"procedure": Procedure.FISCAL}, date(2026, 11, 6)),
        # § 37 (2) SGB X; BSG, 6 May 2010, B 14 AS 12/09 R: not moved
        (Way.POST, date(2026, 12, 1), {"procedure": Procedure.SOCIAL}, date(2026, 12, 5)),
        # § 41 (1), § 43 (1): what is said or handed over is known at once
        (Way.HANDED, date(2026, 11, 2), {}, date(2026, 11, 2)),
        (Way.VERBAL, date(2026, 11, 1), {}, date(2026, 11, 1)),
    ],
)
def test_the_day_of_announcement(way, given_on, known, expected):
    assert announced_on(way, given_on, **known) == expected


@pytest.mark.parametrize(
    ("announced", "instructed", "expected"),
    [
        # § 74 (1) VwGO, § 188 (2) BGB: the day of the next month with the same number
        (date(2026, 11, 4), True, date(2026, 12, 4)),
        # § 188 (3) BGB: where the month has no such day, its last
        (date(2028, 1, 31), True, date(2028, 2, 29)),
        # § 57 (2) VwGO, § 222 (2) ZPO: not on a Saturday or Sunday …
        (date(2026, 11, 6), True, date(2026, 12, 7)),
        # … nor on a holiday: 31 October is one in Lower Saxony, and a Saturday; 25 and 26 December, then a Sunday
        (date(2026, 9, 30), True, date(2026, 10, 30)),
        (date(2026, 11, 25), True, date(2026, 12, 28)),
        (date(2027, 9, 29), True, date(2027, 10, 29)),
        (date(2028, 9, 30), True, date(2028, 10, 30)),
        (date(2028, 10, 1), True, date(2028, 11, 1)),
        # § 58 (2) VwGO: a year where nobody was instructed in writing, as after an order by word of mouth
        (date(2026, 11, 4), False, date(2027, 11, 4)),
        (date(2028, 2, 29), False, date(2029, 2, 28)),
    ],
)
def test_the_last_day_for_the_court(announced, instructed, expected):
    assert remedy_until(announced, instructed=instructed) == expected
    assert is_working_day(expected)


def test_the_day_of_reformation_is_a_holiday_here():
    # Niedersächsisches Feiertagsgesetz, § 2 (1), since 2018; 1 November is none, unlike in North Rhine-Westphalia
    assert working_day_from(date(2028, 10, 31)) == date(2028, 11, 1)
