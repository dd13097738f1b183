"""Spreadsheets."""

import csv
import io
import zipfile
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from config.exports import FORMULA_STARTS, formula_safe, write_csv, write_xlsx

BERLIN = ZoneInfo("Europe/Berlin")
HEADERS = ["Name", "Tag", "Zeitpunkt", "Zahl", "ja"]
ROW = ["=cmd|'/c calc'!A0", date(2026, 11, 23), datetime(2026, 11, 23, 23, 30, tzinfo=UTC), -3, True]


def test_csv_opens_in_german_spreadsheets_and_runs_nothing() -> None:
    written = write_csv(HEADERS, [ROW, ['Müller; "Söhne"', None, None, 1.5, False]], zone=BERLIN)
    assert written.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(written.decode("utf-8-sig")), delimiter=";"))
    assert rows[1] == ["'=cmd|'/c calc'!A0", "2026-11-23", "2026-11-24 00:30:00", "-3", "1"]
    assert rows[2] == ['Müller; "Söhne"', "", "", "1.5", "0"]


def test_xlsx_holds_texts_and_no_formula() -> None:
    written = write_xlsx(HEADERS, [ROW], zone=BERLIN)
    with zipfile.ZipFile(io.BytesIO(written)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
        texts = parts.read("xl/sharedStrings.xml").decode()
    assert "<f>" not in sheet
    assert "=cmd|" in texts


@pytest.mark.parametrize("text", ["+49 531 1", "-1", "@x", " =1", "\t=1", "\uff1d1"])
def test_what_could_be_a_formula_is_marked(text: str) -> None:
    assert formula_safe(text) == "'" + text


@given(st.text())
def test_no_cell_begins_like_a_formula(text: str) -> None:
    assert not formula_safe(text).lstrip(" ").startswith(FORMULA_STARTS)
