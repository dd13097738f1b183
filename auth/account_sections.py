"""What other rooms show on one's own account page: each registers a template and what it needs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from auth.actors import Actor


@dataclass(frozen=True)
class Section:
    """A part of the page. `values` gives what the template finds as `section.values`."""

    template: str
    values: Callable[[Actor], dict[str, Any]]


@dataclass(frozen=True)
class Shown:
    """A section for this person."""

    template: str
    values: dict[str, Any]


_sections: dict[str, Section] = {}


def register_section(name: str, template: str, values: Callable[[Actor], dict[str, Any]]) -> None:
    """Add a section; the same name again replaces it."""
    _sections[name] = Section(template, values)


def sections(actor: Actor) -> list[Shown]:
    """All sections, for this person."""
    return [Shown(each.template, each.values(actor)) for each in _sections.values()]
