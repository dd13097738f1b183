"""What the house takes from the machine while nobody wants anything."""

import subprocess
import sys
import time

import psutil

from tests.bench.usage import proportional_set_size
from tests.fixtures.processes import Obhut

FRAMEWORKS = "import flask, flask_sqlalchemy, celery, pydantic, pydantic_settings, babel, phonenumbers"
SETTLE_S, MEASURE_S = 10, 65  # beat's longest period lies within


def share_and_memory(house: Obhut) -> tuple[float, float]:
    """Share of one core over a minute, and proportional set size in MiB; the sandbox's process aside."""
    assert house.process
    time.sleep(SETTLE_S)
    process = psutil.Process(house.process.pid)
    before, began = process.cpu_times(), time.monotonic()
    time.sleep(MEASURE_S)
    after = process.cpu_times()
    used = (after.user + after.system) - (before.user + before.system)
    return used / (time.monotonic() - began), proportional_set_size(process.pid)


def bare_memory() -> float:
    """The same of a Python that has imported the frameworks."""
    command = [sys.executable, "-c", f"{FRAMEWORKS}; print(flush=True); input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        found = proportional_set_size(process.pid)
        process.communicate(b"\n")
    return found
