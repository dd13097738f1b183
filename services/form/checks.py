"""The check of answers against a form. Pure.

The same check serves the page, the API and the form tests: what a form accepts is decided here and nowhere else.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from config.errors import N_, FieldError, RuleViolation
from services.form import bounds
from services.form.entries import filled_in
from services.form.fields import FieldType, Step
from services.form.names import names_in
from services.form.operators import truthy
from services.form.parsing import parse
from services.form.places import Level, Place, top_level
from services.form.plain import Invalid, PartsInvalid, is_empty
from services.form.state import FormState

UNKNOWN = N_("This form has no such field.")
MISSING = {
    FieldType.CHOICE: N_("Please choose one."),
    FieldType.CHOICES: N_("Please choose at least one."),
    FieldType.YES_NO: N_("Please choose one."),
    FieldType.CHECKBOX: N_("Please confirm this."),
    FieldType.CONSENT: N_("Please confirm this."),
    FieldType.FILE: N_("Please add the file."),
    FieldType.MAP: N_("Please show the place on the map."),
}


def validate(
    steps: Sequence[Step], answers: Mapping[str, Any], uploaded: Mapping[str, int], *, today: date
) -> dict[str, Any]:
    """The cleaned answers of a whole form: in their stored form, with the computed ones, without hidden ones.

    `uploaded`: how many files there are, by the path of their field. Empty optional answers are left out. `today` is
    the day in the city's zone. Raises RuleViolation with every complaint at once, in the form's order.
    """
    return cleaned(filled_in(steps, answers, uploaded, today=today), steps, answers, uploaded, today=today)


def cleaned(
    form: FormState, steps: Sequence[Step], answers: Mapping[str, Any], uploaded: Mapping[str, int], *, today: date
) -> dict[str, Any]:
    """The same, where `form` is known: `filled_in` with these answers."""
    checking = _Checking(form, uploaded, today)
    clean = checking.level(form.top, [field.key for step in steps for field in step.fields])
    typed = form.top if form.top.raw is answers else top_level(steps, answers)
    checking.refuse_unknown(typed)  # rows without an answer may hold what is no question
    return checking.outcome(clean)


def validate_step(
    steps: Sequence[Step], key: str, answers: Mapping[str, Any], uploaded: Mapping[str, int], *, today: date
) -> dict[str, Any]:
    """The same for the fields of the step `key`; rules see all answers. Raises RuleViolation, and KeyError."""
    checking = _Checking(filled_in(steps, answers, uploaded, today=today), uploaded, today)
    step = {step.key: step for step in steps}[key]
    return checking.outcome(checking.level(checking.form.top, [field.key for field in step.fields]))


class _Checking:
    """One walk over a form, which collects what is wrong."""

    def __init__(self, form: FormState, uploaded: Mapping[str, int], today: date) -> None:
        self.form, self.uploaded, self.today = form, uploaded, today
        self.errors: list[FieldError] = []

    def outcome(self, clean: dict[str, Any]) -> dict[str, Any]:
        if self.errors:
            raise RuleViolation.of(self.errors)
        return clean

    def level(self, level: Level, keys: Sequence[str]) -> dict[str, Any]:
        """The cleaned answers of these fields of one level."""
        clean: dict[str, Any] = {}
        for key in keys:
            place = level.place(key)
            if not self.form.shown(place):
                continue
            before = len(self.errors)
            try:
                value = self._checked(place)
            except PartsInvalid as several:
                self.errors += [FieldError(f"{place.path}.{one.field}", one.message) for one in several.errors]
            except Invalid as wrong:
                self.errors.append(FieldError(place.path, wrong.message, wrong.params))
            else:
                if value is not None:
                    clean[key] = value
                if len(self.errors) == before and value is not None:
                    self._cross_check(place)
        return clean

    def _checked(self, place: Place) -> Any:
        field = place.field
        if field.type is FieldType.NOTE:
            return None
        if field.type is FieldType.FILE:
            return self._file(place)
        if field.repeats is not None:
            return self._entries(place)
        if field.type is FieldType.GROUP:
            return self._group(place)
        value = self.form.answer(place) if field.computed is not None else parse(field, place.raw)
        if value is None and self.form.must(place):
            raise Invalid(MISSING.get(field.type, N_("Please fill in this field.")))
        if value is not None:
            bounds.check(field, value, today=self.today)
        return value

    def _file(self, place: Place) -> None:
        count = self.uploaded.get(place.path, 0)
        if count == 0 and self.form.must(place):
            raise Invalid(MISSING[FieldType.FILE])
        if count > place.field.max_files:
            raise Invalid(N_("There can be at most {limit}."), limit=place.field.max_files)

    def _group(self, place: Place) -> dict[str, Any] | None:
        if not is_empty(place.raw) and not isinstance(place.raw, Mapping):
            raise Invalid(N_("This must have parts."))
        if not self.form.wanted(place):
            return None
        (level,) = place.levels
        return self.level(level, list(level.fields)) or None

    def _entries(self, place: Place) -> list[dict[str, Any]] | None:
        repeats = place.field.repeats
        if not is_empty(place.raw) and not isinstance(place.raw, list):
            raise Invalid(N_("This must be a list."))
        least, most = self.form.least(place), repeats.most if repeats else 0
        if len(place.levels) < least:
            raise Invalid(N_("Please add at least {limit}."), limit=least)
        if isinstance(place.raw, list) and len(place.raw) > most:
            raise Invalid(N_("There can be at most {limit}."), limit=most)
        if any(not isinstance(one, Mapping) for one in place.raw or []):
            raise Invalid(N_("This must have parts."))
        return [self.level(level, list(level.fields)) for level in place.levels] or None

    def _cross_check(self, place: Place) -> None:
        """What must be true together with other answers; not where one of those is refused itself."""
        level = place.levels[0] if place.field.fields and not place.repeats else place.level
        refused = {error.field for error in self.errors}
        for one in place.field.check:
            paths = {found.path for name in names_in(one.rule) if (found := level.seek(name))}
            if not any(error == path or error.startswith(f"{path}.") for error in refused for path in paths) and (
                not truthy(self.form.rule(one.rule, level))
            ):
                self.errors.append(FieldError(place.path, bounds.WORDS, {"text": one.message}))
                return

    def refuse_unknown(self, level: Level) -> None:
        """Complain about answers that the form does not ask for."""
        for key in level.raw:
            path = f"{level.path}.{key}" if level.path else str(key)
            if key not in level.fields:
                self.errors.append(FieldError(path, UNKNOWN))
                continue
            place = level.place(key)
            if self.form.shown(place):
                for inner in place.levels:
                    self.refuse_unknown(inner)
