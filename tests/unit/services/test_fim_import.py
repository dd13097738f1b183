"""XDatenfelder 2.0 and 3.0 as definitions of services: the same question says the same in both."""

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from services.cli import services
from services.definitions import parse
from services.fim import export
from services.fim.code_lists import read_genericode
from services.fim.keys import key_of, slug_of
from services.fim.xdatenfelder import read
from services.fim.xml_reading import Refused
from services.form.fields import FieldType, every
from tests.factories.fim import (
    at,
    by_id,
    code_list,
    everything,
    field,
    genericode,
    group,
    group_reference,
    identity,
    limits,
    made,
    rule,
    xdf,
)

BOTH = pytest.mark.parametrize("standard", ["2.0", "3.0"])
SAMPLES = Path(__file__).parents[3] / ".." / "shared" / "data" / "xdatenfelder"
GIVEN: dict[str, tuple[tuple[str, str], ...]] = {"urn:de:test:rasse_1": (("001", "Dackel"), ("002", "Pudel"))}


@BOTH
def test_each_type_becomes_a_question_of_its_kind(standard: str) -> None:
    fields = by_id(made(everything(standard), GIVEN)[0])
    assert {number: one.type for number, one in fields.items()} == {
        "F99000012": FieldType.NOTE,
        "G99000001": FieldType.GROUP,
        "F99000001": FieldType.TEXT,
        "F99000002": FieldType.EMAIL,
        "F99000003": FieldType.DATE,
        "F99000004": FieldType.PHONE,
        "G99000002": FieldType.GROUP,
        "F99000005": FieldType.TEXT,
        "F99000006": FieldType.NUMBER,
        "F99000007": FieldType.INTEGER,
        "F99000008": FieldType.MONEY,
        "F99000009": FieldType.YES_NO,
        "F99000010": FieldType.CHOICE,
        "F99000011": FieldType.FILE,
        "F99000013": FieldType.LONG_TEXT,
    }


@BOTH
def test_limits_texts_and_rules_are_kept(standard: str) -> None:
    definition, _, _ = made(everything(standard), GIVEN)
    fields = by_id(definition)
    street = fields["F99000001"]
    assert (street.key, street.min_length, street.max_length) == ("strasse_und_hausnummer", 2, 120)
    assert str(fields["F99000003"].not_before) == "1900-01-01"
    assert fields["F99000005"].pattern == "[A-Z].*"
    assert (str(fields["F99000006"].minimum), str(fields["F99000006"].maximum)) == ("0.5", "120")
    assert [(one.value, one.label.de) for one in fields["F99000010"].options] == [("001", "Dackel"), ("002", "Pudel")]
    note = fields["F99000012"]
    assert (note.label.de, note.hint and note.hint.de) == ("Hinweis", "Bitte melden Sie jeden Hund an.")
    said = "R99000001 Erreichbar: Es muss E-Mail oder Telefon angegeben werden."
    assert fields["G99000001"].original_rules == (said,)
    assert definition.original_rules == ("R99000002 Gesamt: Mindestens ein Hund.",)
    assert not any(one.visible or one.check or one.computed for one in every(definition.fields))
    assert definition.fim == "S99000001V1.0"
    assert definition.legal_basis is not None
    assert definition.legal_basis.de == "§ 1 HundStG"


@BOTH
def test_top_groups_are_pages_and_repetitions_stay(standard: str) -> None:
    definition, _, _ = made(everything(standard), GIVEN)
    assert [one.title.de for one in definition.steps] == [
        "Angaben", "Halterin oder Halter", "Hund", "Weitere Angaben",
    ]  # fmt: skip
    fields = by_id(definition)
    dog = fields["G99000002"].repeats
    assert dog is not None
    assert (dog.least, dog.most) == (1, 100)
    phones = next(one for one in every(definition.fields) if one.key == "telefon" and one.fields)
    assert phones.repeats is not None
    assert (phones.repeats.least, phones.repeats.most, phones.fim) == (0, 3, None)
    assert fields["F99000002"].required is False
    assert fields["F99000001"].required is True
    assert fields["G99000001"].repeats is None


@pytest.mark.parametrize(
    ("often", "repeats"), [("0:*", (0, 100)), ("1:1", None), ("2:5", (2, 5)), ("0:1", (0, 1)), ("1:*", (1, 100))]
)
def test_how_often_a_group_may_stand_there(often: str, repeats: tuple[int, int] | None) -> None:
    definition, _, _ = made(xdf(at(group("G99000001", "Kind", at(field("F99000001", "Name"))), often)))
    found = by_id(definition)["G99000001"].repeats
    assert (found and (found.least, found.most)) == repeats


def test_both_versions_make_the_same_form() -> None:
    old, new = (made(everything(one), GIVEN)[0] for one in ("2.0", "3.0"))
    assert old.steps == new.steps


def test_a_list_that_nobody_has_becomes_a_text_with_a_note() -> None:
    definition, to_do, text = made(everything("2.0"))
    assert by_id(definition)["F99000010"].type is FieldType.TEXT
    assert any("F99000010" in one and "urn:de:test:rasse_1 is not here" in one for one in to_do)
    assert "# TO DO: its code list urn:de:test:rasse_1 is not here; it is a text" in text


def test_a_genericode_file_that_comes_along_is_taken() -> None:
    names, values = read_genericode(genericode("urn:de:test:rasse", {"001": "Dackel"}))
    assert "urn:de:test:rasse_1" in names
    definition, _, _ = made(everything("3.0"), dict.fromkeys(names, values))
    assert by_id(definition)["F99000010"].options[0].label.de == "Dackel"


def test_what_a_person_has_to_decide_is_said_and_marked() -> None:
    definition, to_do, text = made(everything("2.0"), GIVEN)
    for key in ("department", "login", "fee", "deadline", "contact", "retention", "summary"):
        assert any(one.startswith(f"to do: {key}: ") for one in to_do), key
        assert any(line.startswith("# TO DO") for line in text.split(f"\n{key}:")[0].splitlines()[-1:]), key
    assert definition.login is False
    assert yaml.safe_load(text)["slug"] == "hundesteuer-anmelden"


def test_keys_are_readable_unique_and_stable() -> None:
    taken: set[str] = set()
    names = ["Größe (in m²)", "Größe in m2", "2. Name", "  ", "Ø-Wert", "x" * 60, "x" * 60]
    keys = [key_of(name, f"F{number}", taken) for number, name in enumerate(names)]
    assert keys == ["groesse_in_m2", "groesse_in_m2_2", "f_2_name", "f3", "oe_wert", "x" * 40, "x" * 38 + "_2"]
    assert slug_of("Bewohnerparkausweis – Antrag für Straßen", "S1") == "bewohnerparkausweis-antrag-fuer-strassen"
    assert made(everything("2.0"))[2] == made(everything("2.0"))[2]


def test_what_cannot_be_filled_in_is_left_out_and_said() -> None:
    parts = (
        at(field("F99000001", "Kennung", kind="hidden")),
        at(field("F99000002", "Aktenzeichen", kind="locked")),
        at(field("F99000003", "Name"), "0:0"),
        at(group("G99000001", "Leer")),
        at(field("F99000004", "Wann", "datetime")),
        at(field("F99000005", "Etwas", "quantum")),
        at(field("F99000006", "Muster", more=limits("3.0", pattern="(a+)+$"))),
        at(field("F99000007", "Text", more="<x:praezisierung>nur Großbuchstaben</x:praezisierung>")),
    )
    definition, to_do, _ = made(xdf(*parts, standard="3.0"))
    said = "\n".join(to_do)
    fields = by_id(definition)
    assert set(fields) == {"F99000002", "F99000004", "F99000005", "F99000006", "F99000007"}
    assert fields["F99000002"].type is FieldType.NOTE
    assert fields["F99000006"].pattern is None
    for number in ("F99000001", "F99000003", "G99000001", "F99000004", "F99000005", "F99000006"):
        assert f"({number})" in said
    assert "nur Großbuchstaben" in said


def test_a_schema_without_fields_is_a_file_that_says_so() -> None:
    definition, to_do, _ = made(xdf())
    assert [one.type for one in definition.fields] == [FieldType.NOTE]
    assert any("has no field" in one for one in to_do)


def test_a_part_may_refer_to_one_that_stands_elsewhere() -> None:
    street = group("G99000001", "Anschrift", at(field("F99000001", "Straße")))
    reference = group_reference("G99000001")
    definition, _, _ = made(xdf(at(street), at(reference)))
    assert [one.key for one in definition.fields] == ["anschrift", "anschrift_2"]
    assert definition.fields[0].fields == definition.fields[1].fields


NAME = field("F99000001", "Name")
CYCLE = group_reference("G99000001")
DEEP = b"<a>" * 300 + b"</a>" * 300
BOMB = b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><a>&b;</a>'
DOUBLED = xdf(
    *(at(group(f"G99000{n:03}", "Zweimal", *[at(group_reference(f"G99000{n + 1:03}"))] * 2)) for n in range(40)),
    at(group("G99000040", "Ende", at(NAME))),
)
XXE = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no well-formed XML"),
        (b"<a>", "no well-formed XML (line 1"),
        (b"%PDF-1.7", "no well-formed XML"),
        (BOMB, "declares a document type or entities"),
        (XXE, "declares a document type or entities"),
        (b'<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x.dtd"><a/>', "declares a document type or entities"),
        (DEEP, "nested too deeply"),
        (xdf(at(NAME)).replace(b"UTF-8", b"ISO-8859-1"), "encoded in ISO-8859-1; it must be UTF-8"),
        (xdf(at(NAME)).decode().encode("utf-16"), "encoded in UTF-16; it must be UTF-8"),
        (xdf(at(field("F99000001", "Straße"))).replace("ß".encode(), b"\xdf"), "says that it is UTF-8, and is not"),
        (xdf(namespace="urn:xoev-de:fim:standard:xdatenfelder_1"), "this is XDatenfelder 1.0; only 2.0 and 3.0"),
        (xdf(namespace="urn:xoev-de:fim:standard:xdatenfelder_1.0"), "this is XDatenfelder 1.0; only 2.0 and 3.0"),
        (xdf(namespace="urn:xoev-de:fim:standard:xdatenfelder_9"), "this is XDatenfelder 9.0; only 2.0 and 3.0"),
        (xdf(namespace="urn:somebody:else"), "its root element xdatenfelder.stammdatenschema.0102 has the namespace"),
        (b"<html/>", "its root element html has no namespace"),
        (xdf(root="xdatenfelder.dokumentsteckbrief.0101"), "the root element is xdatenfelder.dokumentsteckbrief.0101"),
        (xdf(root="xdatenfelder.datenfeldgruppe.0103"), "xdatenfelder.datenfeldgruppe.0103, a group of data fields"),
        (xdf(at(NAME), at(field("F99000001", "Anders"))), "F99000001 1.0 stands in the file twice, and says different"),
        (DOUBLED, "the schema comes to more than 10,000 fields and groups"),
        (xdf(at(group("G99000001", "Ich", at(CYCLE)))), "G99000001 contains itself (G99000001 → G99000001)"),
        (xdf(at(f"<x:datenfeld>{identity('F99')}</x:datenfeld>")), "F99 1.0 is referred to, and is not in the file"),
        (xdf(at(NAME, "many")), "S99000001: “many” is no number of repetitions"),
        (xdf(at(NAME, "5:2")), "“5:2” asks for more than it allows"),
        (xdf("<x:struktur><x:anzahl>1:1</x:anzahl></x:struktur>"), "must contain one field or group, and contains 0"),
        (xdf(at(NAME + NAME)), "must contain one field or group, and contains 2"),
        (xdf(at(NAME), "<x:name>Noch einer</x:name>"), "S99000001: “name” is given 2 times"),
        (xdf(at(NAME), "<x:definition/><x:definition></x:definition>"), "S99000001: “definition” is given 2 times"),
        (xdf(at("<x:datenfeld><x:name>N</x:name></x:datenfeld>")), "a “datenfeld” has no id"),
        (xdf(at(field("F99000001", "N", kind="magic"))), "F99000001: “magic” is no kind of field"),
    ],
)
def test_what_is_no_schema_is_refused_in_one_sentence(data: bytes, says: str) -> None:
    with pytest.raises(Refused) as refused:
        read(data)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(services, ["import-fim", *map(str, arguments)])


def test_the_command_writes_a_file_that_passes_the_check(tmp_path: Path) -> None:
    file, codes = tmp_path / "schema.xml", tmp_path / "rassen.xml"
    file.write_bytes(everything("3.0"))
    codes.write_bytes(genericode("urn:de:test:rasse", {"001": "Dackel"}))
    done = run(file, "--code-list", codes, "--out", tmp_path)
    assert done.exit_code == 0, done.output
    written = tmp_path / "hundesteuer-anmelden.yaml"
    assert "to do: department: " in done.output
    assert CliRunner().invoke(services, ["check", str(written)]).exit_code == 0
    assert run(file, "--out", tmp_path).exit_code == 2  # it is there already
    assert run(file, "--out", tmp_path, "--force").exit_code == 0
    named = tmp_path / "hund.yaml"
    assert run(file, "--out", named).exit_code == 0
    assert parse(named.read_text(), named.name).slug == "hund"


def test_without_a_place_the_file_is_printed(tmp_path: Path) -> None:
    file = tmp_path / "schema.xml"
    file.write_bytes(everything("2.0"))
    done = run(file)
    assert done.exit_code == 0
    assert parse(done.stdout, "<text>").slug == "hundesteuer-anmelden"


@pytest.mark.parametrize("data", [b"<a>", BOMB, XXE, xdf(namespace="urn:xoev-de:fim:standard:xdatenfelder_1")])
def test_the_command_says_one_line_and_ends_with_1(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "wrong.xml"
    file.write_bytes(data)
    done = run(file)
    assert done.exit_code == 1
    assert done.output.startswith("wrong.xml: ")
    assert len(done.output.splitlines()) == 1


def test_wrong_usage_ends_with_2(tmp_path: Path) -> None:
    assert run(tmp_path / "none.xml").exit_code == 2
    assert run().exit_code == 2


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the real samples are not on this machine")
@pytest.mark.parametrize("name", ["v2_minimal.xml", "v2_select.xml", "v2_simple.xml", "v3_input.xml", "v3_simple.xml"])
def test_real_samples(name: str) -> None:
    definition, _, _ = made((SAMPLES / name).read_bytes(), of_group=name.startswith("v3"))
    assert definition.fim
    assert "F" in "".join(by_id(definition)) or name == "v2_minimal.xml"


def test_rules_of_2_and_3_are_texts_alike() -> None:
    texts = {
        read(xdf(rule("R99000001", "Regel", "Wenn A, dann B.", one), standard=one)).rules for one in ("2.0", "3.0")
    }
    assert len(texts) == 1


def test_a_list_named_only_by_its_id_is_found_by_it() -> None:
    reference = "<x:codelisteReferenz><x:identifikation><x:id>C99</x:id></x:identifikation></x:codelisteReferenz>"
    data = xdf(at(field("F99000001", "Art", kind="select", more=reference)))
    definition, _, _ = made(data, {"C99": (("1", "Eins"),)})
    assert by_id(definition)["F99000001"].options[0].value == "1"
    assert code_list("2.0", "urn:x").count("genericode") == 2


def test_a_state_is_chosen_and_given_out_under_its_key() -> None:
    urn = "urn:de:bund:destatis:bevoelkerungsstatistik:schluessel:staat"
    part = field("F60000000261", "Staat", kind="select", more=code_list("3.0", urn, "2023-02-24"))
    definition, to_do, text = made(xdf(at(part), standard="3.0"))
    assert by_id(definition)["F60000000261"].code_list == "states"
    assert "code_list: states" in text
    assert not any("F60000000261" in one for one in to_do)
    assert export.as_json(definition, {"staat": "163"}, {})["data"] == {"F60000000261": "163"}


def test_a_bundled_list_is_named_and_never_copied() -> None:
    urn = "urn:de:bund:destatis:bevoelkerungsstatistik:schluessel:bundesland"
    for version in ("1", "2099-01-01"):
        data = xdf(at(field("F99000001", "Land", kind="select", more=code_list("3.0", urn, version))), standard="3.0")
        definition, to_do, _ = made(data)
        assert by_id(definition)["F99000001"].code_list == "german-states"
    assert any("is bundled in another version" in one for one in to_do)
