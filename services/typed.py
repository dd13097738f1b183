"""Between the names of an HTML form and the nested answers of a definition. Pure.

The control of the answer at `children.0.birth_date` is called `f_children-0-birth_date`, with `-day`, `-month` and
`-year` for the parts. A field that the page did not show keeps what was typed there before.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from services.form.fields import ADDRESS_PARTS, FieldType, FormField
from services.form.plain import is_empty

PREFIX = "f_"
"""Before the names of a definition's fields, so that none can collide with the form's own."""
SHOWN = "shown"
MOST_ENTRIES = 100
DATE_PARTS = ("day", "month", "year")
MAP_PARTS = ("lat", "lon")
YES, NO = "yes", "no"
PARTS = {FieldType.DATE: DATE_PARTS, FieldType.ADDRESS: ADDRESS_PARTS, FieldType.MAP: MAP_PARTS}
WITHOUT = frozenset({FieldType.NOTE, FieldType.FILE})


Sent = Mapping[str, Sequence[str]]
"""A form that was sent: the values under each name."""


def first(sent: Sent, name: str) -> str:
    """The value under this name; "" when there is none."""
    return next(iter(sent.get(name, ())), "")


def name_of(path: str) -> str:
    """What the control of the answer at `path` is called."""
    return PREFIX + path.replace(".", "-")


def read(fields: Sequence[FormField], sent: Sent, before: Mapping[str, Any]) -> dict[str, Any]:
    """The answers to these fields of the top level as they were typed; empty ones are left out."""
    shown = sent.get(SHOWN, ())
    is_shown = set(shown).__contains__ if shown else lambda path: True
    return _level(fields, "", sent, before, is_shown)


def _level(
    fields: Iterable[FormField], path: str, sent: Sent, before: Any, is_shown: Callable[[str], bool]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in fields:
        here = f"{path}.{field.key}" if path else field.key
        earlier = before.get(field.key) if isinstance(before, Mapping) else None
        if field.type in WITHOUT or field.computed is not None:
            continue
        if not is_shown(here):
            value = earlier
        elif field.type is FieldType.GROUP:
            value = _group(field, here, sent, earlier, is_shown)
        else:
            value = _answer(field, here, sent)
        if not is_empty(value) or (field.repeats and value):
            found[field.key] = value
    return found


def _group(field: FormField, path: str, sent: Sent, before: Any, is_shown: Callable[[str], bool]) -> Any:
    if field.repeats is None:
        return _level(field.fields, path, sent, before, is_shown)
    entries = before if isinstance(before, list) else []
    return [
        _level(field.fields, f"{path}.{number}", sent, entries[number] if number < len(entries) else None, is_shown)
        for number in range(_entries(path, sent))
    ]


def _entries(path: str, sent: Sent) -> int:
    """How many entries a form has: what it says, else the highest number in its names."""
    said = first(sent, f"{name_of(path)}-count")
    if said.isascii() and said.isdigit() and len(said) <= 3:
        return min(int(said), MOST_ENTRIES)
    beginning = re.compile(re.escape(name_of(path)) + r"-(\d{1,2})-")
    return max((int(found[1]) + 1 for name in sent if (found := beginning.match(name))), default=0)


def _answer(field: FormField, path: str, sent: Sent) -> Any:
    name = name_of(path)
    parts = {part: first(sent, f"{name}-{part}").strip() for part in PARTS.get(field.type, ())}
    match field.type:
        case FieldType.DATE if name not in sent:
            return ".".join(parts.values()) if any(parts.values()) else ""
        case FieldType.MAP | FieldType.ADDRESS:
            return {part: text for part, text in parts.items() if text}
        case FieldType.CHOICES:
            return [value for value in sent.get(name, ()) if value]
        case FieldType.YES_NO:
            return {YES: True, NO: False}.get(first(sent, name))
        case FieldType.CHECKBOX | FieldType.CONSENT:
            return True if first(sent, name) else None
    return first(sent, name)


def paths(fields: Iterable[FormField], answers: Any, path: str = "") -> Iterator[tuple[str, FormField]]:
    """Every field with its path, those of each entry of a repeating group too."""
    for field in fields:
        here = f"{path}.{field.key}" if path else field.key
        yield here, field
        if field.type is FieldType.GROUP:
            within = answers.get(field.key) if isinstance(answers, Mapping) else None
            if field.repeats is None:
                yield from paths(field.fields, within, here)
            else:
                for number, entry in enumerate(within if isinstance(within, list) else []):
                    yield from paths(field.fields, entry, f"{here}.{number}")


def answer_at(answers: Any, path: str) -> Any:
    """The answer at `path`; None when there is none."""
    for part in path.split("."):
        if isinstance(answers, list):
            answers = answers[int(part)] if part.isdecimal() and int(part) < len(answers) else None
        else:
            answers = answers.get(part) if isinstance(answers, Mapping) else None
    return answers


def with_answer(answers: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The answers with another one at `path`, through groups that do not repeat."""
    first, _, rest = path.partition(".")
    within = answers.get(first)
    inner = with_answer(within if isinstance(within, Mapping) else {}, rest, value) if rest else value
    return {**answers, first: inner}


def shown_of(sent: Sent) -> frozenset[str] | None:
    """The paths of the fields that the page showed; None when it does not say."""
    shown = sent.get(SHOWN, ())
    return frozenset(shown) if shown else None


def entries_changed(fields: Iterable[FormField], answers: dict[str, Any], act: str, target: str) -> dict[str, Any]:
    """The answers with one more entry of a repeating group (`add`, `children`) or without one (`remove`, `children.1`).

    The same answers when there is no such group, or another act is wanted.
    """
    groups = {path for path, field in paths(fields, answers) if field.repeats is not None}
    if act == "add" and target in groups:
        return entry_added(answers, target)
    if act == "remove" and target.rpartition(".")[0] in groups:
        return entry_removed(answers, target)
    return answers


def newly_asked(
    fields: Iterable[FormField], answers: Any, shows: Callable[[str], bool], shown: frozenset[str] | None
) -> Iterator[str]:
    """The paths that these answers ask for and the page had not `shown`; none when it does not say."""
    if shown is not None:
        asked = (path for path, field in paths(fields, answers) if field.type is not FieldType.NOTE)
        yield from (path for path in asked if path not in shown and shows(path))


def date_parts(value: Any) -> dict[str, str]:
    """Day, month and year of a date as it was typed or stored."""
    text = value if isinstance(value, str) else ""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        year, month, day = text.split("-")
        return {"day": str(int(day)), "month": str(int(month)), "year": year}
    pieces = [*text.split(".", 2), "", "", ""][:3]
    return dict(zip(DATE_PARTS, pieces, strict=True))


def entry_added(answers: Mapping[str, Any], path: str) -> dict[str, Any]:
    """The answers with one more, empty, entry of the repeating group at `path`."""
    return dict(_changed(answers, path.split("."), lambda entries: [*entries, {}][:MOST_ENTRIES]))


def entry_removed(answers: Mapping[str, Any], path: str) -> dict[str, Any]:
    """The answers without the entry at `path`, such as `children.1`."""
    group, _, number = path.rpartition(".")
    if not group or not number.isdecimal():
        return dict(answers)
    at = int(number)
    return dict(_changed(answers, group.split("."), lambda entries: entries[:at] + entries[at + 1 :]))


def _changed(answers: Any, path: Sequence[str], change: Callable[[list[Any]], list[Any]]) -> Any:
    first, *rest = path
    if isinstance(answers, list):
        at = int(first) if first.isdecimal() else len(answers)
        return [_changed(one, rest, change) if number == at and rest else one for number, one in enumerate(answers)]
    within = answers.get(first) if isinstance(answers, Mapping) else None
    if rest:
        inner: Any = _changed(within or {}, rest, change)
    else:
        inner = change(within if isinstance(within, list) else [])
    return {**(answers or {}), first: inner}
