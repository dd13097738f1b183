"""What lists can be chosen by: a filter is a field of a command with its `Filter`, for page, API and saved views. Pure.

Values are codes, numbers and days: nothing that is said of a person stands in an address.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, GetJsonSchemaHandler, ValidationError
from pydantic_core import CoreSchema, PydanticCustomError

from config.errors import N_

RELATIVE = re.compile(r"(today|heute)(?: ?([+ -]) ?(\d{1,3}))?", re.IGNORECASE)
GERMAN = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)


@dataclass(frozen=True)
class Filter:
    """One filter. `ask`: choice (of `options`), yes_no, day, number, code, or what the list's own page knows.

    `side`: from or to, for the two ends of a range, which share a label.
    """

    group: str
    label: str
    ask: str
    options: Mapping[str, str] = field(default_factory=dict)
    side: str = ""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """In the description of the API each filter says what it is."""
        shown = handler(schema)
        shown["description"] = f"{self.label} ({self.side})" if self.side else self.label
        return shown


def _day(text: str) -> str:
    """A day as filters carry it: ISO, or relative to today (`today-3`), so that a saved view stays right."""
    text = text.strip()
    if found := RELATIVE.fullmatch(text):
        sign = {"-": "-", None: ""}.get(found[2], "+")
        return f"today{sign}{int(found[3])}" if found[3] and int(found[3]) else "today"
    if found := GERMAN.fullmatch(text):
        text = f"{found[3]}-{int(found[2]):02}-{int(found[1]):02}"
    try:
        found_day = date.fromisoformat(text)
        if not EARLIEST <= found_day <= LATEST:
            raise ValueError("no day of ours")
        return found_day.isoformat()
    except ValueError:
        raise PydanticCustomError("day", N_("Please give a day, or “today-3” for three days ago.")) from None


def day_of(text: str, today: date) -> date:
    """The day that a filter's text means."""
    if not text.startswith("today"):
        return date.fromisoformat(text)
    return today + timedelta(days=int(text.removeprefix("today") or "0"))


Day = Annotated[str, Field(max_length=12), AfterValidator(_day)]
Code = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[a-z0-9-]+$")]


def choice(group: str, label: str, options: Mapping[str, str]) -> Filter:
    return Filter(group, label, "choice", options)


def yes_no(group: str, label: str) -> Filter:
    return Filter(group, label, "yes_no")


def day(group: str, label: str, side: str) -> Filter:
    return Filter(group, label, "day", side=side)


def number(group: str, label: str, side: str = "") -> Filter:
    return Filter(group, label, "number", side=side)


class Wanted(BaseModel):
    """Base of the command that asks for a list: its fields with a `Filter` are the filters, `sort` is the order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def filters(cls) -> dict[str, Filter]:
        """The filters by name, in the order of the fields."""
        return {
            name: one
            for name, declared in cls.model_fields.items()
            for one in declared.metadata
            if isinstance(one, Filter)
        }

    def values(self) -> dict[str, str]:
        """The chosen filters and order as they stand in an address, in the order of the table."""
        chosen = {name: getattr(self, name) for name in (*self.filters(), "sort")}
        return {name: _text(value) for name, value in chosen.items() if value is not None}

    def without(self, name: str) -> dict[str, str]:
        """The same without one of them."""
        return {key: value for key, value in self.values().items() if key != name}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return f"{value:g}" if isinstance(value, float) else str(value)


WantedT = TypeVar("WantedT", bound=Wanted)


@dataclass(frozen=True)
class Read(Generic[WantedT]):
    """What could be read of kept filters, and the names of those that are not (any more)."""

    wanted: WantedT
    lost: tuple[str, ...] = ()


def read_kept(kind: type[WantedT], kept: Mapping[str, Any]) -> Read[WantedT]:
    """Filters as an earlier version, or somebody, has written them: what is not right is left out and named."""
    filters = kind.filters()
    known = {name: value for name, value in kept.items() if name in filters or name == "sort"}
    lost = [str(name) for name in kept if name not in known]
    try:
        return Read(kind.model_validate(known), tuple(lost))
    except ValidationError as error:
        wrong = {str(each["loc"][0]) for each in error.errors() if each["loc"]}
        right = {name: value for name, value in known.items() if name not in wrong}
        return Read(kind.model_validate(right), (*lost, *sorted(wrong)))


def moments(
    first: str | None, last: str | None, today: date, midnight: Callable[[date], datetime]
) -> tuple[datetime | None, datetime | None]:
    """The instants at which a range of local days begins and is over; `midnight(day)` gives the beginning of a day."""
    begins = midnight(day_of(first, today)) if first else None
    over = midnight(day_of(last, today) + timedelta(days=1)) if last else None
    return begins, over
