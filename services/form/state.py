"""What a form looks like for these answers: what is shown, what must be answered, what is computed. Pure.

Answers may be half-typed: one that cannot be read counts as none. A rule sees what the form shows: a hidden answer is
null for all other rules. Everything is worked out when it is asked for, so the order of the questions does not matter;
rules that lead back to themselves are refused when the file is read (`form.rule_checks`).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from services.form import logic
from services.form.fields import FieldType, Rule, Step
from services.form.operators import truthy
from services.form.parsing import parse
from services.form.places import Level, Place, top_level
from services.form.plain import Invalid, PartsInvalid, is_empty
from services.form.results import as_answer

NUMBERS = frozenset({FieldType.INTEGER, FieldType.NUMBER, FieldType.MONEY})
TICKED = frozenset({FieldType.CHECKBOX, FieldType.CONSENT})
WITHOUT_ANSWER = frozenset({FieldType.NOTE, FieldType.FILE})


class FormState:
    """A form with answers. `today` is the day in the city's zone.

    Without it the answers are stored ones: nothing is computed anew, and what has an answer is shown.
    """

    def __init__(self, steps: Sequence[Step], answers: Mapping[str, Any], *, today: date | None) -> None:
        self.today = today
        self._steps = {step.key: step for step in steps}
        self.top = top_level(steps, answers)
        self._known: dict[tuple[str, str], Any] = {}
        self._asked: set[tuple[str, str]] = set()

    @cached_property
    def steps(self) -> tuple[str, ...]:
        """The keys of the steps that have something to show, in order."""
        return tuple(key for key, step in self._steps.items() if any(self.shown(one) for one in self._of(step)))

    @cached_property
    def computed(self) -> Mapping[str, Any]:
        """The computed answers that are shown and have a value, by path, in their stored form."""
        found = {place.path: self.answer(place) for place in self.places() if place.field.computed is not None}
        return {path: value for path, value in found.items() if value is not None}

    def shows(self, path: str) -> bool:
        """Whether the field at `path` is to be seen; False for a path that the form does not have."""
        place = self.top.find(path)
        return place is not None and self.shown(place)

    def requires(self, path: str) -> bool:
        """Whether the field at `path` must be answered now. A group is required when it must be there at all."""
        place = self.top.find(path)
        return place is not None and self.must(place)

    def value(self, path: str) -> Any:
        """The answer at `path` as rules see it: numbers as Decimal; None when there is none or it is hidden."""
        return self.top_scope.look(path)

    @property
    def top_scope(self) -> "LevelScope":
        return LevelScope(self, self.top)

    def places(self) -> Iterator[Place]:
        """The fields to be seen, with those of every entry of a group, in the form's order."""
        yield from self._shown_in(self.top)

    def _shown_in(self, level: Level) -> Iterator[Place]:
        for place in level.places():
            if self.shown(place):
                yield place
                for inner in place.levels:
                    yield from self._shown_in(inner)

    def _of(self, step: Step) -> Iterator[Place]:
        return (self.top.place(field.key) for field in step.fields)

    def rule(self, rule: Rule, level: Level) -> Any:
        """The value of a rule that stands at `level`."""
        return logic.evaluate(rule, LevelScope(self, level), today=self.today)

    def shown(self, place: Place) -> bool:
        """Whether this place is to be seen. A group in which nothing is to be seen is not seen itself."""
        if place.field.type is not FieldType.GROUP:
            return self._open(place)
        return bool(self._once("shown", place.path, lambda: self._group_is_shown(place)))

    def _group_is_shown(self, group: Place) -> bool:
        within = (inner for level in group.levels_or_first for inner in level.places())
        return self._open(group) and any(self.shown(inner) for inner in within)

    def _open(self, place: Place) -> bool:
        """Whether its own rule and those around it let this place be seen."""
        return bool(self._once("open", place.path, lambda: self._work_out_open(place)))

    def _work_out_open(self, place: Place) -> bool:
        around, step, rule = place.level.owner, place.level.step_of(place.field), place.field.visible
        if around is not None and not self._open(around):
            return False
        if step is not None and not self._step_is_open(step):
            return False
        return rule is None or self._has_stored(place) or truthy(self.rule(rule, place.level))

    def _has_stored(self, place: Place) -> bool:
        return self.today is None and not is_empty(place.raw)

    def _step_is_open(self, step: Step) -> bool:
        rule = step.visible
        return (
            rule is None
            or any(self._has_stored(place) for place in self._of(step))
            or bool(self._once("step", step.key, lambda: truthy(self.rule(rule, self.top))))
        )

    def must(self, place: Place) -> bool:
        """Whether this place must be answered now."""
        field = place.field
        if field.computed is not None or field.type is FieldType.NOTE or not self.shown(place):
            return False
        around = place.level.owner
        if around is not None and not around.repeats and not self.wanted(around):
            return False
        if field.required_when is not None:
            return truthy(self.rule(field.required_when, place.level))
        return field.required and (field.repeats is None or field.repeats.least > 0)

    def wanted(self, group: Place) -> bool:
        """Whether a group must be filled in: it is required, or somebody has begun to."""
        return self.must(group) or self.written(group)

    def least(self, place: Place) -> int:
        """How many entries this repeating group must have at least; an optional one may also have none."""
        least = place.field.repeats.least if place.field.repeats else 0
        if self.must(place):
            return max(least, 1)
        return least if place.levels else 0

    def seen(self, place: Place) -> Any:
        """The answer at this place as rules see it."""
        return self._once("seen", place.path, lambda: self._work_out_seen(place))

    def _work_out_seen(self, place: Place) -> Any:
        field = place.field
        if not self.shown(place) or field.type in WITHOUT_ANSWER:
            return None
        if field.type is FieldType.GROUP:
            entries = [{one.field.key: self.seen(one) for one in level.places()} for level in place.levels]
            return entries if field.repeats else entries[0]
        value = self.answer(place)
        return Decimal(value) if field.type in NUMBERS and value is not None else value

    def answer(self, place: Place) -> Any:
        """The stored form of one answer; None when there is none or it cannot be read. Not for groups."""
        return self._once("answer", place.path, lambda: self._work_out_answer(place))

    def _work_out_answer(self, place: Place) -> Any:
        if place.field.computed is not None and self.today is not None:
            return as_answer(place.field, self.rule(place.field.computed, place.level))
        try:
            return parse(place.field, place.raw)
        except (Invalid, PartsInvalid):
            return None

    def written(self, place: Place) -> bool:
        """Whether somebody has answered here, readably or not. A box without its tick is no answer."""
        field, raw = place.field, place.raw
        if field.computed is not None or field.type in WITHOUT_ANSWER:
            return False
        if field.fields:
            return any(self.written(inner) for level in place.levels for inner in level.places())
        if isinstance(raw, Mapping):
            return any(not is_empty(part) for part in raw.values())
        return not is_empty(raw) and not (raw is False and field.type in TICKED)

    def _once(self, what: str, path: str, work: Any) -> Any:
        """Work something out once. A rule that leads back to itself finds null."""
        key = (what, path)
        if key in self._known:
            return self._known[key]
        if key in self._asked:
            return None
        self._asked.add(key)
        found = self._known[key] = work()
        return found


class LevelScope:
    """Where rules of one level look names up: first among its own fields, then around them."""

    def __init__(self, state: FormState, level: Level) -> None:
        self.state, self.level = state, level

    def look(self, name: str) -> Any:
        first, *rest = name.split(".")
        level: Level | None = self.level
        while level is not None and first not in level.fields:
            level = level.outer
        if level is None:
            return None
        place: Place | None = level.place(first)
        # Only the place that is meant is worked out, so that parts of a group may look at each other from outside.
        while rest and place is not None and place.field.fields:
            place = place.step(rest)
        return logic.into(self.state.seen(place), ".".join(rest)) if place is not None else None


def state(steps: Sequence[Step], answers: Mapping[str, Any], *, today: date) -> FormState:
    """The form as it looks with `answers`, half-typed as they may be. `today`: in the city's zone."""
    return FormState(steps, answers, today=today)


def evaluate(steps: Sequence[Step], rule: Rule, answers: Mapping[str, Any], *, today: date) -> Any:
    """The value of a rule over a form's answers that belongs to no field, such as an amount to pay.

    None, bool, Decimal, text, list or mapping.
    """
    form = state(steps, answers, today=today)
    return form.rule(rule, form.top)
