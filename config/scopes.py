"""Whose rows a piece of work may touch: the scope that the database is told in every transaction.

Queries say who is asking (`cases_visible_to(actor)`); the scope is the net beneath them. On PostgreSQL row-level
security holds every statement to it, on SQLite nothing does. Without a scope no row of a person is seen.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TypeVar
from uuid import UUID

Item = TypeVar("Item")


@dataclass(frozen=True)
class Scope:
    """The rows of these offices and departments and of this user; `system`: of all, in the name of a part of the house.

    `actor` is the pseudonym under which somebody, or a program, has written rows. `registers` are tables of the house
    that belong to no place and yet not to everybody: `audit`, `roles`.
    """

    system: str = ""
    offices: frozenset[UUID] = frozenset()
    departments: frozenset[str] = frozenset()
    user_id: UUID | None = None
    actor: str = ""
    registers: frozenset[str] = frozenset()

    @cached_property
    def owners(self) -> tuple[str, ...]:
        """The offices and departments as messages name them: `office:<id>`, `department:<code>`."""
        return (
            *sorted(f"office:{office}" for office in self.offices),
            *sorted(f"department:{code}" for code in self.departments),
        )

    def covers(self, owner: str | None) -> bool:
        """Whether rows of `owner` are within this scope; rows without an owner are those of all who work in a place."""
        return bool(self.system) or (bool(self.owners) if owner is None else owner in self.owners)


NOBODY = Scope()
# Two levels: who is asking, as it becomes known, and what is done meanwhile in another scope, whoever asks.
_asking: ContextVar[Scope] = ContextVar("obhut_scope_asking", default=NOBODY)
_within: ContextVar[Scope | None] = ContextVar("obhut_scope_within", default=None)
Before = tuple[Scope, Scope | None]


def current_scope() -> Scope:
    """The scope of what is being done here."""
    return _within.get() or _asking.get()


@contextmanager
def within(scope: Scope) -> Iterator[None]:
    """Do the block in `scope`, then go on in the one before."""
    before = _within.set(scope)
    try:
        yield
    finally:
        _within.reset(before)


@contextmanager
def covering(owners: Iterable[str | None], name: str) -> Iterator[None]:
    """Do the block where rows of `owners` may be written: as it is, or in the scope of the part `name` of the house."""
    if all(map(current_scope().covers, owners)):
        yield
    else:
        with within(system(name)):
            yield


def keeping(items: Iterable[Item]) -> Iterator[Item]:
    """The same items, each made in the scope of this moment: for what is read when the request has ended."""
    return _each_within(current_scope(), iter(items))


def _each_within(scope: Scope, items: Iterator[Item]) -> Iterator[Item]:
    while True:
        with within(scope):
            try:
                item = next(items)
            except StopIteration:
                return
        yield item


def start(scope: Scope = NOBODY) -> Before:
    """Begin a piece of work (a request, a command) in `scope`, whatever this thread did before; for `end`."""
    before = _asking.get(), _within.get()
    _asking.set(scope)
    _within.set(None)
    return before


def become(scope: Scope) -> None:
    """From here on, `scope` is asking: it has become known who it is. What runs `within` another goes on in that."""
    _asking.set(scope)


def end(before: Before) -> None:
    """End what `start` began."""
    _asking.set(before[0])
    _within.set(before[1])


@lru_cache
def system(name: str) -> Scope:
    """The scope of a part of the house itself that acts for everybody: a job, a webhook, a link, the command line."""
    return Scope(system=name)


def people(
    offices: Iterable[UUID] = (),
    departments: Iterable[str] = (),
    user_id: UUID | None = None,
    actor: str = "",
    registers: Iterable[str] = (),
) -> Scope:
    """The scope of somebody who has logged in, or of a program with a token."""
    return Scope("", frozenset(offices), frozenset(departments), user_id, actor, frozenset(registers))
