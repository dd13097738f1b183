"""Guest lists from files and pasted lines: every mistake by its row, and nothing taken before all rows are right."""

from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from care.link_pages import day_in
from care.naming_rules import NamedPerson
from care.occasion_rules import MOST_GUESTS, PLAIN_HEADER, field_of, score
from config.errors import N_
from config.tables import Record, Table, UnreadableFile, read_table


@dataclass(frozen=True)
class Mistake:
    """What is wrong in a row: its line in the file, and an English msgid."""

    row: int
    message: str


@dataclass(frozen=True)
class GuestList:
    guests: tuple[NamedPerson, ...]
    mistakes: tuple[Mistake, ...]


def read_file(data: bytes, limit_mb: int) -> GuestList:
    """A CSV file with known column names. Raises UnreadableFile, TooLarge."""
    return _people_in(read_table(data, score, enough=1, limit_mb=limit_mb, max_rows=MOST_GUESTS))


def read_lines(text: str) -> GuestList:
    """Pasted lines: with a header, or given name; family name; phone; e-mail; date of birth. Raises UnreadableFile."""
    try:
        return _people_in(read_table(text.encode(), score, max_rows=MOST_GUESTS))
    except UnreadableFile:
        found = _people_in(read_table(f"{PLAIN_HEADER}\n{text}".encode(), score, max_rows=MOST_GUESTS))
        # Their own first line is line 1: they have not seen the header that was put before it.
        return replace(found, mistakes=tuple(replace(one, row=one.row - 1) for one in found.mistakes))


def _people_in(table: Table) -> GuestList:
    fields = [field_of(header) for header in table.header]
    guests, mistakes = [], []
    for record in table.rows:
        if record.fault:
            mistakes.append(Mistake(record.number, record.fault))
            continue
        try:
            guests.append(NamedPerson.model_validate(_values(record, fields)))
        except ValidationError as error:
            mistakes += [Mistake(record.number, _said(dict(found))) for found in error.errors(include_url=False)]
    return GuestList(tuple(guests), tuple(mistakes))


def _values(record: Record, fields: list[str | None]) -> dict[str, Any]:
    known = {field: cell.strip() for field, cell in zip(fields, record.cells, strict=False) if field and cell.strip()}
    born = known.get("birth_date")
    return known | ({"birth_date": day_in(born) or born} if born else {})


def _said(found: dict[str, Any]) -> str:
    """Our own complaints are msgids; Pydantic's are meant for programmers."""
    if found["type"] in ("phone", "email", "birth_date", "named"):
        return str(found["msg"])
    return N_("This is not a date.") if found["type"].startswith("date") else N_("This is too long.")
