"""The two forms in which GeoReport speaks: JSON with arrays at the top, and XML. Pure.

Both say the same. In XML a list has a name for itself and one for each item; a moment has seconds and a zone (the W3C's
note on dates), a truth is `true` or `false`, and what is not known is an empty element.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any
from xml.etree import ElementTree

from config.plain_text import visible

ITEMS = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "service_request_updates": "request_update",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
    "notes": "note",
}
YEARS = range(1900, 2200)
"""Moments beyond cannot be reckoned with everywhere, and no report is of then."""
MEDIA_TYPES = {"json": "application/json; charset=utf-8", "xml": "text/xml; charset=utf-8"}


def written(root: str, content: Any, form: str) -> bytes:
    """`content` as "json" or "xml"; `root` is the name of the whole, which JSON leaves out."""
    if form == "json":
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    element = ElementTree.Element(root)
    _fill(element, content)
    made: bytes = ElementTree.tostring(element, encoding="utf-8", xml_declaration=True)
    return made.replace(b"<?xml version='1.0' encoding='utf-8'?>", b'<?xml version="1.0" encoding="utf-8"?>', 1)


def _fill(element: ElementTree.Element, content: Any) -> None:
    if isinstance(content, Mapping):
        for name, value in content.items():
            _fill(ElementTree.SubElement(element, name), value)
    elif isinstance(content, Sequence) and not isinstance(content, str):
        for item in content:
            _fill(ElementTree.SubElement(element, ITEMS[element.tag]), item)
    elif isinstance(content, bool):
        element.text = "true" if content else "false"
    elif content is not None:
        element.text = visible(str(content))


def moment(at: datetime | None, zone: tzinfo) -> str | None:
    """A moment to the second, in the city's time with its distance from UTC: 2026-11-03T08:00:00+01:00."""
    return at.astimezone(zone).isoformat(timespec="seconds") if at else None


def parse_moment(said: str, zone: tzinfo) -> datetime:
    """A moment as the W3C writes it, with its zone; a day alone begins in `zone`. Raises ValueError.

    A plus that came as a blank is a plus: many clients forget to encode it.
    """
    text = said.strip().replace(" ", "+") if "T" in said else said.strip()
    found = datetime.fromisoformat(text)
    if found.year not in YEARS:
        raise ValueError("no year of reports")
    if "T" not in text and len(text) == len("2026-11-03"):
        return found.replace(tzinfo=zone)
    if found.tzinfo is None:
        raise ValueError("no zone")
    return found.astimezone(UTC)
