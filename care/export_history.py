"""The history of cases as sheets: one for each part of what is kept of them (`case_parts`), the timeline last.

Not among them: papers themselves and messages; the archive of one case (`keeping.files_of_case`) has them.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from auth.actors import Actor
from care.case_parts import PARTS, Part
from care.models import Case
from config.exports import Cell

__all__ = ["PARTS", "Part", "rows_of"]


def rows_of(part: Part, cases: Mapping[UUID, Case], actor: Actor) -> list[Sequence[Cell]]:
    """The rows of this sheet for these cases, in their order: a few statements, whatever there is."""
    found: dict[UUID, list[Sequence[Cell]]] = {case_id: [] for case_id in cases}
    for case_id, row in part.rows(actor, cases):
        cells = (_cell(column, _at(row, column)) for column in part.columns)
        found[case_id].append((cases[case_id].reference, *cells))
    return [cells for rows in found.values() for cells in rows]


def _at(row: Mapping[str, Any], column: str) -> Any:
    found: Any = row
    for key in column.split("."):
        found = found.get(key)
    return found


def _cell(column: str, value: Any) -> Cell:
    """`value` as a cell: days and times are typed again, of symptoms only those are named that there were."""
    name = column.rpartition(".")[2]
    if isinstance(value, Mapping):
        if name == "symptoms":
            return ", ".join(key for key, there in sorted(value.items()) if there)
        return "; ".join(f"{key}={one}" for key, one in value.items())
    if isinstance(value, str) and (name == "at" or name.endswith("_at")):
        return datetime.fromisoformat(value)
    if isinstance(value, str) and (name in ("day", "birth_date") or name.endswith(("_on", "_until"))):
        return date.fromisoformat(value)
    return value  # type: ignore[no-any-return]
