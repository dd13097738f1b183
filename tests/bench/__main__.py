"""Measure, and print each figure with the baseline that was measured beside it, and their ratio."""

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench import idle, imports, latency, starting
from tests.fakes.mail import MailServer
from tests.fixtures.processes import Obhut


@dataclass(frozen=True)
class Line:
    """One row of the report."""

    what: str
    value: float
    unit: str
    baseline_of: str
    baseline: float

    def __str__(self) -> str:
        ratio = f"{self.value / self.baseline:8.1f} ×" if self.baseline else "       –  "
        return f"{self.what:<46} {self.value:10.2f} {self.unit:<8} {ratio}  {self.baseline_of} ({self.baseline:.2f})"


def main() -> None:
    for measure in (_starting, _latency, _imports):
        for line in measure():
            print(line, flush=True)


@contextlib.contextmanager
def _house() -> Iterator[tuple[Obhut, MailServer]]:
    mail = MailServer()
    with tempfile.TemporaryDirectory(prefix="obhut-bench-") as folder:
        house = Obhut(Path(folder), mail.environment)
        try:
            yield house, mail
        finally:
            house.close()
            mail.stop()


def _starting() -> Iterator[Line]:
    with _house() as (house, _):
        bare = starting.bare_imports()
        yield Line("first start, until ready", starting.start(house), "s", "importing the frameworks", bare)
        house.stop()
        yield Line("second start, until ready", starting.start(house), "s", "importing the frameworks", bare)
        share, memory = idle.measure(house)
        bare_memory = idle.bare_memory()
        yield Line("idle: share of one core", share * 100, "%", "budget in percent", 2.0)
        yield Line("idle: memory (PSS, sandbox aside)", memory, "MiB", "Python with the frameworks", bare_memory)
        yield Line("stop on SIGTERM", starting.stop(house), "s", "importing the frameworks", bare)


def _latency() -> Iterator[Line]:
    with _house() as (house, mail):
        house.start()
        bare = latency.bare_mail(mail)
        found = latency.requests_to_mail(house, mail)
        yield Line("request answered, median", found.answered_median, "ms", "handing over one mail", bare)
        yield Line("request to mail accepted, median", found.accepted_median, "ms", "handing over one mail", bare)
        yield Line("request to mail accepted, p95", found.accepted_p95, "ms", "handing over one mail", bare)


def _imports() -> Iterator[Line]:
    with _house() as (house, _):
        house.start()
        rows = 10_000
        bare = imports.bare_inserts(rows)
        seconds = imports.import_rows(house, rows)
        yield Line(f"import of {rows} people", seconds, "s", "plain INSERTs of the same lines", bare)
        yield Line("import, people per second", rows / seconds, "1/s", "plain INSERTs per second", rows / bare)


main()
