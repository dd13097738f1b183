"""XML files from outside, read without believing them. Pure.

No document type, no entities, nothing fetched: a file that wants any of it is refused with one sentence.
"""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

MOST_BYTES = 20 * 1024 * 1024
MOST_LEVELS = 200
"""Elements within each other. A group of data fields takes three, and nobody fills in sixty groups within groups."""
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")


class Refused(Exception):
    """The file is not what it should be; the message is one sentence for whoever sent it."""


def root_of(data: bytes) -> Element:
    """The root element of `data`, which must be UTF-8 as XÖV demands. Raises Refused."""
    if len(data) > MOST_BYTES:
        raise Refused(f"the file is too large: at most {MOST_BYTES // 1024**2} MB can be read")
    _check_encoding(data)
    try:
        root: Element = fromstring(data, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except DefusedXmlException:
        raise Refused("the file declares a document type or entities, which are never read") from None
    except ParseError as error:
        line, column = error.position
        raise Refused(f"this is no well-formed XML (line {line}, column {column + 1})") from None
    except (ValueError, LookupError):
        raise Refused("this is no well-formed XML") from None
    _check_depth(root)
    return root


def _check_encoding(data: bytes) -> None:
    declared = _DECLARED.match(data.removeprefix(b"\xef\xbb\xbf"))
    name = declared[1].decode() if declared else "UTF-8"
    if data.startswith(_WIDE):
        name = "UTF-16"
    if name.lower() not in ("utf-8", "utf8", "us-ascii"):
        raise Refused(f"the file is encoded in {name}; it must be UTF-8")
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Refused(f"the file says that it is UTF-8, and is not (line {line}, byte {error.start})") from None


def _check_depth(root: Element) -> None:
    level, depth = [root], 0
    while level:
        depth += 1
        if depth > MOST_LEVELS:
            raise Refused(f"the elements are nested too deeply: more than {MOST_LEVELS} levels")
        level = [child for element in level for child in element]


def split(tag: str) -> tuple[str, str]:
    """Namespace ("" without one) and local name of an element's tag."""
    namespace, brace, local = tag.rpartition("}")
    return (namespace[1:], local) if brace else ("", tag)


def local(element: Element) -> str:
    """The name without its namespace: XÖV's own tools write `code` without one, within elements that have one."""
    return split(element.tag)[1]


def children(element: Element, name: str) -> Iterator[Element]:
    return (child for child in element if local(child) == name)


def only_child(element: Element, name: str) -> Element | None:
    """The child of this name. Raises Refused when there are several."""
    found = list(children(element, name))
    if len(found) > 1:
        raise Refused(f"{_called(element)}: “{name}” is given {len(found)} times")
    return found[0] if found else None


def text(element: Element, name: str) -> str:
    """The text of the child of this name, or of its `code`, without blanks around it; "" when there is none.

    Raises Refused when there are several, even if they say the same, or nothing.
    """
    child = only_child(element, name)
    return "" if child is None else _said(child)


def only_said(element: Element, name: str) -> str:
    """The same of what the standard's own tools write a second time, empty. Raises Refused when two say something."""
    found = [one for one in map(_said, children(element, name)) if one]
    if len(found) > 1:
        raise Refused(f"{_called(element)}: “{name}” is given {len(found)} times")
    return found[0] if found else ""


def _said(element: Element) -> str:
    code = only_child(element, "code")
    return ((element if code is None else code).text or "").strip()


def words(value: str) -> str:
    """`value` on one line, with single blanks."""
    return " ".join(value.split())


def _called(element: Element) -> str:
    for part in element:
        if local(part) == "identifikation":
            number = next((one.text for one in part if local(one) == "id" and one.text), None)
            if number:
                return number.strip()
    return local(element)
