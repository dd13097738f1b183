"""Records that somebody may decide about: each wing says how its own are found, and to whom they belong.

This room knows neither cases nor requests; it needs their owner ("office:<id>", "department:<code>") and their address.
"""

from collections.abc import Callable
from dataclasses import dataclass

from auth.actors import Actor
from auth.roles import Permission
from config import scopes
from config.errors import NotFound


@dataclass(frozen=True)
class Record:
    """A record as the audit trail names it, whose it is, and where its page is."""

    subject: str
    owner: str
    url: str


Finder = Callable[[Actor, Permission, str], Record]
_finders: dict[str, Finder] = {}


def register_records(kind: str, finder: Finder) -> None:
    """Make records of a `kind` known: `finder(actor, permission, reference)` raises NotFound where `actor` may not."""
    _finders[kind] = finder


def find(actor: Actor, permission: Permission, kind: str, reference: str) -> Record:
    """The record over which `actor` holds `permission`. Raises NotFound."""
    finder = _finders.get(kind)
    if finder is None:
        raise NotFound()
    return finder(actor, permission, reference)


def owners_for(actor: Actor, permission: Permission) -> tuple[str, ...]:
    """The offices and departments in which `actor` holds `permission`, as rows name them."""
    return scopes.people(actor.offices_for(permission), actor.departments_for(permission)).owners
