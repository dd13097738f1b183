"""Everything people read is there in German: each text marked in the code has a translation that fits it.

What people in care read is there in all nine languages.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from config import texts
from config.localisation import BABEL_CODES
from config.settings import LOCALES
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


@pytest.mark.parametrize("locale", sorted(set(texts.LOCALES) - texts.WHOLE))
def test_what_people_in_care_read_is_there_in_their_language(locale: str) -> None:
    """`config.people_texts` says what that is; `python -m config.texts` names and adds what is missing."""
    assert not [line for domain in texts.DOMAINS for line in texts.missing(domain, locale)]


@pytest.mark.parametrize("locale", sorted(set(texts.LOCALES) - texts.WHOLE))
def test_translations_for_people_in_care_fit(locale: str) -> None:
    messages = [message for path in _catalogues(locale) for message in _catalogue(path, locale) if message.id]
    assert len(messages) > 200
    wrong = [
        message.id
        for message in messages
        if message.fuzzy or set(NAMED.findall(str(message.string))) != set(NAMED.findall(str(message.id)))
    ]
    assert not wrong


@pytest.mark.parametrize("locale", sorted(texts.LOCALES))
def test_no_text_is_translated_in_two_ways(locale: str) -> None:
    """The rooms' catalogues are one when pages are made: of two translations every page would show the last room's."""
    ways: dict[tuple[str, str], set[str]] = {}
    for path in _catalogues(locale):
        for message in _catalogue(path, locale):
            if message.id:
                ways.setdefault((message.context or "", _key(message.id)), set()).add(str(message.string))
    assert not [text for text, found in ways.items() if len(found) > 1]


def test_every_language_has_its_catalogue() -> None:
    """English is what stands in the code."""
    assert set(texts.LOCALES) == {BABEL_CODES.get(code, code) for code in LOCALES} - {"en"}


def test_nothing_lies_in_the_catalogues_that_no_page_says() -> None:
    for locale in set(texts.LOCALES) - texts.WHOLE:
        for domain in texts.DOMAINS:
            wanted = {_key(message.id) for message in texts.extracted(domain, locale)}
            path = TRANSLATIONS / locale / "LC_MESSAGES" / f"{domain}.po"
            known = {_key(message.id) for message in _catalogue(path, locale)} if path.exists() else set()
            assert known <= wanted, (locale, domain)


def _catalogues(locale: str) -> list[Path]:
    return sorted((TRANSLATIONS / locale / "LC_MESSAGES").glob("*.po"))


def _marked() -> Iterator[tuple[str, str]]:
    for room in repository.ROOMS:
        options = {"**/templates/**.html": {"silent": "false"}, "**/templates/**.txt": {"silent": "false"}}
        found = extract_from_dir(
            repository.ROOT / room, method_map=METHODS, options_map=options, keywords=KEYWORDS, strip_comment_tags=True
        )
        for name, line, text, _, _ in found:
            yield f"{room}/{name}:{line}", _key(text)


def _catalogue(path: Path, locale: str = "de") -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=locale, abort_invalid=True)


def _key(text: object) -> str:
    return str(text[0]) if isinstance(text, tuple | list) else str(text)


def _strings(string: object) -> list[str]:
    strings = [str(part) for part in string] if isinstance(string, tuple | list) else [str(string)]
    return strings if all(strings) else []
