"""People with an account who work here, as the pages and lists know them after a login."""

from sqlalchemy import select

from auth.models import Department, Office, RoleGrant, User
from auth.roles import Role
from config.database import db, transaction
from config.settings import current_settings


def somebody(subject: str, claims: tuple[str, ...] = (), issuer: str | None = None, **values: object) -> User:
    """Somebody who has logged in with these claims."""
    issuer = issuer or current_settings().oidc_staff_issuer
    user = User(issuer=issuer, subject=subject, name=subject, claimed_roles=list(claims) or None, **values)
    with transaction():
        db.session.add(user)
    return user


def grant(subject: str, role: Role, code: str | None) -> None:
    """Give them a role here, in the office or department with this code."""
    places = {
        "office_id": db.session.scalar(select(Office.id).where(Office.code == code)),
        "department_id": db.session.scalar(select(Department.id).where(Department.code == code)),
    }
    issuer = current_settings().oidc_staff_issuer
    with transaction():
        db.session.add(RoleGrant(issuer=issuer, subject=subject, role=role, granted_by="tests", **places))
