"""What became of messages, told to the wings that wrote them."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import aliased

from config.database import db, locked, transaction
from config.rowsets import among
from notifications.models import DeliveryAttempt, Notification
from notifications.statuses import Channel, Meaning, Status

log = structlog.get_logger(__name__)
UNTOLD = text("notification.untold")
AT_ONCE = 500
TELL_AT_MOST = 60  # once a minute: an hour of a faulty release, or of a locked table


@dataclass(frozen=True)
class Outcome:
    """A message's end, or that a mail's server has taken it.

    `more_to_come`: the next rung of the ladder is under way, so the person may yet be reached.
    """

    about: str
    key: str
    channel: Channel
    status: Status
    meaning: Meaning
    correlation: str | None = None
    more_to_come: bool = False
    recipient_index: bytes | None = None  # whose wish it is, where the meaning is one


OutcomeHandler = Callable[[Outcome], None]
OutcomeFilter = Callable[[Sequence[Outcome]], Iterable[Outcome]]
_handlers: list[OutcomeHandler] = []
_filters: dict[OutcomeHandler, OutcomeFilter] = {}


def register_outcome_handler(handler: OutcomeHandler, wanted: OutcomeFilter | None = None) -> None:
    """Tell `handler` of every message that was delivered, or never will be, and of every opting out.

    Of a mail also that its server has taken it: more is heard only of one that comes back.

    It is called inside a transaction of ours (it must not open its own), together with the note that it was told.
    `wanted` only reads: of many outcomes it gives those that `handler` must be told of. What nobody wants costs no
    transaction of its own, and by far most outcomes (delivered, as expected) change nothing.
    """
    if handler not in _handlers:
        _handlers.append(handler)
    if wanted is not None:
        _filters[handler] = wanted


def tell(outcome: Outcome) -> None:
    """Tell all handlers, inside the caller's transaction."""
    for handler in _handlers:
        handler(outcome)


def tell_outcomes() -> int:
    """Tell what nobody was told yet, each message in a transaction of its own. Returns how many."""
    ids = db.session.scalars(select(Notification.id).where(UNTOLD).order_by(Notification.id).limit(AT_ONCE)).all()
    outcomes = _outcomes(ids)
    wanted = _wanted(list(outcomes.values()))
    db.session.rollback()
    of_no_use = [message_id for message_id, outcome in outcomes.items() if outcome not in wanted]
    told = _pass_over(of_no_use, outcomes)
    return told + sum(_tell(message_id) for message_id, outcome in outcomes.items() if outcome in wanted)


def _wanted(outcomes: Sequence[Outcome]) -> set[Outcome]:
    found: set[Outcome] = set()
    for handler in _handlers:
        chosen = _filters.get(handler)
        try:
            found.update(chosen(outcomes) if chosen else outcomes)
        except Exception:
            log.exception("outcomes_not_chosen")
            db.session.rollback()
            found.update(outcomes)
    return found


def _pass_over(message_ids: Collection[UUID], seen: dict[UUID, Outcome]) -> int:
    """Note that these are told, unless one of them has changed since it was `seen`."""
    if not message_ids:
        return 0
    with transaction():
        rows = db.session.execute(
            locked(
                select(Notification.id, Notification.status)
                .where(among(Notification.id, message_ids), UNTOLD)
                .order_by(Notification.id)
            )
        ).all()
        unchanged = [message_id for message_id, status in rows if status is seen[message_id].status]
        note = update(Notification).where(among(Notification.id, unchanged)).values(untold=False)
        db.session.execute(note.execution_options(synchronize_session=False))
        return len(unchanged)


class _ToldMeanwhile(Exception):
    """Somebody else has told it in the same moment, or the message is in another state by now: nothing of it counts."""


def _tell(message_id: UUID) -> int:
    try:
        with transaction():
            outcome = _outcomes([message_id]).get(message_id)
            if outcome is None:
                return 0
            tell(outcome)
            _note_told(message_id, outcome)
            return 1
    except _ToldMeanwhile:
        return 0
    except Exception:  # one message that a wing cannot deal with must not keep the others from being told
        log.exception("outcome_not_told", message=str(message_id))
        with transaction():
            message = db.session.get(Notification, message_id)
            if message is not None:
                message.tell_failures += 1
                message.untold = message.tell_failures < TELL_AT_MOST
        return 0


def _note_told(message_id: UUID, outcome: Outcome) -> None:
    """After the telling, since whoever works on a record locks that first, and then what was written about it."""
    seen = Notification.id == message_id, UNTOLD, Notification.status == outcome.status
    note = update(Notification).where(*seen).values(untold=False).execution_options(synchronize_session=False)
    if not db.session.execute(note).rowcount:  # type: ignore[attr-defined]
        raise _ToldMeanwhile


def _outcomes(message_ids: Collection[UUID]) -> dict[UUID, Outcome]:
    """What became of each message, by the ids of the messages, in their order."""
    if not message_ids:
        return {}
    newest = (
        select(DeliveryAttempt.notification_id, func.max(DeliveryAttempt.number).label("number"))
        .where(among(DeliveryAttempt.notification_id, message_ids))
        .group_by(DeliveryAttempt.notification_id)
        .subquery()
    )
    meanings = select(DeliveryAttempt.notification_id, DeliveryAttempt.meaning).join(
        newest,
        (newest.c.notification_id == DeliveryAttempt.notification_id) & (newest.c.number == DeliveryAttempt.number),
    )
    meaning_of: dict[UUID, Meaning] = dict(db.session.execute(meanings).all())
    following = aliased(Notification)
    succeeded = set(
        db.session.scalars(select(following.fallback_for).where(among(following.fallback_for, message_ids)))
    )
    columns = (
        Notification.id,
        Notification.about,
        Notification.key,
        Notification.channel,
        Notification.status,
        Notification.correlation,
        Notification.recipient_index,
    )
    messages = db.session.execute(select(*columns).where(among(Notification.id, message_ids)).order_by(Notification.id))
    return {
        row.id: Outcome(
            row.about,
            row.key,
            row.channel,
            row.status,
            Meaning.OPTED_OUT if row.status is Status.SUPPRESSED else meaning_of.get(row.id, Meaning.NONE),
            row.correlation,
            row.id in succeeded,
            row.recipient_index,
        )
        for row in messages
    }
