"""Roles, permissions, and the one table that joins them. Pure: no database, no web.

Nothing else in the house decides from a role's name; everybody asks for a permission.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    """What somebody is here. Staff roles count within an office, within a department, or everywhere (`SCOPE_OF`)."""

    RESIDENT = "resident"
    CASEWORKER = "caseworker"
    SERVICE_MANAGER = "service_manager"
    CONTACT_TRACER = "contact_tracer"
    HEALTH_OFFICER = "health_officer"
    HEALTH_ADMIN = "health_admin"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class Permission(StrEnum):
    """What may be done. Every view asks for exactly one of them."""

    # residents, for themselves
    ACCOUNT_OWN = "account.own"
    REQUESTS_OWN = "requests.own"
    # departments
    REQUESTS_WORK = "requests.work"
    REQUESTS_ERASE = "requests.erase"
    SERVICES_MANAGE = "services.manage"
    SERVICES_STATISTICS = "services.statistics"
    # messages
    MESSAGES_VIEW = "messages.view"
    MESSAGES_SEND = "messages.send"
    MESSAGES_ANSWER = "messages.answer"
    SUPPRESSIONS_MANAGE = "suppressions.manage"
    # health office
    CASES_SEE = "cases.see"
    CASES_ENROL = "cases.enrol"
    CASES_IMPORT = "cases.import"
    CASES_CONTACT = "cases.contact"
    CASES_REPORT = "cases.report"
    CASES_REVIEW = "cases.review"
    CASES_ORDER = "cases.order"
    CASES_CLOSE = "cases.close"
    CASES_TRANSFER = "cases.transfer"
    CASES_BULK = "cases.bulk"
    CASES_EXPORT = "cases.export"
    CASES_LINK = "cases.link"
    CASES_ERASE = "cases.erase"
    PROTOCOLS_SEE = "protocols.see"
    PROTOCOLS_MANAGE = "protocols.manage"
    RETENTION_RUN = "retention.run"
    HOLDS_MANAGE = "holds.manage"
    # the house itself
    AUDIT_READ = "audit.read"
    PROCESSING_SEE = "processing.see"
    ADMIN_MANAGE = "admin.manage"
    ROLES_GRANT = "roles.grant"
    SYSTEM_VIEW = "system.view"


class Scope(StrEnum):
    """Where a role counts."""

    EVERYWHERE = "everywhere"
    OFFICE = "office"
    DEPARTMENT = "department"


SCOPE_OF: dict[Role, Scope] = {
    Role.RESIDENT: Scope.EVERYWHERE,
    Role.CASEWORKER: Scope.DEPARTMENT,
    Role.SERVICE_MANAGER: Scope.DEPARTMENT,
    Role.CONTACT_TRACER: Scope.OFFICE,
    Role.HEALTH_OFFICER: Scope.OFFICE,
    Role.HEALTH_ADMIN: Scope.OFFICE,
    Role.AUDITOR: Scope.EVERYWHERE,
    Role.ADMINISTRATOR: Scope.EVERYWHERE,
}

_RESIDENT = frozenset({Permission.ACCOUNT_OWN, Permission.REQUESTS_OWN})
_TRACER = frozenset(
    {
        Permission.CASES_SEE,
        Permission.CASES_ENROL,
        Permission.CASES_IMPORT,
        Permission.CASES_CONTACT,
        Permission.CASES_REPORT,
        Permission.CASES_LINK,
        Permission.PROTOCOLS_SEE,
    }
)
_OFFICER = _TRACER | {
    Permission.CASES_BULK,
    Permission.CASES_REVIEW,
    Permission.CASES_ORDER,
    Permission.CASES_CLOSE,
    Permission.CASES_TRANSFER,
    Permission.MESSAGES_VIEW,
    Permission.MESSAGES_SEND,
    Permission.MESSAGES_ANSWER,
}

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.RESIDENT: _RESIDENT,
    Role.CASEWORKER: frozenset({Permission.REQUESTS_WORK, Permission.MESSAGES_VIEW}),
    Role.SERVICE_MANAGER: frozenset(
        {
            Permission.SERVICES_MANAGE,
            Permission.SERVICES_STATISTICS,
            Permission.MESSAGES_VIEW,
            Permission.REQUESTS_ERASE,
            Permission.RETENTION_RUN,
            Permission.HOLDS_MANAGE,
            Permission.PROCESSING_SEE,
        }
    ),
    Role.CONTACT_TRACER: _TRACER,
    Role.HEALTH_OFFICER: _OFFICER,
    Role.HEALTH_ADMIN: frozenset(
        {
            Permission.CASES_SEE,
            Permission.CASES_BULK,
            Permission.CASES_EXPORT,
            Permission.CASES_ERASE,
            Permission.PROTOCOLS_SEE,
            Permission.PROTOCOLS_MANAGE,
            Permission.RETENTION_RUN,
            Permission.HOLDS_MANAGE,
            Permission.PROCESSING_SEE,
            Permission.SUPPRESSIONS_MANAGE,
            Permission.MESSAGES_VIEW,
        }
    ),
    Role.AUDITOR: frozenset({Permission.AUDIT_READ, Permission.PROCESSING_SEE}),
    Role.ADMINISTRATOR: frozenset(
        {Permission.ADMIN_MANAGE, Permission.ROLES_GRANT, Permission.SYSTEM_VIEW, Permission.PROCESSING_SEE}
    ),
}

# What may be done only by somebody who has just proved who they are (step-up): whatever changes something with these
# permissions, and everything with those of EXPORTS, since a copy has left the house as soon as it is read.
EXPORTS = frozenset({Permission.CASES_EXPORT})
STEP_UP = EXPORTS | {
    Permission.CASES_ERASE,
    Permission.REQUESTS_ERASE,
    Permission.RETENTION_RUN,
    Permission.ROLES_GRANT,
}
READING = frozenset({"GET", "HEAD", "OPTIONS"})

STAFF_ROLES = frozenset(Role) - {Role.RESIDENT}
STAFF_PERMISSIONS = frozenset(Permission) - _RESIDENT


@dataclass(frozen=True)
class ClaimedRole:
    """A role as a provider's claim names it: `health_officer`, or `health_officer:north` with an office's code."""

    role: Role
    scope_code: str | None = None


@dataclass(frozen=True)
class HeldRole:
    """A role as it counts now: with the office or department it is held in, both None where it counts everywhere."""

    role: Role
    office_id: UUID | None = None
    department_code: str | None = None


def permissions_of(roles: Iterable[Role]) -> frozenset[Permission]:
    """All that these roles together may do."""
    return frozenset().union(*(ROLE_PERMISSIONS[role] for role in roles))


def needs_step_up(permission: Permission, method: str) -> bool:
    """Whether a request with this HTTP method and permission needs a freshly confirmed login."""
    return permission in EXPORTS or (permission in STEP_UP and method not in READING)


def claimed_roles(value: object) -> tuple[ClaimedRole, ...]:
    """The roles that a claim names: a list, or a string separated by spaces or commas. Unknown names are ignored.

    A scope at a role that has none (`auditor:north`) makes the entry unknown, for it would otherwise count for more
    than its author meant.
    """
    if isinstance(value, str):
        names: list[object] = list(value.replace(",", " ").split())
    elif isinstance(value, list | tuple):
        names = list(value)
    else:
        return ()
    found: dict[ClaimedRole, None] = {}
    for name in names:
        if isinstance(name, str) and (claimed := _claimed_role(name.strip())):
            found[claimed] = None
    return tuple(found)


def _claimed_role(name: str) -> ClaimedRole | None:
    role_name, separator, code = name.partition(":")
    try:
        role = Role(role_name)
    except ValueError:
        return None
    if not separator:
        return ClaimedRole(role)
    if not code or not code.isprintable() or SCOPE_OF[role] is Scope.EVERYWHERE:
        return None
    return ClaimedRole(role, code)
