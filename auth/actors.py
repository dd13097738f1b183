"""The actor: whoever does something in this house, as the rest of the code knows them."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Literal, Self
from uuid import UUID

from auth.roles import STAFF_ROLES, HeldRole, Permission, Role, permissions_of
from config import scopes

# Registers of the house that belong to no place, and the permission that opens each.
REGISTERS = {"audit": Permission.AUDIT_READ, "roles": Permission.ROLES_GRANT}
Kind = Literal["user", "token", "system", "link", "visitor", "anonymous"]


@dataclass(frozen=True)
class Actor:
    """Who is acting. `id` is a pseudonym fit for records; `name` is for the page in front of that very person."""

    kind: Kind
    id: str
    name: str = ""
    user_id: UUID | None = None
    roles: frozenset[Role] = frozenset()
    permissions: frozenset[Permission] = frozenset()
    office_ids: frozenset[UUID] = frozenset()
    department_codes: frozenset[str] = frozenset()
    locale: str = "de"
    held: frozenset[HeldRole] = field(default=frozenset(), repr=False)
    assurance: str = "basic"

    @classmethod
    def of(cls, kind: Kind, id: str, held: frozenset[HeldRole], **facts: object) -> Self:
        """An actor with these roles, and with the permissions and places that follow from them."""
        roles = frozenset(one.role for one in held)
        return cls(
            kind=kind,
            id=id,
            roles=roles,
            permissions=permissions_of(roles),
            office_ids=frozenset(one.office_id for one in held if one.office_id),
            department_codes=frozenset(one.department_code for one in held if one.department_code),
            held=held,
            **facts,  # type: ignore[arg-type]
        )

    @classmethod
    def system(cls, name: str) -> Self:
        """A named part of the house itself (a job, the command line): may do everything, everywhere."""
        return cls(kind="system", id=name, name=name, permissions=frozenset(Permission))

    @classmethod
    def link(cls, reference: str, locale: str = "de") -> Self:
        """Whoever holds the secret link of the record `reference`; may do nothing that needs a permission."""
        return cls(kind="link", id=reference, locale=locale)

    @classmethod
    def visitor(cls, mark: str, locale: str = "de") -> Self:
        """Somebody without a login in one browser, known again by `mark`: has what was begun there, nothing else."""
        return cls(kind="visitor", id=f"visitor:{mark}", locale=locale)

    @classmethod
    def anonymous(cls, locale: str = "de") -> Self:
        """A visitor who has not logged in."""
        return cls(kind="anonymous", id="anonymous", locale=locale)

    @property
    def scope(self) -> scopes.Scope:
        """The rows that the database lets this actor have, whatever a query asks for."""
        if self.is_system:
            return scopes.system(self.id)
        if self.kind == "visitor":
            return scopes.people(actor=self.id)
        if not self.is_known:
            return scopes.NOBODY
        registers = [name for name, permission in REGISTERS.items() if self.may(permission)]
        return scopes.people(self.office_ids, self.department_codes, self.user_id, self.id, registers)

    @property
    def is_system(self) -> bool:
        return self.kind == "system"

    @property
    def is_staff(self) -> bool:
        return bool(self.roles & STAFF_ROLES)

    @property
    def is_known(self) -> bool:
        """Whether somebody has logged in, with a browser or with a token."""
        return self.kind in ("user", "token")

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def where_they_may(self, permissions: Collection[Permission]) -> Self:
        """This actor in the places where they hold one of `permissions`: what a role allows counts in its place alone.

        All that they may elsewhere stays in `permissions`, so that pages can show the way there.
        """
        placed = [one for one in self.held if permissions_of([one.role]) & set(permissions)]
        offices = frozenset(one.office_id for one in placed if one.office_id)
        departments = frozenset(one.department_code for one in placed if one.department_code)
        if self.is_system or (offices, departments) == (self.office_ids, self.department_codes):
            return self
        held = frozenset(
            one
            for one in self.held
            if one.office_id in (None, *offices) and one.department_code in (None, *departments)
        )
        return replace(self, held=held, office_ids=offices, department_codes=departments)

    def offices_for(self, permission: Permission) -> frozenset[UUID]:
        """The offices in which this actor holds `permission`; narrower than `office_ids` with several roles."""
        return frozenset(
            one.office_id for one in self.held if one.office_id and permission in permissions_of([one.role])
        )

    def departments_for(self, permission: Permission) -> frozenset[str]:
        """The departments in which this actor holds `permission`."""
        return frozenset(
            one.department_code for one in self.held if one.department_code and permission in permissions_of([one.role])
        )
