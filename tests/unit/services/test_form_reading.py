"""Answers as people read them."""

from datetime import date
from typing import Any

import pytest

from services.form import reading
from services.form.reading import readable
from tests.support.forms import TODAY, steps

FORM = """
steps:
- key: who
  title: {de: Über Sie, en: About you}
  fields:
    - {key: born, type: date}
    - {key: adult, type: yes_no, computed: {">=": [{age: {var: born}}, 18]}}
    - {key: job, visible: {var: adult}, label: {de: Beruf, en: Job}}
    - {key: hint, type: note}
    - {key: photo, type: file}
- key: children
  visible: {var: adult}
  fields:
    - key: children
      repeats: {}
      fields: [{key: name}, {key: school, required: false}]
    - {key: home, fields: [{key: floor, type: integer, required: false}]}
- key: never
  visible: {"!": {var: born}}
  fields: [{key: x}]
"""
ANSWERS = {"born": "2008-11-27", "job": "Koch", "children": [{"name": "Jo"}, {"name": "Ali", "school": "IGS"}]}


def told(answers: dict[str, Any], today: date | None, locale: str = "de") -> dict[str, list[Any]]:
    parts = reading.lines(steps(FORM), answers, locale, yes="ja", no="nein", today=today)
    return {part.title: [_told(line) for line in part.lines] for part in parts}


def _told(line: reading.Line) -> Any:
    if line.entries:
        return line.label, [[_told(one) for one in entry] for entry in line.entries]
    return tuple(line)


def test_every_step_that_is_shown_with_what_was_answered() -> None:
    assert told(ANSWERS, TODAY) == {
        "Über Sie": [("born", "27.11.2008"), ("adult", "ja"), ("Beruf", "Koch")],
        "children": [
            ("children", [[("name", "Jo"), ("school", "")], [("name", "Ali"), ("school", "IGS")]]),
            ("home", [[("floor", "")]]),
        ],
    }
    assert list(told(ANSWERS, TODAY, "en")) == ["About you", "children"]


def test_an_entry_is_called_as_the_file_says_or_else_as_its_group() -> None:
    text = """
    - {key: dogs, label: {de: Hunde, en: Dogs}, repeats: {}, item_label: {de: Hund, en: Dog}, fields: [{key: name}]}
    - {key: cats, label: {de: Katzen}, repeats: {}, fields: [{key: name}]}
    """
    answers = {"dogs": [{"name": "Bolle"}], "cats": [{"name": "Mimi"}]}
    for locale, called in (("de", ["Hund", "Katzen"]), ("en", ["Dog", "Katzen"])):
        (part,) = reading.lines(steps(text), answers, locale, yes="ja", no="nein", today=TODAY)
        assert [line.entry_label for line in part.lines] == called
    with pytest.raises(ValueError, match="only a group that repeats has an item_label"):
        steps("[{key: dog, item_label: {de: Hund}}]")


def test_a_line_knows_where_its_answer_stands() -> None:
    who, children = reading.lines(steps(FORM), ANSWERS, "de", yes="ja", no="nein", today=TODAY)
    assert [line.path for line in who.lines] == ["born", "adult", "job"]
    assert children.lines[0].entries[1][0].path == "children.1.name"


def test_what_was_handed_in_is_told_as_it_was_whatever_rules_would_say_today() -> None:
    stored = ANSWERS | {"adult": False}  # computed on another day
    assert told(stored, None) == {
        "Über Sie": [("born", "27.11.2008"), ("adult", "nein"), ("Beruf", "Koch")],
        "children": told(ANSWERS, TODAY)["children"],
    }
    assert told({"born": "2008-11-27", "adult": False}, None) == {
        "Über Sie": [("born", "27.11.2008"), ("adult", "nein")]
    }


@pytest.mark.parametrize(
    ("field", "stored", "shown"),
    [
        ("{type: yes_no}", False, "no"),
        ("{type: yes_no}", None, ""),
        ("{type: consent, consent_version: 1}", {"version": 1, "given": True}, "yes"),
        ("{type: choices, options: [{value: a, label: {de: Ah}}, {value: b, label: {de: B, en: Bee}}]}", ["b"], "Bee"),
        ("{type: choices, code_list: german-states}", ["03", "04"], "Lower Saxony, Bremen"),
        ("{type: number}", "1200", "1.200"),
        ("{type: choice, code_list: countries}", "TR", "Türkiye"),
        ("{type: choice, code_list: countries}", "QQ", "QQ"),
        ("{type: integer}", 1234567, "1.234.567"),
        ("{type: number}", "1.2340", "1,234"),
        ("{type: money}", "1234.50", "1.234,50 €"),
        ("{type: iban}", "DE02120300000000202051", "DE02 1203 0000 0000 2020 51"),
        ("{type: map}", {"lat": 52.2646, "lon": 10.5}, "52.264600, 10.500000"),
        ("{type: time}", "09:05", "09:05"),
        ("{type: note}", None, ""),
        ("{type: group, fields: [{key: a}, {key: b}]}", {"a": "x", "b": "y"}, "x, y"),
        ("{type: group, repeats: {}, fields: [{key: a}, {key: b}]}", [{"a": "x"}, {"a": "y", "b": "z"}], "x; y, z"),
    ],
)  # fmt: skip
def test_every_kind_of_answer(field: str, stored: Any, shown: str) -> None:
    question = steps(f"[{{key: x, {field[1:]}]")[0].fields[0]
    assert readable(question, stored, "en", yes="yes", no="no") == shown
