"""XDatenfelder files of our own making, in the shapes of the two versions."""

from typing import Any
from xml.sax.saxutils import escape

from services.definitions import ServiceDefinition, parse
from services.fim.code_lists import known
from services.fim.conversion import convert
from services.fim.writing import as_yaml, report
from services.fim.xdatenfelder import read
from services.form.fields import FormField, every

NAMESPACES = {"2.0": "urn:xoev-de:fim:standard:xdatenfelder_2", "3.0": "urn:xoev-de:fim:standard:xdatenfelder_3.0.0"}
SCHEMA_ROOT = "xdatenfelder.stammdatenschema.0102"


def xdf(*parts: str, standard: str = "2.0", root: str = SCHEMA_ROOT, namespace: str = "", **texts: str) -> bytes:
    """A Stammdatenschema with these parts at the top."""
    name = "bezeichnung" if standard == "3.0" else "bezeichnungEingabe"
    said = {"name": "Hundesteuer", name: "Hundesteuer anmelden", "beschreibung": "Anmeldung eines Hundes"} | texts
    inner = "".join(f"<x:{tag}>{escape(text)}</x:{tag}>" for tag, text in said.items())
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<x:{root} xmlns:x="{namespace or NAMESPACES[standard]}"><x:header><x:nachrichtID>1</x:nachrichtID></x:header>'
        f"<x:stammdatenschema>{identity('S99000001', '1.0')}{inner}{''.join(parts)}</x:stammdatenschema></x:{root}>"
    ).encode()


def identity(number: str, version: str = "1.0") -> str:
    return f"<x:identifikation><x:id>{number}</x:id><x:version>{version}</x:version></x:identifikation>"


def at(part: str, often: str = "1:1") -> str:
    """A part at its place."""
    return f"<x:struktur><x:anzahl>{often}</x:anzahl><x:enthaelt>{part}</x:enthaelt></x:struktur>"


def group(number: str, name: str, *inner: str, more: str = "", version: str = "1.0") -> str:
    return (
        f"<x:datenfeldgruppe>{identity(number, version)}<x:name>{escape(name)}</x:name>"
        f"<x:bezeichnungEingabe>{escape(name)}</x:bezeichnungEingabe>{more}{''.join(inner)}</x:datenfeldgruppe>"
    )


def group_reference(number: str) -> str:
    """A group that stands elsewhere in the file."""
    return f"<x:datenfeldgruppe>{identity(number)}</x:datenfeldgruppe>"


def field(
    number: str, name: str, datatype: str = "text", kind: str = "input", more: str = "", version: str = "1.0"
) -> str:
    return (
        f"<x:datenfeld>{identity(number, version)}<x:name>{escape(name)}</x:name>"
        f"<x:bezeichnungEingabe>{escape(name)}</x:bezeichnungEingabe>"
        f"<x:feldart><code>{kind}</code></x:feldart><x:datentyp><code>{datatype}</code></x:datentyp>"
        f"{more}</x:datenfeld>"
    )


def limits(standard: str, **values: Any) -> str:
    """Limits as 2.0 (a JSON text with numbers in quotes) or 3.0 (attributes) has them."""
    if standard == "2.0":
        inner = ",".join(f'"{name}":"{value}"' for name, value in values.items())
        return f"<x:praezisierung>{{{inner}}}</x:praezisierung>"
    return "<x:praezisierung " + " ".join(f'{name}="{value}"' for name, value in values.items()) + "/>"


def code_list(standard: str, urn: str, version: str = "1") -> str:
    names = (
        f"<x:canonicalIdentification>{urn}</x:canonicalIdentification><x:version>{version}</x:version>"
        f"<x:canonicalVersionUri>{urn}_{version}</x:canonicalVersionUri>"
    )
    if standard == "2.0":
        names = f"<x:genericodeIdentification>{names}</x:genericodeIdentification>"
    return f"<x:codelisteReferenz>{names}</x:codelisteReferenz>"


def rule(number: str, name: str, text: str, standard: str = "2.0") -> str:
    tag = "definition" if standard == "2.0" else "freitextRegel"
    return (
        f"<x:regel>{identity(number)}<x:name>{name}</x:name><x:{tag}>{escape(text)}</x:{tag}>"
        "<x:script>throw new Error()</x:script></x:regel>"
    )


def genericode(urn: str, values: dict[str, str]) -> bytes:
    rows = "".join(
        f'<Row><Value ColumnRef="code"><SimpleValue>{code}</SimpleValue></Value>'
        f'<Value ColumnRef="name"><SimpleValue>{escape(name)}</SimpleValue></Value></Row>'
        for code, name in values.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><gc:CodeList '
        'xmlns:gc="http://docs.oasis-open.org/codelist/ns/genericode/1.0/"><Identification>'
        f"<ShortName>x</ShortName><CanonicalUri>{urn}</CanonicalUri><CanonicalVersionUri>{urn}_1</CanonicalVersionUri>"
        '</Identification><ColumnSet><Column Id="code"/><Column Id="name"/>'
        '<Key Id="codeKey"><ColumnRef Ref="code"/></Key></ColumnSet>'
        f"<SimpleCodeList>{rows}</SimpleCodeList></gc:CodeList>"
    ).encode()


def everything(standard: str) -> bytes:
    """One of each: types, cardinalities, groups in groups, limits, rules, lists, labels."""
    person = group(
        "G99000001",
        "Halterin oder Halter",
        at(field("F99000001", "Straße & Hausnummer", more=limits(standard, minLength=2, maxLength=120))),
        at(field("F99000002", "E-Mail-Adresse"), "0:1"),
        at(field("F99000003", "Geburtsdatum", "date", more=limits(standard, minValue="1900-01-01"))),
        at(field("F99000004", "Telefon"), "0:3"),
        more=rule("R99000001", "Erreichbar", "Es muss E-Mail oder Telefon angegeben werden.", standard),
    )
    dog = group(
        "G99000002",
        "Hund",
        at(field("F99000005", "Rufname", more=limits(standard, maxLength=60, pattern="[A-Z].*"))),
        at(field("F99000006", "Gewicht", "num", more=limits(standard, minValue="0.5", maxValue="120"))),
        at(field("F99000007", "Alter in Jahren", "num_int", more=limits(standard, minValue=0, maxValue=30))),
        at(field("F99000008", "Kaufpreis", "num_currency"), "0:1"),
        at(field("F99000009", "Gechippt?", "bool")),
        at(field("F99000010", "Rasse", kind="select", more=code_list(standard, "urn:de:test:rasse"))),
        at(field("F99000011", "Impfpass", "file"), "0:1"),
    )
    note = field("F99000012", "Hinweis", kind="label", more="<x:inhalt>Bitte melden Sie jeden Hund an.</x:inhalt>")
    remark = field("F99000013", "Bemerkung", more=limits(standard, maxLength=2000))
    return xdf(
        rule("R99000002", "Gesamt", "Mindestens ein Hund.", standard),
        at(note), at(person), at(dog, "1:*"), at(remark, "0:1"),
        standard=standard, bezug="§ 1 HundStG",
    )  # fmt: skip


LARGE_LISTS = {
    f"urn:de:test:liste{number}": tuple(
        (code, f"Wert {code}") for code in ("a b", "a-b", "a/b", "ä", *map(str, range(9)))
    )
    for number in range(30)
}
"""The lists that `large` refers to: some of their codes could be no values, and come close to each other."""


def large(bytes_wanted: int, standard: str = "2.0") -> bytes:
    """A schema of about this size: pages of groups within groups, all types, many lists, and much that repeats."""
    pages, size = [], 0
    while size < bytes_wanted:
        number = len(pages)
        person = group(f"G991{number:05}", f"Person {number}", *_questions(f"F991{number:04}", number, standard))
        child = group(f"G992{number:05}", f"Kind {number}", *_questions(f"F992{number:04}", number + 7, standard))
        house = group(f"G993{number:05}", f"Haushalt {number}", at(person), at(child, "0:*"))
        page = group(
            f"G994{number:05}", f"Seite {number}", *_questions(f"F994{number:04}", number, standard), at(house)
        )
        pages.append(at(page, ("1:1", "1:*", "0:3")[number % 3]))
        size += len(pages[-1])
    return xdf(*pages, standard=standard)


def _questions(before: str, number: int, standard: str) -> list[str]:
    """A field of each type, with its limits; `before` begins their ids."""
    each: list[tuple[str, str, dict[str, Any], str]] = [
        ("Name", "text", {"maxLength": 80, "minLength": 2}, "1:1"),
        ("Rufnamen", "text", {"maxLength": 40}, "0:*"),
        ("Betrag", "num_currency", {"minValue": 0, "maxValue": 5000}, "0:1"),
        ("Anzahl", "num_int", {"minValue": 1, "maxValue": 9}, "1:1"),
        ("Anteil", "num", {"minValue": 0, "maxValue": 100}, "0:1"),
        ("Beginn", "date", {"minValue": "2000-01-01", "maxValue": "2030-12-31"}, "1:1"),
        ("Uhrzeit", "time", {}, "0:1"),
        ("Zutreffend", "bool", {}, "1:1"),
        ("Bemerkung", "text", {"maxLength": 2000}, "0:1"),
        ("Nachweis", "file", {}, "0:1"),
    ]
    made = [
        at(
            field(f"{before}{n:02}", f"{name} {number}", kind, more=limits(standard, **values) if values else ""),
            often,
        )
        for n, (name, kind, values, often) in enumerate(each)
    ]
    listed = code_list(standard, f"urn:de:test:liste{number % len(LARGE_LISTS)}")
    return [*made, at(field(f"{before}99", f"Auswahl {number}", kind="select", more=listed))]


def made(data: bytes, given: Any = None, *, of_group: bool = False) -> tuple[ServiceDefinition, list[str], str]:
    """The definition, what is left to do, and the file."""
    converted = convert(read(data, group=of_group), known(given or {}))
    text = as_yaml(converted, "test")
    return parse(text, f"{converted.content['slug']}.yaml"), report(converted.to_do), text


def by_id(definition: ServiceDefinition) -> dict[str, FormField]:
    return {one.fim: one for one in every(definition.fields) if one.fim}
