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
    """A question with its answer; without `text` a heading, `depth` deep."""

    label: str
    text: str | None
    origin: str = ""
    depth: int = 0


@dataclass(frozen=True)
class StepSummary:
    key: str
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class _Reader:
    locale: str
    state: FormState
    files: Mapping[str, Sequence[Kept]]
    given: Mapping[str, Given]

    def lines(self, fields: Iterable[FormField], answers: Any, path: str = "", depth: int = 0) -> Iterator[Line]:
        known = answers if isinstance(answers, Mapping) else {}
        for field in fields:
            here = f"{path}.{field.key}" if path else field.key
            if field.type is not FieldType.NOTE and self.state.shows(here):
                yield from self._of(field, here, known.get(field.key), depth)

    def _of(self, field: FormField, path: str, answer: Any, depth: int) -> Iterator[Line]:
        label = field.label.to(self.locale)
        if field.type is FieldType.FILE:
            yield Line(label, ", ".join(one.name for one in self.files.get(path, ())), depth=depth)
        elif field.type is not FieldType.GROUP:
            text = readable(field, answer, self.locale, yes=_("Yes"), no=_("No"))
            words = origin_words(field, self.given[path], answer) if path in self.given else ""
            yield Line(label, text, words, depth)
        elif field.repeats is None:
            yield Line(label, None, depth=depth)
            yield from self.lines(field.fields, answer, path, depth + 1)
        else:
            for number, entry in enumerate(answer if isinstance(answer, list) else []):
                yield Line(f"{field.entry_label(self.locale)} {number + 1}", None, depth=depth)
                yield from self.lines(field.fields, entry, f"{path}.{number}", depth + 1)


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
        StepSummary(step.key, step.title.to(locale), tuple(reader.lines(step.fields, clean)))
        for step in steps
        if step.key in shown
    ]
