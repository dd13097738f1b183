"""Offices, departments and role grants: how the house is set up. Domain functions; call them inside `transaction()`."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select

from auth import audit, tokens
from auth.actors import Actor
from auth.models import Department, Office, RoleGrant
from auth.roles import SCOPE_OF, Role, Scope
from config import clock
from config.database import db, locked
from config.errors import N_, FieldError, NotFound, RuleViolation
from config.mail_addresses import mailbox
from config.settings import current_settings

PlaceT = TypeVar("PlaceT", Office, Department)
CODE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?\Z")
NAME_LENGTH = 200
OFFICE_FACTS = {
    "email": 200,
    "phone": 50,
    "address": 300,
    "court": 300,
    "signatory": 120,
    "sms_sender": 60,
    "region": 120,
    "district": 120,
}
"""What can be said of a health office beside its name, and how long it may be."""
NO_OFFICE = N_("There is no health office yet; add one first.")
NO_DEPARTMENT = N_("There is no department yet; add one first.")


def add_office(*, actor: Actor, code: str, name: str, email: str | None = None, phone: str | None = None) -> Office:
    """Add a health office; the first one is the default. Raises RuleViolation."""
    return _add(Office, actor, code, name, email, phone)


def office_facts(code: str) -> dict[str, str]:
    """What the papers of this office say of it, by field. Raises NotFound."""
    office = db.session.scalar(select(Office).where(Office.code == code))
    if office is None:
        raise NotFound()
    return {name: getattr(office, name) or "" for name in ("name", *OFFICE_FACTS)}


def set_office(code: str, facts: Mapping[str, str | None], *, actor: Actor) -> None:
    """Set facts of a health office, by field; what is not named stays. Raises NotFound, RuleViolation."""
    office = db.session.scalar(locked(select(Office).where(Office.code == code)))
    if office is None:
        raise NotFound()
    changed = []
    for name in OFFICE_FACTS:
        if name not in facts:
            continue
        text = "\n".join(filter(None, (" ".join(line.split()) for line in (facts[name] or "").splitlines())))
        text = (_mailbox(text) if name == "email" else _short(name, text)) or ""
        if text != (getattr(office, name) or ""):
            setattr(office, name, text or None)
            changed.append(name)
    if changed:
        audit.record(actor, "office.changed", f"office:{code}", fields=sorted(changed))


def add_department(
    *, actor: Actor, code: str, name: str, email: str | None = None, phone: str | None = None
) -> Department:
    """Add a department; the first one is the default. Raises RuleViolation."""
    return _add(Department, actor, code, name, email, phone)


def office_by_code(code: str) -> Office:
    """Raises RuleViolation if there is no such office."""
    return _by_code(Office, code, "office", N_("There is no health office with the code “{code}”."))


def department_by_code(code: str) -> Department:
    """Raises RuleViolation if there is no such department."""
    return _by_code(Department, code, "department", N_("There is no department with the code “{code}”."))


def place_of(role: Role, office: str | None, department: str | None) -> tuple[UUID | None, UUID | None]:
    """The ids of office and department for a role, by their codes; the default ones where none is named.

    Raises RuleViolation if the role does not count in such a place, or if the place is missing.
    """
    scope = SCOPE_OF[role]
    if office and scope is not Scope.OFFICE:
        raise RuleViolation("office", N_("The role “{role}” does not belong to a health office."), role=role.value)
    if department and scope is not Scope.DEPARTMENT:
        raise RuleViolation("department", N_("The role “{role}” does not belong to a department."), role=role.value)
    if scope is Scope.OFFICE:
        return (office_by_code(office) if office else _default(Office, "office", NO_OFFICE)).id, None
    if scope is Scope.DEPARTMENT:
        found = department_by_code(department) if department else _default(Department, "department", NO_DEPARTMENT)
        return None, found.id
    return None, None


def grant_role(
    *, actor: Actor, issuer: str, subject: str, role: Role, office: str | None = None, department: str | None = None
) -> RoleGrant:
    """Give a role to an identity; granting again what is held changes nothing. Raises RuleViolation."""
    missing = [
        FieldError(name, N_("Please fill this in."))
        for name, value in (("issuer", issuer), ("subject", subject))
        if not value.strip()
    ]
    if missing:
        raise RuleViolation.of(missing)
    issuer, subject = issuer.strip(), subject.strip()
    _refuse_unknown(issuer)
    if role is Role.RESIDENT:
        raise RuleViolation("role", N_("Everybody who logs in is a resident; this role is not granted."))
    office_id, department_id = place_of(role, office, department)
    held = db.session.scalar(
        select(RoleGrant).where(
            RoleGrant.issuer == issuer,
            RoleGrant.subject == subject,
            RoleGrant.role == role,
            RoleGrant.office_id.is_not_distinct_from(office_id),
            RoleGrant.department_id.is_not_distinct_from(department_id),
            RoleGrant.revoked_at.is_(None),
        )
    )
    if held:
        return held
    grant = RoleGrant(
        issuer=issuer,
        subject=subject,
        role=role,
        office_id=office_id,
        department_id=department_id,
        granted_by=actor.id,
    )
    db.session.add(grant)
    db.session.flush()
    audit.record(actor, "role.granted", f"grant:{grant.id}", role=role.value, office=office, department=department)
    return grant


def _refuse_unknown(issuer: str) -> None:
    """Nobody can log in through another provider: such a grant would look done and never count."""
    settings = current_settings()
    known = [one for one in dict.fromkeys((settings.oidc_issuer, settings.oidc_staff_issuer)) if one]
    if not known:
        raise RuleViolation("issuer", N_("No identity provider is configured yet: OBHUT_OIDC_ISSUER names it."))
    if issuer not in known:
        message = N_("Nobody logs in through {issuer}. These identity providers are configured: {known}.")
        raise RuleViolation("issuer", message, issuer=issuer, known=", ".join(known))


def issue_token(
    *, actor: Actor, name: str, role: Role, lasts_days: int, office: str | None = None, department: str | None = None
) -> str:
    """An API token for this role and place, which nobody can read again. Raises RuleViolation."""
    if not 1 <= lasts_days <= tokens.MOST_DAYS:
        raise RuleViolation("lasts_days", N_("Between 1 and {most} days are possible."), most=tokens.MOST_DAYS)
    if role is Role.RESIDENT:
        raise RuleViolation("role", N_("Everybody who logs in is a resident; this role is not granted."))
    office_id, department_id = place_of(role, office, department)
    expires_at = clock.wall() + timedelta(days=lasts_days)
    return tokens.issue(
        actor=actor, role=role, name=name, office_id=office_id, department_id=department_id, expires_at=expires_at
    )


def revoke_role(grant_id: UUID, *, actor: Actor) -> None:
    """Take a grant back; it stops counting with the person's next request. Raises NotFound."""
    grant = db.session.get(RoleGrant, grant_id)
    if grant is None or grant.revoked_at:
        raise NotFound()
    grant.revoked_at = clock.wall()
    audit.record(actor, "role.revoked", f"grant:{grant.id}", role=grant.role.value)


def _add(kind: type[PlaceT], actor: Actor, code: str, name: str, email: str | None, phone: str | None) -> PlaceT:
    code, name = code.strip().lower(), " ".join(name.split())
    _check(kind, code, name)
    is_first = db.session.scalar(select(kind.id).limit(1)) is None
    given = {"email": _mailbox(email), "phone": _short("phone", phone)}
    place = kind(code=code, name=name, is_default=is_first, **given)
    db.session.add(place)
    db.session.flush()
    audit.record(actor, f"{kind.__tablename__}.added", f"{kind.__tablename__}:{code}")
    return place


def _short(name: str, text: str | None) -> str | None:
    if text and len(text) > OFFICE_FACTS[name]:
        raise RuleViolation(name, N_("At most {most} characters are possible."), most=OFFICE_FACTS[name])
    return text or None


def _mailbox(text: str | None) -> str | None:
    """An address to which mail can go, as it was typed: what is reported to an office is mailed there, too."""
    text = _short("email", (text or "").strip())
    if text and not mailbox(text):
        raise RuleViolation("email", N_("This is not an e-mail address."))
    return text


def _check(kind: type[PlaceT], code: str, name: str) -> None:
    found = []
    if not CODE.match(code):
        found.append(FieldError("code", N_("The code may have small letters a–z, digits and hyphens, at most 40.")))
    elif db.session.scalar(select(kind.id).where(kind.code == code)):
        found.append(FieldError("code", N_("The code “{code}” is taken."), {"code": code}))
    if not 1 <= len(name) <= NAME_LENGTH:
        found.append(FieldError("name", N_("Please give a name of 1 to {most} characters."), {"most": NAME_LENGTH}))
    if found:
        raise RuleViolation.of(found)


def _by_code(kind: type[PlaceT], code: str, field: str, message: str) -> PlaceT:
    found = db.session.scalar(select(kind).where(kind.code == code.strip().lower()))
    if found is None:
        raise RuleViolation(field, message, code=code)
    return found


def _default(kind: type[PlaceT], field: str, message: str) -> PlaceT:
    found = db.session.scalar(select(kind).where(kind.is_default))
    if found is None:
        raise RuleViolation(field, message)
    return found
