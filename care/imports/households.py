"""Who answers for whom among the rows of one file. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from care.imports.base import ParsedRow, Problem, Severity
from config.errors import N_

NO_HEAD = N_("Nobody who can be imported answers for the household “{household}”; this person comes in alone.")
TWO_HEADS = N_("Line {line} answers for the household “{household}” already.")


def heads(rows: Sequence[ParsedRow]) -> tuple[list[ParsedRow], Mapping[int, int]]:
    """The rows, with what is wrong with their households; and for each member the line of who answers for them.

    Who says that they answer does; where nobody does, the first usable row of the household.
    """
    answering: dict[str, int] = {}
    problems: dict[int, Problem] = {}
    for row in rows:
        mark = _mark(row)
        if not (row.usable and mark and row.values and row.values.get("heads_household")):
            continue
        if mark in answering:
            params = {"line": answering[mark], "household": mark}
            problems[row.number] = Problem("", Severity.WARNING, TWO_HEADS, params)
        answering.setdefault(mark, row.number)
    for row in rows:
        mark = _mark(row)
        if row.usable and mark:
            answering.setdefault(mark, row.number)
    found = {row.number: answering[mark] for row in rows if row.usable and (mark := _mark(row))}
    checked = [
        replace(row, problems=(*row.problems, problems[row.number])) if row.number in problems else row for row in rows
    ]
    return checked, {number: head for number, head in found.items() if head != number}


def _mark(row: ParsedRow) -> str:
    return str((row.values or {}).get("household") or "").casefold()
