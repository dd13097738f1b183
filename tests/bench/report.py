"""The lines that benchmarks print: a figure, its baseline from the same run, their ratio, and whether it is enough."""

import os
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Mark:
    """What a figure has to reach. `text` says it for people."""

    text: str
    reached: Callable[["Line"], bool]


@dataclass(frozen=True)
class Line:
    """One row of the report. Without a baseline there is no ratio."""

    what: str
    value: float
    unit: str
    baseline_of: str = ""
    baseline: float = 0.0
    marks: tuple[Mark, ...] = ()

    @property
    def ratio(self) -> float:
        return self.value / self.baseline if self.baseline else 0.0

    @property
    def missed(self) -> list[str]:
        return [mark.text for mark in self.marks if not mark.reached(self)]

    def __str__(self) -> str:
        ratio = f"{self.ratio:7.2f} ×" if self.baseline else " " * 9
        baseline = f"{self.baseline_of} ({self.baseline:,.2f})" if self.baseline else ""
        # Others may use the machine, too: a figure without its load says little.
        load = os.getloadavg()[0]
        verdicts = ", ".join(f"{mark.text}: {'met' if mark.reached(self) else 'MISSED'}" for mark in self.marks)
        row = f"{self.what:<52} {self.value:>11,.2f} {self.unit:<6} {ratio}  {baseline:<52} load {load:4.1f}"
        return f"{row}  {verdicts}".rstrip()


def at_least(limit: float, unit: str = "") -> Mark:
    """The figure itself must be no less."""
    return Mark(f"≥ {limit:,g} {unit}".rstrip(), lambda line: line.value >= limit)


def at_most(limit: float, unit: str = "") -> Mark:
    """The figure itself must be no more."""
    return Mark(f"≤ {limit:,g} {unit}".rstrip(), lambda line: line.value <= limit)


def of_baseline(share: float) -> Mark:
    """The figure must be at least this share of its baseline."""
    return Mark(f"≥ {share:.0%} of the baseline", lambda line: line.ratio >= share)


def close_to_baseline(tolerance: float) -> Mark:
    """The figure may differ from its baseline by no more than this share."""
    return Mark(f"within {tolerance:.0%} of the baseline", lambda line: abs(line.ratio - 1) <= tolerance)
