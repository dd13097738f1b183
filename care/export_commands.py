"""What an export can be asked for: which cases, what of them, in which file. Pure."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from auth.saved_view_commands import Filters
from care.commands import Command
from care.vocabulary import Kind, LineList

STATES = Literal["open", "closed", "all"]


class What(StrEnum):
    """What of the cases goes into the file."""

    LINE_LIST = "line_list"  # one row per case, columns as chosen
    HISTORY = "history"  # everything: a sheet each for reports, results, orders, …
    SORMAS_CONTACTS = "sormas_contacts"
    SORMAS_CASES = "sormas_cases"
    SORMAS_TRAVEL_ENTRIES = "sormas_travel_entries"
    OBHUT = "obhut"  # our own format, which the import reads back


class ExportChoice(Command):
    """Which cases, and what of them. `columns` (codes of `care.export_columns`, in order) counts for the line list.

    `wanted`: filters of the line lists as a saved view keeps them; then the cases are those of that list, and `kinds`,
    `line_list`, `state` and `protocol` do not count.
    """

    what: What = What.LINE_LIST
    file: Literal["csv", "xlsx"] = "xlsx"
    columns: Annotated[tuple[str, ...], Field(max_length=60)] = ()
    kinds: tuple[Kind, ...] = ()
    line_list: LineList | None = None
    state: STATES = "open"
    protocol: Annotated[str | None, Field(max_length=60)] = None
    wanted: Filters | None = None
    sort: Literal["reference", "priority", "enrolled_at", "monitoring_ends_on"] = "reference"


class SavePreset(Command):
    """Keep a choice under a name, which replaces one's own of that name; `shared`: for the whole office."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    shared: bool = False
    choice: ExportChoice
