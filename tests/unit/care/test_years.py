"""Years of daily check-ins, with two beats and stops at any moment: exactly one per person, slot and local day.

Here the rules run against a row that is locked and stored as care's jobs do it; `integration/care/test_years.py` has
the jobs themselves on a database.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from care.facts import CaseFacts, CheckInFact
from care.line_list import Assessment, after_asking, assess
from care.local_days import local_day
from care.monitoring import next_check_in
from care.protocol import Protocol, current_protocol
from tests.factories.care import DAY, facts

WISHES = ("morning", "afternoon", "evening", "unset", *map(str, range(24)))
ZONES = (
    *("Europe/Berlin", "Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"),
    *("America/Santiago", "UTC"),
)
ONCE, TWICE = current_protocol("covid-19"), current_protocol("ebola")
BEGIN = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
REMEMBERED = 6  # check-ins; the rules look at those of the last days alone


@dataclass
class Row:
    """One case as it is stored: facts, and when it is due."""

    facts: CaseFacts
    protocol: Protocol
    next_check_in_at: datetime | None = None
    ends_on: date | None = None
    stands_until: datetime | None = None
    reassess_at: datetime | None = None

    def store(self, found: Assessment) -> None:
        self.next_check_in_at, self.reassess_at = found.next_check_in_at, found.reassess_at
        self.ends_on, self.stands_until = found.period.ends_on, found.stands_until


def look_again(row: Row, now: datetime) -> Row:
    """What `reassessing.reassess_due` does; a beat that is stopped before its commit has done nothing."""
    if row.reassess_at is None or row.reassess_at > now:
        return row
    looked = replace(row)
    looked.store(assess(row.facts, row.protocol, now))
    return looked


def ask(row: Row, now: datetime, asked: Counter) -> Row:
    """What `asking.send_due` does."""
    if row.next_check_in_at is None or row.next_check_in_at > now:
        return row
    changed, due = replace(row), next_check_in(row.facts, row.protocol, now)
    current = row.reassess_at is None or row.reassess_at > now
    if due is not None and due.due_at <= now:
        assert now < due.window_ends_at
        asked[due.local_date, due.slot] += 1
        new = CheckInFact(due.local_date, due.slot, due.due_at, due.expires_at)
        changed.facts = replace(row.facts, check_ins=(*row.facts.check_ins, new)[-REMEMBERED:])
        if current:
            following = after_asking(changed.facts, row.protocol, now, row.ends_on, row.stands_until)
            changed.next_check_in_at, changed.reassess_at = following.next_check_in_at, following.reassess_at
            return changed
    changed.store(assess(changed.facts, row.protocol, now))
    return changed


def ticks(row: list[Row], until: datetime, luck: Random) -> Iterator[datetime]:
    """When beats come: at what is due, or a while later; sometimes the clock was set back by a few minutes before."""
    now = row[0].facts.enrolled_at
    while now < until:
        due = min(at for at in (row[0].next_check_in_at, row[0].reassess_at) if at is not None)
        late = timedelta(seconds=luck.choice((0, 1, 20, 20, 60, 1800)))
        if luck.random() < 0.02:
            late = timedelta(minutes=luck.randrange(30, 150))  # an outage, shorter than any window
        now = max(now, due) + late
        yield now - luck.choice((0, 0, 0, 0, 3)) * MINUTE


def live_through(wish: str, zone: str, protocol: Protocol, years: int, luck: Random) -> Counter:
    """All check-ins of somebody whose exposure goes on for so long."""
    begin = BEGIN + timedelta(minutes=luck.randrange(0, 1440))
    known = facts(
        enrolled_at=begin, zone=ZoneInfo(zone), contact_window=wish, continuous_exposure=True, touched_at=begin
    )
    row = [Row(known, protocol)]
    row[0].store(assess(known, protocol, begin))
    asked: Counter = Counter()
    until = begin + timedelta(days=365 * years)
    for now in ticks(row, until, luck):
        work = [look_again, look_again, ask, ask]  # two beats, with their jobs in any order
        luck.shuffle(work)
        for job in work[: 4 if luck.random() < 0.8 else luck.randrange(4)]:
            stopped_before_commit = luck.random() < 0.1
            counted = Counter() if stopped_before_commit else asked
            done = ask(row[0], now, counted) if job is ask else look_again(row[0], now)
            if not stopped_before_commit:
                row[0] = done
    first, last = local_day(begin, known.zone) + DAY, local_day(until, known.zone) - 2 * DAY
    expected = dict.fromkeys(days(first, last, protocol), 0)
    return Counter(expected | {key: count for key, count in asked.items() if first <= key[0] <= last})


def days(first: date, last: date, protocol: Protocol) -> Iterator[tuple[date, str]]:
    for number in range((last - first).days + 1):
        for slot in protocol.check_ins.slots:
            yield first + number * DAY, slot.code


def wrong(wish: str, zone: str, protocol: Protocol, years: int, seed: str) -> dict:
    luck = Random(seed)
    asked = live_through(wish, zone, protocol, years, luck)
    return {key: count for key, count in asked.items() if count != 1} | (
        {} if len(asked) >= 365 * years - 4 else {"days": len(asked)}
    )


@pytest.mark.parametrize("zone", ZONES)
def test_a_year_asks_once_a_day_in_every_window(zone: str) -> None:
    for wish in [*Random(zone).sample(WISHES, 3), "2", "23"]:
        assert wrong(wish, zone, ONCE, 1, f"{wish} {zone}") == {}
    assert wrong("unset", zone, TWICE, 1, zone) == {}


@pytest.mark.chaos
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("wish", WISHES)
def test_twenty_years_ask_once_a_day(wish: str, zone: str) -> None:
    assert wrong(wish, zone, ONCE, 20, f"{wish} {zone}") == {}


@pytest.mark.chaos
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("zone", ZONES)
def test_twenty_years_ask_twice_a_day(zone: str) -> None:
    assert wrong("unset", zone, TWICE, 20, zone) == {}
