"""From an uploaded Excel file (XLSX) to the same table of text cells that `config.tables` makes of a CSV file.

A workbook is a ZIP archive of XML that anybody may have written: what it unpacks to is limited before it is unpacked,
and a document type declaration (the way to entities that grow without end) is refused unread.
"""

import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any
from xml.parsers import expat

import openpyxl

from config.errors import N_, TooLarge
from config.tables import (
    MAX_HEADER_LINES,
    MAX_ROWS,
    Record,
    Score,
    Table,
    UnreadableFile,
    clean_cell,
    no_header,
    too_many_rows,
    without_trailing_blanks,
)

MAX_UNPACKED = 150 * 1024 * 1024
MAX_PARTS = 1000
MAX_COLUMNS = 200
PROLOG = 64 * 1024
ZIP = b"PK\x03\x04"
NO_WORKBOOK = N_("This is no Excel file (.xlsx) that we can read. Please save it anew as .xlsx or as “CSV UTF-8”.")


def is_workbook(data: bytes) -> bool:
    """Whether `data` looks like an XLSX file (or another ZIP archive)."""
    return data.startswith(ZIP)


def read_workbook(data: bytes, score: Score, enough: int = 2, limit_mb: int = 10, max_rows: int = MAX_ROWS) -> Table:
    """Read the first sheet of the XLSX file `data` that has a header; arguments and errors as with `read_table`.

    Of formulas the stored result is taken. Days come as 24.12.2026, moments as 24.12.2026 18:00, whole numbers without
    decimals.
    """
    if len(data) > limit_mb * 1024 * 1024:
        raise TooLarge(limit_mb=limit_mb)
    _check_archive(data)
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    except Exception:  # whatever a broken file makes of the library
        raise UnreadableFile(NO_WORKBOOK) from None
    try:
        return _read(book, score, enough, max_rows)
    except UnreadableFile:
        raise
    except Exception:
        raise UnreadableFile(NO_WORKBOOK) from None
    finally:
        book.close()


def _read(book: Any, score: Score, enough: int, max_rows: int) -> Table:
    for sheet in book.worksheets:
        header = _header(sheet, score, enough)
        if header is None:
            continue
        rows: list[Record] = []
        for record in _records(sheet):
            if record.number <= header.number or record.empty or record.comment:
                continue
            rows.append(record)
            if len(rows) > max_rows:
                raise too_many_rows(max_rows)
        return Table(without_trailing_blanks(header.cells), tuple(rows), "XLSX", "")
    raise no_header()


def _header(sheet: Any, score: Score, enough: int) -> Record | None:
    best: tuple[int, Record] | None = None
    seen = 0
    for record in _records(sheet):
        if record.empty:
            if record.number > MAX_HEADER_LINES * MAX_HEADER_LINES:
                break
            continue
        points = score(record.cells)
        if best is None or points > best[0]:
            best = (points, record)
        seen += 1
        if seen == MAX_HEADER_LINES:
            break
    return best[1] if best is not None and best[0] >= enough else None


def _records(sheet: Any) -> Iterator[Record]:
    # What the file says of its own size may be wrong, or a million empty rows.
    sheet.reset_dimensions()
    for number, cells in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True), start=1):
        yield Record(number, without_trailing_blanks([_text(cell) for cell in cells]))


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case str():
            return clean_cell(value)
        case bool():
            return "1" if value else "0"
        case float() if value.is_integer():
            return str(int(value))
        case datetime() if value.time() == time.min:
            return value.strftime("%d.%m.%Y")
        case datetime():
            return value.strftime("%d.%m.%Y %H:%M")
        case date():
            return value.strftime("%d.%m.%Y")
        case time():
            return value.strftime("%H:%M")
        case _:
            return clean_cell(str(value))


def _check_archive(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
                raise UnreadableFile(N_("This Excel file unpacks to more than we take. Please split it."))
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    with archive.open(part) as content:
                        _check_prolog(content.read(PROLOG))
    except (zipfile.BadZipFile, RuntimeError, OSError, EOFError, ValueError):
        raise UnreadableFile(NO_WORKBOOK) from None


def _check_prolog(beginning: bytes) -> None:
    """Refuse a document type declaration; one can only stand before the first element."""
    parser = expat.ParserCreate()
    state = {"declared": False, "begun": False}

    def declared(*_: Any) -> None:
        state["declared"] = not state["begun"]

    def begun(*_: Any) -> None:
        state["begun"] = True
        parser.StartElementHandler = None

    parser.StartDoctypeDeclHandler, parser.StartElementHandler = declared, begun
    try:
        parser.Parse(beginning, False)
    except expat.ExpatError:
        raise UnreadableFile(NO_WORKBOOK) from None
    if state["declared"] or not state["begun"]:
        raise UnreadableFile(NO_WORKBOOK)
