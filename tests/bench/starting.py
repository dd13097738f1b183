"""How long the house takes to start and to stop."""

import subprocess
import sys
import time
from collections.abc import Iterator

from tests.bench import idle
from tests.bench.house import house
from tests.bench.report import Line
from tests.fixtures.processes import Obhut


def measure() -> Iterator[Line]:
    """Twice from the start, an idle minute in between."""
    with house() as (it, _):
        bare = bare_imports()
        yield Line("first start, until ready", start(it), "s", "importing the frameworks", bare)
        it.stop()
        yield Line("second start, until ready", start(it), "s", "importing the frameworks", bare)
        share, memory = idle.share_and_memory(it)
        bare_memory = idle.bare_memory()
        yield Line("idle: share of one core", share * 100, "%", "budget in percent", 2.0)
        yield Line("idle: memory (PSS, sandbox aside)", memory, "MiB", "Python with the frameworks", bare_memory)
        yield Line("stop on SIGTERM", stop(it), "s", "importing the frameworks", bare)


def start(house: Obhut) -> float:
    """Seconds from the command to the first /readyz that answers 200."""
    began = time.monotonic()
    house.start()
    return time.monotonic() - began


def stop(house: Obhut) -> float:
    """Seconds from SIGTERM until the last process is gone."""
    began = time.monotonic()
    house.stop()
    return time.monotonic() - began


def bare_imports() -> float:
    """Seconds that Python needs to import the frameworks and nothing of ours; the better of three."""
    found = []
    for _ in range(3):
        began = time.monotonic()
        subprocess.run([sys.executable, "-c", idle.FRAMEWORKS], check=True)
        found.append(time.monotonic() - began)
    return min(found)
