"""Acts on many cases: chosen, looked at, confirmed, and for a while taken back. Who does the work is `bulk_work`.

The cases are noted when somebody chooses them, so that what is confirmed is what was looked at, whatever the list says
by then. Each case is changed, and marked, in one transaction of a few: an act goes on after any stop where it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select, update

from auth.actors import Actor
from care import course, trail
from care.bulk_act_models import BulkAct, BulkActRow
from care.bulk_act_rules import HANDED_ON, ActAction, ActKind, ActState, RowState, permission_for
from care.bulk_selection import Chosen, selection
from care.bulk_ways import WAYS
from care.commands import Command
from care.course_commands import SetDetails
from config import clock
from config.database import db, locked, transaction
from config.errors import N_, Forbidden, InvalidTransition, NotFound, RuleViolation
from config.ids import new_id
from config.rowsets import insert_many
from notifications.celery_app import wake
from notifications.schedule import Queue

log = structlog.get_logger(__name__)
ROWS_AT_ONCE = 1000
BARE = {"synchronize_session": False}


@dataclass(frozen=True)
class Wish:
    """What is to be done with whom. `command` is that of the same act on one case; None where nothing is asked for."""

    kind: ActKind
    chosen: Chosen
    command: Command | None = None


def choose(wish: Wish, *, actor: Actor) -> UUID:
    """Note which cases are meant and what is to be done; a job looks at each. The act's id. In transactions of its own.

    Raises RuleViolation for what is wrong with the whole, Forbidden.
    """
    permission = permission_for(wish.kind)
    if not actor.may(permission):
        raise Forbidden()
    found = selection(actor, wish.chosen, permission)
    now, handed_on = clock.now(), wish.kind in HANDED_ON
    act = BulkAct(
        office_id=found.office_id,
        kind=wish.kind,
        state=ActState.READING,
        households=wish.chosen.households,
        details=_details(wish, found.office_id, actor),
        created_by=actor.id[:80],
        created_by_name=actor.name or None,
        created_at=now,
        worked_at=now,
        total=len(found.cases),
    )
    act_id = act.id
    with transaction():
        db.session.add(act)
    state = RowState.READY if handed_on else RowState.NEW
    rows = [
        {
            "id": new_id(),
            "act_id": act_id,
            "case_id": case_id,
            "number": number,
            "state": state,
            "seen_revision": revision,
        }
        for number, (case_id, revision) in enumerate(found.cases, start=1)
    ]
    for start in range(0, len(rows), ROWS_AT_ONCE):
        with transaction():
            insert_many(BulkActRow, rows[start : start + ROWS_AT_ONCE])
    with transaction():
        act = locked_act(actor, act_id)
        act.act(ActAction.READ)
        if handed_on:
            act.act(ActAction.SHOW)
        trail.record_act(actor, "bulk_act.chosen", act.office_id, act_id, kind=act.kind.value, cases=act.total)
        wake(Queue.CARE)
    return act_id


def _details(wish: Wish, office_id: UUID, actor: Actor) -> dict[str, Any]:
    if wish.kind in HANDED_ON:
        return {}
    command = wish.command
    if not isinstance(command, WAYS[wish.kind].command):
        raise RuleViolation("", N_("Please check your entries."))
    given = command.model_dump(mode="json", exclude_unset=True)
    names: Mapping[str, str] = {}
    if isinstance(command, SetDetails) and command.assigned_to:
        if command.assigned_to == course.ME:
            given["assigned_to"] = actor.id
        names = _name_of(given["assigned_to"], office_id, actor)
    return {"command": given, "names": names}


def _name_of(colleague: str, office_id: UUID, actor: Actor) -> Mapping[str, str]:
    known = dict(course.assignable(office_id)) | {actor.id: actor.name}
    if not known.get(colleague):
        raise RuleViolation("assigned_to", N_("Nobody of this health office is known by this name."))
    return {colleague: known[colleague]}


def locked_act(actor: Actor, act_id: UUID) -> BulkAct:
    """The act, locked, if `actor` may do what it does: a worker that is at it has ended its chunk. Raises NotFound."""
    from care.bulk_act_queries import acts_visible_to

    wanted = acts_visible_to(actor).where(BulkAct.id == act_id)
    act = db.session.scalars(locked(wanted).execution_options(populate_existing=True)).first()
    if act is None or not (actor.is_system or act.office_id in actor.offices_for(permission_for(act.kind))):
        raise NotFound()
    return act


def confirm(act_id: UUID, *, actor: Actor) -> None:
    """Let it be done; pressed twice, it is done once. Inside `transaction()`. Raises NotFound, InvalidTransition."""
    act = locked_act(actor, act_id)
    if act.kind in HANDED_ON:
        raise InvalidTransition(ActAction.CONFIRM.value, act.kind.value)
    if not act.act(ActAction.CONFIRM):
        return
    act.confirmed_by, act.confirmed_by_name = actor.id[:80], actor.name or None
    act.confirmed_at = act.worked_at = clock.now()
    trail.record_act(actor, "bulk_act.confirmed", act.office_id, act.id, kind=act.kind.value, cases=act.total)
    wake(Queue.CARE)


def undo(act_id: UUID, *, actor: Actor) -> None:
    """Put back what was done and let the rest be, within the window. Inside `transaction()`.

    Raises NotFound, InvalidTransition, or RuleViolation when the window is over.
    """
    act, now = locked_act(actor, act_id), clock.now()
    if act.state is ActState.DONE and (act.undo_until is None or now >= act.undo_until):
        raise RuleViolation("", N_("It is too late to take this back as a whole. Please change the cases one by one."))
    if not act.act(ActAction.UNDO):
        return
    waiting = update(BulkActRow).where(BulkActRow.act_id == act.id, BulkActRow.state == RowState.READY)
    db.session.execute(waiting.values(state=RowState.LEFT), execution_options=BARE)
    act.undone_by, act.undone_by_name, act.undone_at = actor.id[:80], actor.name or None, now
    act.worked_at = now
    trail.record_act(actor, "bulk_act.undone", act.office_id, act.id, kind=act.kind.value)
    wake(Queue.CARE)


def discard(act_id: UUID, *, actor: Actor) -> None:
    """Forget what was only looked at. Inside `transaction()`. Raises NotFound, InvalidTransition."""
    act = locked_act(actor, act_id)
    if act.act(ActAction.DISCARD):
        trail.record_act(actor, "bulk_act.discarded", act.office_id, act.id, kind=act.kind.value)
        forget_rows(act)


def forget_rows(act: BulkAct) -> None:
    """Delete the act's cases and what it did with them, and the key with them. Inside `transaction()`."""
    ids = select(BulkActRow.id).where(BulkActRow.act_id == act.id)
    db.session.execute(BulkActRow.__table__.delete().where(BulkActRow.id.in_(ids)), execution_options=BARE)  # type: ignore[attr-defined]
    act.details = act.created_by_name = act.confirmed_by_name = act.undone_by_name = None
    act.wrapped_key = b""
    act.rows_deleted_at = clock.now()
