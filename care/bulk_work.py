"""The work of acts on many cases: looking at each for the preview, doing it, putting it back. Jobs; a few at a time.

One worker works on an act at a time, others pass over it. Each case is marked in the transaction that changes it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import or_, select, update
from sqlalchemy.exc import InterfaceError, OperationalError

from auth.actors import Actor
from care import household_rows, timeline, trail
from care.assessment_models import WITH_FACTS
from care.bulk_act_models import BulkAct, BulkActRow
from care.bulk_act_rules import ENDS, TO_DO, ActAction, ActState, RowState
from care.bulk_acts import forget_rows
from care.bulk_ways import WAYS, Setting, Way
from care.commands import Command
from care.models import Case
from config import clock
from config.database import claimable, db, locked, transaction
from config.encryption import DecryptionError
from config.errors import N_, DomainError
from config.rowsets import among
from config.settings import current_settings
from notifications.schedule import Job, Queue, register_job

log = structlog.get_logger(__name__)
LOOKED_AT_ONCE = 100
CHANGED_AT_ONCE = 50  # half a second of writing at most, on SQLite too
KEPT_FOR = timedelta(days=7)  # the cases of an act that is over, or that nobody confirmed
MEANWHILE = N_("Changed meanwhile by somebody else: left as it is.")
ELSEWHERE = N_("The case belongs to another health office by now.")
SINCE = N_("Changed since by somebody else: not put back.")
UNEXPECTED = N_("This could not be done because of an error on our side.")
Step = Callable[["Turn", BulkActRow, Case], None]


@dataclass(frozen=True)
class Turn:
    """One chunk of an act: who does it for whom, with what."""

    act: BulkAct
    way: Way
    command: Any
    setting: Setting


def work_next(only: UUID | None = None) -> int:
    """Work off one chunk of the act that has waited longest, or of `only` this one; how many cases. For the job.

    An act whose chunk fails as a whole waits behind the others.
    """
    waiting = select(BulkAct).where(BulkAct.state.in_(tuple(TO_DO))).order_by(BulkAct.worked_at, BulkAct.id)
    act_id: UUID | None = None
    try:
        with transaction():
            if only:
                act = db.session.scalars(locked(waiting.where(BulkAct.id == only))).first()
            else:
                act = db.session.scalars(claimable(waiting.limit(1))).first()
            if act is None:
                return 0
            act_id = act.id
            return _work(act)
    except Exception:
        if act_id:
            with transaction():
                db.session.execute(update(BulkAct).where(BulkAct.id == act_id).values(worked_at=clock.now()))
        raise


def work_off(act_id: UUID, most: int) -> None:
    """Look at the cases of a small act at once, so that nobody waits for its preview."""
    for _ in range(-(-most // LOOKED_AT_ONCE) + 1):
        if not work_next(act_id):
            break


def _work(act: BulkAct) -> int:
    limit = LOOKED_AT_ONCE if act.state is ActState.PREPARING else CHANGED_AT_ONCE
    wanted = select(BulkActRow).where(BulkActRow.act_id == act.id, BulkActRow.state == TO_DO[act.state])
    backwards = act.state is ActState.UNDOING
    order = BulkActRow.number.desc() if backwards else BulkActRow.number
    rows = db.session.scalars(wanted.order_by(order).limit(limit)).all()
    if rows:
        _each(act, rows)
    act.worked_at = clock.now()
    if len(rows) < limit:
        _end(act)
    return max(len(rows), 1)


def _each(act: BulkAct, rows: Sequence[BulkActRow]) -> None:
    ids = [row.case_id for row in rows]
    changes = act.state is not ActState.PREPARING
    command = WAYS[act.kind].command.model_validate((act.details or {})["command"])
    known = WAYS[act.kind].known(command, act.office_id, changes)
    # For a look, too: what is noted is sealed with the key of the case's person, who by a merge becomes another one.
    household_rows.lock(ids)
    wanted = select(Case).options(*WITH_FACTS).where(among(Case.id, ids)).order_by(Case.id)
    cases = {case.id: case for case in db.session.scalars(locked(wanted).execution_options(populate_existing=True))}
    turn = _turn(act, ids, command, known)
    for row in rows:
        if row.case_id in cases:
            _one(turn, row, cases[row.case_id])
        else:  # who waits for the preview sees no case of another office
            row.become(STEPS[act.state][1])
            row.reason = ELSEWHERE


def _turn(act: BulkAct, ids: Sequence[UUID], command: Command, known: Any) -> Turn:
    heads = db.session.scalars(select(Case.household_head_id).where(among(Case.household_head_id, ids)).distinct())
    answering = frozenset(head for head in heads if head is not None)
    names = (act.details or {}).get("names", {})
    return Turn(act, WAYS[act.kind], command, Setting(_actor(act), clock.now(), names, answering, known))


def _actor(act: BulkAct) -> Actor:
    """Whoever confirmed it, or took it back: the job acts for them; their permission was checked then."""
    by, name = act.created_by, act.created_by_name
    if act.state is ActState.UNDOING:
        by, name = act.undone_by or by, act.undone_by_name
    elif act.state is ActState.RUNNING:
        by, name = act.confirmed_by or by, act.confirmed_by_name
    return replace(Actor.system(by), kind="user", name=name or "", permissions=frozenset())


def _one(turn: Turn, row: BulkActRow, case: Case) -> None:
    """One step for one case, or nothing of it: a case that we cannot handle must not hold up the others for ever.

    What the next try may well do, after a deadlock or a lost connection, fails the chunk.
    """
    step, otherwise = STEPS[turn.act.state]
    try:
        with db.session.begin_nested():
            step(turn, row, case)
            db.session.flush()
    except DomainError as refused:
        _refuse(row, otherwise, refused)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        log.error("bulk_act_row_failed", act=str(row.act_id), row=row.number, error=type(error).__name__)
        row.become(otherwise)
        row.reason = UNEXPECTED


def _look(turn: Turn, row: BulkActRow, case: Case) -> None:
    row.seen_revision = case.facts_revision
    if case.office_id != turn.act.office_id:
        row.become(RowState.REFUSED)
        row.reason = ELSEWHERE
        return
    changes = turn.way.would(turn.command, case, turn.setting)
    row.details = {"changes": changes} if changes else None
    row.become(RowState.READY if changes else RowState.SAME)


def _do(turn: Turn, row: BulkActRow, case: Case) -> None:
    if _is_left_alone(turn, row, case, RowState.CHANGED, (row.seen_revision, MEANWHILE)):
        return
    turn.way.would(turn.command, case, turn.setting)
    before = turn.way.do(turn.command, case, turn.setting)
    timeline.add(case, "bulk_act", turn.setting.actor, bulk=turn.act.kind.value, cases=turn.act.total)
    row.details = {**(row.details or {}), "before": before}
    row.left_revision = case.facts_revision
    row.become(RowState.DONE)


def _undo(turn: Turn, row: BulkActRow, case: Case) -> None:
    if _is_left_alone(turn, row, case, RowState.KEPT, (row.left_revision, SINCE)):
        return
    turn.way.undo((row.details or {})["before"], case, turn.setting.actor)
    timeline.add(case, "bulk_undone", turn.setting.actor, bulk=turn.act.kind.value)
    trail.record(turn.setting.actor, "case.bulk_undone", case, act=str(turn.act.id))
    row.become(RowState.UNDONE)


def _is_left_alone(turn: Turn, row: BulkActRow, case: Case, otherwise: RowState, known: tuple[int | None, str]) -> bool:
    """A job may write everywhere: that the case is still the office's, and as it was, is asked here, under its lock."""
    revision, reason = known
    elsewhere = case.office_id != turn.act.office_id
    if elsewhere or case.facts_revision != revision:
        row.become(otherwise)
        row.reason = ELSEWHERE if elsewhere else reason
        return True
    return False


STEPS: dict[ActState, tuple[Step, RowState]] = {
    ActState.PREPARING: (_look, RowState.REFUSED),
    ActState.RUNNING: (_do, RowState.FAILED),
    ActState.UNDOING: (_undo, RowState.KEPT),
}


def _refuse(row: BulkActRow, state: RowState, refused: DomainError) -> None:
    row.become(state)
    row.reason = refused.message[:200]
    if not refused.params:
        return
    params = {name: str(value) for name, value in refused.params.items()}
    try:
        row.details = {**(row.details or {}), "params": params}
    except DecryptionError:  # its person's key is gone, and the reason says nothing without what belongs into it
        row.reason = UNEXPECTED


def _end(act: BulkAct) -> None:
    now, was = clock.now(), act.state
    act.act(ENDS[was])
    if was is ActState.RUNNING:
        act.finished_at = now
        act.undo_until = now + timedelta(minutes=current_settings().undo_minutes)
        trail.record_act(_actor(act), "bulk_act.finished", act.office_id, act.id, kind=act.kind.value)
    log.info("bulk_act", act=str(act.id), kind=act.kind.value, state=act.state.value)


def forget_old() -> int:
    """Forget the cases of one act that is over, or was never confirmed, when its time is over. A job."""
    limit = clock.now() - KEPT_FOR
    waiting = BulkAct.state.in_([ActState.READING, ActState.PREPARING, ActState.PREVIEWED])
    over = BulkAct.state.in_([ActState.DONE, ActState.UNDONE])
    old = or_(waiting & (BulkAct.created_at < limit), over & (BulkAct.worked_at < limit))
    with transaction():
        due = select(BulkAct).where(BulkAct.rows_deleted_at.is_(None), old).limit(1)
        act = db.session.scalars(claimable(due)).first()
        if act is None:
            return 0
        if act.state in (ActState.READING, ActState.PREPARING, ActState.PREVIEWED):
            act.act(ActAction.DISCARD)
        forget_rows(act)
        trail.record_act(Actor.system("housekeeping"), "bulk_act.rows_deleted", act.office_id, act.id)
        return 1


def register() -> None:
    """Make the jobs known."""
    register_job(Job("care.bulk_acts", timedelta(seconds=20), Queue.CARE, work_next))
    register_job(Job("care.bulk_acts_forgotten", timedelta(hours=1), Queue.HOUSEKEEPING, forget_old, woken=False))
