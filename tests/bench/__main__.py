"""Measure, and print each figure with the baseline that was measured beside it, their ratio, and the mark to reach.

`python -m tests.bench` runs all; `python -m tests.bench deliver wave` runs those.
"""

import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec

from tests.bench.report import Line
from tests.servers import Missing

# In the order in which they run. Each is a module with `measure() -> Iterator[Line]`.
BENCHES = (
    *("starting", "latency", "imports", "deliver", "wave", "morning", "reassess", "bulk", "api", "receipts", "growth"),
    *("listing", "lists", "trail", "forms"),
)


def main(names: Sequence[str]) -> int:
    """Run the benches of these names; 2 for a name that is none."""
    known = [name for name in BENCHES if find_spec(f"tests.bench.{name}")]
    unknown = sorted(set(names) - set(known))
    if unknown:
        print(f"no bench named {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    missed = [line for name in known if name in (names or known) for line in _measured(name)]
    for line in missed:
        print(f"missed: {line.what}: {line.value:,.2f} {line.unit} ({', '.join(line.missed)})")
    if not missed:
        print("every mark was met")
    return 0


def _measured(name: str) -> list[Line]:
    """Print the lines of one bench as they come; those that missed their mark."""
    missed = []
    try:
        for line in import_module(f"tests.bench.{name}").measure():
            print(line, flush=True)
            if line.missed:
                missed.append(line)
    except Missing as reason:
        print(f"{name}: skipped, {reason}", flush=True)
    return missed


def _without_settings_of_whoever_runs_this() -> None:
    for name in [name for name in os.environ if name.startswith("OBHUT_") and not name.startswith("OBHUT_TEST_")]:
        del os.environ[name]


def _end(*_: object) -> None:
    raise KeyboardInterrupt  # as Ctrl-C does: databases, brokers' corners and processes go away on the way out


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    _without_settings_of_whoever_runs_this()
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
