"""Saved views of a list: kept, shared with one's place, found again. Each wing has a shelf of them for its own list."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, update

from auth import audit
from auth.actors import Actor
from auth.saved_view_commands import MOST_OF_ONE, ChangeView, SaveView, ViewAction
from config import clock
from config.database import db
from config.errors import N_, NotFound, RuleViolation
from config.filters import Wanted, read_kept

COUNTED = 1000


@dataclass(frozen=True)
class View:
    """A saved view as its reader sees it. `wanted`: what stands in the list's address; `lost`: what no longer fits.

    `number`: how many entries there are now, None if not counted, more than COUNTED for "and more".
    """

    id: UUID
    name: str
    wanted: dict[str, str]
    lost: tuple[str, ...]
    is_mine: bool
    is_shared: bool
    is_default: bool
    number: int | None = None


class Kept(Protocol):
    """What a wing's table of views has, beside the column that says whose place they belong to."""

    id: Any
    owner_id: Any
    is_shared: Any
    is_default: Any
    wanted: Any
    created_at: Any
    changed_at: Any
    name: Any

    def __init__(self, **columns: Any) -> None: ...


RowT = TypeVar("RowT", bound=Kept)


@dataclass(frozen=True)
class Shelf(Generic[RowT]):
    """The views of one list. Writing is inside the caller's `transaction()`.

    `rows`: their table; `wanted`: the command that asks for the list; `placed`: which rows are in the actor's places;
    `chain_of`: the audit chain of a row; `word`: what a view is called in the audit trail; `count`: how many entries a
    list has for the actor, counted up to a limit.
    """

    rows: type[RowT]
    wanted: type[Wanted]
    placed: Callable[[Actor], ColumnElement[bool]]
    chain_of: Callable[[RowT], str]
    word: str
    count: Callable[[Actor, dict[str, str], int], int]

    def views_of(self, actor: Actor, *, counted: bool = False) -> list[View]:
        """The actor's own views and those that are shared in their places, by name."""
        found = [
            self._shown(actor, row, counted=counted)
            for row in db.session.scalars(select(self.rows).where(self._seen_by(actor)))
        ]
        return sorted(found, key=lambda one: (not one.is_mine, one.name.casefold()))

    def view_for(self, actor: Actor, view_id: UUID) -> View:
        """One view. Raises NotFound."""
        return self._shown(actor, self._row(actor, view_id))

    def default_of(self, actor: Actor) -> View | None:
        """Where the actor's lists begin, if they have chosen that."""
        mine = self.rows.owner_id == actor.id
        row = db.session.scalar(select(self.rows).where(self._seen_by(actor), mine, self.rows.is_default).limit(1))
        return self._shown(actor, row) if row else None

    def save(self, command: SaveView, *, actor: Actor, **place: Any) -> RowT:
        """Keep a view at `place` (the column that says where it belongs).

        Raises RuleViolation for filters that there are not, for the same name twice, for too many.
        """
        kept = read_kept(self.wanted, command.wanted)
        if kept.lost:
            raise RuleViolation("", N_("These filters cannot be kept."))
        mine = self._own(actor)
        if len(mine) >= MOST_OF_ONE:
            raise RuleViolation("name", N_("You have as many views as one can have. Please delete one first."))
        _refuse_same_name(mine, command.name)
        now = clock.now()
        row = self.rows(
            **place,
            owner_id=actor.id,
            is_shared=command.is_shared,
            is_default=False,
            wanted=kept.wanted.values(),
            created_at=now,
            changed_at=now,
            name=command.name,
        )
        db.session.add(row)
        db.session.flush()
        self._note(actor, "saved", row, filters=len(row.wanted))
        return row

    def change(self, command: ChangeView, *, view_id: UUID, actor: Actor) -> None:
        """Rename, share or delete one's own view, or let one's lists begin with it. Raises NotFound, RuleViolation."""
        row = self._row(actor, view_id)
        if row.owner_id != actor.id:
            raise RuleViolation("", N_("Only whoever made a view can change it."))
        match command.action:
            case ViewAction.RENAME:
                self._rename(row, command.name, actor)
            case ViewAction.SHARE | ViewAction.UNSHARE:
                row.is_shared = command.action is ViewAction.SHARE
            case ViewAction.BEGIN_HERE | ViewAction.BEGIN_ANEW:
                db.session.execute(update(self.rows).where(self.rows.owner_id == actor.id).values(is_default=False))
                row.is_default = command.action is ViewAction.BEGIN_HERE
            case ViewAction.DELETE:
                db.session.delete(row)
                self._note(actor, "deleted", row)
                return
        row.changed_at = clock.now()
        self._note(actor, "changed", row, change=command.action.value)

    def _seen_by(self, actor: Actor) -> ColumnElement[bool]:
        visible: ColumnElement[bool] = or_(self.rows.is_shared, self.rows.owner_id == actor.id)
        return visible & self.placed(actor)

    def _row(self, actor: Actor, view_id: UUID) -> RowT:
        row = db.session.scalar(select(self.rows).where(self.rows.id == view_id, self._seen_by(actor)))
        if row is None:
            raise NotFound()
        return row

    def _shown(self, actor: Actor, row: RowT, *, counted: bool = False) -> View:
        kept = read_kept(self.wanted, row.wanted)
        return View(
            row.id,
            row.name or "",
            kept.wanted.values(),
            kept.lost,
            row.owner_id == actor.id,
            row.is_shared,
            row.is_default and row.owner_id == actor.id,
            self.count(actor, kept.wanted.values(), COUNTED) if counted else None,
        )

    def _rename(self, row: RowT, name: str | None, actor: Actor) -> None:
        if not name:
            raise RuleViolation("name", N_("Please fill in this field."))
        _refuse_same_name([one for one in self._own(actor) if one.id != row.id], name)
        row.name = name

    def _own(self, actor: Actor) -> Sequence[RowT]:
        mine = self.rows.owner_id == actor.id
        return db.session.scalars(select(self.rows).where(self._seen_by(actor), mine)).all()

    def _note(self, actor: Actor, what: str, row: RowT, **facts: Any) -> None:
        name = f"{self.word}:{row.id}"
        chain = self.chain_of(row)
        audit.record(actor, f"{self.word}.{what}", name, chain=chain, shared=row.is_shared, **facts)


def _refuse_same_name(known: Sequence[Any], name: str) -> None:
    if name.casefold() in {(one.name or "").casefold() for one in known}:
        raise RuleViolation("name", N_("You have a view of this name already."))
