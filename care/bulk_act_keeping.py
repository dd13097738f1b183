"""How long it is kept that something was done with many cases. The cases themselves go seven days after."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from auth import retention
from auth.actors import Actor
from auth.archive import Due
from auth.retention import Page, RecordType, page_of
from care.bulk_act_models import BulkAct
from config.dependents import delete_with_dependents
from config.errors import N_

ACTS = "care.bulk_acts"


def _acts(now: datetime, days: int, after: UUID | None, limit: int) -> Page:
    wanted = select(BulkAct.id, BulkAct.office_id, BulkAct.created_at).where(
        BulkAct.created_at < now - timedelta(days=days), BulkAct.rows_deleted_at.is_not(None)
    )
    return page_of(wanted, BulkAct.id, after, limit, _due)


def _due(row: BulkAct) -> Due:
    return Due(row.id, row.created_at, (f"bulk_act:{row.id}",), f"office:{row.office_id}")


def _erase(found: Sequence[Due], actor: Actor) -> int:
    return delete_with_dependents(BulkAct.__table__, [each.id for each in found])  # type: ignore[arg-type]


def register() -> None:
    """Make the type of record known."""
    retention.register_type(
        RecordType(
            ACTS,
            N_("Care: that something was done with many cases, by whom, and how many"),
            365,
            N_("the day it was chosen"),
            N_("Art. 5 (1) (e) GDPR; which cases they were goes seven days after."),
            place="office",
            due=_acts,
            erase=_erase,
        )
    )
