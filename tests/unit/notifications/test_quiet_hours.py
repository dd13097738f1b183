"""When an SMS waits: precedence, midnight, and both changes of clocks."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from notifications.quiet_hours import earliest
from notifications.statuses import Priority, Purpose

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = (time(21), time(8))


def berlin(text: str, fold: int = 0) -> datetime:
    """ "11-02 21:30" of the year 2026, as clocks in Berlin show it; `fold`: the first or second time that they do."""
    month_day, clock_time = text.split()
    return datetime.fromisoformat(f"2026-{month_day}T{clock_time}").replace(tzinfo=BERLIN, fold=fold).astimezone(UTC)


def held(
    at: datetime,
    quiet: tuple[time, time] | None = NIGHT,
    *,
    zone: ZoneInfo = BERLIN,
    purpose: Purpose = Purpose.GENERAL,
    priority: int = Priority.NORMAL,
    expires_at: datetime | None = None,
) -> datetime:
    return earliest(at, quiet=quiet, zone=zone, purpose=purpose, priority=priority, expires_at=expires_at)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("11-02 20:59", "11-02 20:59"),
        ("11-02 21:00", "11-03 08:00"),
        ("11-02 23:59", "11-03 08:00"),
        ("11-03 00:00", "11-03 08:00"),
        ("11-03 07:59", "11-03 08:00"),
        ("11-03 08:00", "11-03 08:00"),
        ("12-31 22:00", "12-31 22:00"),
    ],
)
def test_over_midnight(at: str, until: str) -> None:
    if at.startswith("12-31"):
        assert held(berlin(at)) == datetime(2027, 1, 1, 8, tzinfo=BERLIN)
    else:
        assert held(berlin(at)) == berlin(until)


@pytest.mark.parametrize(
    ("at", "until"), [("11-02 12:59", "11-02 12:59"), ("11-02 13:00", "11-02 15:00"), ("11-02 15:00", "11-02 15:00")]
)
def test_within_a_day(at: str, until: str) -> None:
    assert held(berlin(at), (time(13), time(15))) == berlin(until)


@pytest.mark.parametrize(
    ("purpose", "priority", "waits"),
    [
        (Purpose.LEGAL, Priority.NORMAL, False),
        (Purpose.WINDOW, Priority.NORMAL, False),
        (Purpose.SLOT, Priority.NORMAL, False),
        (Purpose.SLOT, Priority.BULK, False),
        (Purpose.GENERAL, Priority.URGENT, False),
        (Purpose.GENERAL, Priority.NORMAL, True),
        (Purpose.GENERAL, Priority.BULK, True),
    ],
)
def test_legal_notice_then_window_then_slot_then_quiet_hours(purpose: Purpose, priority: int, waits: bool) -> None:
    at = berlin("11-02 23:00")
    assert (held(at, purpose=purpose, priority=priority) > at) is waits


def test_what_would_be_useless_afterwards_goes_at_once() -> None:
    at = berlin("11-02 23:00")
    assert held(at, expires_at=berlin("11-03 07:00")) == at
    assert held(at, expires_at=berlin("11-03 08:00")) == at
    assert held(at, expires_at=berlin("11-03 08:01")) == berlin("11-03 08:00")


def test_none_are_none() -> None:
    assert held(berlin("11-02 23:00"), None) == berlin("11-02 23:00")


def test_it_is_the_persons_night_that_counts() -> None:
    at = datetime(2026, 11, 2, 20, 0, tzinfo=UTC)  # 21:00 in Berlin, 23:00 in Moscow, 15:00 in New York
    assert held(at, zone=ZoneInfo("America/New_York")) == at
    assert held(at, zone=ZoneInfo("Europe/Moscow")) == datetime(2026, 11, 3, 5, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("quiet", "at", "fold", "until", "fold_until"),
    [
        # 29 March: 2:00 becomes 3:00; that night is an hour shorter
        (NIGHT, "03-28 22:00", 0, "03-29 08:00", 0),
        (NIGHT, "03-29 01:59", 0, "03-29 08:00", 0),
        (NIGHT, "03-29 03:00", 0, "03-29 08:00", 0),
        ((time(22), time(2, 30)), "03-29 01:30", 0, "03-29 03:30", 0),  # ends at a time that is left out
        ((time(22), time(2, 30)), "03-29 03:29", 0, "03-29 03:30", 0),
        ((time(22), time(2, 30)), "03-29 03:30", 0, "03-29 03:30", 0),
        ((time(2, 30), time(6)), "03-29 03:29", 0, "03-29 03:29", 0),  # begins at a time that is left out
        ((time(2, 30), time(6)), "03-29 03:30", 0, "03-29 06:00", 0),
        # 25 October: 3:00 becomes 2:00; that night is an hour longer
        (NIGHT, "10-24 22:00", 0, "10-25 08:00", 0),
        (NIGHT, "10-25 02:30", 0, "10-25 08:00", 0),
        (NIGHT, "10-25 02:30", 1, "10-25 08:00", 0),
        ((time(22), time(2, 30)), "10-25 02:29", 0, "10-25 02:30", 0),  # ends at a time that comes twice
        ((time(22), time(2, 30)), "10-25 02:30", 0, "10-25 02:30", 0),
        ((time(22), time(2, 30)), "10-25 02:15", 1, "10-25 02:15", 1),
        ((time(2, 30), time(6)), "10-25 02:15", 0, "10-25 02:15", 0),  # begins at a time that comes twice
        ((time(2, 30), time(6)), "10-25 02:30", 0, "10-25 06:00", 0),
        ((time(2, 30), time(6)), "10-25 02:15", 1, "10-25 06:00", 0),
    ],
)
def test_changes_of_clocks(quiet: tuple[time, time], at: str, fold: int, until: str, fold_until: int) -> None:
    assert held(berlin(at, fold), quiet) == berlin(until, fold_until)


MINUTES = st.integers(0, 24 * 60 - 1).map(lambda minute: time(minute // 60, minute % 60))


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)).map(lambda at: at.replace(tzinfo=UTC)),
    st.tuples(MINUTES, MINUTES).filter(lambda hours: hours[0] != hours[1]),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]),
)
def test_nobody_waits_backwards_or_longer_than_a_long_day_and_waiting_once_is_enough(
    at: datetime, quiet: tuple[time, time], name: str
) -> None:
    zone = ZoneInfo(name)
    until = held(at, quiet, zone=zone)
    assert at <= until and (until - at).total_seconds() <= 25 * 3600
    if quiet[0] > quiet[1] or until == at:
        assert held(until, quiet, zone=zone) == until
