"""Tests that ship with a form: sample answers, and what the form makes of them. Pure.

They lie beside the definition as `<slug>.tests.yaml` and are run by `obhut services check`.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from jsonschema.protocols import Validator
from pydantic import Field, model_validator

from config.errors import FieldError, RuleViolation
from services.form import logic
from services.form.checks import validate
from services.form.entries import filled_in
from services.form.fields import Frozen, Rule, Step
from services.form.json_schema import schema_of
from services.form.rule_checks import Found
from services.form.schema_validator import SchemaValidator


class FormTest(Frozen):
    """One sample. What it does not name is not looked at, except `errors`: without them there must be none.

    `answers` and `files` come on top of those that the file gives for all of its tests; null takes one away. `errors`
    are paths, each with its English message or the form's own German one, or null for any. `result` and `computed` are
    values by path; null: there is none. `amount` is what has to be paid.
    """

    name: str
    today: date | None = None
    answers: dict[str, Any] = Field(default_factory=dict)
    files: dict[str, int | None] = Field(default_factory=dict)
    steps: tuple[str, ...] | None = None
    shown: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    errors: dict[str, str | None] = Field(default_factory=dict)
    computed: dict[str, Any] = Field(default_factory=dict)
    result: dict[str, Any] = Field(default_factory=dict)
    amount: Decimal | None = None


class FormTests(Frozen):
    """The tests of one form. `today` is the day on which all are run that name no other."""

    today: date
    answers: dict[str, Any] = Field(default_factory=dict)
    files: dict[str, int | None] = Field(default_factory=dict)
    tests: tuple[FormTest, ...] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _errors_may_be_a_list(cls, content: Any) -> Any:
        """`errors: [a, b]` is short for any message at these paths."""
        if not isinstance(content, dict) or not isinstance(content.get("tests"), list):
            return content
        return content | {"tests": [_with_errors_by_path(one) for one in content["tests"]]}


def _with_errors_by_path(test: Any) -> Any:
    if isinstance(test, dict) and isinstance(test.get("errors"), list):
        return test | {"errors": {str(path): None for path in test["errors"]}}
    return test


def failures(tests: FormTests, steps: Sequence[Step], amount: Decimal | Rule | None = None) -> list[Found]:
    """What the form does otherwise than its tests say; places are ways into the tests' file."""
    validator = SchemaValidator(schema_of(steps))
    found: list[Found] = []
    for number, test in enumerate(tests.tests):
        run = _Run(tests, test, steps)
        wrong = [*run.looks(), *run.outcome(validator), *run.amount(amount)]
        found += [Found(("tests", number, *one.where), f"“{test.name}”: {one.message}") for one in wrong]
    return found


class _Run:
    """One test with the answers that it is about."""

    def __init__(self, tests: FormTests, test: FormTest, steps: Sequence[Step]) -> None:
        self.test, self.steps, self.today = test, steps, test.today or tests.today
        self.answers = _without_nothing(tests.answers | test.answers)
        self.files: dict[str, int] = _without_nothing(tests.files | test.files)
        self.form = filled_in(steps, self.answers, self.files, today=self.today)

    def looks(self) -> Iterator[Found]:
        """Steps, visibility and computed values, as they are while somebody is typing."""
        if self.test.steps is not None and self.test.steps != self.form.steps:
            yield Found(("steps",), f"the steps are {', '.join(self.form.steps)}")
        wanted = {"shown": True, "hidden": False}
        for key, expected in wanted.items():
            for at, path in enumerate(getattr(self.test, key)):
                yield from self._known(path, (key, at))
                if self.form.shows(path) is not expected:
                    yield Found((key, at), f"{path} is {'hidden' if expected else 'shown'}")
        for key, expected in {"required": True, "optional": False}.items():
            for at, path in enumerate(getattr(self.test, key)):
                yield from self._known(path, (key, at))
                if self.form.requires(path) is not expected:
                    yield Found((key, at), f"{path} is {'optional' if expected else 'required'}")
        for path, value in self.test.computed.items():
            found = self.form.computed.get(path)
            if found != value:
                yield Found(("computed", path), f"{path} is {found!r}")

    def _known(self, path: str, where: tuple[str, int]) -> Iterator[Found]:
        if self.form.top.find(path) is None:
            yield Found(where, f"there is no field {path}")

    def outcome(self, validator: Validator) -> Iterator[Found]:
        """Errors, or the cleaned answers."""
        try:
            clean = validate(self.steps, self.answers, self.files, today=self.today)
        except RuleViolation as violation:
            yield from self._compare(violation.errors)
            return
        yield from self._compare(())
        for path, value in self.test.result.items():
            found = logic.into(clean, path)
            if found != value:
                yield Found(("result", path), f"{path} is {found!r}")
        for error in validator.iter_errors(clean):
            yield Found((), f"the result does not fit the form's own JSON Schema: {error.json_path}: {error.message}")

    def _compare(self, errors: Sequence[FieldError]) -> Iterator[Found]:
        said: dict[str, list[FieldError]] = {}
        for error in errors:
            said.setdefault(error.field, []).append(error)
        for path, message in self.test.errors.items():
            given = said.get(path, [])
            if not given:
                yield Found(("errors", path), f"{path} is accepted")
            elif message is not None and message not in {text for one in given for text in (one.message, str(one))}:
                yield Found(("errors", path), f"{path} says: {given[0]}")
        for path in said.keys() - self.test.errors.keys():
            yield Found(("errors",), f"{path or 'the form'} is refused: {said[path][0]}")

    def amount(self, amount: Decimal | Rule | None) -> Iterator[Found]:
        """What has to be paid."""
        if self.test.amount is None:
            return
        due = self.form.rule(amount, self.form.top) if isinstance(amount, Mapping) else amount
        if due != self.test.amount:
            yield Found(("amount",), f"the amount is {due}")


def _without_nothing(given: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in given.items() if value is not None}
