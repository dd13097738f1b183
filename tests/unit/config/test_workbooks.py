"""Excel files: typed cells become texts, and a hostile archive is refused before it is unpacked."""

import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from config.errors import TooLarge
from config.exports import write_xlsx
from config.tables import UnreadableFile
from config.workbooks import is_workbook, read_workbook

BERLIN = ZoneInfo("Europe/Berlin")


def score(cells: Sequence[str]) -> int:
    return sum(cell.casefold() in ("telefon", "termin", "gruppe") for cell in cells)


def repacked(data: bytes, change: dict[str, bytes]) -> bytes:
    """The archive with some of its parts replaced or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change.get(name, old.read(name)))
        for name in change.keys() - set(old.namelist()):
            new.writestr(name, change[name])
    return out.getvalue()


@pytest.fixture(scope="module")
def book() -> bytes:
    rows = [
        ("+4915735990001", date(2026, 12, 24), 3),
        (15735990002, datetime(2026, 12, 1, 8, 30, tzinfo=UTC), 4.5),
        (None, None, None),
        ("  0157  35990003 ", "", True),
    ]
    return write_xlsx(["Telefon", "Termin", "Gruppe"], rows, zone=BERLIN)


def test_cells_become_the_texts_that_people_see(book: bytes) -> None:
    assert is_workbook(book)
    table = read_workbook(book, score)
    assert table.header == ("Telefon", "Termin", "Gruppe")
    assert [record.number for record in table.rows] == [2, 3, 5]
    assert [record.cells for record in table.rows] == [
        ("+4915735990001", "24.12.2026", "3"),
        ("15735990002", "01.12.2026 09:30", "4.5"),
        ("0157 35990003", "", "1"),
    ]


def test_too_many_rows_and_too_many_bytes(book: bytes) -> None:
    with pytest.raises(UnreadableFile, match="more than 2 rows"):
        read_workbook(book, score, max_rows=2)
    with pytest.raises(TooLarge):
        read_workbook(book + b"\0" * 1024 * 1024, score, limit_mb=1)


def test_no_header() -> None:
    with pytest.raises(UnreadableFile, match="No known column names"):
        read_workbook(write_xlsx(["a", "b"], [("1", "2")], zone=BERLIN), score)


def test_a_bomb_is_not_unpacked(book: bytes) -> None:
    bomb = repacked(book, {"xl/media/zeros.bin": b"\0" * (151 * 1024 * 1024)})
    assert len(bomb) < 1024 * 1024
    with pytest.raises(UnreadableFile, match="unpacks to more"):
        read_workbook(bomb, score)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused(book: bytes, encoding: str) -> None:
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    begin = sheet.index("<worksheet")
    declared = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE x [<!ENTITY a "{"a" * 100}">]>' + sheet[begin:]
    with pytest.raises(UnreadableFile, match="no Excel file"):
        read_workbook(repacked(book, {"xl/worksheets/sheet1.xml": declared.encode(encoding)}), score)


@pytest.mark.parametrize("cut", [4, 100, 2000])
def test_a_broken_file_says_so(book: bytes, cut: int) -> None:
    with pytest.raises(UnreadableFile, match="no Excel file"):
        read_workbook(book[:cut], score)


def test_another_archive_is_no_workbook() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("letter.txt", "hello")
    with pytest.raises(UnreadableFile, match="no Excel file"):
        read_workbook(out.getvalue(), score)
