"""What a row becomes when something in it is wrong: it is told, and the row stays out."""

from typing import Any

import pytest

from care.imports.base import Column, ColumnMap, ParsedRow, Severity
from care.imports.rows import NOT_USABLE, TOO_LONG, TOO_MANY_CELLS, RowReader
from care.imports.values import DateReading
from config.tables import Record

HEADER = ("given_name", "city")
PERSON = {"given_name": "Jörg", "family_name": "Groß", "birth_date": None, "channel": "none"}
CASE: dict[str, Any] = {"kind": "contact", "protocol": "covid-19", "person": PERSON}


def reader(*cells: str, fault: str | None = None) -> RowReader:
    columns = ColumnMap.of([Column(name, (name,)) for name in HEADER], HEADER)
    return RowReader(Record(2, cells, fault), columns, DateReading(), "DE")


def told(row: ParsedRow) -> list[tuple[str, str]]:
    assert row.values is None
    assert row.case is None
    assert not row.usable
    assert {one.severity for one in row.problems} == {Severity.ERROR}
    return [(one.column, one.message) for one in row.problems]


def never() -> dict[str, Any]:
    raise AssertionError("a row that has failed is not built")


def test_a_row_in_order_becomes_what_is_to_be_stored() -> None:
    row = reader("Jörg", "Aachen").finish(lambda: {"case": CASE}, "Groß, Jörg")
    assert row.usable
    assert row.case is not None
    assert row.values == {"case": row.case.model_dump(mode="json", exclude_defaults=True)}
    assert (row.number, row.name, row.cells, row.problems) == (2, "Groß, Jörg", ("Jörg", "Aachen"), ())


def test_cells_that_nobody_reads_are_told() -> None:
    """Such as the rest of an address with a comma in it: what follows would stand in the wrong columns."""
    assert told(reader("Jörg", "Aachen", "Hinterhaus").finish(never, "")) == [("", TOO_MANY_CELLS)]
    assert reader("Jörg", "Aachen", "", "").finish(lambda: {"case": CASE}, "").usable  # nothing stands in them
    assert reader("Jörg").finish(lambda: {"case": CASE}, "").usable  # a row may end early


def test_a_row_whose_cells_cannot_be_trusted_is_not_built() -> None:
    assert told(reader("Jörg", "Aachen", "zu viel", fault="kaputt").finish(never, "")) == [("", "kaputt")]


def test_what_is_met_while_building_keeps_the_row_out_too() -> None:
    row = reader("Jörg", "Aachen")

    def build() -> dict[str, Any]:
        row.error("city", NOT_USABLE, value="Aachen")
        return {"case": CASE}

    assert told(row.finish(build, "")) == [("city", NOT_USABLE)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"case": {**CASE, "person": {**PERSON, "given_name": "x" * 201}}}, ("given_name", TOO_LONG)),
        ({"case": {**CASE, "kind": "visitor"}}, ("", NOT_USABLE)),
        ({"case": CASE, "household": "x" * 41}, ("", TOO_LONG)),
    ],
)
def test_what_a_command_refuses_is_told_at_its_column(values: dict[str, Any], expected: tuple[str, str]) -> None:
    assert told(reader("Jörg", "Aachen").finish(lambda: values, "")) == [expected]


def test_a_warning_lets_the_row_in() -> None:
    row = reader("Jörg", "Aachen")
    row.warning("city", NOT_USABLE, value="Aachen")
    found = row.finish(lambda: {"case": CASE}, "")
    assert found.usable
    assert [one.severity for one in found.problems] == [Severity.WARNING]
