"""Bar charts as numbers: where each bar lies in an SVG. Pure; the template draws them, CSS gives them colour."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 720, 200
LEFT, RIGHT, TOP, BOTTOM = 52, 8, 10, 24
GAP = 0.25  # of a slot, between two groups of bars
STEPS = (1, 2, 3, 4, 5, 6, 8, 10)
MOST_LABELS = 12


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    series: int
    value: int
    label: str


@dataclass(frozen=True)
class Mark:
    """A line of the grid with its number, or a label below: where it is, and what stands there."""

    at: float
    text: str | int


@dataclass(frozen=True)
class Chart:
    """A chart ready to be drawn in a view box of WIDTH × HEIGHT."""

    bars: Sequence[Bar]
    grid: Sequence[Mark]
    labels: Sequence[Mark]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    base: int = HEIGHT - BOTTOM


def bar_chart(labels: Sequence[str], series: Sequence[Sequence[int]]) -> Chart:
    """A chart with one group of bars per label and one bar in it per series; all series are as long as `labels`."""
    top = scale_end(max((value for values in series for value in values), default=0))
    base, height = HEIGHT - BOTTOM, HEIGHT - BOTTOM - TOP
    slot = (WIDTH - LEFT - RIGHT) / max(len(labels), 1)
    width = slot * (1 - GAP) / max(len(series), 1)
    bars = [
        Bar(
            round(LEFT + place * slot + slot * GAP / 2 + number * width, 1),
            round(base - height * value / top, 1),
            round(width, 1),
            round(height * value / top, 1),
            number,
            value,
            label,
        )
        for place, label in enumerate(labels)
        for number, values in enumerate(series)
        if (value := values[place])
    ]
    return Chart(bars, *_frame(labels, top, slot))


def stacked_chart(labels: Sequence[str], series: Sequence[Sequence[int]]) -> Chart:
    """A chart with one bar per label, made of a piece per series; the first series lies at the bottom."""
    sums = [sum(values[place] for values in series) for place in range(len(labels))]
    top = scale_end(max(sums, default=0))
    base, height = HEIGHT - BOTTOM, HEIGHT - BOTTOM - TOP
    slot = (WIDTH - LEFT - RIGHT) / max(len(labels), 1)
    width, bars = slot * (1 - GAP), []
    for place, label in enumerate(labels):
        below, x = 0, round(LEFT + place * slot + slot * GAP / 2, 1)
        for number, values in enumerate(series):
            value = values[place]
            if value:
                y = round(base - height * (below + value) / top, 1)
                bars.append(Bar(x, y, round(width, 1), round(height * value / top, 1), number, value, label))
            below += value
    return Chart(bars, *_frame(labels, top, slot))


def _frame(labels: Sequence[str], top: int, slot: float) -> tuple[list[Mark], list[Mark]]:
    """The lines of the grid, and the labels below."""
    base, height = HEIGHT - BOTTOM, HEIGHT - BOTTOM - TOP
    every = -(-len(labels) // MOST_LABELS) or 1
    below = [
        Mark(round(LEFT + (place + 0.5) * slot, 1), label)
        for place, label in enumerate(labels)
        if place % every == (len(labels) - 1) % every
    ]
    grid = [Mark(round(base - height * part / 4, 1), top * part // 4) for part in range(5)]
    return grid, below


def scale_end(most: int) -> int:
    """The round number at the top of a scale for values up to `most`: at least 4."""
    power = 1
    while True:
        for step in STEPS:
            if step * power * 4 >= most:
                return step * power * 4
        power *= 10
