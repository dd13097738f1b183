"""The empty file of Obhut's own format: headers, what may stand in each column, and two rows of invented people. Pure.

The notes are a comment row, which reading passes over; the examples are refused when somebody leaves them in.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import xlsxwriter

from care.imports.obhut import EXAMPLE, FIELDS

LANGUAGES = ("de", "en")
MOST_ROWS = 5000  # for which Excel offers the choices
COMMENT = "##"


def headers(language: str) -> list[str]:
    """The column names in German (`de`) or English."""
    return [field.german if language == "de" else field.english for field in FIELDS]


def csv_template(language: str, today: date) -> bytes:
    """The template as German spreadsheets read CSV."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(headers(language))
    writer.writerow(_notes())
    writer.writerows(_examples(today))
    return text.getvalue().encode("utf-8-sig")


def xlsx_template(language: str, today: date, protocols: Sequence[str]) -> bytes:
    """The template as a workbook in which Excel offers what may be chosen; every cell is text, so that none changes."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    page = book.add_worksheet("Personen" if language == "de" else "People")
    bold = book.add_format({"bold": True, "num_format": "@", "bg_color": "#DDE8F0"})
    text, grey = book.add_format({"num_format": "@"}), book.add_format({"italic": True, "font_color": "#555555"})
    rows = (headers(language), _notes(), *_examples(today))
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            page.write_string(number, column, cell, bold if number == 0 else grey if number == 1 else text)
    for column, field in enumerate(FIELDS):
        page.set_column(column, column, max(12, len(rows[0][column]) + 2), text)
        choices = list(protocols) if field.name == "protocol" else list(field.choices)
        if choices:
            checked = {"validate": "list", "source": choices, "error_type": "warning"}
            page.data_validation(2, column, MOST_ROWS, column, checked)
    page.freeze_panes(1, 0)
    book.close()
    return buffer.getvalue()


def _notes() -> list[str]:
    notes = [" / ".join(filter(None, (field.note, ", ".join(field.choices)))) for field in FIELDS]
    return [f"{COMMENT} {notes[0]}", *notes[1:]]


def _examples(today: date) -> Iterator[list[str]]:
    day = f"{today - timedelta(days=2):%d.%m.%Y}"
    mother = {
        "external_id": f"{EXAMPLE}1", "kind": "Kontaktperson", "protocol": "covid-19", "given_name": "Änne",
        "family_name": "Muster", "birth_date": "23.04.1987", "sex": "weiblich", "phone": "0171 3920001",
        "email": "aenne@example.org", "channel": "SMS", "locale": "de", "contact_window": "Abend",
        "street": "Ährenweg", "house_number": "5", "postal_code": "38100", "city": "Braunschweig",
        "last_exposure_on": day, "household": "1", "heads_household": "ja",
    }  # fmt: skip
    child = {
        "external_id": f"{EXAMPLE}2", "kind": "Kontaktperson", "protocol": "covid-19", "given_name": "Jörg",
        "family_name": "Muster", "birth_date": "02.09.2017", "sex": "männlich", "channel": "keine",
        "last_exposure_on": day, "household": "1",
    }  # fmt: skip
    for person in (mother, child):
        yield [person.get(field.name, "") for field in FIELDS]
