"""What a form shows, asks for and computes."""

from typing import Any

import pytest

from services.form.state import evaluate, state
from tests.support.forms import TODAY, looked, steps

FAMILY = """
steps:
- key: who
  fields:
    - {key: city}
    - {key: with_children, type: yes_no}
    - {key: reason, required: false, required_when: {"==": [{var: city}, Wolfenbüttel]}}
- key: children
  visible: {var: with_children}
  fields:
    - key: children
      repeats: {least: 1, most: 3}
      fields:
        - {key: name}
        - {key: born, type: date}
        - {key: age, type: integer, computed: {age: {var: born}}}
        - {key: school, visible: {">=": [{var: age}, 6]}}
        - {key: city, required: false}
        - {key: same_city, type: yes_no, computed: {"==": [{var: city}, Braunschweig]}}
- key: total
  fields:
    - key: fee
      type: money
      computed: {"*": [{reduce: [{var: children}, {"+": [{var: accumulator}, 1]}, 0]}, 2.5]}
    - {key: thanks, type: note, visible: {">": [{var: fee}, 5]}}
"""
CHILDREN = {
    "with_children": True,
    "children": [{"name": "Jo", "born": "2.1.2019"}, {"born": "2022-01-01", "city": "X"}],
}


def test_a_step_with_a_rule_and_what_stands_on_it() -> None:
    without = looked(FAMILY, {"children": [{"born": "2019-01-02"}]})
    assert without.steps == ("who", "total")
    assert not without.shows("children") and not without.shows("children.0.name")
    assert without.computed == {"fee": "0.00"}
    assert looked(FAMILY, {"with_children": "ja"}).steps == ("who", "children", "total")


def test_each_entry_of_a_group_has_its_own_answers() -> None:
    form = looked(FAMILY, CHILDREN)
    assert form.computed == {
        "children.0.age": 7, "children.1.age": 4, "children.0.same_city": False, "children.1.same_city": False,
        "fee": "5.00",
    }  # fmt: skip
    assert form.shows("children.0.school") and not form.shows("children.1.school")
    assert form.shows("children.5.name") and not form.shows("children.5.school")
    assert form.requires("children.0.name") and not form.requires("children.0.age")
    assert form.value("children.1.age") == 4
    assert form.value("children.2.age") is None


def test_a_name_is_looked_for_in_the_group_first_even_when_it_is_empty_there() -> None:
    form = looked(FAMILY, CHILDREN | {"city": "Braunschweig"})
    assert form.computed["children.0.same_city"] is False


def test_a_question_that_must_be_answered_under_a_condition() -> None:
    assert not looked(FAMILY, {"city": "Peine"}).requires("reason")
    assert looked(FAMILY, {"city": "Wolfenbüttel"}).requires("reason")
    assert looked(FAMILY, {}).requires("city")


@pytest.mark.parametrize("path", ["nothing", "children.name", "children.x.name", "children.0.nothing", "", "city.."])
def test_what_the_form_does_not_have_is_not_shown(path: str) -> None:
    form = looked(FAMILY, CHILDREN)
    assert form.shows(path) is (path == "city..")  # a part of an answer belongs to its question
    assert not form.requires("nothing")


def test_a_hidden_answer_counts_as_none_for_other_rules() -> None:
    form = """
    - {key: a, type: yes_no}
    - {key: b, visible: {var: a}}
    - {key: c, visible: {"==": [{var: b}, x]}}
    """
    assert looked(form, {"a": True, "b": "x"}).shows("c")
    assert not looked(form, {"a": False, "b": "x"}).shows("c")


def test_the_order_of_questions_does_not_matter_to_rules() -> None:
    form = """
    - {key: total, type: money, computed: {"+": [{var: part}, 1]}}
    - {key: part, type: money, computed: {"*": [{var: count}, 1.5]}}
    - {key: count, type: integer}
    """
    assert looked(form, {"count": "3"}).computed == {"total": "5.50", "part": "4.50"}


@pytest.mark.parametrize("typed", ["", None, "three", [], {"x": 1}, "3,5"])
def test_what_cannot_be_read_is_no_answer(typed: Any) -> None:
    form = looked("[{key: n, type: integer}, {key: m, type: money, computed: {'*': [{var: n}, 2]}}]", {"n": typed})
    assert form.computed == {}


@pytest.mark.parametrize("answers", [{"g": "x"}, {"g": [1]}, {"g": {"a": {"b": 1}}}, {"r": {"0": 1}}, {"r": [1, None]}])
def test_answers_of_the_wrong_kind_are_none(answers: dict[str, Any]) -> None:
    form = """
    - {key: g, fields: [{key: a}]}
    - {key: r, repeats: {}, fields: [{key: b, visible: {'!': {var: b2}}}, {key: b2}]}
    """
    seen = looked(form, answers)
    assert seen.shows("g.a") and seen.shows("r.0.b") and seen.computed == {}


def test_parts_of_a_group_may_look_at_each_other_by_their_full_names() -> None:
    form = """
    - key: g
      fields: [{key: a, type: yes_no}, {key: b, visible: {var: g.a}}]
    """
    assert looked(form, {"g": {"a": True}}).shows("g.b")
    assert not looked(form, {"g": {"a": False}}).shows("g.b")


def test_a_group_of_hidden_questions_is_hidden_with_its_step() -> None:
    form = """
    steps:
    - key: one
      fields: [{key: a, type: yes_no}]
    - key: two
      fields: [{key: g, fields: [{key: b, visible: {var: a}}]}]
    """
    assert looked(form, {}).steps == ("one",)
    assert not looked(form, {}).shows("g")
    assert looked(form, {"a": True}).steps == ("one", "two")


def test_an_optional_group_asks_for_nothing_until_somebody_begins() -> None:
    form = "[{key: g, required: false, fields: [{key: a}, {key: b, type: checkbox, required: false}, {key: c}]}]"
    assert not looked(form, {}).requires("g.a")
    assert not looked(form, {"g": {"a": " ", "b": False}}).requires("g.a")
    assert looked(form, {"g": {"c": "x"}}).requires("g.a")


@pytest.mark.parametrize(
    ("type", "rule", "value"),
    [
        ("money", {"/": [10, 3]}, "3.33"),
        ("money", {"/": ["0.05", 2]}, "0.03"),
        ("number", {"/": [1, 8]}, "0.1250"),
        ("integer", {"/": [7, 2]}, 4),
        ("integer", {"cat": ["x"]}, None),
        ("text", {"cat": [1.5, " m"]}, "1.5 m"),
        ("yes_no", {"!": []}, None),
        ("yes_no", {"!": [1]}, False),
        ("date", {"today": []}, "2026-11-27"),
        ("date", {"cat": ["soon"]}, None),
    ],
)
def test_a_computed_value_takes_the_form_of_its_field(type: str, rule: Any, value: Any) -> None:
    (step,) = steps(f"[{{key: x, type: {type}, computed: {{today: []}}}}]")
    field = step.fields[0].model_copy(update={"computed": rule})
    form = state([step.model_copy(update={"fields": (field,)})], {}, today=TODAY)
    assert form.computed.get("x") == value


def test_a_rule_of_its_own_over_the_answers() -> None:
    found = evaluate(steps(FAMILY), {"+": [{"var": "fee"}, 1]}, CHILDREN, today=TODAY)
    assert found == 6
