"""What the JSON Schema of a form says and what its checks say agree."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import assume, event, given, settings, strategies as st
from jsonschema import Draft202012Validator

from config.errors import RuleViolation
from services.definitions import catalogue
from services.form import checks
from services.form.fields import FieldType, FormField, Option, Repeats, Step, Text
from services.form.json_schema import KEYWORDS, schema_of
from services.form.schema_validator import SchemaValidator
from tests.support.forms import TODAY, cleaned, steps

LABEL = Text(de="Feld", en="Field")
OPTIONS = tuple(Option(value=one, label=Text(de=one.upper())) for one in "abc")
ADDRESS = {"street": "Am Wall", "house_number": "3", "postal_code": "38100", "city": "Braunschweig"}
TYPED: dict[FieldType, st.SearchStrategy[Any]] = {
    FieldType.TEXT: st.text(max_size=12) | st.from_regex(r"\A[a-z ]{1,9}\Z") | st.from_regex(r"\A[äΩя٣१ -]{1,4}\Z"),
    FieldType.LONG_TEXT: st.text(max_size=12) | st.just("eins\r\nzwei\t"),
    FieldType.CHOICE: st.sampled_from("abcd"),
    FieldType.CHOICES: st.lists(st.sampled_from("abc"), max_size=4) | st.sampled_from("abcd"),
    FieldType.YES_NO: st.booleans() | st.sampled_from(["ja", "no", "?"]),
    FieldType.DATE: st.dates().map(str) | st.sampled_from(["1.2.2026", "31.2.2026"]),
    FieldType.TIME: st.times().map(lambda time: f"{time:%H:%M}") | st.sampled_from(["7.05 Uhr", "24:00"]),
    FieldType.INTEGER: st.integers() | st.integers(-5, 5).map(str) | st.sampled_from(["1.000", "2,5"]),
    FieldType.NUMBER: st.floats() | st.integers() | st.decimals(places=3).map(str) | st.sampled_from(["1.234,5"]),
    FieldType.MONEY: st.decimals(-1, 10_000, places=2).map(str) | st.integers() | st.sampled_from(["1.234,5 €", "7,–"]),
    FieldType.IBAN: st.sampled_from(["DE02 1203 0000 0000 2020 51", "NO93 8601 1117 947", "DE00"]),
    FieldType.EMAIL: st.emails() | st.sampled_from(["ida@exämple.org", "ida"]),
    FieldType.PHONE: st.sampled_from(
        ["0531 4701234", "+48 22 123 45 67", "110", "+1 650 253 0000 ext. 7", "05331 4444444444"]
    ),
    FieldType.CHECKBOX: st.booleans() | st.sampled_from(["on", ""]),
    FieldType.CONSENT: st.booleans() | st.sampled_from(["y", {"version": 1, "given": True}]),
    FieldType.ADDRESS: st.just(ADDRESS) | st.just(ADDRESS | {"city": " "}) | st.just(dict.fromkeys(ADDRESS, "")),
    FieldType.LICENCE_PLATE: st.sampled_from(["bs ab 12e", "LÖ-X 1", "BS"]),
    FieldType.MAP: st.fixed_dictionaries({"lat": st.floats(-95, 95), "lon": st.floats(-185, 185)})
    | st.just("52.1, 7.2"),
    FieldType.FILE: st.none(),
    FieldType.NOTE: st.none(),
}
PATTERNS = (None, "[a-z]+|x", r"\W+", r"\D+", r"\w*\W", r"\B.+\B", r"\S+\b|.\B.*")
REPEATED = "[{key: b, repeats: {least: 0}, fields: [{key: d, required: false}]}]"
ODD = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.just([]) | st.just({}) | st.just([{}])


@st.composite
def fields(draw: st.DrawFn, key: str, deep: int = 2, types: Sequence[FieldType] = tuple(FieldType)) -> FormField:
    type = draw(st.sampled_from([one for one in types if deep or one is not FieldType.GROUP]))
    more: dict[str, Any] = {"required": draw(st.booleans())}
    if type in (FieldType.CHOICE, FieldType.CHOICES):
        more["options"] = OPTIONS
    if type is FieldType.CONSENT:
        more["consent_version"] = 1
    if type is FieldType.INTEGER:
        more["minimum"] = draw(st.none() | st.integers(-3, 3))
    if type is FieldType.TEXT:
        more |= {"max_length": draw(st.integers(1, 12)), "pattern": draw(st.sampled_from(PATTERNS))}
    if type is FieldType.GROUP:
        more["fields"] = tuple(draw(fields(f"{key}{n}", deep - 1, types)) for n in range(draw(st.integers(1, 3))))
        least = draw(st.integers(0, 2))
        more["repeats"] = draw(st.none() | st.just(Repeats(least=least, most=draw(st.integers(max(1, least), 3)))))
        if key != "a" and draw(st.booleans()):
            more["fields"] = tuple(one.model_copy(update={"visible": {"var": "a"}}) for one in more["fields"])
    if key != "a" and draw(st.booleans()):
        rule = {"==": [{"var": "a"}, draw(st.sampled_from(["a", None, True]))]}
        more[draw(st.sampled_from(["visible", "required_when"]))] = rule
    if type in (FieldType.TEXT, FieldType.YES_NO, FieldType.CHOICE) and key != "a" and draw(st.integers(0, 4)) == 0:
        more["computed"] = {"if": [{"var": "a"}, {"var": "a"}, "b"]}
    return FormField(key=key, type=type, label=LABEL, **more)


def answers(some: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={field.key: typed(field) for field in some})


def typed(field: FormField) -> st.SearchStrategy[Any]:
    if field.type is not FieldType.GROUP:
        return TYPED[field.type] if field.type in TYPED else st.nothing()
    inner = answers(field.fields)
    return inner if field.repeats is None else st.lists(inner, max_size=4)


@st.composite
def filled_in(draw: st.DrawFn) -> tuple[list[Step], dict[str, Any], dict[str, int]]:
    first = [draw(fields(key)) for key in "ab"[: draw(st.integers(1, 2))]]
    second = [draw(fields(key)) for key in "cd"[: draw(st.integers(0, 2))]]
    rule = draw(st.none() | st.just({"!": {"var": "a"}}))
    form = [Step(key="one", title=LABEL, fields=tuple(first))]
    if second:
        form.append(Step(key="two", title=LABEL, visible=rule, fields=tuple(second)))
    given = draw(answers([*first, *second]))
    files = {field.key: 1 for field in (*first, *second) if field.type is FieldType.FILE}
    return form, given, files


@st.composite
def one_question(draw: st.DrawFn) -> tuple[list[Step], dict[str, Any], dict[str, int]]:
    """Where schema and checks have rules of their own to agree on; a form of one question is seldom refused."""
    types = (FieldType.TEXT, FieldType.PHONE, FieldType.GROUP)
    asked = [FormField(key="a", type=FieldType.YES_NO, label=LABEL, required=False), draw(fields("b", types=types))]
    return [Step(key="one", title=LABEL, fields=tuple(asked))], draw(answers(asked)), {}


@settings(max_examples=400, deadline=None)
@given(filled_in() | one_question())
def test_whatever_is_cleaned_fits_the_schema_and_cleans_to_itself(filled: Any) -> None:
    form, given_answers, files = filled
    schema = schema_of(form)
    try:
        clean = checks.validate(form, given_answers, files, today=TODAY)
    except RuleViolation:
        event("refused")
        return
    event("accepted")
    assert [error.message for error in SchemaValidator(schema).iter_errors(clean)] == []
    assert checks.validate(form, clean, files, today=TODAY) == clean


@pytest.mark.parametrize(
    ("inside", "needed"),
    [
        ("{key: c, visible: {var: a}}", False),
        ("{key: c, fields: [{key: d, visible: {var: a}}]}", False),
        ("{key: c, repeats: {least: 1}, fields: [{key: d, visible: {var: a}}]}", False),
        ("{key: c, visible: {var: a}}, {key: n, type: note}", True),
        ("{key: c, visible: {var: a}}, {key: n, type: file, required: false}", True),
        ("{key: c, fields: [{key: d, required: false}]}", True),
    ],
)
def test_a_group_that_repeats_is_asked_for_where_something_in_it_is_always_shown(inside: str, needed: bool) -> None:
    form = f"""
    - {{key: a, required: false}}
    - {{key: b, repeats: {{least: 1}}, fields: [{inside}]}}
    """
    assert schema_of(steps(form))["required"] == (["b"] if needed else [])
    if needed:
        with pytest.raises(RuleViolation):
            cleaned(form, {})
    else:
        assert cleaned(form, {}) == {}


@pytest.mark.parametrize("odd", [{"d": "x"}, [3], "x", 3])
def test_rows_that_are_no_list_are_refused(odd: Any) -> None:
    with pytest.raises(RuleViolation):
        cleaned(REPEATED, {"b": odd})


def test_an_empty_mapping_in_place_of_rows_is_no_answer() -> None:
    assert cleaned(REPEATED, {"b": {}}) == {}


@settings(max_examples=150, deadline=None)
@given(filled_in(), st.data())
def test_what_the_schema_refuses_is_refused_or_written_otherwise(filled: Any, data: st.DataObject) -> None:
    form, given_answers, files = filled
    spoilt = _spoilt(given_answers, data)
    assume(not SchemaValidator(schema_of(form)).is_valid(spoilt))
    try:
        assert checks.validate(form, spoilt, files, today=TODAY) != spoilt
    except RuleViolation:
        return


def _spoilt(answers: Mapping[str, Any], data: st.DataObject) -> dict[str, Any]:
    """The answers with one of them, somewhere, made something else or taken away."""
    found = dict(answers)
    if not found:
        return {"zz": data.draw(ODD)}
    key = data.draw(st.sampled_from(sorted(found)))
    if isinstance(found[key], dict) and data.draw(st.booleans()):
        found[key] = _spoilt(found[key], data)
    elif data.draw(st.booleans()):
        del found[key]
    else:
        found[key] = data.draw(ODD)
    return found


def keywords(schema: Any, *, names: bool = False) -> Iterator[str]:
    """The keywords of a schema; `names`: it is a mapping of properties."""
    for key, value in schema.items():
        if not names:
            yield key
        if key.startswith("x-") and not names:
            continue
        if isinstance(value, dict) and key != "const":
            yield from keywords(value, names=key == "properties" and not names)


@settings(max_examples=50, deadline=None)
@given(filled_in())
def test_schemas_are_right_and_use_only_the_keywords_that_they_claim(filled: Any) -> None:
    schema = schema_of(filled[0])
    Draft202012Validator.check_schema(schema)
    assert {one for one in keywords(schema) if not one.startswith("x-")} <= KEYWORDS


@pytest.mark.parametrize("slug", sorted(catalogue()))
def test_the_schemas_of_the_catalogue_are_right(slug: str) -> None:
    for locale in ("de", "en", "uk", "de-simple"):
        schema = schema_of(catalogue()[slug].steps, locale=locale)
        Draft202012Validator.check_schema(schema)
        assert {one for one in keywords(schema) if not one.startswith("x-")} <= KEYWORDS


def test_a_schema_says_what_it_cannot_check() -> None:
    form = """
    - {key: a, type: choice, options: [{value: p, label: {de: Pe, en: Pee}}]}
    - {key: b, type: date, visible: {var: a}, not_after: today-18y, hint: {de: Tipp}}
    - {key: c, type: money, computed: {"+": [1, 2]}, maximum: 9.5}
    - {key: d, type: file, max_files: 3}
    - {key: e, type: note}
    - {key: f, repeats: {least: 0, most: 4}, fields: [{key: g, pattern: "x|y"}]}
    """
    schema = schema_of(steps(form), locale="en")
    assert schema["required"] == ["a"]
    assert schema["properties"]["a"] == {"title": "a", "type": "string", "enum": ["p"], "x-labels": {"p": "Pee"}}
    assert schema["properties"]["b"]["x-visible"] == {"var": "a"}
    assert (schema["properties"]["b"]["x-not-after"], schema["properties"]["b"]["description"]) == ("today-18y", "Tipp")
    assert schema["properties"]["c"] == {
        "title": "c", "type": "string", "pattern": r"^-?[0-9]+\.[0-9]{2}$", "x-maximum": "9.5",
        "x-computed": {"+": [1, 2]},
    }  # fmt: skip
    assert schema["x-files"] == {"d": {"title": "d", "required": True, "max_files": 3}}
    assert schema["properties"]["f"]["items"]["properties"]["g"]["pattern"] == "^(?:x|y)$"
    assert set(schema["properties"]) == {"a", "b", "c", "f"}
    assert schema["x-steps"] == [{"key": "only", "title": "only", "fields": ["a", "b", "c", "d", "e", "f"]}]
    assert cleaned(form, {"a": "p", "b": "1.1.2000"}, {"d": 1}) == {"a": "p", "b": "2000-01-01", "c": "3.00"}
