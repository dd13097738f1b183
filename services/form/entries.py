"""Entries of repeating groups in which nobody has written anything. Pure.

Somebody adds a row and leaves it empty: it is no answer. So it is taken out before any rule looks, and what is stored,
what is computed and what is to be paid count the same rows.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from services.form.fields import Step
from services.form.places import Level, Place
from services.form.state import FormState, state


def filled_in(
    steps: Sequence[Step], answers: Mapping[str, Any], uploaded: Mapping[str, int], *, today: date
) -> FormState:
    """The form as it looks with `answers`, without empty rows at the end of its repeating groups.

    `uploaded`: how many files there are, by the path of their field; a row with a file is not empty. Rows that must be
    there stay, so that their questions can be complained about one by one.
    """
    typed = state(steps, answers, today=today)
    if not [place for place in typed.top.places() if place.field.fields]:  # without groups no rows
        return typed
    return state(steps, _kept(typed, typed.top, uploaded), today=today)


def _kept(form: FormState, level: Level, uploaded: Mapping[str, int]) -> dict[str, Any]:
    kept = dict(level.raw)
    for place in level.places():
        if place.repeats:
            # What is no list has no rows either: the check refuses it.
            if isinstance(place.raw, list):
                kept[place.field.key] = _rows(form, place, uploaded)
        elif place.field.fields and isinstance(place.raw, Mapping):
            kept[place.field.key] = _kept(form, place.levels[0], uploaded)
    return kept


def _rows(form: FormState, place: Place, uploaded: Mapping[str, int]) -> list[Any]:
    """The rows of one group up to the last in which something is. A list that is too long is left for the check."""
    rows, levels = list(place.raw), place.levels
    if len(rows) > len(levels):
        return rows
    least = form.least(place)
    # What is no row at all is not empty either: the check refuses it.
    while len(rows) > least and isinstance(rows[-1], Mapping) and _is_blank(form, levels[len(rows) - 1], uploaded):
        rows.pop()
    inner = zip(rows, levels, strict=False)
    return [_kept(form, level, uploaded) if isinstance(row, Mapping) else row for row, level in inner]


def _is_blank(form: FormState, level: Level, uploaded: Mapping[str, int]) -> bool:
    """Whether nobody has written anything here, nor added a file."""
    return not any(path.startswith(f"{level.path}.") for path in uploaded) and not any(
        form.written(place) for place in level.places()
    )
