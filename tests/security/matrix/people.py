"""Everybody who may knock: with a cookie, with a token, with a link, or with nothing."""

from dataclasses import dataclass, field, replace
from uuid import UUID

from flask import Flask

from auth import sessions, tokens
from auth.actors import Actor
from auth.models import Department, Office, RoleGrant, User
from auth.roles import ROLE_PERMISSIONS, SCOPE_OF, Permission, Role, Scope
from config import clock
from config.database import db, transaction

SIDES = ("a", "b")
GONE = "deleted"  # the side of what was there, at side a, and is no more
ISSUER = "https://matrix.example"


@dataclass(frozen=True)
class Identity:
    """Somebody who asks. `side`: the office, department or person that is theirs; "" for none."""

    name: str
    role: Role | None
    side: str
    cookie: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    user_id: UUID | None = None
    token_id: UUID | None = None
    also: tuple[tuple[Role, str], ...] = ()

    @property
    def roles(self) -> tuple[tuple[Role, str], ...]:
        """Every role of theirs, and the side on which they hold it."""
        return ((self.role, self.side), *self.also) if self.role else ()

    def may(self, permissions: tuple[Permission, ...], *, api: bool) -> bool:
        """Whether one of `permissions` is among theirs; whoever has logged in to a page is a resident as well."""
        if self.role is None:
            return False
        held = frozenset().union(*(ROLE_PERMISSIONS[role] for role, _ in self.roles))
        return bool((held | (frozenset() if api else ROLE_PERMISSIONS[Role.RESIDENT])) & set(permissions))

    def may_at(self, side: str, permissions: tuple[Permission, ...]) -> bool:
        """Whether a role that they hold in the office or department of that side has one of `permissions`."""
        return any(
            own == side and ROLE_PERMISSIONS[role] & set(permissions) and role is not Role.RESIDENT
            for role, own in self.roles
        )

    @property
    def place(self) -> Scope | None:
        return SCOPE_OF[self.role] if self.role else None


@dataclass(frozen=True)
class Places:
    """The two offices and departments, by side."""

    offices: dict[str, UUID]
    departments: dict[str, UUID]


def places() -> Places:
    """Two health offices and two departments. Side a has the default ones."""
    with transaction():
        for side, office, department in (("a", "nord", "buergerservice"), ("b", "sued", "ordnungsamt")):
            db.session.add(Office(code=office, name=f"Gesundheitsamt {office}", is_default=side == "a"))
            db.session.add(Department(code=department, name=f"Fachbereich {department}", is_default=side == "a"))
    offices = {row.code: row.id for row in db.session.query(Office)}
    departments = {row.code: row.id for row in db.session.query(Department)}
    return Places(
        {"a": offices["nord"], "b": offices["sued"], GONE: offices["nord"]},
        {"a": departments["buergerservice"], "b": departments["ordnungsamt"], GONE: departments["buergerservice"]},
    )


def everybody(app: Flask, where: Places) -> list[Identity]:
    """Anonymous, the holder of a link, two residents, and each staff role; those with a place on each side."""
    found = [Identity("anonymous", None, ""), Identity("link a", None, "a")]
    for role in Role:
        sides = SIDES if SCOPE_OF[role] is not Scope.EVERYWHERE or role is Role.RESIDENT else ("",)
        found += [known(f"{role.value} {side}".strip(), role, side, where) for side in sides]
    return [*found, in_two_places(where)]


def in_two_places(where: Places) -> Identity:
    """Somebody who leads one office and helps out in the other. A program has one role; this is a browser's login."""
    leads = known("health_admin b, contact_tracer a", Role.HEALTH_ADMIN, "b", where)
    with transaction():
        user = db.session.get_one(User, leads.user_id)
        helps = RoleGrant(
            issuer=ISSUER,
            subject=user.subject,
            role=Role.CONTACT_TRACER,
            office_id=where.offices["a"],
            granted_by="tests",
        )
        db.session.add(helps)
    return replace(leads, token="", also=((Role.CONTACT_TRACER, "a"),))


def known(name: str, role: Role, side: str, where: Places) -> Identity:
    """Somebody with a login and a token of that role on that side."""
    office = where.offices[side] if SCOPE_OF[role] is Scope.OFFICE else None
    department = where.departments[side] if SCOPE_OF[role] is Scope.DEPARTMENT else None
    with transaction():
        user = User(issuer=ISSUER, subject=name, given_name="Kanarimensch", family_name=_family_name(role, side))
        user.assurance = "substantial"  # enough for one's own case
        db.session.add(user)
        if role is not Role.RESIDENT:
            db.session.add(
                RoleGrant(
                    issuer=ISSUER, subject=name, role=role, office_id=office, department_id=department,
                    granted_by="tests",
                )
            )  # fmt: skip
        db.session.flush()
        user_id = user.id
        token = tokens.issue(
            actor=Actor.system("tests"), role=role, name=name, office_id=office, department_id=department
        )
    actor = tokens.actor_of(token)
    assert actor
    return Identity(name, role, side, new_cookie(user_id, role), token, user_id, UUID(actor.id))


def new_cookie(user_id: UUID, role: Role) -> str:
    """The token of a fresh login of that user."""
    with transaction():
        user = db.session.get_one(User, user_id)
        cookie, _ = sessions.start(
            user,
            provider="residents",
            claim_roles=(),
            is_staff=role is not Role.RESIDENT,
            id_token="",
            device="tests",
            auth_time=clock.wall(),
        )
    return cookie


def _family_name(role: Role, side: str) -> str:
    return {"a": "Kanarianna", "b": "Kanaribodo"}[side] if role is Role.RESIDENT else "Personal"
