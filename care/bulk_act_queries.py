"""What pages may see of acts on many cases. Every question begins with who asks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import contains_eager

from auth.actors import Actor
from auth.roles import Permission
from care.bulk_act_models import BulkAct, BulkActRow
from care.bulk_act_rules import ActAction, ActKind, ActState, RowState, permission_for, possible
from care.models import Case
from config import clock
from config.database import db
from config.errors import NotFound

ROWS_PER_PAGE = 100
ACTS_PER_PAGE = 50


@dataclass(frozen=True)
class ActShown:
    """One act as a page shows it. `counts`: its cases by what would become of them, or has."""

    id: UUID
    office_id: UUID
    kind: ActKind
    state: ActState
    households: bool
    command: Mapping[str, Any]
    names: Mapping[str, str]
    total: int
    created_at: datetime
    created_by: str
    confirmed_at: datetime | None
    confirmed_by: str
    finished_at: datetime | None
    undo_until: datetime | None
    undone_at: datetime | None
    undone_by: str
    rows_deleted: bool
    possible: frozenset[ActAction]
    counts: Mapping[RowState, int] = field(default_factory=dict)


@dataclass(frozen=True)
class RowShown:
    """One case of an act. `reason` is an English text with `params`; `changes` by field: [before, after]."""

    number: int
    reference: str
    name: str
    status: str
    state: RowState
    changes: Mapping[str, Sequence[Any]]
    reason: str
    params: Mapping[str, Any]
    withdrawn: int


def acts_visible_to(actor: Actor) -> Select[BulkAct]:
    """The acts of the offices in which `actor` may act on many cases."""
    query = select(BulkAct)
    return query if actor.is_system else query.where(BulkAct.office_id.in_(actor.offices_for(Permission.CASES_BULK)))


def get_act(actor: Actor, act_id: UUID) -> BulkAct:
    """The act. Raises NotFound."""
    found = db.session.scalars(acts_visible_to(actor).where(BulkAct.id == act_id)).first()
    if found is None:
        raise NotFound()
    return found


def shown(actor: Actor, act_id: UUID) -> ActShown:
    """One act with its counts. Raises NotFound."""
    act = get_act(actor, act_id)
    by_state = select(BulkActRow.state, func.count()).where(BulkActRow.act_id == act.id).group_by(BulkActRow.state)
    counts = {state: number for state, number in db.session.execute(by_state)}  # noqa: C416 - a row is no pair to mypy
    return _shown(act, actor, counts)


def history(actor: Actor, before: UUID | None = None) -> tuple[list[ActShown], UUID | None]:
    """The newest acts first, from `before` on; and where the next page begins."""
    query = acts_visible_to(actor)
    if before:
        query = query.where(BulkAct.id < before)
    # UUIDv7: the order of ids is that in which they were made.
    found = db.session.scalars(query.order_by(BulkAct.id.desc()).limit(ACTS_PER_PAGE + 1)).all()
    page = [_shown(act, actor, {}) for act in found[:ACTS_PER_PAGE]]
    return page, page[-1].id if len(found) > ACTS_PER_PAGE else None


def rows_of(
    actor: Actor, act_id: UUID, states: Sequence[RowState] = (), after: int = 0
) -> tuple[list[RowShown], list[Case], int | None]:
    """Cases of an act in its order, after number `after`, those in `states` if any are named; next page's beginning.

    The cases come along, for the trail.
    """
    act = get_act(actor, act_id)
    query = select(BulkActRow).join(BulkActRow.case).options(contains_eager(BulkActRow.case))
    # A case that was handed over since is another office's to see.
    query = query.where(BulkActRow.act_id == act.id, BulkActRow.number > after, Case.office_id == act.office_id)
    if states:
        query = query.where(BulkActRow.state.in_(states))
    found = db.session.scalars(query.order_by(BulkActRow.number).limit(ROWS_PER_PAGE + 1)).all()
    rows = found[:ROWS_PER_PAGE]
    following = rows[-1].number if len(found) > ROWS_PER_PAGE else None
    return [_row_shown(row) for row in rows], [row.case for row in rows], following


def case_ids_of(actor: Actor, act_id: UUID) -> Select[UUID]:
    """The ids of an act's cases, as a query. Raises NotFound."""
    act = get_act(actor, act_id)
    return select(BulkActRow.case_id).where(BulkActRow.act_id == act.id)


def _shown(act: BulkAct, actor: Actor, counts: Mapping[RowState, int]) -> ActShown:
    details = act.details or {}
    may = actor.is_system or act.office_id in actor.offices_for(permission_for(act.kind))
    can = possible(act.kind, act.state, act.undo_until, clock.now())
    return ActShown(
        id=act.id,
        office_id=act.office_id,
        kind=act.kind,
        state=act.state,
        households=act.households,
        command=details.get("command", {}),
        names=details.get("names", {}),
        total=act.total,
        created_at=act.created_at,
        created_by=act.created_by_name or "",
        confirmed_at=act.confirmed_at,
        confirmed_by=act.confirmed_by_name or "",
        finished_at=act.finished_at,
        undo_until=act.undo_until,
        undone_at=act.undone_at,
        undone_by=act.undone_by_name or "",
        rows_deleted=act.rows_deleted_at is not None,
        possible=can if may and act.rows_deleted_at is None else frozenset(),
        counts=counts,
    )


def _row_shown(row: BulkActRow) -> RowShown:
    details, person = row.readable, row.case.person
    return RowShown(
        number=row.number,
        reference=row.case.reference,
        name=f"{person.family_name or ''}, {person.given_name or ''}".strip(", "),
        status=row.case.status.value,
        state=row.state,
        changes=details.get("changes", {}),
        reason=row.reason or "",
        params=details.get("params", {}),
        withdrawn=details.get("before", {}).get("withdrawn", 0),
    )
