"""Cases that an act on many has changed, and may still put back: what would go out because of it waits as long."""

from datetime import datetime

from sqlalchemy import Exists, and_, or_, select

from care.bulk_act_models import BulkAct, BulkActRow
from care.bulk_act_rules import ActKind, ActState, RowState
from care.models import Case
from config.database import db


def can_be_put_back(now: datetime, kind: ActKind | None = None) -> Exists:
    """For a query of cases: at `now` (aware UTC) an act on many that changed them runs, or can be taken back. ADR 24.

    `kind`: only acts of this kind count. By the index of the rows of a case.
    """
    under_way = BulkAct.state.in_((ActState.RUNNING, ActState.UNDOING))
    in_time = and_(BulkAct.state == ActState.DONE, BulkAct.undo_until > now)
    rows = select(BulkActRow.id).join(BulkAct, BulkAct.id == BulkActRow.act_id)
    changed = rows.where(BulkActRow.case_id == Case.id, BulkActRow.state == RowState.DONE)
    if kind is not None:
        changed = changed.where(BulkAct.kind == kind)
    return changed.where(or_(under_way, in_time)).correlate(Case).exists()


def is_open(case: Case, now: datetime, kind: ActKind | None = None) -> bool:
    """The same for one case."""
    return db.session.scalar(select(Case.id).where(Case.id == case.id, can_be_put_back(now, kind))) is not None
