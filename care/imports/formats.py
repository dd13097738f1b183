"""The formats we know, and how a file finds its own. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import dropwhile

from care.imports.base import ColumnMap, Context, ImportFormat, ParsedRow, detect, is_whole, names_columns
from care.imports.epi_x import EpiX
from care.imports.obhut import Obhut
from care.imports.rows import RowReader
from care.imports.sdx import Sdx
from care.imports.sormas_cases import SormasCases
from care.imports.sormas_contacts import SormasContacts
from care.imports.sormas_travel_entries import SormasTravelEntries
from care.imports.values import DateReading
from config.errors import N_
from config.tables import Table, UnreadableFile, read_table
from config.workbooks import is_workbook, read_workbook

FORMATS: tuple[ImportFormat, ...] = (
    Obhut(),
    SormasContacts(),
    SormasCases(),
    SormasTravelEntries(),
    EpiX(),
    Sdx(),
)
NAME_NO_DISEASE = frozenset({EpiX.code, Sdx.code})
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

    read = read_workbook if is_workbook(data) else read_table
    table = read(data, best, enough=ENOUGH_COLUMNS if code == AUTO else 1, limit_mb=context.limit_mb)
    chosen = _chosen(candidates, table.header)
    # Exports repeat the header in words.
    rows = tuple(dropwhile(lambda record: names_columns(chosen.columns, record.cells), table.rows))
    if not rows:
        raise UnreadableFile(N_("The file has a header but no rows."))
    columns = ColumnMap.of(chosen.columns, table.header)
    reading = DateReading.of(chosen.date_order(columns), columns.cells(rows, chosen.date_fields))
    readers = (RowReader(record, columns, reading, chosen.region or context.region) for record in rows)
    parsed = (chosen.parse_row(reader, context) for reader in readers)
    return ParsedFile(chosen, replace(table, rows=rows), parsed)


def _chosen(candidates: Sequence[ImportFormat], header: Sequence[str]) -> ImportFormat:
    """The format with the most columns in `header`. Raises UnreadableFile when several whole ones fit equally well."""
    points = {known.code: detect(known.columns, header) for known in candidates}
    fitting = [known for known in candidates if points[known.code] == max(points.values())]
    whole = [known for known in fitting if is_whole(known.columns, header)]
    if len(whole) > 1:
        names = ", ".join(known.name for known in whole)
        raise UnreadableFile(N_("The columns fit several formats: {names}. Please choose one of them."), names=names)
    return (whole or fitting)[0]
