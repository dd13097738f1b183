"""Where answers stand: fields at their places in a form, with the entries of groups that repeat. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from services.form.fields import FormField, Step


@dataclass(frozen=True, eq=False)
class Level:
    """The fields of a form, of a group, or of one entry of a repeating group, with the answers typed there.

    `path` is "" at the top. `owner` is the group whose level this is; `outer` the level around it.
    """

    path: str
    fields: Mapping[str, FormField]
    raw: Mapping[str, Any]
    owner: "Place | None" = None
    outer: "Level | None" = None
    steps: Mapping[str, Step] | None = None

    def place(self, key: str) -> "Place":
        """Where the field `key` of this level stands."""
        return self._places[key]

    def places(self) -> Iterator["Place"]:
        """All of this level's fields."""
        return iter(self._places.values())

    @cached_property
    def _places(self) -> dict[str, "Place"]:
        before = f"{self.path}." if self.path else ""
        return {key: Place(before + key, field, self.raw.get(key), self) for key, field in self.fields.items()}

    def step_of(self, field: FormField) -> Step | None:
        """The step that a field of the top level stands on."""
        return self.steps.get(field.key) if self.steps else None

    def find(self, path: str) -> "Place | None":
        """The place at `path`; a part of an address belongs to the address. None when there is none."""
        first, _, rest = path.partition(".")
        field = self.fields.get(first)
        if field is None:
            return None
        place = self.place(first)
        if not rest or not field.fields:
            return place
        if field.repeats is None:
            return place.levels[0].find(rest)
        number, _, inner = rest.partition(".")
        if not number.isdecimal() or len(number) > 3:
            return None
        return place.entry(int(number)).find(inner) if inner else place

    def seek(self, name: str) -> "Place | None":
        """The place that `name` means in a rule here: among this level's fields first, then around them."""
        found = self.find(name)
        return found if found or self.outer is None else self.outer.seek(name)


@dataclass(frozen=True, eq=False)
class Place:
    """One field where it stands. `raw` is what was typed there."""

    path: str
    field: FormField
    raw: Any
    level: Level

    @property
    def repeats(self) -> bool:
        return self.field.repeats is not None

    @cached_property
    def levels(self) -> list[Level]:
        """The levels within: one of a group, one for each entry of a repeating group, none of a question."""
        if not self.field.fields:
            return []
        if self.field.repeats is None:
            return [self._within(self.path, self.raw)]
        entries = self.raw[: self.field.repeats.most] if isinstance(self.raw, list) else []
        return [self._within(f"{self.path}.{number}", one) for number, one in enumerate(entries)]

    @property
    def levels_or_first(self) -> list[Level]:
        """The same; of a repeating group without entries the first that it could have."""
        return self.levels or ([self.entry(0)] if self.field.fields else [])

    def entry(self, number: int) -> Level:
        """One entry of a repeating group, an empty one when there is none yet."""
        if number < len(self.levels):
            return self.levels[number]
        return self._within(f"{self.path}.{number}", {})

    def step(self, way: list[str]) -> "Place | None":
        """One step along `way` into a group, whose first parts are taken off; None when it leads nowhere."""
        levels = self.levels
        if self.field.repeats is not None:
            number = way.pop(0)
            levels = levels[int(number) : int(number) + 1] if number.isdecimal() else []
        if not levels or not way or way[0] not in levels[0].fields:
            return None
        return levels[0].place(way.pop(0))

    def _within(self, path: str, raw: Any) -> Level:
        fields = {field.key: field for field in self.field.fields}
        return Level(path, fields, raw if isinstance(raw, Mapping) else {}, self, self.level)


def top_level(steps: Sequence[Step], answers: Mapping[str, Any]) -> Level:
    """The level of the form itself: the fields of all steps."""
    fields = {field.key: field for step in steps for field in step.fields}
    steps_of = {field.key: step for step in steps for field in step.fields}
    return Level("", fields, answers, steps=steps_of)
