"""What an export can be asked for: which cases, what of them, in which file. Pure."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from care.commands import Command
from care.vocabulary import Kind, LineList

STATES = Literal["open", "closed", "all"]


class What(StrEnum):
    """What of the cases goes into the file."""

    LINE_LIST = "line_list"  # one row per case, columns as chosen
    HISTORY = "history"  # everything: a sheet each for reports, results, orders, …
    SORMAS_CONTACTS = "sormas_contacts"
    SORMAS_CASES = "sormas_cases"
    OBHUT = "obhut"  # our own format, which the import reads back


class ExportChoice(Command):
    """Which cases, and what of them. `columns` (codes of `care.export_columns`, in order) counts for the line list."""

    what: What = What.LINE_LIST
    file: Literal["csv", "xlsx"] = "xlsx"
    columns: Annotated[tuple[str, ...], Field(max_length=60)] = ()
    kinds: tuple[Kind, ...] = ()
    line_list: LineList | None = None
    state: STATES = "open"
    protocol: Annotated[str | None, Field(max_length=60)] = None
    sort: Literal["reference", "priority", "enrolled_at", "monitoring_ends_on"] = "reference"


class SavePreset(Command):
    """Keep a choice under a name, which replaces one's own of that name; `shared`: for the whole office."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    shared: bool = False
    choice: ExportChoice
