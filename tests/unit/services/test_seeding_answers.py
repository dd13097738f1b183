"""Invented answers are such as the forms accept."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from random import Random
from typing import Any

import pytest

from services.definitions import catalogue
from services.form.checks import validate
from services.form.fields import FieldType, FormField
from services.seeding_answers import invented

TODAY = date(2026, 11, 26)


def files(fields: Sequence[FormField], answers: Mapping[str, Any], before: str = "") -> Iterator[str]:
    """The paths of all file fields of a form with these answers."""
    for field in fields:
        if field.type is FieldType.FILE:
            yield before + field.key
        elif field.type is FieldType.GROUP:
            given = answers.get(field.key) or []
            entries = {f"{number}.": one for number, one in enumerate(given)} if field.repeats else {"": given or {}}
            for name, entry in entries.items():
                yield from files(field.fields, entry, f"{before}{field.key}.{name}")


@pytest.mark.parametrize("slug", sorted(catalogue()))
def test_every_form_of_the_catalogue_accepts_what_is_invented_for_it(slug: str) -> None:
    definition = catalogue()[slug]
    for luck in range(60):
        answers = invented(definition.steps, Random(luck), TODAY)
        uploaded = dict.fromkeys(files(definition.fields, answers), 1)
        computed = {field.key for field in definition.fields if field.computed is not None}
        typed = {key: value for key, value in answers.items() if key not in computed}
        assert validate(definition.steps, typed, uploaded, today=TODAY) == answers
