"""Whose rows a piece of work may touch: the scope that the database is told in every transaction.

Queries say who is asking (`cases_visible_to(actor)`); the scope is the net beneath them. On PostgreSQL row-level
security holds every statement to it, on SQLite nothing does. Without a scope no row of a person is seen.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Scope:
    """The rows of these offices and departments and of this user; `system`: of all, in the name of a part of the house.

    `owners` are offices and departments as messages name them: `office:<id>`, `department:<code>`.
    """

    system: str = ""
    offices: frozenset[UUID] = frozenset()
    departments: frozenset[str] = frozenset()
    user_id: UUID | None = None

    @property
    def owners(self) -> tuple[str, ...]:
        return (
            *sorted(f"office:{office}" for office in self.offices),
            *sorted(f"department:{code}" for code in self.departments),
        )


NOBODY = Scope()
_current: ContextVar[Scope] = ContextVar("obhut_scope", default=NOBODY)


def current_scope() -> Scope:
    """The scope of what is being done here."""
    return _current.get()


@contextmanager
def within(scope: Scope) -> Iterator[None]:
    """Do the block in `scope`, then go on in the one before."""
    before = _current.set(scope)
    try:
        yield
    finally:
        _current.reset(before)


def system(name: str) -> Scope:
    """The scope of a part of the house itself that acts for everybody: a job, a webhook, a link, the command line."""
    return Scope(system=name)


def people(offices: Iterable[UUID] = (), departments: Iterable[str] = (), user_id: UUID | None = None) -> Scope:
    """The scope of somebody who has logged in."""
    return Scope("", frozenset(offices), frozenset(departments), user_id)
