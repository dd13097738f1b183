"""A schema of FIM as a definition of a service. Pure.

Top groups become the pages of the form, each with that group on it, so that answers keep the shape that the schema
gives them. What FIM does not say (who is in charge, the fee, the deadline, how applicants are reached) is filled in
with something that a person has to replace: a to-do in the result, and a comment in the file.
"""

from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from services.fim.field_conversion import Lists, bounds_of, content_of, rules_of, several_of
from services.fim.keys import key_of, slug_of
from services.fim.schema import DataField, DataGroup, Placed, Schema
from services.form.fields import FieldType

COMMENT = "#:comment:#"
"""A member of the content that the file shows as a comment."""
MOST_REPEATS = 100
OPEN_DEADLINE = 20
LEFT_OUT = "nothing of it can be filled in here; it is left out"


@dataclass(frozen=True)
class ToDo:
    """Something that a person has to decide or to look at; `where` is a key of the file, or a field's way and id."""

    where: str
    text: str

    def __str__(self) -> str:
        return f"{self.where}: {self.text}"


@dataclass
class Converted:
    """The content of the file, ready to be written, and what is left to do."""

    content: dict[str, Any]
    to_do: list[ToDo] = field(default_factory=list)


def convert(schema: Schema, lists: Lists, *, slug: str | None = None) -> Converted:
    """The definition file for `schema`."""
    maker = _Maker(lists)
    steps = maker.steps(schema.children)
    if not steps:
        steps = [_NOTHING]
        maker.to_do.append(ToDo("steps", "the schema has no field that somebody could fill in"))
    head = _head(schema, slug or slug_of(schema.label, schema.id))
    for key, (value, why) in _OPEN.items():
        head[key] = value
        maker.to_do.append(ToDo(key, why))
    if schema.rules:
        head |= rules_of(schema.rules)
    return Converted(head | {"steps": steps}, [*_checks(schema), *maker.to_do])


def _head(schema: Schema, slug: str) -> dict[str, Any]:
    said = schema.description or schema.help or schema.label
    head: dict[str, Any] = {"slug": slug, "version": 1}
    if schema.leika:
        head["leika"] = schema.leika
    head["fim"] = schema.reference
    if schema.legal_basis:
        head["legal_basis"] = {"de": schema.legal_basis}
    head["title"] = {"de": schema.label}
    head["summary"] = {"de": " ".join(said.split())[:200]}
    head["description"] = {"de": said}
    return head


def _checks(schema: Schema) -> list[ToDo]:
    found = [ToDo("summary", "the schema describes itself to the administration; say it for those who apply")]
    if schema.rules:
        found.append(ToDo("original_rules", "the rules of the schema are shown and never run"))
    return found


# Each with why it is open. Nothing of it can be guessed.
_OPEN: dict[str, tuple[Any, str]] = {
    "department": ("offen", "which department is in charge"),
    "login": (False, "whether people have to log in, and who is reached under “contact” if they do"),
    "fee": ({"de": "Noch festzulegen"}, "what it costs"),
    "deadline": ({"working_days": OPEN_DEADLINE}, "within how many working days it is decided"),
    "contact": ({}, "which answers say how the applicant is reached"),
    "retention": (
        {"note": {"de": "Noch festzulegen: wie lange wir die Angaben speichern."}},
        "how long requests are kept, and what people are told about it",
    ),
}


_NOTHING: dict[str, Any] = {
    "key": "angaben",
    "title": {"de": "Angaben"},
    "fields": [{"key": "hinweis", "type": "note", "label": {"de": "Hier fehlen noch die Fragen."}, "required": False}],
}


class _Maker:
    """Makes pages and fields, and collects what is left to do."""

    def __init__(self, lists: Lists) -> None:
        self.lists = lists
        self.to_do: list[ToDo] = []

    def steps(self, placed: tuple[Placed, ...]) -> list[dict[str, Any]]:
        """A page for each top group; fields that stand alone share one."""
        steps: list[dict[str, Any]] = []
        step_keys: set[str] = set()
        field_keys: set[str] = set()  # the top level is one, however many pages it has
        for number, (is_group, run) in enumerate(groupby(placed, lambda one: isinstance(one.part, DataGroup))):
            for parts in [[one] for one in run] if is_group else [list(run)]:
                fields = self._all(parts, field_keys, ())
                if fields:
                    title = parts[0].part.label if is_group else "Angaben" if number == 0 else "Weitere Angaben"
                    steps.append({"key": key_of(title, "step", step_keys), "title": {"de": title}, "fields": fields})
        return steps

    def _all(self, placed: list[Placed], taken: set[str], way: tuple[str, ...]) -> list[dict[str, Any]]:
        return [made for one in placed if (made := self._one(one, taken, way)) is not None]

    def _one(self, placed: Placed, taken: set[str], way: tuple[str, ...]) -> dict[str, Any] | None:
        part = placed.part
        where = ".".join((*way, part.name))[-160:] + f" ({part.id})"
        if placed.most == 0:
            self.to_do.append(ToDo(where, "it may stand there 0 times; it is left out"))
            return None
        if isinstance(part, DataField) and part.kind == "hidden":
            self.to_do.append(ToDo(where, "it is filled in by a program; it is left out"))
            return None
        notes: list[str] = []
        if isinstance(part, DataGroup):
            made = self._group(part, placed, way, notes)
        else:
            made = self._field(part, placed, notes)
        if made is None:
            self.to_do.append(ToDo(where, LEFT_OUT))
            return None
        self.to_do += [ToDo(where, text) for text in notes]
        named: dict[str, Any] = {"key": key_of(part.label, part.id, taken)}
        if notes:
            named[COMMENT] = " ".join("; ".join(notes).split())
        bounds = bounds_of(named["key"], placed) if made["type"] == FieldType.CHOICES else {}
        return named | made | bounds

    def _group(self, group: DataGroup, placed: Placed, way: tuple[str, ...], notes: list[str]) -> dict[str, Any] | None:
        if group.is_choice:
            notes.append("exactly one of its parts is to be filled in, which nothing checks yet")
        fields = self._all(list(group.children), set(), (*way, group.name))
        if not fields:
            return None
        made: dict[str, Any] = {"type": FieldType.GROUP.value, "label": {"de": group.label}}
        if group.help:
            made["help"] = {"de": group.help}
        if (placed.least, placed.most) != (1, 1):
            made["repeats"] = _repeats(placed, notes)
        return made | {"fim": group.id} | rules_of(group.rules) | {"fields": fields}

    def _field(self, data: DataField, placed: Placed, notes: list[str]) -> dict[str, Any]:
        if placed.most == 1:
            return content_of(data, required=placed.least > 0, lists=self.lists, note=notes.append)
        inner = content_of(data, required=True, lists=self.lists, note=notes.append)
        several = several_of(inner, placed, notes.append)
        if several is not None:
            return several
        only = {"key": key_of(data.label, data.id, set())} | inner
        return {
            "type": FieldType.GROUP.value,
            "label": {"de": data.label},
            "repeats": _repeats(placed, notes),
            "fields": [only],
        }


def _repeats(placed: Placed, notes: list[str]) -> dict[str, int]:
    most = placed.most or MOST_REPEATS
    if most > MOST_REPEATS or placed.least > MOST_REPEATS:
        notes.append(f"it may stand there {most} times, and here at most {MOST_REPEATS}")
    found = {"least": min(placed.least, MOST_REPEATS)}
    return found if placed.most is None else found | {"most": min(most, MOST_REPEATS)}
