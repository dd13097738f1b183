"""How long saved views are kept: people write names into theirs, and leave them behind when they go."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from auth import retention
from auth.actors import Actor
from auth.archive import Due
from auth.retention import Page, RecordType, page_of
from care.list_models import SavedView
from config.dependents import delete_with_dependents
from config.errors import N_

VIEWS = "care.saved_views"


def _views(now: datetime, days: int, after: UUID | None, limit: int) -> Page:
    wanted = select(SavedView.id, SavedView.office_id, SavedView.changed_at).where(
        SavedView.changed_at < now - timedelta(days=days)
    )
    return page_of(wanted, SavedView.id, after, limit, _due)


def _due(row: Any) -> Due:
    return Due(row.id, row.changed_at, (f"view:{row.id}",), f"office:{row.office_id}")


def _erase(found: Sequence[Due], actor: Actor) -> int:
    return delete_with_dependents(SavedView.__table__, [each.id for each in found])  # type: ignore[arg-type]


def register() -> None:
    """Make the type of record known."""
    retention.register_type(
        RecordType(
            VIEWS,
            N_("Care: saved views of the lists"),
            365,
            N_("the last change of the view"),
            N_("Art. 5 (1) (e) GDPR; whoever still needs a view saves it anew."),
            due=_views,
            erase=_erase,
        )
    )
