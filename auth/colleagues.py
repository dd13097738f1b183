"""Who may work in a health office or a department, so that work can be given to somebody who has none yet."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select

from auth.identities import IS_GRANTED, display_name
from auth.models import Department, Office, RoleGrant, User
from auth.roles import SCOPE_OF, Permission, Role, Scope, claimed_roles, permissions_of
from config import clock, scopes
from config.database import db
from config.mail_addresses import mailbox
from config.settings import current_settings

CLAIM_COUNTS = timedelta(days=180)  # whoever has not logged in for half a year has left, or the claim has
SCOPE = scopes.system("colleagues")
BY_IDENTITY = and_(RoleGrant.issuer == User.issuer, RoleGrant.subject == User.subject)


@scopes.within(SCOPE)
def of_office(office_id: UUID, permission: Permission) -> dict[str, str]:
    """Everybody who holds `permission` in this office: the names by the ids of their actors.

    By a role given here, or claimed for them at their last login. Who has never logged in has no id yet.
    """
    return _names(db.session.get(Office, office_id), permission)


@scopes.within(SCOPE)
def of_department(code: str, permission: Permission) -> dict[str, str]:
    """The same for a department."""
    return _names(_department(code), permission)


@scopes.within(SCOPE)
def mailbox_of(actor_id: str, code: str, permission: Permission) -> str:
    """Where mail reaches somebody who holds `permission` in this department; "" for anybody else, or where none can."""
    try:
        user_id = UUID(actor_id)
    except ValueError:
        return ""
    roles = _roles_with(permission, Scope.DEPARTMENT)
    here = or_(RoleGrant.department_id == Department.id, and_(Department.is_default, RoleGrant.department_id.is_(None)))
    is_given = exists().where(BY_IDENTITY, RoleGrant.role.in_(roles), IS_GRANTED, here)
    wanted = select(User, Department, is_given, _claim_counts()).join(Department, Department.code == code)
    for user, place, is_granted, counts in db.session.execute(wanted.where(User.id == user_id)):
        if not user.is_erased and (is_granted or (counts and _claims(user, place, roles))):
            return mailbox(user.email)
    return ""


@scopes.within(SCOPE)
def named(user_ids: Sequence[UUID]) -> list[str]:
    """The names of those of these users whom we still know, in this order."""
    if not user_ids:  # mostly, nobody else is there
        return []
    found = {user.id: user for user in db.session.scalars(select(User).where(User.id.in_(user_ids)))}
    return [display_name(found[each]) for each in user_ids if each in found and not found[each].is_erased]


def name_of(actor_id: str) -> str:
    """The name of somebody who has logged in, by the id of their actor; "" for anybody else."""
    try:
        return next(iter(named([UUID(actor_id)])), "")
    except ValueError:
        return ""


def _department(code: str) -> Department | None:
    return db.session.scalar(select(Department).where(Department.code == code))


def _names(place: Office | Department | None, permission: Permission) -> dict[str, str]:
    return {str(user.id): display_name(user) for user in _who_may(place, permission)}


def _who_may(place: Office | Department | None, permission: Permission) -> Iterator[User]:
    if place is None:
        return
    roles = _roles_with(permission, Scope.OFFICE if isinstance(place, Office) else Scope.DEPARTMENT)
    yield from (user for user in (*_granted(place, roles), *_claimed(place, roles)) if not user.is_erased)


def _roles_with(permission: Permission, scope: Scope) -> set[Role]:
    return {role for role in Role if SCOPE_OF[role] is scope and permission in permissions_of([role])}


def _granted(place: Office | Department, roles: set[Role]) -> Iterable[User]:
    column = RoleGrant.office_id if isinstance(place, Office) else RoleGrant.department_id
    here = column == place.id
    if place.is_default:
        here |= column.is_(None)
    wanted = select(User).join(RoleGrant, BY_IDENTITY).where(RoleGrant.role.in_(roles), IS_GRANTED, here)
    return db.session.scalars(wanted).unique()


def _claimed(place: Office | Department, roles: set[Role]) -> Iterable[User]:
    return (user for user in db.session.scalars(select(User).where(_claim_counts())) if _claims(user, place, roles))


def _claim_counts() -> ColumnElement[bool]:
    """Whether what was claimed for somebody at their last login counts as long as they are away."""
    return and_(
        User.claimed_roles.is_not(None),
        User.last_login_at >= clock.wall() - CLAIM_COUNTS,
        User.issuer == current_settings().oidc_staff_issuer,
    )


def _claims(user: User, place: Office | Department, roles: set[Role]) -> bool:
    codes = {place.code, None} if place.is_default else {place.code}
    claimed = claimed_roles(list(user.claimed_roles or ()))
    return any(one.role in roles and (one.scope_code or None) in codes for one in claimed)
