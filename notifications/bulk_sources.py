"""Where the people of a bulk send come from: a file, or a list that a wing offers through a small protocol."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from auth.policies import Actor
from auth.roles import Permission
from config.errors import NotFound
from config.settings import current_settings
from notifications.statuses import Channel


@dataclass(frozen=True)
class Addressee:
    """One person as a source gives them. `number` is how people find the row again (a line of the file, a place).

    Either `to` is an address as `outbox.enqueue` takes it, or `problem` says why there is none. `cells` are the
    columns, their names in small letters. Those with an `about` are asked for at the source once more before the
    message is written (`RecipientSource.withdrawn`).
    """

    number: int
    channel: Channel | None = None
    to: str = ""
    locale: str = "de"
    cells: Mapping[str, str] = field(default_factory=dict)
    about: str | None = None
    owner: str | None = None
    correlation: str | None = None
    zone: str | None = None
    fallback: tuple[Channel, str] | None = None
    key: str | None = None
    problem: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)


class RecipientSource(Protocol):
    """A list of people that a wing keeps. Filters are what stands in the address of its page; never personal data."""

    @property
    def title(self) -> str: ...

    @property
    def permission(self) -> Permission: ...

    @property
    def placeholders(self) -> Sequence[str]:
        """The columns that a text may use, as the officer writes them."""
        ...

    @property
    def held_back(self) -> bool:
        """Whether messages wait, once started, for as long as an act on many can be taken back."""
        ...

    def filters(self, given: Mapping[str, str]) -> dict[str, str]:
        """Those of `given` that are filters of this list."""
        ...

    def in_words(self, filters: Mapping[str, str]) -> list[tuple[str, str]]:
        """The filters as name and value, English texts to be translated."""
        ...

    def people(self, actor: Actor, filters: Mapping[str, str]) -> Iterator[Addressee]:
        """Everybody that fits and that `actor` may see. Opens no transaction; each batch is read anew."""
        ...

    def withdrawn(self, people: Sequence[Addressee]) -> set[int]:
        """The numbers of those to whom nothing is to be written any more; inside the caller's transaction, locked."""
        ...


_sources: dict[str, RecipientSource] = {}


def register_recipient_source(name: str, source: RecipientSource) -> None:
    """Let bulk sends take their people from `source`. The same name again replaces it."""
    _sources[name] = source


def recipient_source(name: str, actor: Actor) -> RecipientSource:
    """The source of that name, if `actor` may see its people. Raises NotFound."""
    found = _sources.get(name)
    if found is None or not actor.may(found.permission):
        raise NotFound()
    return found


def waits(source: str) -> timedelta:
    """How long messages to the people of this source wait after the start, so that all can be withdrawn."""
    found = _sources.get(source)
    return timedelta(minutes=current_settings().undo_minutes if found and found.held_back else 0)


def withdrawn(source: str, people: Sequence[Addressee]) -> set[int]:
    """What the source says of people it gave before; nobody is withdrawn from a file."""
    found = _sources.get(source)
    return found.withdrawn(people) if found and people else set()
