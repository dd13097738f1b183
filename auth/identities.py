"""From a login or a token to an actor: the user's row, the roles of the claim and those granted here."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import join

from auth.actors import Actor
from auth.models import Department, Office, RoleGrant, User
from auth.roles import SCOPE_OF, ClaimedRole, HeldRole, Role, Scope, claimed_roles
from auth.sessions import Login
from config.database import db
from config.encryption import KeyHolder
from config.light_rows import LightRow
from config.looks import Look
from config.settings import current_settings

# What counts where none is named: the first that was added.
default_office = select(Office.id).where(Office.is_default).scalar_subquery()
default_department = select(Department.code).where(Department.is_default).scalar_subquery()


class UserRow(LightRow, KeyHolder):
    """A user as far as an actor goes."""

    of = User
    columns = (
        "id", "wrapped_key", "issuer", "subject", "locale", "given_name_sealed", "family_name_sealed", "name_sealed",
        "email_sealed",
    )  # fmt: skip


GRANTED = (RoleGrant.role, RoleGrant.office_id, Department.code)
IS_GRANTED = RoleGrant.revoked_at.is_(None)
GRANTS = Look(
    select(*GRANTED)
    .select_from(RoleGrant)
    .outerjoin(Department, Department.id == RoleGrant.department_id)
    .where(RoleGrant.issuer == bindparam("issuer"), RoleGrant.subject == bindparam("subject"), IS_GRANTED)
)
# Who somebody is: a row for each role granted here, or one without.
WHO = (*UserRow.selected(), *GRANTED)
WITH_ROLES = (
    join(User, RoleGrant, and_(RoleGrant.issuer == User.issuer, RoleGrant.subject == User.subject, IS_GRANTED), True)
).outerjoin(Department, Department.id == RoleGrant.department_id)
BY_ID = Look(select(*WHO).select_from(WITH_ROLES).where(User.id == bindparam("user_id")))


def actor_of_login(login: Login, rows: Sequence[Sequence[Any]] = ()) -> Actor:
    """The actor of a login, with its roles as they are at this moment; `rows`: what `WHO` selects, if it is known."""
    rows = rows or BY_ID.all(user_id=login.user_id)
    if not rows:
        return Actor.anonymous()
    width = len(UserRow.columns)
    user: Any = UserRow(rows[0][:width])
    granted = [row[width:] for row in rows if row[width] is not None]
    return Actor.of(
        "user",
        str(user.id),
        _held(user.issuer, claimed_roles(list(login.claim_roles)), granted),
        name=display_name(user),
        user_id=user.id,
        locale=user.locale or "de",
        assurance=login.assurance,
    )


def display_name(user: User) -> str:
    """What to call this user on their own pages; never empty."""
    joined = " ".join(part for part in (user.given_name, user.family_name) if part)
    return joined or user.name or user.email or user.subject


def held_roles(issuer: str, subject: str, claimed: Iterable[ClaimedRole]) -> frozenset[HeldRole]:
    """All roles of an identity: `resident`, those its provider claims for it, and those granted here."""
    return _held(issuer, claimed, GRANTS.all(issuer=issuer, subject=subject))


def _held(issuer: str, claimed: Iterable[ClaimedRole], granted: Iterable[Sequence[Any]]) -> frozenset[HeldRole]:
    held = {HeldRole(Role.RESIDENT)}
    held.update(roles_in_place(issuer, claimed))
    for role, office_id, department_code in granted:
        found = in_place(Role(role), office_id, department_code)
        if found:
            held.add(found)
    return frozenset(held)


def in_place(role: Role, office_id: UUID | None, department_code: str | None) -> HeldRole | None:
    """`role` in this place; without one, in the default place. None if it needs a place and there is none."""
    match SCOPE_OF[role]:
        case Scope.EVERYWHERE:
            return HeldRole(role)
        case Scope.OFFICE:
            office_id = office_id or default_office_id()
            return HeldRole(role, office_id=office_id) if office_id else None
        case Scope.DEPARTMENT:
            department_code = department_code or default_department_code()
            return HeldRole(role, department_code=department_code) if department_code else None


def default_office_id() -> UUID | None:
    """The office that counts where none is named: the first that was added."""
    return db.session.scalar(select(Office.id).where(Office.is_default))


def default_department_code() -> str | None:
    """The department that counts where none is named: the first that was added."""
    return db.session.scalar(select(Department.code).where(Department.is_default))


def roles_in_place(issuer: str, claimed: Iterable[ClaimedRole]) -> frozenset[HeldRole]:
    """The roles that a provider claims, in the places that it names; those in places that we do not know are none.

    Only the provider of staff can claim any: that of residents, where it is another one, says who somebody is.
    """
    if issuer != current_settings().oidc_staff_issuer:
        return frozenset()
    return frozenset(_in_named_place(claimed))


def _in_named_place(claimed: Iterable[ClaimedRole]) -> Iterable[HeldRole]:
    for one in claimed:
        office_id, department_code = None, None
        if one.scope_code and SCOPE_OF[one.role] is Scope.OFFICE:
            office_id = db.session.scalar(select(Office.id).where(Office.code == one.scope_code))
            if office_id is None:
                continue
        elif one.scope_code:
            department_code = db.session.scalar(select(Department.code).where(Department.code == one.scope_code))
            if department_code is None:
                continue
        found = in_place(one.role, office_id, department_code)
        if found:
            yield found
