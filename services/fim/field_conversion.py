"""One data field of FIM as a question of ours. Pure.

What cannot be kept is said in a note, which goes into the file and to whoever imports.
"""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from services.fim.schema import CodeListReference, DataField, Limits, Placed, Rule
from services.fim.xml_reading import words
from services.form.code_lists import find
from services.form.fields import MAX_FILE_BYTES, MAX_FILES, FieldType

Values = tuple[tuple[str, str], ...]
Lists = Callable[[CodeListReference], "str | Values | None"]
"""The name of a bundled code list, or the values of one that came along; None: nobody has it."""
Note = Callable[[str], None]
USUAL, ONE_LINE, LONGEST = 200, 255, 10_000
"""Characters: where nothing is said, in one line at most, and at all."""
TYPES = {
    "text": FieldType.TEXT,
    "text_latin": FieldType.TEXT,
    "date": FieldType.DATE,
    "time": FieldType.TIME,
    "bool": FieldType.YES_NO,
    "num": FieldType.NUMBER,
    "num_int": FieldType.INTEGER,
    "num_currency": FieldType.MONEY,
    "file": FieldType.FILE,
    "obj": FieldType.FILE,
}
NUMBERS = frozenset({FieldType.NUMBER, FieldType.INTEGER, FieldType.MONEY})
_DEAR = re.compile(r"[*+}]\)*[*+{]|\([^()]*[*+][^()]*\)[*+{]|\\[1-9]")
"""Repetitions of repetitions, which can take minutes to say no, and references back."""
LONGEST_VALUE = 80
_VALUE = re.compile(rf"[A-Za-z0-9_.:-]{{1,{LONGEST_VALUE}}}")


def content_of(field: DataField, *, required: bool, lists: Lists, note: Note) -> dict[str, Any]:
    """What the file says of this field, its key aside. `note` takes what somebody has to look at."""
    found = _shown(field) if field.kind in ("label", "locked") else _asked(field, lists, note)
    if field.kind == "locked":
        note("it may be read and not changed there; here it is shown as a note")
    if field.limits.note:
        note(f"its limits cannot be read: {field.limits.note[:200]}")
    for name, value in field.limits.said() if found["type"] != FieldType.NOTE else ():
        if not _is_kept(name, value, field, found):
            note(f"its limit {name} {value[:200]} is not kept here")
    common: dict[str, Any] = {"type": found.pop("type"), "label": {"de": field.label}}
    if field.help:
        common["help"] = {"de": field.help}
    if not required or common["type"] == FieldType.NOTE:
        common["required"] = False
    return common | found | {"fim": field.id} | rules_of(field.rules)


def several_of(made: dict[str, Any], placed: Placed, note: Note) -> dict[str, Any] | None:
    """The question `made` as one that takes several answers; None where it has to be asked again for each of them.

    Files come together, and of choices several can be ticked.
    """
    if made["type"] == FieldType.FILE:
        if placed.most is None or placed.most > MAX_FILES:
            note(f"more than {MAX_FILES} files may come there, and here at most {MAX_FILES}")
        if placed.least > 1:
            note(f"at least {placed.least} files are wanted there, and here one")
        found = made | {"max_files": min(placed.most or MAX_FILES, MAX_FILES)}
    elif made["type"] == FieldType.CHOICE:
        found = made | {"type": FieldType.CHOICES.value}
    else:
        return None
    return found if placed.least else found | {"required": False}


def bounds_of(key: str, placed: Placed) -> dict[str, Any]:
    """How many of the choices of the question `key` are to be ticked, where that is neither one nor as many as wanted.

    JsonLogic has no operator that counts; a sum of ones does.
    """
    number = {"reduce": [{"var": key}, {"+": [{"var": "accumulator"}, 1]}, 0]}
    found = []
    if placed.most is not None:
        rule = {"or": [{"!": [{"var": key}]}, {"<=": [number, placed.most]}]}
        found.append({"rule": rule, "message": {"de": f"Bitte wählen Sie höchstens {placed.most}."}})
    if placed.least > 1:
        rule = {"or": [{"!": [{"var": key}]}, {">=": [number, placed.least]}]}
        found.append({"rule": rule, "message": {"de": f"Bitte wählen Sie mindestens {placed.least}."}})
    return {"check": found} if found else {}


_KEPT = {"date": ("minValue", "maxValue"), "text": ("minLength", "maxLength", "pattern")}
_KEPT |= {"long_text": _KEPT["text"], **{one.value: _KEPT["date"] for one in NUMBERS}}


def _is_kept(name: str, value: str, field: DataField, made: dict[str, Any]) -> bool:
    """Whether the question that was `made` heeds this limit, or has a note of its own about it."""
    if name == "maxSize" and value.isdecimal():
        return int(value) >= MAX_FILE_BYTES
    return field.datatype != "datetime" and name in _KEPT.get(made["type"], ())


def rules_of(rules: tuple[Rule, ...]) -> dict[str, Any]:
    """Rules are shown and never run."""
    return {"original_rules": [str(rule) for rule in rules]} if rules else {}


def _shown(field: DataField) -> dict[str, Any]:
    said = field.content.strip()
    hint = {"hint": {"de": said}} if said and words(said) != field.label else {}
    return {"type": FieldType.NOTE.value, **hint}


def _asked(field: DataField, lists: Lists, note: Note) -> dict[str, Any]:
    if field.kind == "select":
        return _choice(field, lists, note)
    if field.datatype == "datetime":
        note("it asks for a day and a time; here it is a text")
        return {"type": FieldType.TEXT.value, "hint": {"de": "Zum Beispiel 23.11.2026, 14:30 Uhr"}, "max_length": 40}
    kind = TYPES.get(field.datatype)
    if kind is None:
        note(f"its type “{field.datatype[:40]}” is not known here; it is a text")
        kind = FieldType.TEXT
    if kind is FieldType.TEXT:
        return _text(field, note)
    if kind in NUMBERS:
        return {"type": kind.value} | _numbers(field.limits, note)
    if kind is FieldType.DATE:
        return {"type": kind.value} | _days(field.limits, note)
    return {"type": kind.value}


def _text(field: DataField, note: Note) -> dict[str, Any]:
    name = words(field.name).lower()
    if re.fullmatch(r"(.*\W)?e-?mail(adresse|-adresse)?(\W.*)?", name):
        return {"type": FieldType.EMAIL.value}
    if re.fullmatch(r"(.*\W)?iban(\W.*)?", name):
        return {"type": FieldType.IBAN.value}
    limits = field.limits
    if re.fullmatch(r"(.*\W)?(telefon|mobilfunk|mobiltelefon|telefax)(-?nummer)?(\W.*)?", name) and not limits.pattern:
        return {"type": FieldType.PHONE.value}
    most = limits.max_length or USUAL
    if most > LONGEST:
        note(f"answers may have {most} characters there, {LONGEST} here")
        most = LONGEST
    is_long = most > ONE_LINE and not limits.pattern
    found: dict[str, Any] = {"type": (FieldType.LONG_TEXT if is_long else FieldType.TEXT).value, "max_length": most}
    if limits.min_length and limits.min_length > 1:
        found["min_length"] = min(limits.min_length, most)
    return found | _pattern(limits, note)


def _pattern(limits: Limits, note: Note) -> dict[str, Any]:
    if not limits.pattern:
        return {}
    try:
        re.compile(limits.pattern)
        is_usable = not _DEAR.search(limits.pattern)
    except re.error:
        is_usable = False
    if not is_usable:
        note(f"its pattern cannot be used here: {limits.pattern[:200]}")
        return {}
    return {"pattern": limits.pattern}


def _numbers(limits: Limits, note: Note) -> dict[str, Any]:
    found = {}
    for name, said in (("minimum", limits.min_value), ("maximum", limits.max_value)):
        number = limits.number(said)
        if number is not None:
            found[name] = format(number, "f")
        elif said:
            note(f"its {name} is no number: {said[:40]}")
    return found


def _days(limits: Limits, note: Note) -> dict[str, Any]:
    found = {}
    for name, said in (("not_before", limits.min_value), ("not_after", limits.max_value)):
        if not said:
            continue
        try:
            found[name] = date.fromisoformat(said)
        except ValueError:
            note(f"its limit is no day: {said[:40]}")
    return found


def _choice(field: DataField, lists: Lists, note: Note) -> dict[str, Any]:
    values = field.values
    if not values and field.code_list:
        found = lists(field.code_list)
        if isinstance(found, str):
            if field.code_list.version and find(found).version != field.code_list.version:
                note(f"its code list {field.code_list} is bundled in another version: {find(found).version}")
            return {"type": FieldType.CHOICE.value, "code_list": found}
        values = found or ()
    if not values:
        note(f"its code list {field.code_list or 'is not named and'} is not here; it is a text")
        return _text(field, note)
    return {"type": FieldType.CHOICE.value, "options": _options(values, note)}


def _options(values: Values, note: Note) -> list[dict[str, Any]]:
    """Codes are values as they are where that can be; another gets a value of its own, and leaves under its code."""
    names: dict[str, str] = {}
    for code, name in values:
        if names.setdefault(code, name) is not name:
            note(f"its value “{code[:40]}” is given twice")
    taken = {code for code in names if _VALUE.fullmatch(code)}
    renamed = {code: _value_for(code, taken) for code in names if code not in taken}
    if renamed:
        code, value = next(iter(renamed.items()))
        note(f"{len(renamed)} of its values have other names here, such as {value} for “{code[:40]}”")
    return [
        {"value": renamed.get(code, code), "label": {"de": name}} | ({"code": code} if code in renamed else {})
        for code, name in names.items()
    ]


def _value_for(code: str, taken: set[str]) -> str:
    """A value for a code that cannot be one, unlike all in `taken`, where it goes."""
    base = re.sub(r"[^A-Za-z0-9_.:-]+", "-", code)[:LONGEST_VALUE] or "-"
    value, count = base, 1
    while value in taken:
        count += 1
        value = f"{base[: LONGEST_VALUE - 6]}_{count}"
    taken.add(value)
    return value
