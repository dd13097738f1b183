"""A new version of the rules: every open case of a large town is assessed anew, by two workers on PostgreSQL."""

from collections.abc import Iterator

from care.models import Case
from tests.bench.report import Line, at_most
from tests.bench.town import CASES, MORNING, town

OPEN_OF_TARGET, SECONDS = 100_000, 60
WORKERS = 2


def measure() -> Iterator[Line]:
    """Beside it: the same rows written again by one bare UPDATE, all at once."""
    with town(MORNING) as place:
        yield Line(f"{CASES:,} cases invented", place.seeded_s, "s")
        open_cases = place.count()
        with place.owner() as owner:
            bare = place.timed(owner, "UPDATE care_case SET rules_version = rules_version - 1")
        place.settle_down()
        done = place.shared("reassessing", MORNING, WORKERS)
        assert done.cases == open_cases, f"{done.cases} of {open_cases} cases were assessed"
        assert not place.count(Case.rules_version < place.rules_version)
        per_target = done.took / done.cases * OPEN_OF_TARGET
        what = f"{done.cases:,} cases assessed anew, {WORKERS} workers"
        yield Line(what, done.took, "s", "one bare UPDATE of the same rows", bare)
        yield Line("their time of a core, database included, per case", done.core_ms_per_case, "ms")
        yield Line(f"the same for {OPEN_OF_TARGET:,}", per_target, "s", marks=(at_most(SECONDS, "s"),))
