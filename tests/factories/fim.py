"""XDatenfelder files of our own making, in the shapes of the two versions."""

from typing import Any
from xml.sax.saxutils import escape

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


def large(bytes_wanted: int, standard: str = "2.0") -> bytes:
    """A schema of about this size: groups of ten fields."""
    groups, size = [], 0
    while size < bytes_wanted:
        number = len(groups)
        fields = [
            at(field(f"F99{number:04}{n:02}", f"Angabe {number} {n}", more=limits(standard, maxLength=80)), "0:1")
            for n in range(10)
        ]
        groups.append(at(group(f"G99{number:06}", f"Gruppe {number}", *fields), "0:2"))
        size += len(groups[-1])
    return xdf(*groups, standard=standard)
