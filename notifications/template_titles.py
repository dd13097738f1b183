"""What staff call a message template: each room names its own, the pages translate. Pure."""

from collections.abc import Mapping

_titles: dict[str, str] = {}


def register_titles(titles: Mapping[str, str]) -> None:
    """Name templates, each by an English text to be translated. The same template again replaces its title."""
    _titles.update(titles)


def title_of(name: str) -> str:
    """The title of a template (an English text, to be translated); its name when it is not known any more."""
    return _titles.get(name, name)
