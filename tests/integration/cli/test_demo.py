"""The story that `obhut demo` tells: each of its ways through the house still leads somewhere, and the sums add up."""

from pathlib import Path

from care.imports.samples import sample_contacts
from config import clock
from tests.fixtures.processes import StartObhut


def test_the_demo_plays_its_story_to_the_end(obhut: StartObhut, tmp_path: Path) -> None:
    people = tmp_path / "kontakte.csv"
    people.write_bytes(sample_contacts(clock.wall().date(), 30))
    done = obhut().run("demo", "--days", "6", "--file", str(people), timeout=500)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
