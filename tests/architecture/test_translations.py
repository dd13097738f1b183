"""Everything people read is there in German: each text marked in the code has a translation that fits it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from tests.support import repository

TRANSLATIONS = repository.ROOT / "config" / "translations"
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2"), ("**/templates/**.txt", "jinja2")]
KEYWORDS = {
    "_": None, "N_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2),
}  # fmt: skip
NAMED = re.compile(r"%\((\w+)\)|{(\w*)}")


@pytest.fixture(scope="module")
def german() -> dict[str, Message]:
    """All German messages of all rooms by their English text."""
    found: dict[str, Message] = {}
    for path in sorted((TRANSLATIONS / "de" / "LC_MESSAGES").glob("*.po")):
        found |= {_key(message.id): message for message in _catalogue(path) if message.id}
    return found


def test_every_marked_text_is_translated(german: dict[str, Message]) -> None:
    missing = sorted({f"{where}: {text}" for where, text in _marked() if text not in german})
    assert not missing


def test_no_translation_is_empty_or_doubtful(german: dict[str, Message]) -> None:
    open_ones = [key for key, message in german.items() if not _strings(message.string) or message.fuzzy]
    assert not open_ones


def test_translations_keep_their_parameters(german: dict[str, Message]) -> None:
    wrong = [
        key
        for key, message in german.items()
        for string in _strings(message.string)
        if not isinstance(message.id, tuple) and set(NAMED.findall(string)) != set(NAMED.findall(message.id))
    ]
    assert not wrong


def _marked() -> Iterator[tuple[str, str]]:
    for room in repository.ROOMS:
        options = {"**/templates/**.html": {"silent": "false"}, "**/templates/**.txt": {"silent": "false"}}
        found = extract_from_dir(
            repository.ROOT / room, method_map=METHODS, options_map=options, keywords=KEYWORDS, strip_comment_tags=True
        )
        for name, line, text, _, _ in found:
            yield f"{room}/{name}:{line}", _key(text)


def _catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale="de", abort_invalid=True)


def _key(text: object) -> str:
    return str(text[0]) if isinstance(text, tuple | list) else str(text)


def _strings(string: object) -> list[str]:
    strings = [str(part) for part in string] if isinstance(string, tuple | list) else [str(string)]
    return strings if all(strings) else []
