"""The way through the steps of a form: which are there, which are done, and where one may go. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from config.errors import N_, FieldError, RuleViolation
from services.definitions import ServiceDefinition
from services.form.checks import cleaned
from services.form.entries import filled_in
from services.form.state import FormState

Answers = Mapping[str, Any]


@dataclass(frozen=True)
class Walk:
    """Where somebody stands. `clean` are the answers when the form has no mistake left, else None.

    `problems`: the complaints about each visible step, whether or not it has been reached.
    """

    state: FormState
    problems: Mapping[str, tuple[FieldError, ...]]
    passed: frozenset[str]
    clean: dict[str, Any] | None

    @cached_property
    def steps(self) -> tuple[str, ...]:
        """The visible steps in order."""
        return tuple(self.state.steps)

    def is_done(self, step: str) -> bool:
        return step in self.passed and not self.problems.get(step)

    @cached_property
    def first_open(self) -> str | None:
        """The first step that has still to be done; None: all are."""
        return next((step for step in self.steps if not self.is_done(step)), None)

    @property
    def is_complete(self) -> bool:
        return self.first_open is None and self.clean is not None

    def may_show(self, step: str) -> bool:
        """Whether one may be on this step: all before it are done."""
        if step not in self.steps:
            return False
        return all(self.is_done(one) for one in self.steps[: self.steps.index(step)])

    def after(self, step: str) -> str | None:
        """The step that follows; None after the last."""
        return next(iter(self.steps[self.steps.index(step) + 1 :]), None) if step in self.steps else self.first_open

    def before(self, step: str) -> str | None:
        position = self.steps.index(step) if step in self.steps else 0
        return self.steps[position - 1] if position else None

    def position(self, step: str) -> int:
        """Counted from 1."""
        return self.steps.index(step) + 1 if step in self.steps else 1


def checked(
    definition: ServiceDefinition, answers: Answers, uploaded: Mapping[str, int], today: date
) -> dict[str, Any]:
    """The clean answers of a whole form. Raises RuleViolation with every complaint. `today`: in the city's zone."""
    return _checked(filled_in(definition.steps, answers, uploaded, today=today), definition, answers, uploaded, today)


def _checked(
    form: FormState, definition: ServiceDefinition, answers: Answers, uploaded: Mapping[str, int], today: date
) -> dict[str, Any]:
    clean = cleaned(form, definition.steps, answers, uploaded, today=today)
    contact = definition.contact
    if contact.sms and contact.phone and clean.get(contact.sms) and not clean.get(contact.phone):
        raise RuleViolation(contact.phone, N_("Please give a mobile number for text messages."))
    return clean


def walk(
    definition: ServiceDefinition,
    answers: Answers,
    uploaded: Mapping[str, int],
    passed: tuple[str, ...],
    *,
    today: date,
) -> Walk:
    """Where somebody stands who has passed these steps with these answers."""
    clean: dict[str, Any] | None = None
    errors: tuple[FieldError, ...] = ()
    form = filled_in(definition.steps, answers, uploaded, today=today)
    try:
        clean = _checked(form, definition, answers, uploaded, today)
    except RuleViolation as violation:
        errors = violation.errors
    owners = {field.key: step.key for step in definition.steps for field in step.fields}
    found: dict[str, list[FieldError]] = {}
    for error in errors:
        found.setdefault(owners.get(error.field.split(".")[0], definition.steps[-1].key), []).append(error)
    problems = {step: tuple(of_step) for step, of_step in found.items()}
    return Walk(form, problems, frozenset(passed), clean)


def changed_steps(before: ServiceDefinition, now: ServiceDefinition) -> frozenset[str]:
    """The steps of `now` that say or ask something else than in `before`, or that were not there."""
    known = {step.key: step for step in before.steps}
    return frozenset(step.key for step in now.steps if known.get(step.key) != step)


def still_asked(definition: ServiceDefinition, answers: Answers) -> dict[str, Any]:
    """The answers to questions that the form still has."""
    keys = {field.key for field in definition.fields}
    return {key: value for key, value in answers.items() if key in keys}


def without_old_consents(before: ServiceDefinition, now: ServiceDefinition, answers: Answers) -> dict[str, Any]:
    """The answers without consents whose text has another version now: a box ticked beforehand is no consent.

    Source: Art. 4 no. 11, recital 32 GDPR. Consents stand at the top level of forms.
    """
    versions = {field.key: field.consent_version for field in before.fields}
    return {
        key: value
        for key, value in answers.items()
        if (field := now.field(key)) is None or field.consent_version == versions.get(key)
    }
