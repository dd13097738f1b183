"""The wave of a large town's morning: everybody who is due gets a check-in and a rendered message in the outbox."""

from collections.abc import Iterator
from datetime import timedelta

from care.case_sets import AT_ONCE
from care.models import Schedule
from tests.bench.report import Line, at_least
from tests.bench.town import CASES, MORNING, town

NOON = MORNING + timedelta(hours=7)  # the windows of most people are open then
WORKERS, RATE = 2, 5_000
COMPARED = 10_000


def measure() -> Iterator[Line]:
    """One worker on the first windows of the day, two on those of noon. Beside it: bare INSERTs of the same rows."""
    with town(MORNING) as place:
        yield Line(f"{CASES:,} cases invented", place.seeded_s, "s")
        early = MORNING + timedelta(hours=3)
        place.shared("reassessing", early, WORKERS)
        alone = place.count(Schedule.next_check_in_at <= early)
        one = place.shared("asking", early, 1)
        assert one.cases >= alone > 0, f"{one.cases} of {alone} were asked"
        tables = {name: f"created_at = '{early.isoformat()}'" for name in ("care_check_in", "notification")}
        rows = min(COMPARED, alone) / place.bare(tables, AT_ONCE, COMPARED)
        place.settle_down()
        place.shared("reassessing", NOON, WORKERS)
        due = place.count(Schedule.next_check_in_at <= NOON)
        two = place.shared("asking", NOON, WORKERS)
        assert two.cases >= due > 0, f"{two.cases} of {due} were asked"
        assert not place.count(Schedule.next_check_in_at <= NOON)
        beside, marks = "bare INSERTs of their rows, one connection", (at_least(RATE, "1/s"),)
        for number, done, reached in ((1, one, ()), (WORKERS, two, marks)):
            what = f"morning wave, {done.cases:,} cases, workers: {number}"
            yield Line(what, done.cases / done.took, "1/s", beside, rows, reached)
            yield Line("their time of a core, database included, per case", done.core_ms_per_case, "ms")
