"""Whole forms are checked: groups, rules between answers, files, steps."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from config.errors import FieldError, RuleViolation
from services.form.bounds import resolved
from services.form.checks import validate_step
from tests.support.forms import TODAY, cleaned, steps

TRIP = """
steps:
- key: when
  fields:
    - {key: first, type: date, not_before: today}
    - key: last
      type: date
      check:
        - rule: {"<=": [{var: first}, {var: last}]}
          message: {de: Das Ende liegt vor dem Anfang., en: Ends too early.}
- key: who
  fields:
    - key: people
      repeats: {least: 1, most: 3}
      check: [{rule: {some: [{var: people}, {var: adult}]}, message: {de: Ein Erwachsener muss dabei sein.}}]
      fields:
        - {key: name}
        - {key: adult, type: yes_no}
        - {key: school, visible: {"==": [{var: adult}, false]}}
        - {key: pass, type: file, visible: {var: adult}, max_files: 2}
- key: more
  fields:
    - {key: days, type: integer, computed: {days_between: [{var: first}, {var: last}]}}
    - {key: why, required: false, required_when: {">": [{var: days}, 10]}}
    - {key: hotel, required: false, fields: [{key: name}, {key: stars, type: integer, required: false}]}
    - {key: hello, type: note}
"""
IDA = {"name": "Ida", "adult": "yes"}
ANSWERS: dict[str, Any] = {"first": "1.12.2026", "last": "3.12.2026", "people": [IDA]}
FILES = {"people.0.pass": 1}


def complaints(
    answers: Mapping[str, Any], uploaded: Mapping[str, int] | None = None, *, text: str = TRIP
) -> dict[str, str]:
    with pytest.raises(RuleViolation) as refused:
        cleaned(text, answers, FILES if uploaded is None else uploaded)
    return {error.field: str(error) for error in refused.value.errors}


def test_answers_come_back_cleaned_with_what_was_computed() -> None:
    assert cleaned(TRIP, ANSWERS, FILES) == {
        "first": "2026-12-01", "last": "2026-12-03", "people": [{"name": "Ida", "adult": True}], "days": 2,
    }  # fmt: skip


def test_cleaned_answers_can_be_cleaned_again_and_nobody_types_what_is_computed() -> None:
    once = cleaned(TRIP, ANSWERS | {"days": 99}, FILES)
    assert once["days"] == 2
    assert cleaned(TRIP, once, FILES) == once


def test_hidden_answers_fall_away_and_unknown_ones_are_refused() -> None:
    extra = {"people": [IDA | {"school": "IGS"}], "hello": "!"}
    assert "school" not in cleaned(TRIP, ANSWERS | extra, FILES)["people"][0]
    assert complaints(ANSWERS | {"people": [IDA | {"shoe": 3}], "x": 1}) == {
        "people.0.shoe": "This form has no such field.", "x": "This form has no such field.",
    }  # fmt: skip


def test_every_entry_is_checked_at_its_own_place() -> None:
    people = [{"name": "", "adult": True}, {"name": "Jo", "adult": False}]
    assert complaints(ANSWERS | {"people": people}, {}) == {
        "people.0.name": "Please fill in this field.", "people.0.pass": "Please add the file.",
        "people.1.school": "Please fill in this field.",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("people", "says"),
    [
        (None, {"people": "Please add at least 1."}),
        ([], {"people": "Please add at least 1."}),
        ([IDA] * 4, {"people": "There can be at most 3."}),
        ("Ida", {"people": "This must be a list."}),
        ([IDA, "Jo"], {"people": "This must have parts."}),
        ([{"name": "Jo", "adult": "nein", "school": "IGS"}], {"people": "Ein Erwachsener muss dabei sein."}),
        ([{}], {"people.0.name": "Please fill in this field.", "people.0.adult": "Please choose one."}),
    ],
)
def test_how_many_entries_there_may_be(people: Any, says: dict[str, str]) -> None:
    assert complaints(ANSWERS | {"people": people}) == says


def test_an_entry_that_nobody_has_begun_at_the_end_is_none() -> None:
    assert len(cleaned(TRIP, ANSWERS | {"people": [IDA, {"name": " "}, {}]}, FILES)["people"]) == 1
    assert "people.1.name" in complaints(ANSWERS | {"people": [IDA, {}, {"name": "Jo", "adult": True}]})
    assert "people.1.name" in complaints(ANSWERS | {"people": [IDA, {}]}, FILES | {"people.1.pass": 1})


COUNTED = """
- key: dogs
  repeats: {least: 1, most: 3}
  fields:
    - {key: name}
    - {key: proof, type: file, required: false}
- {key: number, type: integer, computed: {reduce: [{var: dogs}, {"+": [{var: accumulator}, 1]}, 0]}}
"""
A_DOG: dict[str, Any] = {"name": "Bolle"}


def test_what_is_computed_counts_the_rows_that_are_stored() -> None:
    assert cleaned(COUNTED, {"dogs": [A_DOG, {"name": " "}, {}]}) == {"dogs": [A_DOG], "number": 1}
    assert cleaned(COUNTED, {"dogs": [A_DOG, A_DOG]})["number"] == 2


def test_an_empty_row_still_says_what_is_no_question_or_no_row() -> None:
    assert complaints({"dogs": [A_DOG, {"cat": "Mimi"}]}, text=COUNTED) == {
        "dogs.1.cat": "This form has no such field."
    }
    assert complaints({"dogs": [A_DOG, "Rex"]}, text=COUNTED) == {"dogs": "This must have parts."}
    assert complaints({"dogs": [A_DOG, {}, {}, {}]}, text=COUNTED) == {"dogs": "There can be at most 3."}
    assert complaints({"dogs": [{}]}, text=COUNTED) == {"dogs.0.name": "Please fill in this field."}


def test_empty_rows_within_rows_are_none_either() -> None:
    nested = """
    - key: houses
      repeats: {most: 3}
      fields:
        - {key: street}
        - {key: people, repeats: {most: 3}, required: false, fields: [{key: name, required: false}]}
        - {key: number, type: integer, computed: {reduce: [{var: people}, {"+": [{var: accumulator}, 1]}, 0]}}
    """
    found = cleaned(nested, {"houses": [{"street": "Am Wall", "people": [{"name": "Ida"}, {"name": ""}]}, {}]})
    assert found == {"houses": [{"street": "Am Wall", "people": [{"name": "Ida"}], "number": 1}]}


def test_what_must_be_true_together_is_said_in_the_words_of_the_form() -> None:
    with pytest.raises(RuleViolation) as refused:
        cleaned(TRIP, ANSWERS | {"last": "2026-11-30"}, FILES)
    (error,) = refused.value.errors
    assert (error.field, str(error)) == ("last", "Das Ende liegt vor dem Anfang.")
    assert error.params["text"].to("en") == "Ends too early."


def test_nothing_is_said_of_two_answers_together_while_one_is_refused() -> None:
    assert list(complaints(ANSWERS | {"first": "someday"})) == ["first"]
    assert list(complaints(ANSWERS | {"first": None, "last": "1.12.2026"})) == ["first"]


def test_what_is_needed_under_a_condition() -> None:
    long = ANSWERS | {"last": "2026-12-30"}
    assert complaints(long) == {"why": "Please fill in this field."}
    assert cleaned(TRIP, long | {"why": "Kur"}, FILES)["why"] == "Kur"


def test_a_group_that_may_be_left_out() -> None:
    assert "hotel" not in cleaned(TRIP, ANSWERS | {"hotel": {"name": " ", "stars": None}}, FILES)
    assert complaints(ANSWERS | {"hotel": {"stars": 3}}) == {"hotel.name": "Please fill in this field."}
    assert complaints(ANSWERS | {"hotel": "Zur Post"}) == {"hotel": "This must have parts."}


def test_no_more_files_than_there_is_place_for() -> None:
    assert complaints(ANSWERS, {"people.0.pass": 3}) == {"people.0.pass": "There can be at most 2."}


def test_a_step_is_checked_alone_with_all_answers_known() -> None:
    form = steps(TRIP)
    assert validate_step(form, "when", {"first": "1.12.2026", "last": "1.12.2026"}, {}, today=TODAY) == {
        "first": "2026-12-01", "last": "2026-12-01",
    }  # fmt: skip
    long = {"first": "1.12.2026", "last": "2026-12-30"}
    with pytest.raises(RuleViolation) as refused:
        validate_step(form, "more", long, {}, today=TODAY)
    assert [error.field for error in refused.value.errors] == ["why"]
    with pytest.raises(KeyError):
        validate_step(form, "nowhere", {}, {}, today=TODAY)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("today", date(2026, 11, 27)),
        ("today+14d", date(2026, 12, 11)),
        ("today-18y", date(2008, 11, 27)),
        ("today+3m", date(2027, 2, 27)),
        ("today-99999y", date.min),
        ("today+99999y", date.max),
        (date(2026, 1, 2), date(2026, 1, 2)),
    ],
)
def test_days_are_counted_from_today(written: Any, day: date) -> None:
    assert resolved(written, TODAY) == day


@pytest.mark.parametrize(
    ("written", "today", "day"),
    [("today+1m", date(2027, 1, 31), date(2027, 2, 28)), ("today-1y", date(2028, 2, 29), date(2027, 2, 28))],
)
def test_a_day_that_the_month_does_not_have_is_its_last(written: str, today: date, day: date) -> None:
    assert resolved(written, today) == day


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("{key: x, min_length: 3}", "ab", "This is too short: at least 3 characters."),
        ("{key: x, max_length: 3}", "abcd", "This is too long: at most 3 characters."),
        ("{key: x, pattern: '[A-Z]+'}", "a", "This does not have the form that is needed here."),
        ("{key: x, pattern: '[0-9]{3}', pattern_message: {de: Drei Ziffern.}}", "12", "Drei Ziffern."),
        (r"{key: x, pattern: '\d+'}", "١٢", "This does not have the form that is needed here."),
        ("{key: x, type: integer, minimum: 1}", "0", "At least 1, please."),
        ("{key: x, type: money, maximum: 99.5}", "99,51", "At most 99,5, please."),
        ("{key: x, type: money}", "-0,01", "At least 0, please."),
        ("{key: x, type: number, minimum: -2.5}", "-2,6", "At least -2,5, please."),
        ("{key: x, type: date, not_after: today-18y}", "28.11.2008", "The date must not be after 27.11.2008."),
        ("{key: x, type: choice, code_list: german-states}", "17", "Please choose one of the options."),
    ],
)
def test_bounds(field: str, typed: Any, says: str) -> None:
    with pytest.raises(RuleViolation) as refused:
        cleaned(f"[{field}]", {"x": typed})
    assert [str(error) for error in refused.value.errors] == [says]
    assert refused.value.errors[0] == FieldError("x", refused.value.errors[0].message, refused.value.errors[0].params)


def test_a_computed_value_is_held_to_its_bounds() -> None:
    form = "[{key: n, type: integer}, {key: x, type: money, computed: {'*': [{var: n}, 2]}, maximum: 9}]"
    assert cleaned(form, {"n": 4, "x": 99}) == {"n": 4, "x": "8.00"}
    with pytest.raises(RuleViolation) as refused:
        cleaned(form, {"n": 5})
    assert [(error.field, str(error)) for error in refused.value.errors] == [("x", "At most 9, please.")]


def test_an_answer_from_a_code_list() -> None:
    assert cleaned("[{key: x, type: choice, code_list: german-states}]", {"x": "03"}) == {"x": "03"}
    assert cleaned("[{key: x, type: choices, code_list: countries}]", {"x": ["FR", "DE"]}) == {"x": ["DE", "FR"]}
