"""From uploaded bytes to a table of text cells, or one readable error. Pure.

Tries to be generous with what offices really upload (Excel's encodings, delimiters, `sep=;` lines, broken quotes) and
strict where a guess would change data: a file is never decoded with characters silently replaced.
"""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from config.errors import N_, RuleViolation, TooLarge

MAX_ROWS = 50_000
MAX_HEADER_LINES = 12  # a header that comes later than this is none
MAX_LINES_PER_ROW = 30  # a quoted text longer than this is a quote that was never closed
DELIMITERS = (";", ",", "\t")

EXCEL = N_("This is an Excel file or a ZIP archive. Please save it as “CSV UTF-8” and upload that.")
PDF = N_("This is a PDF document. Please export the data as “CSV UTF-8” and upload that.")
OTHER = N_("This is a picture, an archive or a text document. Please export the data as “CSV UTF-8” and upload that.")
MARKUP = N_("This is an XML file or a web page. Please export the data as “CSV UTF-8” and upload that.")
SIGNATURES = (
    *((b"PK\x03\x04", EXCEL), (b"\xd0\xcf\x11\xe0", EXCEL), (b"%PDF", PDF), (b"\x1f\x8b", OTHER), (b"\x89PNG", OTHER)),
    *((b"\xff\xd8\xff", OTHER), (b"{\\rtf", OTHER), (b"<?xml", MARKUP), (b"<!doctype", MARKUP), (b"<html", MARKUP)),
)
Score = Callable[[Sequence[str]], int]
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
SURROGATE = re.compile(r"[\udc80-\udcff]")


class UnreadableFile(RuleViolation):
    """The file as a whole cannot be read; the message says why and what to do."""

    def __init__(self, message: str, **params: Any) -> None:
        super().__init__("file", message, **params)


@dataclass(frozen=True)
class Record:
    """The cells of one row. `number` is its first line in the file; `fault` says why its cells cannot be trusted."""

    number: int
    cells: tuple[str, ...]
    fault: str | None = None

    @property
    def empty(self) -> bool:
        return self.fault is None and not any(self.cells)

    @property
    def comment(self) -> bool:
        return bool(self.cells) and self.cells[0].startswith("##")


@dataclass(frozen=True)
class Table:
    """A file with its header found: `rows` are the data rows, without comments and empty ones."""

    header: tuple[str, ...]
    rows: tuple[Record, ...]
    encoding: str
    delimiter: str


def read_table(data: bytes, score: Score, enough: int = 2, limit_mb: int = 10, max_rows: int = MAX_ROWS) -> Table:
    """Read `data` as CSV.

    `score` says how well a row would do as header; the best of the first rows under the best delimiter is taken, the
    earlier one of equals. Below `enough` there is none. Raises UnreadableFile or TooLarge.
    """
    if len(data) > limit_mb * 1024 * 1024:
        raise TooLarge(limit_mb=limit_mb)
    text, encoding = decode(data)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    best: tuple[int, str, Record] | None = None
    for delimiter in DELIMITERS:
        for record in _first_records(lines, delimiter):
            points = score(record.cells)
            if best is None or points > best[0]:
                best = (points, delimiter, record)
    if best is None:
        raise UnreadableFile(N_("The file is empty."))
    points, delimiter, header = best
    if points < enough:
        raise no_header()
    rows = tuple(r for r in records(lines, delimiter) if r.number > header.number and not r.comment and not r.empty)
    if len(rows) > max_rows:
        raise too_many_rows(max_rows)
    return Table(without_trailing_blanks(header.cells), rows, encoding, delimiter)


def no_header() -> UnreadableFile:
    """None of the first rows names columns that we know."""
    return UnreadableFile(
        N_("No known column names in the first {lines} rows. Please export the file again with its header row."),
        lines=MAX_HEADER_LINES,
    )


def too_many_rows(most: int) -> UnreadableFile:
    """More rows than `most`."""
    return UnreadableFile(N_("The file has more than {rows} rows. Please split it."), rows=most)


def decode(data: bytes) -> tuple[str, str]:
    """The text of `data` and the name of its encoding: UTF-8, UTF-16 with its mark, Windows-1252, ISO-8859-1.

    A file that is mostly UTF-8 stays UTF-8, its broken bytes as lone surrogates: only their rows are refused.
    """
    if not data.strip():
        raise UnreadableFile(N_("The file is empty."))
    lead = data.lstrip()[:16].lower()
    for signature, message in SIGNATURES:
        if lead.startswith(signature.lower()):
            raise UnreadableFile(message)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            return data.decode("utf-16"), "UTF-16"
        except UnicodeDecodeError:
            raise _not_text() from None
    if b"\x00" in data:
        raise _not_text()
    text, encoding = _decode_bytes(data)
    if len(CONTROL.findall(text)) > len(text) // 50:
        raise _not_text()
    return text, encoding


def _not_text() -> UnreadableFile:
    return UnreadableFile(N_("This is not a text file. Please save it as “CSV UTF-8” and upload that."))


def _decode_bytes(data: bytes) -> tuple[str, str]:
    text = data.decode("utf-8-sig", errors="surrogateescape")
    broken = len(SURROGATE.findall(text))
    if not broken:
        return text, "UTF-8"
    whole = sum(1 for character in text if ord(character) > 127) - broken
    if whole > broken:
        return text, "UTF-8"
    if not any(0x80 <= byte <= 0x9F for byte in data):
        return data.decode("iso-8859-1"), "ISO-8859-1"  # the same characters as in Windows-1252
    try:
        return data.decode("cp1252"), "Windows-1252"
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableFile(
            N_("The character encoding is not known (line {line}). Please save it as “CSV UTF-8” and upload that."),
            line=line,
        ) from None


def _first_records(lines: Sequence[str], delimiter: str) -> Iterator[Record]:
    """The records that may be the header: the first few that are not empty."""
    found = 0
    for record in records(lines[: MAX_HEADER_LINES * MAX_LINES_PER_ROW], delimiter):
        if record.empty:
            continue
        yield record
        found += 1
        if found == MAX_HEADER_LINES:
            return


def records(lines: Sequence[str], delimiter: str) -> Iterator[Record]:
    """Every record of `lines`, empty ones and comments included, with the line it begins on (from 1)."""
    position = 0
    while position < len(lines):
        number = position + 1
        line = lines[position]
        if number == 1 and re.fullmatch(r'"?sep=.?"?', line.strip(), re.IGNORECASE):
            position += 1
            continue
        if '"' not in line:
            position += 1
            yield _record(number, line.split(delimiter))
            continue
        length = _length_of_quoted(lines, position)
        if length is None:
            position += 1
            yield Record(number, (), N_("A quotation mark is opened but never closed."))
            continue
        block = [f"{part}\n" for part in lines[position : position + length]]
        yield from _quoted(block, number, delimiter)
        position += length


def _length_of_quoted(lines: Sequence[str], position: int) -> int | None:
    """How many lines a row with quotes takes; None when its last quote is never closed."""
    marks = 0
    for length, line in enumerate(lines[position : position + MAX_LINES_PER_ROW], start=1):
        marks += line.count('"')
        if marks % 2 == 0:
            return length
    return None


def _quoted(block: Sequence[str], number: int, delimiter: str) -> Iterator[Record]:
    reader = csv.reader(block, delimiter=delimiter)
    begin = number
    try:
        for cells in reader:
            yield _record(begin, cells)
            begin = number + reader.line_num
    except csv.Error:  # a cell beyond csv's limit
        yield Record(begin, (), N_("A cell of this row is too long."))


def clean_cell(cell: str) -> str:
    """`cell` without control characters and doubled blanks."""
    if cell.isprintable() and " " not in cell:
        return cell  # as nearly all are
    return " ".join(CONTROL.sub(" ", cell).split())


def _record(number: int, cells: Sequence[str]) -> Record:
    clean = tuple(clean_cell(cell) for cell in cells)
    if any(SURROGATE.search(cell) for cell in clean if not cell.isascii()):
        readable = tuple(SURROGATE.sub("\N{REPLACEMENT CHARACTER}", cell) for cell in clean)
        return Record(number, readable, N_("This row has characters that are not valid UTF-8."))
    return Record(number, clean)


def without_trailing_blanks(cells: Sequence[str]) -> tuple[str, ...]:
    """`cells` up to the last one that is not empty."""
    end = len(cells)
    while end and not cells[end - 1]:
        end -= 1
    return tuple(cells[:end])
