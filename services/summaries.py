"""What somebody has filled in, step by step, as they read it once more before they send it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from services.draft_files import Kept
from services.form.fields import FieldType, FormField, Step
from services.form.reading import readable
from services.form.state import FormState
from services.progress import Given
from services.widgets import origin_words


@dataclass(frozen=True)
class Line:
    """A question with its answer."""

    label: str
    text: str
    origin: str = ""


@dataclass(frozen=True)
class Group:
    """A heading with what stands under it: lines, and groups in their turn."""

    label: str
    parts: tuple["Part", ...]


Part = Line | Group


@dataclass(frozen=True)
class StepSummary:
    key: str
    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class _Reader:
    locale: str
    state: FormState
    files: Mapping[str, Sequence[Kept]]
    given: Mapping[str, Given]

    def parts(self, fields: Iterable[FormField], answers: Any, path: str = "") -> tuple[Part, ...]:
        return tuple(self._parts(fields, answers if isinstance(answers, Mapping) else {}, path))

    def _parts(self, fields: Iterable[FormField], known: Mapping[str, Any], path: str) -> Iterator[Part]:
        for field in fields:
            here = f"{path}.{field.key}" if path else field.key
            if field.type is FieldType.NOTE or not self.state.shows(here):
                continue
            if field.type is FieldType.GROUP:
                yield from self._groups(field, here, known.get(field.key))
            else:
                yield self._line(field, here, known.get(field.key))

    def _line(self, field: FormField, path: str, answer: Any) -> Line:
        label = field.label.to(self.locale)
        if field.type is FieldType.FILE:
            return Line(label, ", ".join(one.name for one in self.files.get(path, ())))
        text = readable(field, answer, self.locale, yes=_("Yes"), no=_("No"))
        return Line(label, text, origin_words(field, self.given[path], answer) if path in self.given else "")

    def _groups(self, field: FormField, path: str, answer: Any) -> Iterator[Group]:
        if field.repeats is None:
            yield Group(field.label.to(self.locale), self.parts(field.fields, answer, path))
            return
        for number, entry in enumerate(answer if isinstance(answer, list) else []):
            label = f"{field.entry_label(self.locale)} {number + 1}"
            yield Group(label, self.parts(field.fields, entry, f"{path}.{number}"))


def summaries(
    steps: Iterable[Step],
    clean: Mapping[str, Any],
    state: FormState,
    locale: str,
    files: Mapping[str, Sequence[Kept]],
    given: Mapping[str, Given],
) -> list[StepSummary]:
    """The visible steps with what was answered; `clean` are checked answers."""
    reader = _Reader(locale, state, files, given)
    shown = set(state.steps)
    return [
        StepSummary(step.key, step.title.to(locale), reader.parts(step.fields, clean))
        for step in steps
        if step.key in shown
    ]
