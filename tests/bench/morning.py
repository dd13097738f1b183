"""The wave of a large town's morning: everybody who is due gets a check-in and a rendered message in the outbox."""

from collections.abc import Iterator
from datetime import timedelta

from care.case_sets import AT_ONCE
from care.models import Case
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
        alone = place.count(Case.next_check_in_at <= early)
        done, took = place.shared("asking", early, 1)
        assert done >= alone > 0, f"{done} of {alone} were asked"
        one = done / took
        tables = {name: f"created_at = '{early.isoformat()}'" for name in ("care_check_in", "notification")} | {
            "care_case_event": f"recorded_at = '{early.isoformat()}' AND kind = 'asked'"
        }
        bare = place.bare(tables, AT_ONCE, COMPARED)
        place.settle_down()
        place.shared("reassessing", NOON, WORKERS)
        due = place.count(Case.next_check_in_at <= NOON)
        done, took = place.shared("asking", NOON, WORKERS)
        assert done >= due > 0, f"{done} of {due} were asked"
        assert not place.count(Case.next_check_in_at <= NOON)
        beside = f"bare INSERTs of their rows, one connection, {COMPARED:,} cases"
        rows = min(COMPARED, alone) / bare
        yield Line(f"morning wave, {alone:,} cases, one worker", one, "1/s", beside, rows)
        yield Line(
            f"morning wave, {due:,} cases, {WORKERS} workers",
            done / took,
            "1/s",
            beside,
            rows,
            (at_least(RATE, "1/s"),),
        )
