"""Where the values of a code list come from: bundled with the house, or from a genericode file that came along. Pure.

Nothing is ever fetched: a list that nobody has is said to be missing.
"""

from collections.abc import Iterable, Mapping
from xml.etree.ElementTree import Element

from services.fim.field_conversion import Lists, Values
from services.fim.schema import CodeListReference
from services.fim.xml_reading import Refused, children, local, only_child, root_of, text, words
from services.form.code_lists import UnknownCodeList, find

Given = Mapping[str, Values]
KEYS = ("code", "schluessel", "schlüssel", "key", "codewert")
NAMES = ("name", "beschreibung", "bezeichnung", "wert", "codename")


def known(given: Given) -> Lists:
    """Looks a list up: first among those that came along, then among the bundled ones."""

    def look(reference: CodeListReference) -> str | Values | None:
        names = [one for one in (reference.version_urn, str(reference), reference.urn, reference.id) if one]
        values = next((given[name] for name in names if name in given), None)
        return values if values else bundled(names)

    return look


def bundled(names: Iterable[str]) -> str | None:
    """The bundled list with one of these names, if there is one. A list is taken in whatever version is bundled."""
    for name in names:
        try:
            return find(name).name
        except UnknownCodeList:
            continue
    return None


def read_genericode(data: bytes) -> tuple[tuple[str, ...], Values]:
    """The names (URNs) and values of one genericode file, as code lists are published. Raises Refused."""
    root = root_of(data)
    if local(root) != "CodeList":
        raise Refused(f"the root element is {local(root)}; a code list is a genericode file (CodeList)")
    identity = only_child(root, "Identification")
    names = [text(identity, one) for one in ("CanonicalVersionUri", "CanonicalUri")] if identity is not None else []
    simple = only_child(root, "SimpleCodeList")
    if simple is None:
        raise Refused("the code list has no values of its own (SimpleCodeList)")
    key, name = _columns(root)
    values = [_row(row, key, name) for row in children(simple, "Row")]
    return tuple(one for one in names if one), tuple((code, said or code) for code, said in values if code)


def _columns(root: Element) -> tuple[str, str]:
    """The ids of the columns for code and name: the key that the list names itself, and what is called like a name."""
    columns = only_child(root, "ColumnSet")
    if columns is None:
        raise Refused("the code list does not name its columns (ColumnSet)")
    ids = [one.get("Id", "") for one in children(columns, "Column")]
    keyed = [ref.get("Ref", "") for key in children(columns, "Key") for ref in children(key, "ColumnRef")]
    key = next((one for one in keyed if one in ids), None) or _called(ids, KEYS) or (ids[0] if ids else "")
    rest = [one for one in ids if one != key]
    return key, _called(rest, NAMES) or (rest[0] if rest else key)


def _called(ids: list[str], wanted: tuple[str, ...]) -> str | None:
    return next((one for name in wanted for one in ids if one.lower() == name), None)


def _row(row: Element, key: str, name: str) -> tuple[str, str]:
    values = {one.get("ColumnRef", ""): words(text(one, "SimpleValue")) for one in children(row, "Value")}
    return values.get(key, ""), values.get(name, "")
