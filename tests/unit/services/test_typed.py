"""Names of HTML forms and nested answers."""

from typing import Any

import pytest

from services.form.fields import FormField
from services.progress import Consent, Given, Progress
from services.provenance import of_request, origin
from services.typed import (
    answer_at,
    date_parts,
    entry_added,
    entry_removed,
    name_of,
    newly_asked,
    paths,
    read,
    with_answer,
)


def field(key: str, type: str = "text", **more: Any) -> FormField:
    return FormField.model_validate({"key": key, "type": type, "label": {"de": key}} | more)


CHILD = field("child", "group", repeats={}, fields=[field("name").model_dump(), field("born", "date").model_dump()])
FIELDS = (
    field("text"),
    field("born", "date"),
    field("home", "address"),
    field("yes", "yes_no"),
    field("ok", "checkbox"),
)


def test_names_and_parts() -> None:
    assert name_of("child.0.born") == "f_child-0-born"
    sent = {
        "f_text": ["Hallo"], "f_born-day": ["3"], "f_born-month": ["2"], "f_born-year": ["1984"],
        "f_home-street": ["Weg"], "f_home-city": [" "], "f_yes": ["no"], "f_ok": ["y"], "f_other": ["x"],
    }  # fmt: skip
    assert read(FIELDS, sent, {}) == {
        "text": "Hallo", "born": "3.2.1984", "home": {"street": "Weg"}, "yes": False, "ok": True,
    }  # fmt: skip


def test_what_was_not_shown_keeps_its_answer() -> None:
    sent = {"shown": ["text"], "f_text": ["neu"], "f_yes": ["yes"]}
    assert read(FIELDS, sent, {"text": "alt", "yes": False, "home": {"street": "Weg"}}) == {
        "text": "neu", "yes": False, "home": {"street": "Weg"},
    }  # fmt: skip


def test_what_an_answer_brings_is_asked_newly_but_a_note_asks_nothing() -> None:
    fields = (field("yes", "yes_no"), field("more"), field("call", "note", required=False))
    assert list(newly_asked(fields, {}, lambda _: True, frozenset({"yes"}))) == ["more"]


def test_entries() -> None:
    by_count = {"f_child-count": ["2"], "f_child-1-name": ["Ida"]}
    assert read([CHILD], by_count, {}) == {"child": [{}, {"name": "Ida"}]}
    assert read([CHILD], {"f_child-1-name": ["Ida"]}, {}) == {"child": [{}, {"name": "Ida"}]}
    assert len(read([CHILD], {"f_child-count": ["999"]}, {})["child"]) == 100
    assert read([CHILD], {"f_child-count": ["x"]}, {}) == {}


def test_adding_and_removing() -> None:
    assert entry_added({}, "child") == {"child": [{}]}
    answers = {"a": 1, "child": [{"name": "Mio"}, {"name": "Ida"}]}
    assert entry_removed(answers, "child.0") == {"a": 1, "child": [{"name": "Ida"}]}
    assert entry_removed(answers, "child.7") == answers
    assert entry_removed(answers, "child") == answers
    nested = {"house": [{"room": [{"n": 1}]}]}
    assert entry_added(nested, "house.0.room") == {"house": [{"room": [{"n": 1}, {}]}]}
    assert entry_removed(nested, "house.0.room.0") == {"house": [{"room": []}]}


def test_paths_and_answers() -> None:
    answers = {"child": [{"name": "Mio"}]}
    assert [path for path, _ in paths([CHILD], answers)] == ["child", "child.0.name", "child.0.born"]
    assert answer_at(answers, "child.0.name") == "Mio"
    assert answer_at(answers, "child.1.name") is None
    assert answer_at(answers, "other.name") is None
    assert with_answer({"a": {"b": 1}}, "a.c", 2) == {"a": {"b": 1, "c": 2}}


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("1984-02-03", ("3", "2", "1984")),
        ("31.2.1984", ("31", "2", "1984")),
        ("..1984", ("", "", "1984")),
        ("gestern", ("gestern", "", "")),
        (None, ("", "", "")),
    ],
)
def test_dates_as_they_were_typed(value: Any, parts: tuple[str, str, str]) -> None:
    assert tuple(date_parts(value).values()) == parts


def test_progress_is_read_as_it_was_written() -> None:
    progress = Progress(
        passed=("a",),
        given={"x": Given("1984-02-03", "login", "birth_date", "high")},
        consents=(Consent("r", 2, "now"),),
    )
    assert Progress.read(progress.as_dict()) == progress
    assert Progress.read(None) == Progress()
    again = progress.having_tried("a").to_look_at(["a"])
    assert (again.passed, again.tried, again.look_at) == ((), (), ("a",))
    assert again.having_passed("a").look_at == ()


def test_the_same_in_another_way_of_writing_is_still_the_logins() -> None:
    born, phone = field("born", "date"), field("phone", "phone")
    assert origin(born, Given("1984-02-03", "login", "birth_date"), "3.2.1984") == "login"
    assert origin(phone, Given("+49531123456", "login", "phone"), "0531 123456") == "login"
    assert origin(phone, Given("+49531123456", "login", "phone"), "0531 123457") == "typed"
    assert origin(phone, None, "0531 123456") == "typed"
    progress = Progress(given={"born": Given("1984-02-03", "login", "birth_date", "high")})
    assert of_request([born], progress, {"born": "1984-02-03"}) == {
        "answers": {"born": {"source": "login", "claim": "birth_date", "trust": "high"}}, "consents": [],
    }  # fmt: skip
    assert of_request([born], progress, {}) is None
