"""What an import format is, and what a row of a file becomes. One file per format in this package.

Pure: a format turns cells into plain values and complaints; it stores nothing and knows no database.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol
from zoneinfo import ZoneInfo

from care.commands import EnrolCase
from care.imports.values import DateOrder
from config.errors import N_
from config.tables import Record, UnreadableFile

if TYPE_CHECKING:
    from care.imports.rows import RowReader


class Severity(StrEnum):
    """An error keeps its row out; a warning leaves the doubtful field empty and lets the row in."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Problem:
    """One complaint about one cell (`column` as it stands in the file, "" for the whole row)."""

    column: str
    severity: Severity
    message: str
    params: Mapping[str, Any] = field(default_factory=dict)
    value: str = ""

    def __str__(self) -> str:
        return self.message.format(**self.params)


@dataclass(frozen=True)
class ParsedRow:
    """One row. `number` is the line in the file where it begins, counted from 1.

    `values` is a `care.imports.rows.RowValues` as JSON, so that it can be stored; None when an error keeps
    the row out. `case` is the case that they ask for, as it was checked. `name` is for showing the row to the person
    who uploads it.
    """

    number: int
    values: dict[str, Any] | None
    problems: tuple[Problem, ...] = ()
    name: str = ""
    cells: tuple[str, ...] = ()
    case: EnrolCase | None = field(default=None, repr=False, compare=False)

    @property
    def usable(self) -> bool:
        return self.values is not None and not any(p.severity is Severity.ERROR for p in self.problems)


@dataclass(frozen=True)
class Column:
    """A column we use: our name for it and the headers it goes by, the technical one first."""

    field: str
    names: tuple[str, ...]
    required: bool = False


@dataclass(frozen=True)
class Context:
    """What parsing needs to know: today in the office's zone, the protocols we have, the phones' region, the limit.

    `protocol`: for files that name no disease, "" when the uploader has chosen none. `zone`: of times of day.
    `responsible`: region and district of the office, as SORMAS names them; "": not known.
    """

    today: date
    protocols: frozenset[str]
    region: str = "DE"
    limit_mb: int = 10
    protocol: str = ""
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Berlin"))
    responsible: tuple[str, str] = ("", "")


class ImportFormat(Protocol):
    """One format. Found by its headers; parses every row on its own, so that a bad one spoils no other."""

    @property
    def code(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def region(self) -> str:
        """Where numbers without a country's code are from; "": where the office is."""
        return ""

    @property
    def columns(self) -> tuple[Column, ...]: ...

    @property
    def date_fields(self) -> tuple[str, ...]: ...

    def date_order(self, columns: "ColumnMap") -> DateOrder:
        """How dates like 04/05/2026 are meant in a file with these columns."""
        return DateOrder.DAY_FIRST

    def parse_row(self, row: "RowReader", context: Context) -> ParsedRow:
        """One row; whatever is wrong with it stands in the result."""
        ...


def normalised(header: str) -> str:
    """A header for comparing: without `##`, case and doubled blanks."""
    return " ".join(header.removeprefix("##").casefold().split())


def names_columns(columns: Sequence[Column], cells: Sequence[str]) -> bool:
    """Whether most cells of this row are headers: exports have a row of names and one of labels."""
    known = {normalised(name) for column in columns for name in column.names}
    filled = [cell for cell in cells if cell]
    return sum(normalised(cell) in known for cell in filled) >= max(3, len(filled) / 4)


def detect(columns: Sequence[Column], header: Sequence[str]) -> int:
    """How many of `columns` the row `header` names; a required one counts thrice."""
    present = {normalised(cell) for cell in header}
    return sum(3 if column.required else 1 for column in columns if any(normalised(n) in present for n in column.names))


def is_whole(columns: Sequence[Column], header: Sequence[str]) -> bool:
    """Whether `header` has all required columns."""
    present = {normalised(cell) for cell in header}
    return all(any(normalised(name) in present for name in column.names) for column in columns if column.required)


@dataclass(frozen=True)
class ColumnMap:
    """Where the columns of a format stand in one file."""

    positions: Mapping[str, int]
    header: tuple[str, ...]

    @classmethod
    def of(cls, columns: Sequence[Column], header: Sequence[str]) -> "ColumnMap":
        """Raises UnreadableFile naming every required column that is missing. Of doubled columns the first counts."""
        first: dict[str, int] = {}
        for position, cell in enumerate(header):
            first.setdefault(normalised(cell), position)
        positions: dict[str, int] = {}
        for column in columns:
            found = next((first[normalised(n)] for n in column.names if normalised(n) in first), None)
            if found is not None:
                positions[column.field] = found
        missing = [c.names[0] for c in columns if c.required and c.field not in positions]
        if missing:
            raise UnreadableFile(
                N_("Required columns are missing: {columns}. Please export the file again with these columns."),
                columns=", ".join(missing),
            )
        return cls(positions, tuple(cell.removeprefix("##").strip() for cell in header))

    def cells(self, rows: Iterable[Record], fields: Iterable[str]) -> Iterator[str]:
        """Every cell of the named fields in all rows."""
        positions = [self.positions[name] for name in fields if name in self.positions]
        for row in rows:
            yield from (row.cells[position] for position in positions if position < len(row.cells))

    def header_has(self, beginning: str) -> bool:
        """Whether a column's header begins like this."""
        return any(cell.startswith(beginning) for cell in self.header)

    def title(self, field_name: str) -> str:
        """The header of the field as it stands in the file, our own name when the file has no such column."""
        position = self.positions.get(field_name)
        return field_name if position is None else self.header[position]
