"""What elements of every kind say in XDatenfelder: id, names, legal basis, rules, and what they describe. Pure."""

import re
from collections import Counter
from xml.etree.ElementTree import Element

from services.fim.schema import Rule
from services.fim.xml_reading import Refused, children, local, only_child, text, words

SAID_ONCE = frozenset(
    {
        *("name", "bezeichnung", "bezeichnungEingabe", "bezeichnungAusgabe", "beschreibung", "definition"),
        *("hilfetext", "hilfetextEingabe", "hilfetextAusgabe", "status", "freigabestatus", "schemaelementart"),
        *("feldart", "datentyp", "praezisierung", "codelisteReferenz", "werte", "art", "freitextRegel"),
    }
)
"""What both versions of the standard let an element say once, whether or not anything is made of it here."""
_FROM_2_0 = re.compile(r"\s*Originalwerte der XDF2-Datei:")
_LEIKA = re.compile(r"LeiKa-?(?:Schlüssel|ID)?\s*:?\s*(99\d{12})\b\.?")


def identity_of(element: Element) -> tuple[str, str]:
    """Id and version. Raises Refused."""
    identity = only_child(element, "identifikation")
    number = text(identity, "id") if identity is not None else ""
    if not re.fullmatch(r"[A-Za-z]{1,3}[A-Za-z0-9_.-]{1,40}", number):
        raise Refused(f"a “{local(element)}” has no id that FIM knows (“{number[:40]}”)")
    version = text(identity, "version") if identity is not None else ""
    return number, version[:40]


def refuse_repetitions(root: Element) -> None:
    """Raises Refused when an element of the file says twice what it may say once."""
    for element in root.iter():
        for name, number in Counter(map(local, element)).items():
            if number > 1 and name in SAID_ONCE:
                only_child(element, name)


def names_of(element: Element, number: str) -> tuple[str, str, str]:
    """Name, label and help."""
    name = words(text(element, "name")) or words(text(element, "bezeichnungEingabe")) or number
    return name, words(text(element, "bezeichnungEingabe")) or name, text(element, "hilfetextEingabe")


def described(element: Element) -> tuple[str, str]:
    """What a schema says of itself, and the LeiKa key that some say there.

    The portal's converter adds to the description of each part what it was called in 2.0, which describes nothing.
    """
    said = _FROM_2_0.split(text(element, "beschreibung"))[0]
    found = _LEIKA.search(said)
    return _LEIKA.sub("", said).strip() or text(element, "definition"), found[1] if found else ""


def legal_basis_of(element: Element) -> str:
    """Each `bezug`: one in 2.0, several in 3.0."""
    found = [words(one.text or "") for one in children(element, "bezug")]
    return "; ".join(one for one in found if one)


def rules_of(element: Element) -> tuple[Rule, ...]:
    return tuple(_rule(one) for one in children(element, "regel"))


def _rule(element: Element) -> Rule:
    said = text(element, "freitextRegel") or text(element, "definition") or text(element, "beschreibung")
    return Rule(identity_of(element)[0], words(text(element, "name")), words(said))
