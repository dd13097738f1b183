"""The formats we know, and how a file finds its own. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from care.imports.base import ColumnMap, Context, ImportFormat, ParsedRow, detect
from care.imports.rows import RowReader
from care.imports.sormas_contacts import SormasContacts
from care.imports.sormas_travel_entries import SormasTravelEntries
from care.imports.values import month_first_separators
from config.errors import N_
from config.tables import Table, UnreadableFile, read_table

FORMATS: tuple[ImportFormat, ...] = (SormasContacts(), SormasTravelEntries())
AUTO = "auto"
ENOUGH_COLUMNS = 8  # points of `detect`: the required columns of a name and little else are no format yet


@dataclass(frozen=True)
class ParsedFile:
    """A file that could be read; `rows` are parsed as they are asked for."""

    format: ImportFormat
    table: Table
    rows: Iterator[ParsedRow]


def format_codes() -> tuple[str, ...]:
    """Every format's code, `auto` first."""
    return (AUTO, *(known.code for known in FORMATS))


def parse_file(data: bytes, context: Context, code: str = AUTO) -> ParsedFile:
    """Read `data`, find its format unless `code` names it, and parse its rows.

    Raises UnreadableFile for the file as a whole (kind, encoding, header, columns) and TooLarge; what is wrong with a
    single row stands in that row.
    """
    candidates = [known for known in FORMATS if code in (AUTO, known.code)]
    if not candidates:
        known = ", ".join(format_codes())
        raise UnreadableFile(N_("There is no import format “{code}”; known are: {known}."), code=code, known=known)

    def best(header: Sequence[str]) -> int:
        return max(detect(known.columns, header) for known in candidates)

    table = read_table(data, best, enough=ENOUGH_COLUMNS if code == AUTO else 1, limit_mb=context.limit_mb)
    chosen = max(candidates, key=lambda known: detect(known.columns, table.header))
    if not table.rows:
        raise UnreadableFile(N_("The file has a header but no rows."))
    columns = ColumnMap.of(chosen.columns, table.header)
    ambiguous = month_first_separators(columns.cells(table.rows, chosen.date_fields))
    readers = (RowReader(record, columns, ambiguous, context.region) for record in table.rows)
    return ParsedFile(chosen, table, (chosen.parse_row(reader, context) for reader in readers))
