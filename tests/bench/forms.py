"""A large form: ten steps with a hundred questions and a hundred rules, half of the answers typed in.

Measured is what a page of it needs of the form engine, and what handing it in needs; the baseline of each is the same
answers checked by jsonschema against the form's schema, which sees no rule. Counted is processor time, since nothing
here waits.
"""

import time
from collections.abc import Callable, Iterator
from datetime import date
from statistics import median
from typing import Any

from jsonschema import Draft202012Validator

from services.form.checks import validate, validate_step
from services.form.fields import FieldType, FormField, Option, Repeats, Step, Text
from services.form.json_schema import schema_of
from services.form.reading import lines
from services.form.soundness import wrong_with
from services.form.state import state
from tests.bench.report import Line, at_most

STEPS, PER_STEP, ROUNDS, MOST_MS = 10, 10, 30, 50.0
TODAY = date(2026, 11, 27)
TYPES = (FieldType.YES_NO, FieldType.TEXT, FieldType.MONEY, FieldType.DATE, FieldType.CHOICE)
TYPED: dict[FieldType, Any] = {
    FieldType.YES_NO: "ja",
    FieldType.TEXT: "Am Wall",
    FieldType.MONEY: "1.234,50 €",
    FieldType.DATE: "27.11.2026",
    FieldType.CHOICE: "b",
}
OPTIONS = tuple(Option(value=one, label=Text(de=one)) for one in "abc")


def measure() -> Iterator[Line]:
    """The figures in milliseconds, the median of several rounds."""
    form, answers = large_form(), large_answers()
    clean = validate(form, answers, {}, today=TODAY)
    validator = Draft202012Validator(schema_of(form))
    beside = _ms(lambda: validator.is_valid(clean))
    step = form[5].key
    works: dict[str, Callable[[], Any]] = {
        "what is shown and computed": lambda: _looked(form, answers),
        "one step checked": lambda: validate_step(form, step, answers, {}, today=TODAY),
        "all checked": lambda: validate(form, answers, {}, today=TODAY),
        "summary": lambda: lines(form, answers, "de", yes="Ja", no="Nein", today=TODAY),
        "JSON Schema": lambda: schema_of(form),
    }
    works["all five for one page"] = lambda: [work() for work in list(works.values())[:5]]
    works["rules checked, as when a file is read"] = lambda: wrong_with(form)
    for name, work in works.items():
        mark = (at_most(MOST_MS, "ms"),)
        yield Line(f"{STEPS * PER_STEP} rules: {name}", _ms(work), "ms", "checked by jsonschema", beside, mark)


def large_form() -> tuple[Step, ...]:
    """Every question but the first has a rule about one before it; each step has one that is computed."""
    steps = []
    for number in range(STEPS):
        fields = [_question(number * PER_STEP + at) for at in range(PER_STEP - 2)]
        amounts = [{"var": [field.key, 0]} for field in fields if field.type is FieldType.MONEY]
        total = FormField(key=f"t{number}", type=FieldType.MONEY, label=Text(de="Summe"), computed={"+": amounts})
        rule = {">": [{"reduce": [{"var": f"g{number}"}, {"+": [{"var": "accumulator"}, 1]}, 0]}, 0]}
        group = FormField(
            key=f"g{number}",
            type=FieldType.GROUP,
            label=Text(de="Gruppe"),
            repeats=Repeats(least=0, most=5),
            fields=(
                FormField(key="name", type=FieldType.TEXT, label=Text(de="Name")),
                FormField(key="born", type=FieldType.DATE, label=Text(de="Tag"), required=False, required_when=rule),
            ),
        )
        steps.append(Step(key=f"s{number}", title=Text(de=f"Schritt {number}"), fields=(*fields, total, group)))
    return tuple(steps)


def _question(number: int) -> FormField:
    kind = TYPES[number % len(TYPES)]
    before = f"q{number - number % len(TYPES)}" if number % len(TYPES) else f"q{max(0, number - PER_STEP)}"
    more: dict[str, Any] = {"options": OPTIONS} if kind is FieldType.CHOICE else {}
    if number:
        more["visible"] = {"or": [{"==": [{"var": before}, True]}, {"!": {"var": "q0"}}]}
    return FormField(key=f"q{number}", type=kind, label=Text(de=f"Frage {number}"), **more)


def large_answers() -> dict[str, Any]:
    """Every question is answered, and each group has two entries."""
    entry = {"name": "Ida", "born": "2.3.2020"}
    typed = {field.key: TYPED.get(field.type) for step in large_form() for field in step.fields}
    return {key: [entry, entry] if key.startswith("g") else value for key, value in typed.items()}


def _looked(form: tuple[Step, ...], answers: dict[str, Any]) -> Any:
    seen = state(form, answers, today=TODAY)
    paths = [field.key for step in form for field in step.fields]
    return seen.steps, seen.computed, [(seen.shows(path), seen.requires(path)) for path in paths]


def _ms(work: Callable[[], Any]) -> float:
    took = []
    for _ in range(ROUNDS):
        began = time.thread_time()
        work()
        took.append((time.thread_time() - began) * 1000)
    return median(took)
