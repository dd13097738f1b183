"""Services that are made up for tests, beside those of the catalogue."""

from pathlib import Path

from services import definitions
from services.definitions import ServiceDefinition

FOLDER = Path(__file__).parent.parent / "services_of_tests"
_of_the_house = definitions.load_folder


def all_of_them(folder: Path) -> dict[str, ServiceDefinition]:
    """What stands in `folder`, and what is made up."""
    return _of_the_house(folder) | _of_the_house(FOLDER)


def put_there() -> None:
    """From here on, this process offers them too."""
    definitions.load_folder = all_of_them
    definitions.catalogue.cache_clear()


def take_away() -> None:
    """Back to the catalogue."""
    definitions.load_folder = _of_the_house
    definitions.catalogue.cache_clear()
