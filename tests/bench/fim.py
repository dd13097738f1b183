"""How long a large schema of FIM takes: `obhut services import-fim`, and reading and converting alone."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from services.definitions import parse
from services.fim.code_lists import known
from services.fim.conversion import convert
from services.fim.writing import as_yaml
from services.fim.xdatenfelder import read
from tests.bench.report import Line, at_most
from tests.factories.fim import LARGE_LISTS, large

BYTES = 150_000
MOST_S = 2.0


def measure() -> Iterator[Line]:
    """A schema of 150 kB in each version, and the command as a whole."""
    for standard in ("2.0", "3.0"):
        data = large(BYTES, standard)
        began = time.perf_counter()
        ElementTree.fromstring(data)
        bare = time.perf_counter() - began
        began = time.perf_counter()
        converted = convert(read(data), known(LARGE_LISTS))
        parse(as_yaml(converted, "bench"), f"{converted.content['slug']}.yaml")
        seconds = time.perf_counter() - began
        what = f"XDatenfelder {standard}, {len(data) // 1000} kB to a checked file"
        yield Line(what, seconds, "s", "parsing alone", bare, (at_most(MOST_S, "s"),))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "schema.xml"
        file.write_bytes(large(BYTES))
        began = time.perf_counter()
        program = Path(sys.executable).with_name("obhut")
        subprocess.run([program, "services", "import-fim", file, "--out", folder], check=True, capture_output=True)
        yield Line("obhut services import-fim, as a program", time.perf_counter() - began, "s")
