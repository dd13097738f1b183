"""Mistakes in a form that are found when its file is read."""

import re
from typing import Any

import pytest

from services.definitions import CATALOGUE, DefinitionError, parse
from services.form.code_lists import UnknownCodeList, bundled, find, options_of
from services.form.soundness import wrong_with
from tests.support.forms import steps

PERMIT = (CATALOGUE / "bewohnerparkausweis.yaml").read_text(encoding="utf-8")


def wrong(text: str) -> list[tuple[str, str]]:
    return [(".".join(str(part) for part in one.where), one.message) for one in wrong_with(steps(text))]


def rule(written: str) -> str:
    return f"""
    - {{key: a}}
    - {{key: n, type: integer, visible: {written}}}
    - {{key: address, type: address}}
    - {{key: place, type: map}}
    - {{key: note, type: note}}
    - {{key: g, fields: [{{key: b}}]}}
    - {{key: list, repeats: {{}}, fields: [{{key: c}}, {{key: d, fields: [{{key: e}}]}}]}}
    """


@pytest.mark.parametrize(
    "written",
    [
        "{var: a}",
        "{var: [a, 3]}",
        "{var: address.city}",
        "{var: place.lat}",
        "{var: g.b}",
        "{var: list.0.c}",
        "{missing: [a, g.b]}",
        "{some: [{var: list}, {'==': [{var: c}, {var: d.e}, ]}]}",
        "{some: [{filter: [{var: list}, {var: c}]}, {var: a}]}",
        "{map: [{map: [{var: list}, {var: c}]}, {var: ''}]}",
        "{'==': [{reduce: [{var: list}, {cat: [{var: accumulator}, {var: current.c}]}, '']}, null]}",
        "{'<': [1, 2, 3]}",
        "{'<': [{var: a}, {today: []}]}",
    ],
)
def test_rules_that_are_right(written: str) -> None:
    assert wrong(rule(written)) == []


@pytest.mark.parametrize(
    ("written", "where", "says"),
    [
        ("{va: a}", "va", "there is no operator “va”"),
        ("{var: a, in: b}", "", "a rule has exactly one operator"),
        ("{}", "", "a rule has exactly one operator"),
        ("{var: z}", "var", "there is no field “z”"),
        ("{var: [z, 1]}", "var", "there is no field “z”"),
        ("{var: 3}", "var", "“var” takes the name of a field"),
        ("{var: ''}", "var", "there is no field “”"),
        ("{var: address.town}", "var", "there is no field “address.town”"),
        ("{var: a.b}", "var", "there is no field “a.b”"),
        ("{var: b}", "var", "there is no field “b”"),
        ("{var: list.c}", "var", "there is no field “list.c”"),
        ("{var: note}", "var", "there is no field “note”"),
        ("{'!': {missing: [a, z]}}", "!.missing", "there is no field “z”"),
        ("{'==': [{var: a}]}", "==", "“==” takes 2 arguments"),
        ("{'<': [1]}", "<", "“<” takes 2 to 3 arguments"),
        ("{or: [true, {and: [{var: a}, {nope: 1}]}]}", "or.1.and.1.nope", "there is no operator “nope”"),
        ("{some: [{var: list}, {var: current.c}]}", "some.1.var", "there is no field “current.c”"),
        ("{map: [{var: g}, {var: e}]}", "map.1.var", "there is no field “e”"),
    ],
)
def test_rules_that_are_wrong(written: str, where: str, says: str) -> None:
    place = f"steps.0.fields.1.visible{'.' if where else ''}{where}"
    assert wrong(rule(written)) == [(place, says)]


def test_rules_have_a_size() -> None:
    deep: Any = "{var: a}"
    for _ in range(12):
        deep = f"{{'!': {deep}}}"
    assert wrong(rule(deep))[0][1] == "a rule is at most 12 operators deep"
    assert (
        wrong(rule("{and: [" + "{and: [" + "{var: a}," * 50 + "]}," * 1 + "{or: [" + "{var: a}," * 49 + "]}]}")) == []
    )
    many = "{or: [" + ("{or: [" + "{var: a}," * 49 + "]},") * 5 + "]}"
    assert wrong(rule(many))[0][1] == "a rule has at most 200 operators"
    nested = "{map: [{var: list}, {map: [{var: list}, {map: [{var: list}, 1]}]}]}"
    assert wrong(rule(nested))[0][1] == "lists go at most 2 deep into each other"


@pytest.mark.parametrize(
    ("form", "circle"),
    [
        ("[{key: a, visible: {var: a}}]", "a"),
        ("[{key: a, visible: {var: b}}, {key: b, visible: {var: a}}]", "a, b"),
        ("[{key: a, type: money, computed: {'+': [{var: b}, 1]}}, {key: b, visible: {var: a}}]", "a, b"),
        ("[{key: g, visible: {var: g.a}, fields: [{key: a}]}]", "g, g.a"),
        ("[{key: r, repeats: {}, fields: [{key: a, visible: {some: [{var: r}, {var: a}]}}]}]", "r, r.a"),
        ("{steps: [{key: s, visible: {var: a}, fields: [{key: a}]}]}", "s, a"),
    ],
)
def test_rules_that_lead_back_to_themselves(form: str, circle: str) -> None:
    (found,) = wrong(form)
    said = found[1].removeprefix("these rules lead back to themselves: ").split(", ")
    assert set(said) == set(circle.split(", "))


def test_rules_that_look_at_each_other_in_no_circle() -> None:
    form = """
    - {key: g, fields: [{key: a, type: yes_no}, {key: b, visible: {var: g.a}}]}
    - {key: x, required_when: {var: y}}
    - {key: y, required_when: {var: x}, check: [{rule: {var: y}, message: {de: y}}]}
    """
    assert wrong(form) == []


@pytest.mark.parametrize(
    ("field", "where", "says"),
    [
        ("type: date, max_length: 3", "max_length", "a field of type date has no max_length"),
        ("type: text, minimum: 3", "minimum", "a field of type text has no minimum"),
        ("type: text, max_files: 3", "max_files", "a field of type text has no max_files"),
        ("type: integer, minimum: 3, maximum: 2", "minimum", "minimum must not be above maximum"),
        ("min_length: 300", "min_length", "min_length must not be above max_length"),
        ("pattern: '['", "pattern", "this is no pattern"),
        (r"pattern: '(?P<x>a)\A'", "pattern", "this pattern has parts that JSON Schema does not know"),
        ("type: choice, code_list: planets", "code_list", "there is no code list “planets”"),
        ("type: note, computed: {today: []}", "computed", "a field of type note cannot be computed"),
        ("check: [{rule: {var: z}, message: {de: z}}]", "check.0.rule.var", "there is no field “z”"),
    ],
)  # fmt: skip
def test_what_a_field_cannot_say(field: str, where: str, says: str) -> None:
    ((place, message),) = wrong(f"[{{key: x, {field}}}]")
    assert place == f"steps.0.fields.0.{where}" and message.startswith(says)


def test_two_steps_of_one_name() -> None:
    form = "{steps: [{key: s, fields: [{key: a}]}, {key: s, fields: [{key: b}]}]}"
    assert wrong(form) == [("steps.1.key", "the step “s” is there twice")]


@pytest.mark.parametrize(
    ("right", "wrong_text", "line_of", "says"),
    [
        ("visible: {var: sms}", "visible: {var: smss}", "{var: smss}", "there is no field “smss”"),
        ("{var: sms}", "\n          var: smss", "var: smss", "there is no field “smss”"),
        ("months_in: valid_months", "months_in: months", "months_in: months", "there is no field “months”"),
        ("version: 5", "version: 5\nopening: {first: 2027-01-02, last: 2027-01-01}", "opening:", "before the first"),
        ("version: 5", "version: 5\nassurance_for: {fly: high}", "assurance_for:", "there is no action “fly”"),
        (
            "version: 5",
            "version: 5\npayment: {amount: {'*': [{var: z}, 2]}, purpose: {de: x}}",
            "payment:",
            "field “z”",
        ),
        ("life_situations: [moving", "life_situations: [dancing", "life_situations:", "life_situations.0"),
    ],
)
def test_mistakes_are_named_with_their_line(right: str, wrong_text: str, line_of: str, says: str) -> None:
    text = PERMIT.replace(right, wrong_text, 1)
    with pytest.raises(DefinitionError) as refused:
        parse(text, "<text>")
    line = next(number for number, one in enumerate(text.splitlines(), start=1) if line_of in one)
    assert any(f":{line}:" in problem and says in problem for problem in refused.value.problems), refused.value.problems


def test_code_lists_are_found_by_name_and_urn() -> None:
    states = find("german-states")
    assert (
        find(states.urn) is find(f"{states.urn}:{states.version}") is find(f"{states.urn}_{states.version}") is states
    )
    assert len(states.options()) == 16
    with pytest.raises(UnknownCodeList):
        find(f"{states.urn}:1999")


def test_states_have_the_keys_of_the_registers_and_the_names_of_countries() -> None:
    states, countries = find("states").options(), find("countries").options()
    assert (states[0].value, states[0].label.de) == ("000", "Deutschland")
    keys = {option.label.de: option.value for option in states}
    assert (keys["Ägypten"], keys["Kosovo"], keys["Vereinigte Staaten"], keys["Tuvalu"]) == ("287", "150", "368", "540")
    assert set(keys) < {option.label.de for option in countries}
    assert all(re.fullmatch(r"\d{3}", key) for key in keys.values())


def test_bundled_lists_are_sound() -> None:
    lists = bundled()
    assert len({one.name for one in lists}) == len({one.urn for one in lists}) == len(lists)
    for one in lists:
        codes = [option.value for option in one.options()]
        assert codes and len(set(codes)) == len(codes)
        assert all(option.label.en or one.name == "german-states" for option in one.options())


def test_countries_begin_at_home_and_follow_the_german_alphabet() -> None:
    options = find("countries").options()
    assert [option.value for option in options[:4]] == ["DE", "AF", "EG", "AX"]
    assert len(options) == 250
    assert next(option for option in options if option.value == "PL").label.to("uk") == "Польща"


def test_a_list_that_is_gone_has_no_options() -> None:
    field = steps("[{key: x, type: choice, code_list: planets}]")[0].fields[0]
    assert options_of(field) == ()
