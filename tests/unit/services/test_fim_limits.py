"""What of a schema's lists and limits becomes of a question, and what is said where nothing does."""

from typing import Any

import pytest

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
