"""Bulk sends: one template to many people. Drafted and looked at first, then started, paused, resumed, withdrawn.

A draft is read into rows in transactions of its own, since a file may have 100,000 of them. Starting it lets a job
(`bulk_writing`) write the rows into the outbox; whatever happens to the job, each row is written once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from auth import audit
from auth.policies import Actor
from config import clock
from config.database import db, locked, transaction
from config.errors import N_, InvalidTransition, NotFound, RuleViolation
from config.tables import clean_cell
from notifications import outbox
from notifications.bulk_rows import RowChecker, Summary
from notifications.bulk_sources import Addressee, waits
from notifications.bulk_store import add_rows, prepared
from notifications.bulk_templates import FILE, bulk_template, checked_texts
from notifications.celery_app import wake
from notifications.operation_models import BulkSend, BulkState
from notifications.queries import owners_of
from notifications.schedule import Queue

BARE = {"synchronize_session": False}
QUEUE = Queue.HOUSEKEEPING  # not that of delivery, which is never to wait for a long list


class BulkAction(StrEnum):
    """What can be done with a bulk send; `finish` is the house's own."""

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    FINISH = "finish"


TRANSITIONS: dict[tuple[BulkState, BulkAction], BulkState] = {
    (BulkState.DRAFT, BulkAction.START): BulkState.RUNNING,
    (BulkState.RUNNING, BulkAction.PAUSE): BulkState.PAUSED,
    (BulkState.PAUSED, BulkAction.RESUME): BulkState.RUNNING,
    (BulkState.RUNNING, BulkAction.CANCEL): BulkState.CANCELLED,
    (BulkState.PAUSED, BulkAction.CANCEL): BulkState.CANCELLED,
    (BulkState.RUNNING, BulkAction.FINISH): BulkState.DONE,
}
# Asked for once more, an action that has been carried out changes nothing.
CARRIED_OUT: dict[BulkAction, frozenset[BulkState]] = {
    BulkAction.START: frozenset(BulkState) - {BulkState.DRAFT},
    BulkAction.PAUSE: frozenset({BulkState.PAUSED}),
    BulkAction.RESUME: frozenset({BulkState.RUNNING}),
    BulkAction.CANCEL: frozenset({BulkState.CANCELLED}),
    BulkAction.FINISH: frozenset({BulkState.DONE}),
}


@dataclass(frozen=True)
class Plan:
    """What is to be sent to whom. `nonce` makes drafting twice the same as once; times are domain time.

    `texts` is what the template asks for on the page; `filters` are those of the source.
    """

    template: str
    name: str
    nonce: str
    texts: Mapping[str, str] = field(default_factory=dict)
    source: str = FILE
    filters: Mapping[str, str] = field(default_factory=dict)
    not_before: datetime | None = None
    expires_at: datetime | None = None


def after(state: BulkState, action: BulkAction) -> BulkState | None:
    """The state that `action` leads to; None when it was carried out before. Raises InvalidTransition."""
    if state in CARRIED_OUT[action]:
        return None
    try:
        return TRANSITIONS[state, action]
    except KeyError:
        raise InvalidTransition(action.value, state.value) from None


def possible(state: str) -> list[str]:
    """What people can do with a bulk send in this state."""
    return [action.value for found, action in TRANSITIONS if found == state and action is not BulkAction.FINISH]


def draft(plan: Plan, people: Iterable[Addressee], *, actor: Actor) -> UUID:
    """Read and check all rows and keep them; nothing is sent. The id; the same `nonce` again gives that of the first.

    In transactions of its own. Raises RuleViolation for what is wrong with the whole, and then nothing is kept.
    """
    template = bulk_template(plan.template, plan.source)
    texts = checked_texts(template, plan.texts)
    if not clean_cell(plan.name):
        raise RuleViolation("name", N_("Please fill in this field."))
    if plan.not_before and plan.expires_at and plan.expires_at <= plan.not_before:
        raise RuleViolation("expires_at", N_("This must be later than the beginning."))
    bulk = _new(plan, texts, actor)
    bulk_id, key = bulk.id, bulk.key
    try:
        with transaction():
            db.session.add(bulk)
    except IntegrityError:  # pressed twice
        return db.session.scalars(select(BulkSend.id).where(BulkSend.key == key)).one()
    checker = RowChecker(template, texts)
    try:
        for rows in checker.checked(people):
            columns = prepared(bulk_id, rows)
            with transaction():
                add_rows(columns)
        if not checker.summary.total:
            raise RuleViolation("file", N_("There is nobody in this list."))
    except Exception:
        with transaction():
            db.session.execute(delete(BulkSend).where(BulkSend.id == bulk_id), execution_options=BARE)
        raise
    _complete(bulk_id, checker.summary, actor)
    return bulk_id


def _new(plan: Plan, texts: Mapping[str, str], actor: Actor) -> BulkSend:
    return BulkSend(
        key=f"{actor.id}:{plan.nonce}"[:200],
        name=clean_cell(plan.name)[:120],
        template=plan.template,
        source=plan.source,
        variables={"texts": dict(texts), "filters": dict(plan.filters)},
        owner=next(iter(owners_of(actor)), None),
        created_by=actor.id[:80],
        state=BulkState.DRAFT,
        created_at=clock.now(),
        not_before=plan.not_before,
        expires_at=plan.expires_at,
        total=0,
        rejected=0,
        segments=0,
    )


def _complete(bulk_id: UUID, summary: Summary, actor: Actor) -> None:
    with transaction():
        bulk = db.session.scalars(locked(select(BulkSend).where(BulkSend.id == bulk_id))).one()
        bulk.total, bulk.rejected, bulk.segments = summary.total, summary.rejected, summary.segments
        bulk.variables = {**(bulk.variables or {}), "summary": summary.as_json()}
        audit.record(
            actor,
            "bulk.drafted",
            f"bulk:{bulk_id}",
            template=bulk.template,
            source=bulk.source,
            rows=summary.total,
            rejected=summary.rejected,
        )


def act(bulk_id: UUID, action: BulkAction, *, actor: Actor) -> None:
    """Start, pause, resume or withdraw, inside the caller's transaction; done before, it changes nothing.

    Pausing and withdrawing reach what stands in the outbox and has not gone out. Raises NotFound, InvalidTransition,
    or RuleViolation when nothing is left to be sent.
    """
    bulk = locked_bulk(actor, bulk_id)
    following = after(bulk.state, action)
    if following is None:
        return
    if action is BulkAction.START:
        if bulk.total <= bulk.rejected:
            raise RuleViolation("", N_("There is nobody to write to."))
        bulk.started_at = clock.now()
        if (waits_until := bulk.started_at + waits(bulk.source)) > bulk.started_at:
            bulk.not_before = max(bulk.not_before or waits_until, waits_until)
    bulk.state = following
    facts: dict[str, Any] = {}
    match action:
        case BulkAction.PAUSE:
            facts["messages"] = outbox.hold(bulk_id)
        case BulkAction.RESUME:
            facts["messages"] = outbox.release(bulk_id)
        case BulkAction.CANCEL:
            facts["messages"] = outbox.cancel_bulk(bulk_id)
            bulk.ended_at = clock.now()
    audit.record(actor, f"bulk.{action.value}", f"bulk:{bulk_id}", **facts)
    wake(QUEUE)


def discard(bulk_id: UUID, *, actor: Actor) -> None:
    """Forget a draft, inside the caller's transaction. Raises NotFound, or InvalidTransition when it was started."""
    bulk = locked_bulk(actor, bulk_id)
    if bulk.state is not BulkState.DRAFT:
        raise InvalidTransition("discard", bulk.state.value)
    db.session.execute(delete(BulkSend).where(BulkSend.id == bulk_id), execution_options=BARE)
    db.session.expunge(bulk)
    audit.record(actor, "bulk.discarded", f"bulk:{bulk_id}")


def locked_bulk(actor: Actor, bulk_id: UUID) -> BulkSend:
    """The bulk send, locked, if `actor` may see it: a writer that is at it has ended its chunk. Raises NotFound."""
    from notifications.bulk_queries import bulks_visible_to

    found = db.session.scalars(locked(bulks_visible_to(actor).where(BulkSend.id == bulk_id))).first()
    if found is None:
        raise NotFound()
    return found
