"""The attributes of a service definition on Open311, and their values as a client sends them. Pure.

Answers come out in the forms that the form engine takes; whether they are right is for that to say.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from services.definitions import ServiceDefinition
from services.form.code_lists import options_of
from services.form.fields import ADDRESS_PARTS, FieldType, FormField
from services.open311.fields import Leaf, attributes

TRUE, FALSE = "true", "false"
DATATYPES = {
    FieldType.LONG_TEXT: "text",
    FieldType.DATE: "datetime",
    FieldType.INTEGER: "number",
    FieldType.NUMBER: "number",
    FieldType.MONEY: "number",
    FieldType.CHOICE: "singlevaluelist",
    FieldType.YES_NO: "singlevaluelist",
    FieldType.CHECKBOX: "singlevaluelist",
    FieldType.CONSENT: "singlevaluelist",
    FieldType.CHOICES: "multivaluelist",
}
TICKED = frozenset({FieldType.CHECKBOX, FieldType.CONSENT})
YES_OR_NO = frozenset({FieldType.YES_NO, FieldType.CHECKBOX, FieldType.CONSENT})
WORDS = dict.fromkeys((TRUE, "1", "yes", "y", "ja", "on"), True) | dict.fromkeys(
    (FALSE, "0", "no", "n", "nein", "off"), False
)
"""What clients write for yes and no. Any other word is for the form to refuse: a danger must not become none unsaid."""
SENT_ALONG = frozenset(
    {
        "category", "closest_address", "contributed_by", "detail", "easting", "email", "email_alerts_requested",
        "external_id", "fixmystreet_id", "group", "last_name", "northing", "public_anonymity_required", "report_title",
        "report_url", "requested_datetime", "service_request_id_ext", "title",
    }
)  # fmt: skip
"""What FixMyStreet says of each of its reports, asked or not. No mistake, then, and for the office to read."""


def described(definition: ServiceDefinition, locale: str, *, yes: str, no: str) -> list[dict[str, Any]]:
    """The attributes as GeoReport describes them, in order. `yes` and `no` are words in `locale`."""
    found: list[dict[str, Any]] = []
    for leaf in attributes(definition):
        for code, label, field in _codes(leaf, locale):
            found.append(_attribute(leaf, code, label, field, len(found) + 1, locale, (yes, no)))
    return found


def _codes(leaf: Leaf, locale: str) -> list[tuple[str, str, FormField]]:
    label = leaf.field.label.to(locale)
    if leaf.field.type is FieldType.ADDRESS:
        return [(f"{leaf.path}.{part}", f"{label}: {part}", leaf.field) for part in ADDRESS_PARTS]
    return [(leaf.path, label, leaf.field)]


def _attribute(
    leaf: Leaf, code: str, label: str, field: FormField, order: int, locale: str, words: tuple[str, str]
) -> dict[str, Any]:
    # A static list cannot say “only if”: what depends on something is not required there, and asked for on arrival.
    is_asked = field.type is not FieldType.NOTE
    made: dict[str, Any] = {
        "variable": is_asked,
        "code": code,
        "datatype": DATATYPES.get(field.type, "string"),
        "required": is_asked and field.required and not leaf.is_optional,
        "datatype_description": field.hint.to(locale) if field.hint else None,
        "order": order,
        "description": label,
    }
    values = _values(field, locale, words)
    return made | {"values": values} if values else made


def _values(field: FormField, locale: str, words: tuple[str, str]) -> list[dict[str, str]]:
    if field.type in YES_OR_NO:
        yes, no = {"key": TRUE, "name": words[0]}, {"key": FALSE, "name": words[1]}
        return [yes] if field.type in TICKED and field.required else [yes, no]
    if field.type in (FieldType.CHOICE, FieldType.CHOICES):
        return [{"key": one.value, "name": one.label.to(locale)} for one in options_of(field)]
    return []


def answers(definition: ServiceDefinition, sent: Mapping[str, Sequence[str]], zone: tzinfo) -> dict[str, Any]:
    """Nested answers from values by code. `zone` is the city's, for moments that stand for a day.

    What the form has no question for is left out: see `unknown` and `sent_along`.
    """
    known = _known(definition)
    found: dict[str, Any] = {}
    for code, values in sent.items():
        given = [value for value in values if value.strip()]
        if code in known and given:
            put(found, code, _answer(known[code].field, given, zone))
    return found


def unknown(definition: ServiceDefinition, sent: Iterable[str]) -> list[str]:
    """The codes that are no attributes of the service, and nothing that clients send along unasked."""
    known = _known(definition)
    return [code for code in sent if code not in known and code not in SENT_ALONG]


def sent_along(definition: ServiceDefinition, sent: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """What came with a report without the form having a question for it, by code."""
    known = _known(definition)
    said = {code: ", ".join(filter(None, values)) for code, values in sent.items() if code not in known}
    return {code: value for code, value in said.items() if value and code in SENT_ALONG}


def _known(definition: ServiceDefinition) -> dict[str, Leaf]:
    """The questions by their codes; a note asks nothing."""
    asked = (leaf for leaf in attributes(definition) if leaf.field.type is not FieldType.NOTE)
    return {code: leaf for leaf in asked for code, _, _ in _codes(leaf, "de")}


def put(answers: dict[str, Any], path: str, value: Any) -> None:
    """Set the answer at the dotted `path`."""
    *ways, last = path.split(".")
    here = answers
    for way in ways:
        here = here.setdefault(way, {})
    here[last] = value


def _answer(field: FormField, values: list[str], zone: tzinfo) -> Any:
    if field.type is FieldType.CHOICES:
        return values
    value = values[0] if len(values) == 1 else ", ".join(values)
    if field.type in YES_OR_NO:
        return WORDS.get(value.strip().lower(), value)
    if field.type is FieldType.DATE:
        return _day(value.strip(), zone)
    return value


def _day(value: str, zone: tzinfo) -> str:
    """A moment as the day that it is in the city; anything else as it came."""
    if "T" not in value:
        return value
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    return (moment.astimezone(zone) if moment.tzinfo else moment).date().isoformat()
