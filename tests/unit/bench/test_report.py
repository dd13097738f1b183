"""What a benchmark prints says rightly whether a mark was reached."""

import pytest

from tests.bench.report import Line, Mark, at_least, at_most, close_to_baseline, of_baseline


@pytest.mark.parametrize(
    ("value", "baseline", "mark", "missed"),
    [
        (1000, 0, at_least(1000), False),
        (999, 0, at_least(1000), True),
        (0.8, 0, at_most(0.8), False),
        (0.81, 0, at_most(0.8), True),
        (600, 1000, of_baseline(0.6), False),
        (599, 1000, of_baseline(0.6), True),
        (600, 0, of_baseline(0.6), True),  # no baseline, nothing shown
        (119, 100, close_to_baseline(0.2), False),
        (81, 100, close_to_baseline(0.2), False),
        (121, 100, close_to_baseline(0.2), True),
        (79, 100, close_to_baseline(0.2), True),
    ],
)
def test_a_mark_is_met_or_missed(value: float, baseline: float, mark: Mark, missed: bool) -> None:
    line = Line("rate", value, "1/s", "bare", baseline, (mark,))
    assert line.missed == ([mark.text] if missed else [])
    assert ("MISSED" if missed else "met") in str(line)


def test_a_line_shows_figure_baseline_and_ratio() -> None:
    text = str(Line("rate", 2500, "1/s", "bare SDK", 5000))
    assert all(part in text for part in ("2,500.00 1/s", "0.50 ×", "bare SDK (5,000.00)", "load"))
