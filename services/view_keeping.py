"""How long saved views of the work list are kept."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from auth import retention
from auth.actors import Actor
from auth.archive import Due
from auth.retention import Page, RecordType, page_of
from config import dependents
from config.database import db
from config.errors import N_
from services.work_models import WorkView


def forget(owner_id: str) -> None:
    """An account is erased: its views go, those shared with others, too. Inside the caller's `transaction()`."""
    db.session.execute(delete(WorkView).where(WorkView.owner_id == owner_id))


def _due(now: datetime, days: int, after: UUID | None, limit: int) -> Page:
    wanted = select(WorkView.id, WorkView.department_code, WorkView.changed_at)
    return page_of(wanted.where(WorkView.changed_at < now - timedelta(days=days)), WorkView.id, after, limit, _as_due)


def _as_due(row: Any) -> Due:
    return Due(row.id, row.changed_at, (f"work_view:{row.id}",), f"department:{row.department_code}")


def _erase(found: Sequence[Due], actor: Actor) -> int:
    table: Any = WorkView.__table__
    return dependents.delete_with_dependents(table, [each.id for each in found])


TYPES = (
    RecordType(
        "services.work_views", N_("Services: saved views of the work list"), 365, N_("the last change of the view"),
        N_("Art. 5 (1) (e) GDPR; whoever still needs it saves it anew."), due=_due, erase=_erase, place="department",
    ),
)  # fmt: skip


def register() -> None:
    """Make the types of record known."""
    for record_type in TYPES:
        retention.register_type(record_type)
