"""Bars lie where their numbers say."""

import pytest

from config.charts import BOTTOM, HEIGHT, LEFT, MOST_LABELS, RIGHT, TOP, WIDTH, bar_chart, scale_end, stacked_chart


@pytest.mark.parametrize(("most", "end"), [(0, 4), (4, 4), (5, 8), (9, 12), (41, 80), (109, 120), (12_345, 16_000)])
def test_a_scale_ends_at_a_round_number_above_the_largest_value(most: int, end: int) -> None:
    assert scale_end(most) == end


def test_bars_stand_on_the_base_line_inside_the_frame_and_do_not_overlap() -> None:
    chart = bar_chart(["a", "b", "c"], [[1, 0, 8], [4, 2, 0]])
    assert [(each.label, each.series, each.value) for each in chart.bars] == [
        ("a", 0, 1), ("a", 1, 4), ("b", 1, 2), ("c", 0, 8),
    ]  # fmt: skip
    for bar in chart.bars:
        assert bar.y + bar.height == pytest.approx(HEIGHT - BOTTOM, abs=0.2) and bar.y >= TOP
        assert bar.height == pytest.approx((HEIGHT - BOTTOM - TOP) * bar.value / 8, abs=0.1)
        assert bar.x >= LEFT and bar.x + bar.width <= WIDTH - RIGHT
    for left, right in zip(chart.bars, chart.bars[1:], strict=False):
        assert left.x + left.width <= right.x + 0.2


def test_many_labels_are_thinned_and_the_last_one_stays() -> None:
    labels = [str(number) for number in range(30)]
    chart = bar_chart(labels, [[0] * 30])
    assert len(chart.labels) <= MOST_LABELS and chart.labels[-1].text == "29" and chart.bars == []


def test_stacked_pieces_stand_on_each_other_and_their_heights_are_their_numbers() -> None:
    series = [[1, 0, 8], [4, 2, 0], [0, 3, 5]]
    chart = stacked_chart(["a", "b", "c"], series)
    assert sum(bar.value for bar in chart.bars) == sum(map(sum, series))
    top = scale_end(13)
    for place, label in enumerate("abc"):
        pieces = [bar for bar in chart.bars if bar.label == label]
        assert [(bar.series, bar.value) for bar in pieces] == [
            (number, values[place]) for number, values in enumerate(series) if values[place]
        ]
        floor = HEIGHT - BOTTOM
        for bar in pieces:
            assert bar.y + bar.height == pytest.approx(floor, abs=0.2)
            assert bar.height == pytest.approx((HEIGHT - BOTTOM - TOP) * bar.value / top, abs=0.1)
            floor = bar.y
        assert len({bar.x for bar in pieces}) == 1
