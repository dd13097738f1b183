"""Periods and check-ins, also on the days when clocks change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from care.facts import CheckInFact, ReviewFact
from care.local_days import local_midnight
from care.monitoring import grace, next_check_in, period, slot_at, window
from care.protocol import current_protocol
from care.protocol_parts import Slot
from care.vocabulary import Kind, ReviewOutcome, Status
from tests.factories.care import BERLIN, COVID, MONDAY, facts, local, said

TODAY = date(2026, 11, 2)
DAY = timedelta(days=1)
SLOT = COVID.check_ins.slots[0]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"last_exposure_on": date(2026, 10, 1)}, (date(2026, 10, 1), date(2026, 10, 15), "last_exposure_on")),
        ({"last_exposure_on": None}, (TODAY, date(2026, 11, 16), "enrolled_at")),
        (
            {"kind": Kind.INDEX, "symptom_onset_on": date(2026, 10, 30), "first_positive_on": date(2026, 11, 1)},
            (date(2026, 10, 30), date(2026, 11, 13), "symptom_onset_on"),
        ),
        (
            {"kind": Kind.INDEX, "first_positive_on": date(2026, 11, 1)},
            (date(2026, 11, 1), date(2026, 11, 15), "first_positive_on"),
        ),
        (
            {"kind": Kind.INDEX, "first_positive_on": date(2026, 11, 1), "reported_on": date(2026, 10, 31)},
            (date(2026, 11, 1), date(2026, 11, 15), "first_positive_on"),
        ),
        (
            {"kind": Kind.INDEX, "reported_on": date(2026, 10, 31)},
            (date(2026, 10, 31), date(2026, 11, 14), "reported_on"),
        ),
        (
            {"last_exposure_on": None, "reported_on": date(2026, 10, 31)},
            (TODAY, date(2026, 11, 16), "enrolled_at"),
        ),
        (
            {"kind": Kind.TRAVELLER, "entered_on": date(2026, 10, 31)},
            (date(2026, 10, 31), date(2026, 11, 14), "entered_on"),
        ),
        ({"extended_until": date(2026, 11, 20)}, (date(2026, 11, 1), date(2026, 11, 20), "last_exposure_on")),
    ],
)
def test_period(values, expected):
    """Source: protocol covid-19, `monitoring`."""
    found = period(facts(**values), COVID)
    assert (found.starts_on, found.ends_on, found.counted_from) == expected


COUGHED = said(MONDAY + 5 * DAY, "cough")
DISMISSED = ReviewFact(ReviewOutcome.DISMISSED, MONDAY + 6 * DAY)
INDEX = {"kind": Kind.INDEX, "first_positive_on": date(2026, 11, 1)}


@pytest.mark.parametrize(
    ("values", "starts_on"),
    [
        (INDEX | {"reports": (said(MONDAY), COUGHED)}, date(2026, 11, 7)),
        (INDEX | {"reports": (COUGHED, said(MONDAY + 6 * DAY, "cough"))}, date(2026, 11, 7)),
        (INDEX | {"reports": (COUGHED,), "reviews": (DISMISSED,)}, date(2026, 11, 1)),
        (
            INDEX | {"reports": (COUGHED, said(MONDAY + 7 * DAY, "cough", id="r2")), "reviews": (DISMISSED,)},
            date(2026, 11, 9),
        ),
        (INDEX | {"reports": (COUGHED,), "symptom_onset_on": date(2026, 11, 3)}, date(2026, 11, 3)),
        (INDEX | {"reports": (said(MONDAY, "headache"),)}, date(2026, 11, 1)),
        ({"reports": (COUGHED,)}, date(2026, 11, 1)),
        ({"kind": Kind.TRAVELLER, "entered_on": date(2026, 10, 31), "reports": (COUGHED,)}, date(2026, 10, 31)),
    ],
)
def test_an_infection_counts_from_the_first_symptomatic_report_while_it_stands(values, starts_on):
    """Source: Sara Alert: onset is the first symptomatic report unless set; dismissing clears a derived one."""
    found = period(facts(**values), COVID)
    assert (found.starts_on, found.ends_on) == (starts_on, starts_on + 14 * DAY)


def test_the_last_day_ends_at_24_local():
    """Source: RKI: last contact 1 October, 14 days, through 15 October 24:00; in summer time that is 22:00 UTC."""
    found = period(facts(last_exposure_on=date(2026, 10, 1)), COVID)
    assert found.ends_at(BERLIN) == datetime(2026, 10, 15, 22, tzinfo=UTC)


def test_each_protocol_wish_zone_and_day_has_slots_of_its_own():
    """Slots are computed once for all who share them, and for nobody else."""
    early = COVID.check_ins.windows | {"unset": COVID.check_ins.windows["morning"]}
    other = COVID.model_copy(update={"check_ins": COVID.check_ins.model_copy(update={"windows": early})})
    tokyo = ZoneInfo("Asia/Tokyo")
    for _ in range(2):
        asked = [
            next_check_in(facts(), COVID, MONDAY),
            next_check_in(facts(), other, MONDAY),
            next_check_in(facts(contact_window="evening"), COVID, MONDAY),
            next_check_in(facts(), COVID, MONDAY + DAY),
        ]
        until = [due.window_ends_at for due in asked if due]
        assert until == [local(TODAY, 17), local(TODAY, 13), local(TODAY, 20), local(TODAY + DAY, 17)]
        far = next_check_in(facts(zone=tokyo), COVID, MONDAY)
        assert far is not None and far.window_ends_at.astimezone(tokyo).hour == 17


@pytest.mark.parametrize(
    ("wish", "opens", "closes"),
    [
        ("morning", (0, 8), (0, 13)),
        ("afternoon", (0, 12), (0, 17)),
        ("evening", (0, 16), (0, 20)),
        ("unset", (0, 12), (0, 17)),
        ("7", (0, 7), (0, 12)),
        ("23", (0, 23), (1, 4)),
    ],
)
def test_windows(wish, opens, closes):
    """Source: Sara Alert's contact windows; the end is the first instant that is not part of it."""
    found = window(SLOT, wish, TODAY, COVID, BERLIN)
    assert found == (local(TODAY + opens[0] * DAY, opens[1]), local(TODAY + closes[0] * DAY, closes[1]))


def test_a_slot_of_its_own_ignores_the_wish():
    slot = Slot.model_validate({"code": "evening", "window": {"opens": "17:00", "closes": "23:00"}})
    assert window(slot, "7", TODAY, COVID, BERLIN) == (local(TODAY, 17), local(TODAY, 23))


@pytest.mark.parametrize(
    ("day", "wish", "hours"),
    [
        (date(2026, 3, 29), "0", 4),  # 2:00 to 3:00 does not exist
        (date(2026, 10, 25), "0", 6),  # 2:00 to 3:00 comes twice
        (date(2026, 3, 28), "23", 4),
        (date(2026, 10, 24), "23", 6),
        (date(2026, 3, 29), "morning", 5),
    ],
)
def test_windows_when_clocks_change(day, wish, hours):
    opens, closes = window(SLOT, wish, day, COVID, BERLIN)
    assert closes - opens == timedelta(hours=hours)


def test_next_check_in():
    due = next_check_in(facts(), COVID, MONDAY)
    assert due is not None
    assert (due.local_date, due.due_at, due.expires_at) == (TODAY, local(TODAY, 12), local(TODAY + DAY, 12))


@pytest.mark.parametrize(
    ("values", "now", "expected"),
    [
        ({"enrolled_at": local(TODAY, 13)}, local(TODAY, 13), local(TODAY, 13)),
        ({"enrolled_at": local(TODAY, 17)}, local(TODAY, 17), local(TODAY + DAY, 12)),
        ({}, local(TODAY, 17), local(TODAY + DAY, 12)),
        ({"reports": (said(local(TODAY, 10)),)}, local(TODAY, 11), local(TODAY + DAY, 12)),
        ({"reports": (said(local(TODAY, 10), answers=(TODAY - DAY, "day")),)}, local(TODAY, 11), local(TODAY, 12)),
        (
            {"check_ins": (CheckInFact(TODAY, "day", local(TODAY, 12), local(TODAY + DAY, 12)),)},
            local(TODAY, 12),
            local(TODAY + DAY, 12),
        ),
        ({"status": Status.PAUSED}, MONDAY, None),
        ({"reachable": False}, MONDAY, None),
        ({}, local(date(2026, 11, 15), 17), None),
        ({"contact_window": "23"}, local(TODAY + DAY, 1), local(TODAY, 23)),
    ],
)
def test_when_the_next_check_in_is_due(values, now, expected):
    """Source: protocol covid-19, `check_ins` (Sara Alert's reminder eligibility)."""
    due = next_check_in(facts(**values), COVID, now)
    assert (due.due_at if due else None) == expected


ZONES = ["Europe/Berlin", "America/St_Johns", "Africa/Casablanca", "Asia/Beirut", "Pacific/Apia", "Australia/Lord_Howe"]
WISHES = ["unset", "morning", "afternoon", "evening", *map(str, range(24))]


@given(
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    wish=st.sampled_from(WISHES),
    start=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1), timezones=st.just(UTC)),
    step=st.integers(5, 120),
)
def test_exactly_one_check_in_for_each_local_day(zone, wish, start, step):
    """Whoever is asked as soon as it is due is asked once on every local day, also when clocks change."""
    known = facts(zone=zone, contact_window=wish, enrolled_at=start, last_exposure_on=start.astimezone(zone).date())
    asked: list[CheckInFact] = []
    now = start
    while now < start + timedelta(days=5):
        due = next_check_in(facts(**{**known.__dict__, "check_ins": tuple(asked)}), COVID, now)
        assert due is not None
        if due.due_at <= now:
            asked.append(CheckInFact(due.local_date, due.slot, due.due_at, due.expires_at))
        now += timedelta(minutes=step)
    dates = [one.local_date for one in asked]
    assert dates == [dates[0] + n * DAY for n in range(len(dates))]
    assert 4 <= len(dates) <= 6


@given(zone=st.sampled_from(ZONES).map(ZoneInfo), day=st.dates(date(2026, 1, 1), date(2030, 1, 1)))
def test_days_follow_each_other(zone, day):
    length = local_midnight(day + DAY, zone) - local_midnight(day, zone)
    assert timedelta(hours=22, minutes=59) < length < timedelta(hours=25, minutes=1)


EBOLA = current_protocol("ebola")
MORNING, EVENING = EBOLA.check_ins.slots


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (local(TODAY, 6), (TODAY, "morning")),
        (local(TODAY, 11, 59), (TODAY, "morning")),
        (local(TODAY, 16, 59), (TODAY, "morning")),
        (local(TODAY, 17), (TODAY, "evening")),
        (local(TODAY, 23, 59), (TODAY, "evening")),
        (local(TODAY + DAY, 0), (TODAY, "evening")),
        (local(TODAY + DAY, 5, 59), (TODAY, "evening")),
        (local(TODAY + DAY, 6), (TODAY + DAY, "morning")),
        (local(date(2026, 3, 29), 5, 59), (date(2026, 3, 28), "evening")),  # clocks went forward at 2:00
        (local(date(2026, 10, 25), 5, 59), (date(2026, 10, 24), "evening")),  # and back at 3:00
    ],
)
def test_the_slot_of_an_answer(moment, expected):
    """Source: Quarano: morning 06:00 with grace to 16:59, evening 17:00 with grace to 05:59, of the previous date."""
    assert slot_at(moment, EBOLA, BERLIN) == expected
    assert slot_at(moment, COVID, BERLIN) == (moment.astimezone(BERLIN).date(), "day")


@pytest.mark.parametrize(
    ("slot", "day", "opens", "closes", "grace_ends"),
    [
        (MORNING, TODAY, local(TODAY, 6), local(TODAY, 12), local(TODAY, 17)),
        (EVENING, TODAY, local(TODAY, 17), local(TODAY, 23), local(TODAY + DAY, 6)),
    ],
)
def test_windows_and_graces_of_slots(slot, day, opens, closes, grace_ends):
    """Source: Quarano: asked from 06:00 to 11:59 and from 17:00 to 22:59."""
    assert window(slot, "7", day, EBOLA, BERLIN) == (opens, closes)
    assert grace(slot, day, BERLIN) == grace_ends
    assert grace(SLOT, day, BERLIN) is None


@pytest.mark.parametrize(
    ("values", "now", "expected"),
    [
        ({}, local(TODAY, 9), (TODAY, "morning", local(TODAY, 9))),  # enrolled at 9:00
        ({"reports": (said(local(TODAY, 9)),)}, local(TODAY, 9), (TODAY, "evening", local(TODAY, 17))),
        ({"reports": (said(local(TODAY, 14)),)}, local(TODAY, 14), (TODAY, "evening", local(TODAY, 17))),
        ({}, local(TODAY, 12), (TODAY, "evening", local(TODAY, 17))),
        ({}, local(TODAY, 23), (TODAY + DAY, "morning", local(TODAY + DAY, 6))),
        (
            {"reports": (said(local(TODAY + DAY, 5)),)},
            local(TODAY + DAY, 5),
            (TODAY + DAY, "morning", local(TODAY + DAY, 6)),
        ),
    ],
)
def test_twice_a_day(values, now, expected):
    due = next_check_in(facts(**values), EBOLA, now)
    assert due is not None and (due.local_date, due.slot, due.due_at) == expected


def test_a_link_works_until_the_grace_is_over():
    due = next_check_in(facts(), EBOLA, local(TODAY, 18))
    assert due is not None and (due.window_ends_at, due.expires_at) == (local(TODAY, 23), local(TODAY + DAY, 6))


@given(
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    start=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1), timezones=st.just(UTC)),
    step=st.integers(5, 120),
)
def test_at_most_one_check_in_for_each_slot_and_local_day(zone, start, step):
    """Whoever is asked as soon as it is due is asked once in every slot, also when clocks change."""
    day = start.astimezone(zone).date()
    known = facts(zone=zone, enrolled_at=start, last_exposure_on=day)
    asked: list[CheckInFact] = []
    now = start
    while now < start + timedelta(days=4):
        due = next_check_in(facts(**{**known.__dict__, "check_ins": tuple(asked)}), EBOLA, now)
        assert due is not None
        if due.due_at <= now:
            asked.append(CheckInFact(due.local_date, due.slot, due.due_at, due.expires_at))
            assert slot_at(max(now, due.due_at), EBOLA, zone) == (due.local_date, due.slot)
            assert due.due_at < due.window_ends_at < due.expires_at
        now += timedelta(minutes=step)
    slots = [(one.local_date, one.slot) for one in asked]
    every = [(slots[0][0] + n * DAY, code) for n in range(6) for code in ("morning", "evening")]
    first = every.index(slots[0])
    assert slots == every[first : first + len(slots)]
    assert 6 <= len(slots) <= 9


@given(
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    moment=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1), timezones=st.just(UTC)),
)
def test_every_moment_belongs_to_exactly_one_slot(zone, moment):
    """Source: Quarano: with their graces the two slots follow each other without gap or overlap."""
    today = moment.astimezone(zone).date()
    fitting = [
        (day, slot.code)
        for day in (today - DAY, today)
        for slot in (MORNING, EVENING)
        if window(slot, "unset", day, EBOLA, zone)[0] <= moment < (grace(slot, day, zone) or moment)
    ]
    assert fitting == [slot_at(moment, EBOLA, zone)]
