"""Tables for spreadsheets, written so that no cell can become a formula on the reader's machine."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What spreadsheets take for the start of a formula, full-width forms included."""
BEFORE_A_FORMULA = " \u00a0\u2000\u2002\u2003\u2009\u200b\u200e\u200f\u202f\u2060\u3000\ufeff"
"""Blanks and what nobody sees: some spreadsheets drop them first."""
MAX_COLUMN_WIDTH = 60

Cell = str | int | float | bool | date | datetime | None


def formula_safe(text: str) -> str:
    """`text` with an apostrophe before it where a spreadsheet would run it (OWASP: CSV injection)."""
    return "'" + text if text.lstrip(BEFORE_A_FORMULA).startswith(FORMULA_STARTS) else text


def without_guard(text: str) -> str:
    """`text` as it was before `formula_safe`: files that come back have the apostrophe still."""
    return text[1:] if text.startswith("'") and formula_safe(text[1:]) == text else text


def _local(value: datetime, zone: ZoneInfo) -> datetime:
    return value.astimezone(zone).replace(tzinfo=None)


def stream_csv(
    headers: Sequence[str], rows: Iterable[Sequence[Cell]], *, zone: ZoneInfo, delimiter: str = ";"
) -> Iterator[bytes]:
    """A CSV file as German spreadsheets read it, line by line: UTF-8 with BOM, semicolons, CRLF. Times in `zone`."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL)
    writer.writerow([formula_safe(header) for header in headers])
    yield buffer.getvalue().encode("utf-8-sig")
    for row in rows:
        buffer.seek(0)
        buffer.truncate()
        writer.writerow([_text(value, zone) for value in row])
        yield buffer.getvalue().encode()


def write_csv(headers: Sequence[str], rows: Iterable[Sequence[Cell]], *, zone: ZoneInfo, delimiter: str = ";") -> bytes:
    """The same as a whole."""
    return b"".join(stream_csv(headers, rows, zone=zone, delimiter=delimiter))


def _text(value: Cell, zone: ZoneInfo) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "1" if value else "0"
        case datetime():
            return _local(value, zone).isoformat(sep=" ", timespec="seconds")
        case date():
            return value.isoformat()
        case str():
            return formula_safe(value)
        case _:
            return str(value)


def write_xlsx(
    headers: Sequence[str], rows: Iterable[Sequence[Cell]], *, zone: ZoneInfo, sheet: str = "Export"
) -> bytes:
    """An XLSX file with typed cells, a frozen header row and a filter. Texts stay texts; links and formulas are off."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(buffer, options)
    page = book.add_worksheet(sheet[:31])
    bold = book.add_format({"bold": True})
    day, moment = book.add_format({"num_format": "dd.mm.yyyy"}), book.add_format({"num_format": "dd.mm.yyyy hh:mm"})
    for column, header in enumerate(headers):
        page.write_string(0, column, header, bold)
    widths, last = [len(header) for header in headers], 0
    for number, row in enumerate(rows, start=1):
        last = number
        for column, value in enumerate(row):
            _write_cell(page, number, column, value, zone, day, moment)
            widths[column] = max(widths[column], min(len(str(value or "")), MAX_COLUMN_WIDTH))
    for column, width in enumerate(widths):
        page.set_column(column, column, width + 2)
    page.freeze_panes(1, 0)
    page.autofilter(0, 0, last, max(len(headers) - 1, 0))
    book.close()
    return buffer.getvalue()


def _write_cell(page: Any, row: int, column: int, value: Cell, zone: ZoneInfo, day: Any, moment: Any) -> None:
    match value:
        case None:
            page.write_blank(row, column, None)
        case bool():
            page.write_boolean(row, column, value)
        case int() | float():
            page.write_number(row, column, value)
        case datetime():
            page.write_datetime(row, column, _local(value, zone), moment)
        case date():
            page.write_datetime(row, column, datetime.combine(value, time.min), day)
        case _:
            page.write_string(row, column, value)
