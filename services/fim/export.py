"""The answers of a request under the ids of FIM, as XML and as JSON. Pure.

Only what has an id there is in it, in the schema's order. A group stands as often as it was filled in. What is sealed
or internal to the house (reference, PIN, files themselves) is not: a file is named by its id with us.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

from services.definitions import ServiceDefinition
from services.form.code_lists import options_of
from services.form.fields import CHOOSING, FieldType, FormField

NAMESPACE = "urn:xoev-de:xfall:standard:fim-"
Files = Mapping[str, Sequence[str]]
"""Ids of files by the way of their field, such as `children.0.certificate`."""
NUMBERS = frozenset({FieldType.NUMBER, FieldType.MONEY})


@dataclass(frozen=True)
class Node:
    """One element: an id with a value, or with further elements. `is_list`: it may stand there several times."""

    id: str
    value: Any
    is_list: bool = False


def schema_of(definition: ServiceDefinition) -> tuple[str, str]:
    """Id and version of the schema; ("", "") when the service has none."""
    number, _, version = (definition.fim or "").partition("V")
    return number, version


def as_json(definition: ServiceDefinition, answers: Mapping[str, Any], files: Files) -> dict[str, Any]:
    """The request for JSON: numbers as numbers, what may be repeated as lists."""
    number, version = schema_of(definition)
    nodes = list(_nodes(definition.fields, answers, files, ""))
    return {"schema": {"id": number, "version": version}, "data": _object(nodes)}


def as_xml(definition: ServiceDefinition, answers: Mapping[str, Any], files: Files) -> bytes:
    """The request as XML: elements are called by their ids, in a namespace that names schema and version."""
    number, version = schema_of(definition)
    namespace = f"{NAMESPACE}{number.lower()}_{version}" if version else f"{NAMESPACE}{number.lower()}"
    root = ElementTree.Element(number, {"xmlns": namespace})
    _append(root, list(_nodes(definition.fields, answers, files, "")))
    ElementTree.indent(root)
    written: bytes = ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return written


def _nodes(fields: Sequence[FormField], answers: Mapping[str, Any], files: Files, way: str) -> Iterator[Node]:
    for field in fields:
        path = f"{way}{field.key}"
        if field.type is FieldType.GROUP:
            yield from _group(field, answers.get(field.key), files, path)
        elif field.type is FieldType.FILE:
            yield from (Node(field.fim, one, field.max_files > 1) for one in files.get(path, ()) if field.fim)
        elif field.fim and (value := answers.get(field.key)) is not None:
            several = value if isinstance(value, list) else [value]
            is_list = field.type is FieldType.CHOICES
            yield from (Node(field.fim, _plain(field, one), is_list) for one in several)


def _group(field: FormField, value: Any, files: Files, path: str) -> Iterator[Node]:
    repeats = field.repeats is not None
    items = value if isinstance(value, list) else [value]
    is_list = repeats and field.repeats is not None and field.repeats.most > 1
    for number, item in enumerate(items):
        if not isinstance(item, Mapping):
            continue
        inner = _nodes(field.fields, item, files, f"{path}.{number}." if repeats else f"{path}.")
        if field.fim:
            yield Node(field.fim, list(inner), is_list)
        else:  # a field that may be repeated: its group is ours, not FIM's
            yield from (Node(one.id, one.value, is_list or one.is_list) for one in inner)


def _plain(field: FormField, value: Any) -> Any:
    if field.type in CHOOSING:
        return next((one.code for one in options_of(field) if one.value == value and one.code), value)
    if isinstance(value, Mapping):
        if field.type is FieldType.CONSENT:
            return bool(value.get("given"))
        return ", ".join(str(part) for part in value.values() if part not in (None, ""))
    if field.type in NUMBERS:
        return Decimal(str(value))
    return value


def _object(nodes: Sequence[Node]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for node in nodes:
        value = _object(node.value) if isinstance(node.value, list) else _number(node.value)
        if node.is_list:
            found.setdefault(node.id, []).append(value)
        elif node.id not in found:
            found[node.id] = value
        else:  # the same field at two places of one group
            before = found[node.id]
            found[node.id] = [*(before if isinstance(before, list) else [before]), value]
    return found


def _number(value: Any) -> Any:
    """JSON's numbers have no digits to keep."""
    return float(value) if isinstance(value, Decimal) else value


def _append(parent: ElementTree.Element, nodes: Sequence[Node]) -> None:
    for node in nodes:
        element = ElementTree.SubElement(parent, node.id)
        if isinstance(node.value, list):
            _append(element, node.value)
        else:
            element.text = _written(node.value)


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
