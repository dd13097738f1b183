"""How long saved views and named choices of exports are kept: people leave theirs behind when they go."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from auth import retention
from auth.actors import Actor
from auth.archive import Due
from auth.retention import Page, RecordType, page_of
from care.export_models import ExportPreset
from care.list_models import SavedView
from config.dependents import delete_with_dependents
from config.errors import N_

Model = type[SavedView] | type[ExportPreset]
VIEWS, PRESETS = "care.saved_views", "care.export_presets"
REASON = N_("Art. 5 (1) (e) GDPR; whoever still needs it saves it anew.")


def _due_of(model: Model, kind: str) -> Callable[[datetime, int, UUID | None, int], Page]:
    def find(now: datetime, days: int, after: UUID | None, limit: int) -> Page:
        wanted = select(model.id, model.office_id, model.changed_at)
        return page_of(wanted.where(model.changed_at < now - timedelta(days=days)), model.id, after, limit, due)

    def due(row: Any) -> Due:
        return Due(row.id, row.changed_at, (f"{kind}:{row.id}",), f"office:{row.office_id}")

    return find


def _erase_of(model: Model) -> Callable[[Sequence[Due], Actor], int]:
    table: Any = model.__table__
    return lambda found, actor: delete_with_dependents(table, [each.id for each in found])


def register() -> None:
    """Make the types of record known."""
    views, presets = N_("Care: saved views of the lists"), N_("Care: named choices of exports")
    types: tuple[tuple[str, str, Model, str], ...] = (
        (VIEWS, views, SavedView, "view"),
        (PRESETS, presets, ExportPreset, "preset"),
    )
    for name, title, model, kind in types:
        retention.register_type(
            RecordType(
                name,
                title,
                365,
                N_("the last change of the choice"),
                REASON,
                place="office",
                due=_due_of(model, kind),
                erase=_erase_of(model),
            )
        )
