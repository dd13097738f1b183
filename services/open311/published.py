"""What is published of a request: the answers of public fields, and nothing else. Pure.

Free texts are written by people who say more than they should: addresses of mail, phone numbers and the name that was
given as contact are taken out before anything is stored for the public.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field as member
from typing import Any

from services.definitions import ServiceDefinition
from services.form.fields import FieldType, FormField
from services.form.reading import readable
from services.lifecycle import RequestStatus
from services.open311.fields import all_leaves, roles
from services.typed import answer_at

LONGEST = 4_000
"""Characters of a description, which GeoReport v2 lets every client send."""
GAP = "…"
OPEN, CLOSED = "open", "closed"
OPEN_STATUSES = frozenset(
    {
        RequestStatus.SUBMITTED,
        RequestStatus.AWAITING_PAYMENT,
        RequestStatus.IN_REVIEW,
        RequestStatus.NEEDS_INFORMATION,
    }
)
_MAIL = re.compile(r"[^\s@<>()\",;:]+@[^\s@<>()\",;:]+\.[^\s@<>()\",;:]+")
_PHONE = re.compile(r"(?<!\d)(?<!\d[/.-])(?!\d\d?\.\d\d?\.)(?:\+|00|0)[\d(][\d ()/.-]{5,20}\d(?![\w])")
_PARTS = re.compile(r"[\s-]+")
_ENDINGS = "(?:['’]?s|es|e?ns?|schen?)?"
UNSAID = frozenset({FieldType.NOTE, FieldType.FILE, FieldType.GROUP, FieldType.CONSENT})


@dataclass(frozen=True)
class Published:
    """What anybody may read. `attributes`: code, label and value of further public answers."""

    description: str = ""
    address: str = ""
    lat: float | None = None
    long: float | None = None
    attributes: tuple[dict[str, str], ...] = member(default=())


def status_of(status: RequestStatus) -> str:
    """GeoReport's word for where a request stands."""
    return OPEN if status in OPEN_STATUSES else CLOSED


def published(
    definition: ServiceDefinition, answers: Mapping[str, Any], names: Iterable[str], locale: str, *, yes: str, no: str
) -> Published:
    """The public side of `answers`. `names` are names of the contact, which no text may tell."""
    found = roles(definition)
    public = {leaf.path: leaf.field for leaf in all_leaves(definition) if leaf.field.public}
    hidden = tuple(names)

    def said(path: str | None) -> str:
        field = public.get(path or "")
        return "" if field is None else masked(_read(field, answer_at(answers, path or ""), locale, yes, no), hidden)

    place = answer_at(answers, found.location or "") if found.location in public else None
    rest = [path for path in public if path not in (found.description, found.location, found.address)]
    attributes = tuple(
        {"code": path, "label": public[path].label.to(locale), "value": said(path)}
        for path in rest
        if public[path].type not in UNSAID and said(path)
    )
    description = said(found.description)
    if found.description not in public:
        description = "\n".join(f"{one['label']}: {one['value']}" for one in attributes)
    lat, long = (place["lat"], place["lon"]) if isinstance(place, Mapping) else (None, None)
    return Published(description[:LONGEST], said(found.address)[:500], lat, long, attributes)


def _read(field: FormField, value: Any, locale: str, yes: str, no: str) -> str:
    return "" if value is None else readable(field, value, locale, yes=yes, no=no)


def masked(text: str, names: Iterable[str]) -> str:
    """`text` without addresses of mail, phone numbers, and `names`, whole and in parts, with the endings of German.

    Names of two letters are taken out where they are written large: in small letters they are words like any other.
    """
    text = _PHONE.sub(GAP, _MAIL.sub(GAP, text))
    parts = {part for one in names for part in [one.strip(), *_PARTS.split(one)] if len(part) >= 2}
    for name in sorted(parts, key=lambda part: (-len(part), part)):
        if len(name) > 2:
            text = re.sub(rf"(?<!\w){re.escape(name)}{_ENDINGS}(?!\w)", GAP, text, flags=re.IGNORECASE)
        else:
            large = f"(?:{re.escape(name.capitalize())}|{re.escape(name.upper())})"
            text = re.sub(rf"(?<!\w){large}(?:['’]?s)?(?!\w)", GAP, text)
    return text
