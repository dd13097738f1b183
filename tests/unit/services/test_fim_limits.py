"""What of a schema's lists and limits becomes of a question, and what is said where nothing does."""

from datetime import date
from typing import Any

import pytest

from config.errors import RuleViolation
from services.fim import export
from services.form.checks import validate
from services.form.fields import FieldType, every
from tests.factories.fim import LARGE_LISTS, at, by_id, field, large, limits, made, xdf

BOTH = pytest.mark.parametrize("standard", ["2.0", "3.0"])


def test_values_in_the_schema_itself_need_no_list() -> None:
    values = "<x:werte><x:wert><x:code>a b</x:code><x:name>Erstes</x:name></x:wert></x:werte>"
    definition, to_do, _ = made(xdf(at(field("F99000001", "Art", kind="select", more=values)), standard="3.0"))
    (option,) = by_id(definition)["F99000001"].options
    assert (option.value, option.code, option.label.de) == ("a-b", "a b", "Erstes")
    assert any("1 of its values have other names here, such as a-b for “a b”" in one for one in to_do)


def test_codes_that_come_close_to_each_other_stay_apart() -> None:
    codes = ("a b", "a/b", "a-b", "ä", "ö", "A", "x" * 90, "x" * 91, "a b", '"; DROP', "§ 1 (2)")
    values = "".join(f"<x:wert><x:code>{one}</x:code><x:name>N {one}</x:name></x:wert>" for one in codes)
    part = field("F99000001", "Art", kind="select", more=f"<x:werte>{values}</x:werte>")
    definition, to_do, _ = made(xdf(at(part), standard="3.0"))
    options = by_id(definition)["F99000001"].options
    assert [one.code or one.value for one in options] == list(dict.fromkeys(codes))
    assert [one.label.de for one in options] == [f"N {one}" for one in dict.fromkeys(codes)]
    assert next(one.value for one in options if one.label.de == "N a-b") == "a-b"
    assert any("“a b” is given twice" in one for one in to_do)


@pytest.mark.parametrize(
    ("datatype", "kind", "values", "said"),
    [
        ("num_int", "input", {"minLength": 5, "maxLength": 5}, ["minLength 5", "maxLength 5"]),
        ("num", "input", {"pattern": "[0-9]+", "maxValue": 5}, ["pattern [0-9]+"]),
        ("date", "input", {"maxLength": 10, "minValue": "2000-01-01"}, ["maxLength 10"]),
        ("time", "input", {"minValue": "08:00", "maxValue": "18:00"}, ["minValue 08:00", "maxValue 18:00"]),
        ("bool", "input", {"maxLength": 5}, ["maxLength 5"]),
        ("datetime", "input", {"maxLength": 20}, ["maxLength 20"]),
        ("file", "input", {"maxLength": 1000}, ["maxLength 1000"]),
        ("text", "input", {"minValue": 1, "minLength": 2, "maxLength": 9, "pattern": "[a-z]+"}, ["minValue 1"]),
        ("text", "input", {"minLength": 1, "maxLength": 9}, []),
        ("num", "input", {"minValue": 1, "maxValue": 9}, []),
        ("text", "label", {"maxLength": 9}, []),
    ],
)
@BOTH
def test_a_limit_is_kept_or_said_not_to_be(
    standard: str, datatype: str, kind: str, values: dict[str, Any], said: list[str]
) -> None:
    part = field("F99000001", "Angabe", datatype, kind, more=limits(standard, **values))
    _, to_do, text = made(xdf(at(part), standard=standard))
    found = [one.partition("its limit ")[2].removesuffix(" is not kept here") for one in to_do if "its limit " in one]
    assert found == said
    assert all(one in text for one in said)


def test_what_files_may_be_and_limits_nobody_can_read_are_said() -> None:
    size = "<x:maxSize>{}</x:maxSize><x:mediaType>application/pdf</x:mediaType><x:mediaType>image/png</x:mediaType>"
    small, large_ = (
        field(f"F9900000{size_ % 9}", f"Datei {size_}", "file", more=size.format(size_))
        for size_ in (500_000, 99_000_001)
    )
    wrong = field("F99000009", "Text", more='<x:praezisierung minLength="zwei" laenge="3" maxLength="9"/>')
    definition, to_do, _ = made(xdf(at(small), at(large_), at(wrong), standard="3.0"))
    told = "\n".join(to_do)
    assert told.count("maxSize") == 1
    assert "its limit maxSize 500000 is not kept here" in told
    assert told.count("mediaType application/pdf") == 2
    assert "its limits cannot be read: minLength zwei, laenge 3" in told
    assert by_id(definition)["F99000009"].max_length == 9


@BOTH
def test_a_large_schema_is_read_whole(standard: str) -> None:
    data = large(150_000, standard)
    definition, _, _ = made(data, LARGE_LISTS)
    fields = [one for one in every(definition.fields) if one.fim]
    assert len(fields) > 350
    assert len({one.fim for one in fields}) == data.count(b"<x:bezeichnungEingabe>") - (standard == "2.0")
    assert len({one.options for one in fields if one.type is FieldType.CHOICE}) >= 1


KINDS = "<x:werte>" + "".join(
    f"<x:wert><x:code>00{n}</x:code><x:name>Art {n}</x:name></x:wert>" for n in range(1, 5)
) + "</x:werte>"  # fmt: skip


@pytest.mark.parametrize(
    ("often", "fitting", "others"),
    [
        ("1:2", [1, 2], {0: "Please choose at least one.", 3: "Bitte wählen Sie höchstens 2."}),
        ("2:3", [2, 3], {1: "Bitte wählen Sie mindestens 2.", 4: "Bitte wählen Sie höchstens 3."}),
        ("0:*", [0, 1, 4], {}),
        ("0:2", [0, 2], {3: "Bitte wählen Sie höchstens 2."}),
    ],
)
@BOTH
def test_of_choices_as_many_can_be_ticked_as_may_stand_there(
    standard: str, often: str, fitting: list[int], others: dict[int, str]
) -> None:
    definition, _, _ = made(xdf(at(field("F99000001", "Art", kind="select", more=KINDS), often), standard=standard))
    assert by_id(definition)["F99000001"].type is FieldType.CHOICES
    chosen = {number: [f"00{n}" for n in range(1, number + 1)] for number in range(5)}
    for number in fitting:
        answers = validate(definition.steps, {"art": chosen[number]}, {}, today=date(2026, 11, 27))
        given = export.as_json(definition, answers, {})["data"]
        assert given == ({"F99000001": chosen[number]} if number else {})
    for number, message in others.items():
        with pytest.raises(RuleViolation) as refused:
            validate(definition.steps, {"art": chosen[number]}, {}, today=date(2026, 11, 27))
        assert [one.message.format(**one.params) for one in refused.value.errors] == [message]


@pytest.mark.parametrize(
    ("often", "most", "required", "said"),
    [
        ("0:*", 5, False, ["more than 5 files may come there, and here at most 5"]),
        ("1:3", 3, True, []),
        ("2:2", 2, True, ["at least 2 files are wanted there, and here one"]),
    ],
)
def test_several_files_come_together(often: str, most: int, required: bool, said: list[str]) -> None:
    definition, to_do, _ = made(xdf(at(field("F99000001", "Nachweis", "file"), often), standard="3.0"))
    proof = by_id(definition)["F99000001"]
    assert (proof.type, proof.max_files, proof.required) == (FieldType.FILE, most, required)
    assert [one.partition("(F99000001): ")[2] for one in to_do if "F99000001" in one] == said
    given = export.as_json(definition, {}, {"nachweis": ["file-1", "file-2"]})
    assert given["data"] == {"F99000001": ["file-1", "file-2"]}


def test_what_the_portal_adds_to_a_description_describes_nothing() -> None:
    moved = "\n\t\t\t\tOriginalwerte der XDF2-Datei:\n\t\t\t\tID: S99000001\n\t\t\t\tStatus: aktiv"
    part = at(field("F99000001", "Name"))
    told = {"definition": "Wer Falken halten will, braucht eine Prüfung.", "standard": "3.0"}
    definition, _, _ = made(xdf(part, beschreibung=f"LeiKa-Schlüssel: 99050110001000\n{moved}", **told))
    assert definition.leika == "99050110001000"
    assert str(definition.description) == str(definition.summary) == told["definition"]
    definition, _, _ = made(xdf(part, beschreibung=f"Für Falknerinnen.{moved}", **told))
    assert (definition.leika, str(definition.summary)) == (None, "Für Falknerinnen.")
