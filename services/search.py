"""Finding services by words. Pure."""

import unicodedata
from collections.abc import Iterable

from services.definitions import ServiceDefinition


def find(services: Iterable[ServiceDefinition], words: str, locale: str) -> list[ServiceDefinition]:
    """The services in which every word occurs, in title, summary or keywords; all of them when there is no word.

    Those that have a word in their title come first, then by title.
    """
    wanted = [_plain(word) for word in words.split()]
    found = [one for one in services if all(word in _text(one, locale) for word in wanted)]
    return sorted(found, key=lambda one: (not _in_title(one, wanted, locale), _plain(one.title.to(locale))))


def _in_title(service: ServiceDefinition, wanted: list[str], locale: str) -> bool:
    title = _plain(service.title.to(locale))
    return any(word in title for word in wanted)


def _text(service: ServiceDefinition, locale: str) -> str:
    texts = (service.title.de, service.title.to(locale), service.summary.to(locale), *service.keywords)
    return " ".join(_plain(text) for text in texts)


def _plain(text: str) -> str:
    """Without case and accents, so that “Mullabfuhr” finds “Müllabfuhr”."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))
