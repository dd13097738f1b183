"""How long the house takes to start and to stop."""

import subprocess
import sys
import time

from tests.fixtures.processes import Obhut

FRAMEWORKS = "import flask, flask_sqlalchemy, celery, pydantic, pydantic_settings, babel, phonenumbers"


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
        subprocess.run([sys.executable, "-c", FRAMEWORKS], check=True)
        found.append(time.monotonic() - began)
    return min(found)
