"""A whole form on one page: what staff fill in for somebody, and what a preview shows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from config.errors import FieldError
from config.localisation import page_locale, today
from services import typed, widgets
from services.definitions import ServiceDefinition
from services.form.fields import Step
from services.form.state import FormState
from services.widgets import Sheet, Widget


@dataclass(frozen=True)
class WholeForm:
    """`parts`: each step that is asked, with its questions; `complaints`: what is wrong, for the list above."""

    parts: tuple[tuple[Step, tuple[Widget, ...]], ...]
    complaints: tuple[tuple[str, str, str], ...] = ()


def whole_form(
    definition: ServiceDefinition, answers: Mapping[str, Any], errors: Iterable[FieldError] = ()
) -> WholeForm:
    """The form with these answers, in the language of the page."""
    state = FormState(definition.steps, answers, today=today())
    worded = widgets.worded(errors)
    sheet = Sheet(page_locale(), state, worded)
    asked = [step for step in definition.steps if step.key in state.steps]
    parts = tuple((step, widgets.widgets(step.fields, answers, sheet)) for step in asked)
    found = widgets.complaints(chain.from_iterable(shown for _step, shown in parts), worded)
    return WholeForm(parts, tuple(found))


def every_question(definition: ServiceDefinition) -> WholeForm:
    """The form with nothing typed: also what is only asked after certain answers, which nobody could look at else."""
    sheet = Sheet(page_locale(), FormState(definition.steps, {}, today=today()))
    return WholeForm(
        tuple((step, tuple(map(_opened, widgets.widgets(step.fields, {}, sheet)))) for step in definition.steps)
    )


def _opened(one: Widget) -> Widget:
    entries = tuple(tuple(map(_opened, entry)) for entry in one.entries)
    return replace(one, is_shown=True, inner=tuple(map(_opened, one.inner)), entries=entries)


def changed(definition: ServiceDefinition, answers: dict[str, Any], wish: str) -> dict[str, Any]:
    """The answers with one more entry of a repeating group (`add:children`), or without one (`remove:children.1`)."""
    act, _colon, target = wish.partition(":")
    return typed.entries_changed(definition.fields, answers, act, target)


def brings_questions(definition: ServiceDefinition, answers: Mapping[str, Any], shown: frozenset[str] | None) -> bool:
    """Whether the answers ask for more than the page that was sent had `shown`."""
    state = FormState(definition.steps, answers, today=today())
    return any(typed.newly_asked(definition.fields, answers, state.shows, shown))
