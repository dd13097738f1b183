"""What the house holds of somebody who logs in. This room knows nothing of the wings: each registers what it holds.

Own pages ask all of them: for whose looks the person may see, for the copy of their data, for what is erased.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from auth.actors import Actor


@dataclass(frozen=True)
class Kept:
    """Something that an erasure leaves, and why: an English msgid with `{named}` parameters, and its parameters."""

    what: str
    reason: str
    params: dict[str, object]


@dataclass(frozen=True)
class Holding:
    """What one room holds of a user (`UUID`).

    `subjects`: its records as the audit trail names them (`request:K7NPX3RB`); `untold`: the codes of what is done with
    them that stays among colleagues. `export`: files of the copy of their data, name and content, JSON and attachments;
    `assurance`: how surely somebody must be known to get it, and `note_copy` records that it was taken, inside the
    caller's transaction. `erase`: erase what may go, inside the caller's transaction, and say what stays; `stays` says
    the same beforehand and changes nothing.
    """

    name: str
    subjects: Callable[[UUID], Sequence[str]]
    export: Callable[[UUID], Iterable[tuple[str, bytes]]]
    erase: Callable[[UUID, Actor], Sequence[Kept]]
    stays: Callable[[UUID], Sequence[Kept]] = lambda user_id: ()
    assurance: Callable[[UUID], str] = lambda user_id: ""
    note_copy: Callable[[UUID, Actor], None] = lambda user_id, actor: None
    untold: frozenset[str] = frozenset()


_holdings: dict[str, Holding] = {}


def register_holding(holding: Holding) -> None:
    """Make a room's holding known. The same name again replaces it."""
    _holdings[holding.name] = holding


def holdings() -> tuple[Holding, ...]:
    """All that are registered."""
    return tuple(_holdings.values())


def subjects_of(user_id: UUID) -> list[str]:
    """All records of this user, as the audit trail names them; the account itself first."""
    return [f"user:{user_id}", *(subject for each in holdings() for subject in each.subjects(user_id))]
