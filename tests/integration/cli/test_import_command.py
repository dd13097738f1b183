"""`obhut cases import` as an office runs it, with its children."""

import re
import subprocess
import sys

import psutil
import pytest

from care.imports.samples import sample_contacts
from config import clock
from tests.fixtures.processes import START, Obhut, StartObhut

PEOPLE = 1_200


@pytest.fixture
def house(obhut: StartObhut) -> Obhut:
    made = obhut()
    assert made.run("db", "upgrade").returncode == 0
    return made


def _file(house: Obhut) -> str:
    path = house.folder / "people.csv"
    path.write_bytes(sample_contacts(clock.wall().date(), PEOPLE))
    return str(path)


def test_everybody_comes_in_once_and_all_of_it_is_sealed(house: Obhut) -> None:
    done = house.run("cases", "import", _file(house))
    assert done.returncode == 0, done.stderr
    assert f"{PEOPLE} übernommen, 0 schon vorhanden" in done.stdout
    again = house.run("cases", "import", _file(house))
    assert f"0 übernommen, {PEOPLE} schon vorhanden" in again.stdout
    verified = house.run("audit", "verify")
    assert verified.returncode == 0, verified.stdout


def test_killed_in_the_middle_it_leaves_no_child_and_goes_on_where_it_was(house: Obhut) -> None:
    command = [sys.executable, "-c", START, "cases", "import", _file(house)]
    with subprocess.Popen(
        command, cwd=house.folder, env=house.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        next(line for line in process.stderr if "fertig" in line)
        children = psutil.Process(process.pid).children(recursive=True)
        process.kill()
    assert len(children) == 2  # one seals, one helps
    assert psutil.wait_procs(children, timeout=90)[1] == []
    again = house.run("cases", "import", str(house.folder / "people.csv"))
    assert again.returncode == 0, again.stderr
    counts = [int(number) for number in re.findall(r"\d+", again.stdout.splitlines()[-1])]
    assert counts[0] + counts[1] == PEOPLE
    assert counts[1] > 0  # what was done is found again
