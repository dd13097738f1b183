"""Saved views of the line lists: kept, shared with one's office, found again. Writing is inside `transaction()`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, update

from auth import audit
from auth.actors import Actor
from auth.roles import Permission
from care.list_filters import ListCases, Read, read_kept
from care.list_models import SavedView
from care.list_pages import with_defaults
from care.queries import count_up_to
from care.saved_view_commands import MOST_OF_ONE, ChangeView, SaveView, ViewAction
from config import clock
from config.database import db
from config.errors import N_, NotFound, RuleViolation

COUNTED = 1000


@dataclass(frozen=True)
class View:
    """A saved view as its reader sees it. `wanted`: what stands in the list's address; `lost`: what no longer fits.

    `number`: how many cases there are now, None if not counted, more than COUNTED for "and more".
    """

    id: UUID
    name: str
    wanted: dict[str, str]
    lost: tuple[str, ...]
    is_mine: bool
    is_shared: bool
    is_default: bool
    number: int | None = None


def views_of(actor: Actor, *, counted: bool = False) -> list[View]:
    """The actor's own views and those that are shared in their offices, by name."""
    found = [
        _shown(actor, row, counted=counted) for row in db.session.scalars(select(SavedView).where(_seen_by(actor)))
    ]
    return sorted(found, key=lambda one: (not one.is_mine, one.name.casefold()))


def view_for(actor: Actor, view_id: UUID) -> View:
    """One view. Raises NotFound."""
    return _shown(actor, _row(actor, view_id))


def default_of(actor: Actor) -> View | None:
    """Where the actor's lists begin, if they have chosen that."""
    wanted = select(SavedView).where(_seen_by(actor), SavedView.owner_id == actor.id, SavedView.is_default)
    row = db.session.scalar(wanted.limit(1))
    return _shown(actor, row) if row else None


def _seen_by(actor: Actor) -> ColumnElement[bool]:
    visible = or_(SavedView.is_shared, SavedView.owner_id == actor.id)
    return visible & SavedView.office_id.in_(actor.offices_for(Permission.CASES_SEE))


def _row(actor: Actor, view_id: UUID) -> SavedView:
    row = db.session.scalar(select(SavedView).where(SavedView.id == view_id, _seen_by(actor)))
    if row is None:
        raise NotFound()
    return row


def _shown(actor: Actor, row: SavedView, *, counted: bool = False) -> View:
    kept = read_kept(row.wanted)
    return View(
        row.id,
        row.name or "",
        kept.wanted.values(),
        kept.lost,
        row.owner_id == actor.id,
        row.is_shared,
        row.is_default and row.owner_id == actor.id,
        count_up_to(actor, _listed(kept), COUNTED) if counted else None,
    )


def _listed(kept: Read) -> ListCases:
    return ListCases.model_validate(with_defaults(kept.wanted.values()))


def save(command: SaveView, *, actor: Actor, office_id: UUID) -> SavedView:
    """Keep a view. Raises RuleViolation for filters that there are not, for the same name twice, for too many."""
    kept = read_kept(command.wanted)
    if kept.lost:
        raise RuleViolation("", N_("These filters cannot be kept."))
    mine = _own(actor)
    if len(mine) >= MOST_OF_ONE:
        raise RuleViolation("name", N_("You have as many views as one can have. Please delete one first."))
    _refuse_same_name(mine, command.name)
    now = clock.now()
    row = SavedView(
        office_id=office_id,
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
    _note(actor, "view.saved", row, filters=len(row.wanted))
    return row


def change(command: ChangeView, *, view_id: UUID, actor: Actor) -> None:
    """Rename, share or delete one's own view, or let one's lists begin with it. Raises NotFound, RuleViolation."""
    row = _row(actor, view_id)
    if row.owner_id != actor.id:
        raise RuleViolation("", N_("Only whoever made a view can change it."))
    match command.action:
        case ViewAction.RENAME:
            _rename(row, command.name, actor)
        case ViewAction.SHARE | ViewAction.UNSHARE:
            row.is_shared = command.action is ViewAction.SHARE
        case ViewAction.BEGIN_HERE | ViewAction.BEGIN_ANEW:
            db.session.execute(update(SavedView).where(SavedView.owner_id == actor.id).values(is_default=False))
            row.is_default = command.action is ViewAction.BEGIN_HERE
        case ViewAction.DELETE:
            db.session.delete(row)
            _note(actor, "view.deleted", row)
            return
    row.changed_at = clock.now()
    _note(actor, "view.changed", row, change=command.action.value)


def _rename(row: SavedView, name: str | None, actor: Actor) -> None:
    if not name:
        raise RuleViolation("name", N_("Please fill in this field."))
    _refuse_same_name([one for one in _own(actor) if one.id != row.id], name)
    row.name = name


def _own(actor: Actor) -> Sequence[SavedView]:
    return db.session.scalars(select(SavedView).where(_seen_by(actor), SavedView.owner_id == actor.id)).all()


def _refuse_same_name(known: Sequence[SavedView], name: str) -> None:
    if name.casefold() in {(one.name or "").casefold() for one in known}:
        raise RuleViolation("name", N_("You have a view of this name already."))


def _note(actor: Actor, action: str, row: SavedView, **facts: Any) -> None:
    chain = audit.chain_of_office(row.office_id)
    audit.record(actor, action, f"view:{row.id}", chain=chain, shared=row.is_shared, **facts)
