"""What was typed on a step, for people to read: as it came, checked by nothing. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from services.form.code_lists import options_of
from services.form.fields import FieldType, FormField
from services.form.plain import is_empty
from services.typed import answer_at, paths

UNREAD = frozenset({FieldType.GROUP, FieldType.NOTE, FieldType.FILE})


def lines(
    fields: Sequence[FormField], answers: Mapping[str, Any], locale: str, *, yes: str, no: str
) -> Iterator[tuple[str, str]]:
    """Each question that has been answered, and the answer."""
    for path, field in paths(fields, answers):
        value = answer_at(answers, path)
        if field.type not in UNREAD and not is_empty(value):
            yield field.label.to(locale), _text(field, value, locale, yes, no)


def _text(field: FormField, value: Any, locale: str, yes: str, no: str) -> str:
    if isinstance(value, bool):
        return yes if value else no
    if isinstance(value, Mapping):
        return " ".join(str(part) for part in value.values())
    names = {one.value: one.label.to(locale) for one in options_of(field)}
    given = value if isinstance(value, list) else [value]
    return ", ".join(names.get(one, str(one)) for one in given)
