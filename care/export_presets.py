"""Choices for exports under a name: one's own, and those that colleagues share with the office."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import ColumnElement, and_, or_, select

from auth.actors import Actor
from auth.roles import Permission
from care import queries
from care.export_columns import chosen
from care.export_commands import ExportChoice, SavePreset
from care.export_models import ExportPreset
from care.list_filters import understood
from config import clock
from config.database import db, locked
from config.errors import NotFound


@dataclass(frozen=True)
class Preset:
    """A named choice as a page shows it; `mine`: the actor has made it."""

    id: UUID
    name: str
    shared: bool
    mine: bool
    choice: ExportChoice


def visible(actor: Actor) -> list[Preset]:
    """Those that `actor` may use, by name. What an older version has kept and nobody understands is left out."""
    rows = db.session.scalars(select(ExportPreset).where(_visible_to(actor)).order_by(ExportPreset.name))
    return [found for found in (_shown(row, actor) for row in rows) if found is not None]


def get(actor: Actor, preset_id: UUID) -> Preset:
    """One of them. Raises NotFound."""
    row = db.session.scalar(select(ExportPreset).where(ExportPreset.id == preset_id, _visible_to(actor)))
    found = _shown(row, actor) if row is not None else None
    if found is None:
        raise NotFound()
    return found


def named(name: str) -> ExportChoice:
    """For the command line: the shared choice of this name. Raises NotFound."""
    wanted = select(ExportPreset).where(ExportPreset.name == name, ExportPreset.shared).order_by(ExportPreset.id)
    row = db.session.scalars(wanted.limit(1)).first()
    if row is None:
        raise NotFound()
    return ExportChoice.model_validate(row.choice)


def save(command: SavePreset, *, actor: Actor) -> UUID:
    """Keep the choice; one's own of the same name is replaced. Inside `transaction()`. Raises RuleViolation."""
    chosen(command.choice.columns)
    understood(command.choice.wanted or {})
    office_id = queries.office_for(actor, Permission.CASES_EXPORT)
    same = (ExportPreset.office_id == office_id, ExportPreset.owner_id == actor.id, ExportPreset.name == command.name)
    found = db.session.scalar(locked(select(ExportPreset).where(*same)))
    if found is None:
        found = ExportPreset(office_id=office_id, owner_id=actor.id, name=command.name)
        db.session.add(found)
    found.shared, found.changed_at = command.shared, clock.now()
    found.choice = command.choice.model_dump(mode="json")
    return found.id


def delete(preset_id: UUID, *, actor: Actor) -> None:
    """Forget one: a shared one is the office's. Inside `transaction()`. Raises NotFound."""
    found = db.session.scalar(select(ExportPreset).where(ExportPreset.id == preset_id, _visible_to(actor)))
    if found is None:
        raise NotFound()
    db.session.delete(found)


def _visible_to(actor: Actor) -> ColumnElement[bool]:
    offices: Sequence[UUID] = list(actor.offices_for(Permission.CASES_EXPORT))
    shared = and_(ExportPreset.shared, ExportPreset.office_id.in_(offices))
    return or_(ExportPreset.owner_id == actor.id, shared)


def _shown(row: ExportPreset, actor: Actor) -> Preset | None:
    try:
        choice = ExportChoice.model_validate(row.choice)
    except ValidationError:
        return None
    return Preset(row.id, row.name, row.shared, row.owner_id == actor.id, choice)
