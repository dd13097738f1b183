"""Reading XDatenfelder 2.0 and 3.0. Pure.

Both say the same in different words: in 2.0 the limits of an answer are a JSON text with numbers in quotes, in 3.0 they
are attributes; names and rules have other elements. Source: FIM-Baustein Datenfelder, XDatenfelder 2.0 and 3.0.0.
"""

import json
import re
from typing import Any
from xml.etree.ElementTree import Element

from services.fim.elements import described, identity_of, legal_basis_of, names_of, refuse_repetitions, rules_of
from services.fim.schema import CodeListReference, DataField, DataGroup, Limits, Part, Placed, Schema
from services.fim.xml_reading import Refused, children, local, only_child, only_said, root_of, split, text, words

FAMILY = "urn:xoev-de:fim:standard:xdatenfelder_"
SCHEMA_ROOT = "xdatenfelder.stammdatenschema.0102"
GROUP_ROOT = "xdatenfelder.datenfeldgruppe.0103"
KINDS = frozenset({"input", "select", "label", "hidden", "locked"})
_OFTEN = re.compile(r"(\d{1,6}):(\d{1,6}|\*)")
MOST_PARTS = 10_000
Key = tuple[str, str, str]


def read(data: bytes, *, group: bool = False) -> Schema:
    """The schema in `data`. With `group`, a file that holds one group of data fields is read as a schema of its own.

    Raises Refused with one sentence.
    """
    root = root_of(data)
    standard = _standard(root)
    refuse_repetitions(root)
    name = local(root)
    if name == GROUP_ROOT and group:
        return _Reader(standard, root).group_alone()
    if name == GROUP_ROOT:
        raise Refused(f"the root element is {name}, a group of data fields and no Stammdatenschema (--group takes it)")
    if name != SCHEMA_ROOT:
        raise Refused(f"the root element is {name}; only {SCHEMA_ROOT} can be imported")
    return _Reader(standard, root).schema()


def _standard(root: Element) -> str:
    """The version of XDatenfelder, as the namespace names it."""
    namespace, name = split(root.tag)
    if not namespace.startswith(FAMILY):
        said = f"the namespace {namespace}" if namespace else "no namespace"
        raise Refused(f"this is no XDatenfelder file: its root element {name} has {said}")
    version = namespace.removeprefix(FAMILY)
    if version in ("2", "2.0"):
        return "2.0"
    if re.fullmatch(r"3\.0(\.\d+)?", version):
        return "3.0"
    raise Refused(f"this is XDatenfelder {_dotted(version)}; only 2.0 and 3.0 can be imported (namespace {namespace})")


def _dotted(version: str) -> str:
    return f"{version}.0" if version.isdigit() else version


class _Reader:
    """Reads one file; knows what has been read, so that one id means one thing."""

    def __init__(self, standard: str, root: Element) -> None:
        self.standard, self.root = standard, root
        self.known: dict[Key, Part] = {}
        self.read: dict[Element, Part] = {}
        self.written: dict[tuple[str, str], dict[str, Element]] = {}
        for one in root.iter():
            if local(one) in _PARTS and not _is_reference(one):
                kind, number, version = _key(one)
                self.written.setdefault((kind, number), {})[version] = one

    def schema(self) -> Schema:
        element = only_child(self.root, "stammdatenschema")
        if element is None:
            raise Refused("the file has no “stammdatenschema”")
        number, version = identity_of(element)
        name = words(text(element, "name")) or number
        description, leika = described(element)
        return Schema(
            standard=self.standard,
            id=number,
            version=version,
            name=name,
            label=words(text(element, "bezeichnung") or text(element, "bezeichnungEingabe")) or name,
            description=description,
            help=text(element, "hilfetext"),
            legal_basis=legal_basis_of(element),
            rules=rules_of(element),
            children=_affordable(self._children(element, ())),
            leika=leika,
        )

    def group_alone(self) -> Schema:
        element = only_child(self.root, "datenfeldgruppe")
        if element is None:
            raise Refused("the file has no “datenfeldgruppe”")
        group = self._group(element, ())
        description, _ = described(element)
        return Schema(
            self.standard, group.id, group.version, group.name, group.label, description, group.help,
            legal_basis_of(element), (), _affordable((Placed(1, 1, group),)),
        )  # fmt: skip

    def _children(self, element: Element, within: tuple[str, ...]) -> tuple[Placed, ...]:
        return tuple(self._placed(place, element, within) for place in children(element, "struktur"))

    def _placed(self, place: Element, parent: Element, within: tuple[str, ...]) -> Placed:
        owner = identity_of(parent)[0]
        holder = only_child(place, "enthaelt")
        parts = [one for one in holder if local(one) in _PARTS] if holder is not None else []
        if len(parts) != 1:
            raise Refused(f"{owner}: a “struktur” must contain one field or group, and contains {len(parts)}")
        said = text(place, "anzahl")
        often = _OFTEN.fullmatch(said)
        if often is None:
            raise Refused(f"{owner}: “{said}” is no number of repetitions such as 0:1 or 1:*")
        least, most = int(often[1]), None if often[2] == "*" else int(often[2])
        if most is not None and least > most:
            raise Refused(f"{owner}: “{said}” asks for more than it allows")
        return Placed(least, most, self._part(parts[0], within))

    def _part(self, element: Element, within: tuple[str, ...]) -> Part:
        element = self._written(element)
        key = _key(element)
        number = key[1]
        if number in within:
            raise Refused(f"{number} contains itself ({' → '.join((*within[within.index(number) :], number))})")
        if element not in self.read:  # once: groups that refer to groups would otherwise double at each level
            self.read[element] = self._group(element, within) if key[0] == "datenfeldgruppe" else _field(element)
        part = self.read[element]
        before = self.known.setdefault(key, part)
        if before != part:
            raise Refused(f"{number} {key[2]} stands in the file twice, and says different things".replace("  ", " "))
        return before

    def _written(self, element: Element) -> Element:
        """The element itself, or the one elsewhere in the file that its id refers to."""
        if not _is_reference(element):
            return element
        kind, number, version = _key(element)
        called = self.written.get((kind, number), {})
        found = called.get(version) if version else next(iter(called.values()), None)
        if found is None:
            raise Refused(f"{number} {version}".strip() + " is referred to, and is not in the file")
        return found

    def _group(self, element: Element, within: tuple[str, ...]) -> DataGroup:
        number, version = identity_of(element)
        return DataGroup(
            number,
            version,
            *names_of(element, number),
            is_choice=text(element, "art") == "X",
            rules=rules_of(element),
            children=self._children(element, (*within, number)),
        )


_PARTS = ("datenfeld", "datenfeldgruppe")


def _affordable(children: tuple[Placed, ...]) -> tuple[Placed, ...]:
    """`children`, unless they come to too many where each reference stands for what it refers to. Raises Refused."""
    sizes: dict[int, int] = {}

    def size(placed: tuple[Placed, ...]) -> int:
        for one in placed:
            if id(one.part) not in sizes:
                sizes[id(one.part)] = 1 + (size(one.part.children) if isinstance(one.part, DataGroup) else 0)
        return sum(sizes[id(one.part)] for one in placed)

    if size(children) > MOST_PARTS:
        raise Refused(f"the schema comes to more than {MOST_PARTS:,} fields and groups")
    return children


def _key(element: Element) -> Key:
    number, version = identity_of(element)
    return local(element), number, version


def _is_reference(element: Element) -> bool:
    return all(local(one) == "identifikation" for one in element)


def _field(element: Element) -> DataField:
    number, version = identity_of(element)
    kind = text(element, "feldart") or "input"
    if kind not in KINDS:
        raise Refused(f"{number}: “{kind}” is no kind of field (feldart)")
    return DataField(
        number,
        version,
        *names_of(element, number),
        kind=kind,
        datatype=text(element, "datentyp") or "text",
        limits=_limits(only_child(element, "praezisierung"), _of_files(element)),
        content=only_said(element, "inhalt"),
        code_list=_code_list(only_child(element, "codelisteReferenz")),
        values=_values(only_child(element, "werte")),
        rules=rules_of(element),
    )


def _of_files(element: Element) -> tuple[tuple[str, str], ...]:
    """How large (in bytes) and of which media types a file may be, as 3.0 has it."""
    found = [(name, one.text or "") for name in ("maxSize", "mediaType") for one in children(element, name)]
    return tuple((name, words(value)) for name, value in found if value.strip())


def _limits(element: Element | None, of_files: tuple[tuple[str, str], ...]) -> Limits:
    if element is None:
        return Limits(of_files=of_files)
    given: dict[str, Any] = dict(element.attrib)
    note = ""
    if not given and (said := (element.text or "").strip()):
        try:
            given = json.loads(said)
        except ValueError:
            given = {}
        if not isinstance(given, dict) or not given:
            given, note = {}, words(said)
    values = {key: str(value).strip() for key, value in given.items()}
    unread = [f"{key} {value}" for key, value in values.items() if value and not _is_read(key, value)]
    return Limits(
        _length(values.get("minLength")),
        _length(values.get("maxLength")),
        values.get("minValue") or None,
        values.get("maxValue") or None,
        values.get("pattern") or None,
        of_files,
        note or words(", ".join(unread)),
    )


def _is_read(key: str, value: str) -> bool:
    if key in ("minLength", "maxLength"):
        return _length(value) is not None
    return key in ("minValue", "maxValue", "pattern")


def _length(value: str | None) -> int | None:
    return int(value) if value and re.fullmatch(r"\d{1,9}", value) else None


def _code_list(element: Element | None) -> CodeListReference | None:
    if element is None:
        return None
    inner = only_child(element, "genericodeIdentification")
    names = element if inner is None else inner
    identity = only_child(element, "identifikation")
    found = CodeListReference(
        text(identity, "id") if identity is not None else "",
        text(names, "canonicalIdentification"),
        text(names, "version"),
        text(names, "canonicalVersionUri"),
    )
    return found if str(found) else None


def _values(element: Element | None) -> tuple[tuple[str, str], ...]:
    """The values that stand in the schema itself."""
    if element is None:
        return ()
    pairs = [(text(one, "code"), words(text(one, "name"))) for one in children(element, "wert")]
    return tuple((code, name or code) for code, name in pairs if code)
