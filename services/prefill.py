"""What a form begins with: the claims of the login, put into the shape of its questions."""

import re
from typing import Any

from auth.actors import Actor
from services import queries
from services.definitions import ServiceDefinition

_STREET_AND_NUMBER = re.compile(r"^(?P<street>.*\D)\s+(?P<house_number>\d+\s?[a-zA-Z]?(?:\s?[-/]\s?\d+\s?[a-zA-Z]?)?)$")


def start(definition: ServiceDefinition, actor: Actor) -> dict[str, Any]:
    """Answers to begin with, for the fields whose `prefill` names a claim that we know."""
    user = queries.applicant(actor)
    if user is None:
        return {}
    claims: dict[str, Any] = {
        "given_name": user.given_name,
        "family_name": user.family_name,
        "email": user.email,
        "phone": user.phone,
        "birth_date": user.birth_date,
        "address": address(user.address),
    }
    wanted = {field.key: claims.get(field.prefill) for field in definition.fields if field.prefill}
    return {key: value for key, value in wanted.items() if value}


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
