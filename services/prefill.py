"""What a form begins with: claims of the login and what registers know, put into the shape of its questions."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from auth.actors import Actor
from auth.models import User
from services import queries
from services.definitions import ServiceDefinition
from services.form.fields import FieldType, FormField
from services.prefill_sources import PrefillSource, source_of
from services.progress import Given
from services.provenance import LOGIN
from services.typed import paths

_STREET_AND_NUMBER = re.compile(r"^(?P<street>.*\D)\s+(?P<house_number>\d+\s?[a-zA-Z]?(?:\s?[-/]\s?\d+\s?[a-zA-Z]?)?)$")
PLAIN = (str, int, float, bool, list, dict)


def start(definition: ServiceDefinition, actor: Actor) -> dict[str, Given]:
    """What to begin with, by path: for fields whose `prefill` names a claim, or a register that needs no consent."""
    found = _claims(definition, actor)
    for source in sources(definition):
        if not source.consent:
            found |= from_source(definition, source, actor)
    return found


def sources(definition: ServiceDefinition, fields: Iterable[FormField] | None = None) -> list[PrefillSource]:
    """The registers that these fields (default: all) ask, each once."""
    wanted = paths(definition.fields if fields is None else fields, {})
    asked = [source_of(field.prefill) for _, field in wanted]
    return list({source.name: source for source in asked if source is not None}.values())


def from_source(definition: ServiceDefinition, source: PrefillSource, actor: Actor) -> dict[str, Given]:
    """What `source` knows for this form; asks it, so that consent must have been given."""
    values = source.read(actor) if actor.user_id else {}
    found = {}
    for path, field in paths(definition.fields, {}):
        name, _, claim = (field.prefill or "").partition(".")
        value = _plain(values.get(claim)) if name == source.name and claim else None
        if value is not None:
            found[path] = Given(value, source.name, claim)
    return found


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, PLAIN) else str(value)  # dates as ISO, amounts as digits


def _claims(definition: ServiceDefinition, actor: Actor) -> dict[str, Given]:
    user = queries.applicant(actor)
    if user is None:
        return {}
    claims = _of_login(user)
    trust = user.trust or {}
    return {
        path: Given(claims[field.prefill], LOGIN, field.prefill, str(trust.get(field.prefill) or actor.assurance))
        for path, field in paths(definition.fields, {})
        if field.prefill and claims.get(field.prefill) and field.type is not FieldType.FILE
    }


def _of_login(user: User) -> Mapping[str, Any]:
    return {
        "given_name": user.given_name,
        "family_name": user.family_name,
        "email": user.email,
        "phone": user.phone,
        "birth_date": user.birth_date.isoformat() if user.birth_date else None,
        "address": address(user.address),
    }


def address(claim: dict[str, Any] | None) -> dict[str, str]:
    """The address claim in our four parts; street and house number come in one there."""
    if not claim:
        return {}
    found = {part: str(claim[part]) for part in ("postal_code", "city") if claim.get(part)}
    street = str(claim.get("street") or "").strip()
    if parts := _STREET_AND_NUMBER.match(street):
        found |= {name: value.strip() for name, value in parts.groupdict().items()}
    elif street:
        found["street"] = street
    return found
