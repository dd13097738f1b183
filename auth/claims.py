"""What a provider says of a person, in our words. Pure: settings and claims in, facts out.

Claims are somebody else's input: wrong types and impossible values are passed over, never trusted and never fatal.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from auth.assurance import LOWEST
from auth.roles import claimed_roles

TEXT_LENGTH = 300
ADDRESS_PARTS = {
    "street_address": "street",
    "postal_code": "postal_code",
    "locality": "city",
    "region": "region",
    "country": "country",
}
ATTRIBUTES = ("given_name", "family_name", "name", "email", "phone", "address", "birth_date")


@dataclass(frozen=True)
class ClaimPaths:
    """Where to look, as dotted paths: `resource_access.obhut.roles`."""

    roles: str = "roles"
    assurance: str = "acr"
    phone: str = "phone_number"
    address: str = "address"
    birth_date: str = "birthdate"
    trust: str = ""


@dataclass(frozen=True)
class Profile:
    """The facts about a person that a login brought. `trust`: how surely each of them is known, by its name here."""

    given_name: str | None = None
    family_name: str | None = None
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    address: dict[str, str] = field(default_factory=dict)
    birth_date: date | None = None
    locale: str | None = None
    assurance: str = LOWEST
    roles: tuple[str, ...] = ()
    trust: dict[str, str] = field(default_factory=dict)


def profile_of(claims: Mapping[str, Any], paths: ClaimPaths, assurance_map: Mapping[str, str]) -> Profile:
    """Read `claims` along `paths`. An assurance that the map does not know is the lowest."""
    assurance = assurance_map.get(str(at_path(claims, paths.assurance)), LOWEST)
    found = Profile(
        given_name=_text(claims.get("given_name")),
        family_name=_text(claims.get("family_name")),
        name=_text(claims.get("name")) or _text(claims.get("preferred_username")),
        email=_email(claims),
        phone=_text(at_path(claims, paths.phone)),
        address=_address(at_path(claims, paths.address)),
        birth_date=_date(at_path(claims, paths.birth_date)),
        locale=_language(claims.get("locale")),
        assurance=assurance,
        roles=tuple(
            f"{one.role}:{one.scope_code}" if one.scope_code else one.role.value
            for one in claimed_roles(at_path(claims, paths.roles))
        ),
    )
    names = {"phone": paths.phone, "address": paths.address, "birth_date": paths.birth_date}
    known = [name for name in ATTRIBUTES if getattr(found, name)]
    trust = {name: _trust(claims, paths, names.get(name, name), assurance, assurance_map) for name in known}
    return replace(found, trust=trust)


def _trust(
    claims: Mapping[str, Any], paths: ClaimPaths, claim: str, assurance: str, assurance_map: Mapping[str, str]
) -> str:
    """How surely the value of `claim` is known: by the provider's word for it, else as surely as the person.

    What the provider says that it has not verified is known least surely.
    """
    stated = at_path(claims, paths.trust) if paths.trust else None
    if isinstance(stated, Mapping):
        for name in (claim, claim.rsplit(".", 1)[-1]):
            if name in stated:
                return assurance_map.get(str(stated[name]), LOWEST)
    if claims.get(f"{claim}_verified") is False:
        return LOWEST
    return assurance


def at_path(claims: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path; None if there is none. A claim whose very name has dots or a URL is found, too."""
    if not path:
        return None
    if path in claims:
        return claims[path]
    value: Any = claims
    for step in path.split("."):
        if not isinstance(value, Mapping) or step not in value:
            return None
        value = value[step]
    return value


def _text(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    cleaned = " ".join("".join(char if char.isprintable() else " " for char in value).split())
    return cleaned[:TEXT_LENGTH] or None


def _email(claims: Mapping[str, Any]) -> str | None:
    address = _text(claims.get("email"))
    return address if address and "@" in address and claims.get("email_verified") is not False else None


def _date(value: object) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) and len(value) == len("2000-01-31") else None
    except ValueError:
        return None


def _language(value: object) -> str | None:
    text = _text(value)
    return text.replace("_", "-").split("-")[0].lower()[:8] if text else None


def _address(value: object) -> dict[str, str]:
    if isinstance(value, str):
        return {"formatted": text} if (text := _text(value)) else {}
    if not isinstance(value, Mapping):
        return {}
    found = {ours: _text(value.get(theirs)) for theirs, ours in ADDRESS_PARTS.items()}
    if not any(found.values()):
        found["formatted"] = _text(value.get("formatted"))
    return {name: text for name, text in found.items() if text}
