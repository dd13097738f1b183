"""Rules: what each operator gives, also for answers that are not there."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from services.form.logic import ARGUMENTS, PLAIN, SPECIAL, evaluate, into

TODAY = date(2026, 11, 27)
ANSWERS: dict[str, Any] = {
    "age": Decimal(17),
    "fee": Decimal("30.70"),
    "name": "Ida",
    "empty": "",
    "none": None,
    "yes": True,
    "no": False,
    "on": "2026-02-28",
    "born": "2008-11-28",
    "leapling": "2008-02-29",
    "address": {"city": "Braunschweig"},
    "zones": ["A", "C"],
    "nobody": [],
    "children": [{"name": "Jo", "age": Decimal(3)}, {"name": "Ali", "age": Decimal(9)}, {"name": "Uma", "age": None}],
}


class Answers:
    def look(self, name: str) -> Any:
        return ANSWERS if name == "" else into(ANSWERS, name)


def value(rule: Any) -> Any:
    return evaluate(rule, Answers(), today=TODAY)


def var(*names: Any) -> dict[str, Any]:
    return {"var": names[0] if len(names) == 1 else list(names)}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (var("name"), "Ida"),
        (var("address.city"), "Braunschweig"),
        (var("children.1.name"), "Ali"),
        (var("children.7.name"), None),
        (var("nowhere", 5), 5),
        (var("none", {"+": [1, 1]}), 2),
        (var("no", True), False),
        ({"==": [var("age"), "17"]}, True),
        ({"==": [var("none"), None]}, True),
        ({"==": [var("none"), 0]}, False),
        ({"==": [var("empty"), 0]}, False),
        ({"==": [var("yes"), 1]}, False),
        ({"==": [var("fee"), 30.7]}, True),
        ({"!=": [var("name"), "Ida"]}, False),
        ({"===": [var("age"), "17"]}, False),
        ({"===": [var("age"), 17]}, True),
        ({"!==": [var("age"), 17.0]}, False),
        ({"<": [1, 2]}, True),
        ({"<": [1, 2, 2]}, False),
        ({"<=": [1, 2, 2]}, True),
        ({">": [3, 2, 1]}, True),
        ({">=": [var("age"), 18]}, False),
        ({"<": [var("none"), 18]}, False),
        ({">=": [var("none"), 0]}, False),
        ({"<": [var("name"), 18]}, False),
        ({"<": [var("on"), "2026-03-01"]}, True),
        ({"<=": ["2026-01-01", var("on"), {"today": []}]}, True),
        ({"!": var("none")}, True),
        ({"!": [var("nobody")]}, True),
        ({"!!": [var("address")]}, True),
        ({"!!": "0"}, True),
        ({"!!": [0]}, False),
        ({"and": [var("yes"), var("name")]}, "Ida"),
        ({"and": [var("empty"), var("name")]}, ""),
        ({"or": [var("empty"), var("none"), 4]}, 4),
        ({"if": [var("no"), 1, var("yes"), 2, 3]}, 2),
        ({"if": [var("no"), 1]}, None),
        ({"if": [var("no"), 1, 3]}, 3),
        ({"in": ["C", var("zones")]}, True),
        ({"in": [var("none"), var("zones")]}, False),
        ({"in": ["da", var("name")]}, True),
        ({"in": ["da", var("none")]}, False),
        ({"+": [var("fee"), "0.30", 1]}, Decimal("32.00")),
        ({"+": [0.1, 0.2]}, Decimal("0.3")),
        ({"+": [var("fee"), var("none")]}, None),
        ({"-": [var("age")]}, -17),
        ({"-": [var("age"), 7]}, 10),
        ({"*": [var("fee"), 12]}, Decimal("368.40")),
        ({"*": [var("fee"), "twelve"]}, None),
        ({"/": [1, 4]}, Decimal("0.25")),
        ({"/": [1, 0]}, None),
        ({"%": [17, 5]}, 2),
        ({"min": [3, var("age")]}, 3),
        ({"max": [3, var("age")]}, 17),
        ({"cat": ["Frau ", var("name"), var("none"), ", ", var("fee"), var("yes")]}, "Frau Ida, 30.70true"),
        ({"missing": ["name", "none", "empty", "nobody"]}, ["none", "empty", "nobody"]),
        ({"map": [var("children"), var("name")]}, ["Jo", "Ali", "Uma"]),
        ({"map": [var("zones"), {"cat": ["Zone ", var("")]}]}, ["Zone A", "Zone C"]),
        ({"filter": [var("zones"), {"==": [var(""), "C"]}]}, ["C"]),
        ({"some": [var("children"), {"<": [var("age"), 4]}]}, True),
        ({"some": [var("children"), {"==": [var("name"), var("address.city")]}]}, False),
        ({"all": [var("children"), {"<": [var("age"), 18]}]}, False),
        ({"all": [var("nobody"), True]}, False),
        ({"none": [var("nobody"), True]}, True),
        ({"none": [var("none"), True]}, True),
        ({"reduce": [var("children"), {"+": [var("accumulator"), 1]}, 0]}, 3),
        ({"reduce": [var("children"), {"+": [var("accumulator"), var("current.age", 0)]}, 0]}, 12),
        ({"days_between": ["2026-02-28", "2026-03-01"]}, 1),
        ({"days_between": [{"today": []}, var("on")]}, -272),
        ({"days_between": [var("none"), var("on")]}, None),
        ({"age": var("born")}, 17),
        ({"age": [var("born"), "2026-11-28"]}, 18),
        ({"age": [var("leapling"), "2026-02-28"]}, 17),
        ({"age": [var("leapling"), "2026-03-01"]}, 18),
        ({"age": [var("name")]}, None),
        ({"age": ["2030-01-01"]}, None),
        ({"unheard_of": [1]}, None),
        ({"==": [1]}, None),
        (date(2026, 1, 1), "2026-01-01"),
        ([1, {"+": [1, 1]}], [1, 2]),
    ],
)
def test_what_a_rule_gives(rule: Any, expected: Any) -> None:
    assert value(rule) == expected


@pytest.mark.parametrize(
    "rule",
    [
        {"reduce": [var("children"), {"cat": [var("accumulator")] * 49}, "x" * 9_000]},
        {"map": [list(range(300)), {"map": [list(range(300)), {"+": [var(""), 1]}]}]},
        {"*": ["9" * 900] * 50},
        {"%": ["1" + "0" * 60, 7]},
    ],
)
def test_a_rule_that_goes_too_far_has_no_value(rule: Any) -> None:
    assert value(rule) is None or isinstance(value(rule), Decimal)


def test_every_operator_says_how_many_arguments_it_takes() -> None:
    assert set(ARGUMENTS) == set(PLAIN) | set(SPECIAL)


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(list(ANSWERS)).map(lambda name: {"var": name}),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.builds(lambda name, given: {name: given}, st.sampled_from(sorted(ARGUMENTS)), st.lists(inner, max_size=3))
    ),
    max_leaves=12,
)


@settings(max_examples=300)
@given(ANYTHING)
def test_every_rule_has_a_value_that_an_answer_can_have(rule: Any) -> None:
    found = value(rule)
    assert found is None or isinstance(found, bool | int | Decimal | str | list | dict | float)
