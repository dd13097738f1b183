"""Somebody wants no more messages by a channel, or wants them again: everything that follows from it."""

from sqlalchemy import ColumnElement, or_, select

from config.database import db, locked
from notifications.models import Notification
from notifications.outcomes import Outcome, tell
from notifications.preferences import (
    CONFIRMS_OPTING_OUT,
    Basis,
    address_index,
    lift,
    record_basis,
    suppress,
)
from notifications.settling import finish
from notifications.statuses import CANCELLABLE, Channel, Meaning, Status

CONVERSATIONS_TOLD = 20
OURS = "notifications"  # correlation of messages that this room wrote itself into a wing's conversation


def opt_out(channel: Channel, address: str, source: str, by: str | None = None) -> bool:
    """Nothing more goes to this address, inside the caller's transaction; the wings are told. False: known already.

    It closes no case and withdraws no request: what it means for them is for their staff to decide. The wings come
    first: they lock the records that it means something for, and whoever works on a record has its lock before those of
    its messages. The other way round the two would wait for each other.
    """
    index = address_index(channel, address)
    _tell(channel, index, Meaning.OPTED_OUT)
    is_new = suppress(channel, address, source, by)
    # Written twice, STOP must not withdraw its own confirmation.
    _withdraw(channel, index, Notification.template != CONFIRMS_OPTING_OUT)
    return is_new


def opt_in(channel: Channel, address: str, source: str) -> bool:
    """The person wants messages again, inside the caller's transaction. False when nothing stood against it."""
    index = address_index(channel, address)
    changed = lift(channel, index)
    record_basis(channel, address, Basis.CONSENT, source)
    # Two messages may arrive in either order: one that says the opposite must not go out beside ours.
    _withdraw(channel, index, Notification.template == CONFIRMS_OPTING_OUT)
    _tell(channel, index, Meaning.OPTED_IN)
    return changed


def lifted_by_staff(channel: Channel, index: bytes, by: str) -> bool:
    """Somebody has cleared it with the person, inside the caller's transaction; a withdrawn consent stays withdrawn."""
    changed = lift(channel, index, by)
    if changed:
        _tell(channel, index, Meaning.OPTED_IN)
    return changed


def _withdraw(channel: Channel, index: bytes, which: ColumnElement[bool]) -> None:
    waiting = select(Notification).where(
        Notification.recipient_index == index,
        Notification.channel == channel,
        Notification.status.in_(CANCELLABLE),
        which,
    )
    for message in db.session.scalars(locked(waiting.order_by(Notification.id))):
        finish(message, Status.SUPPRESSED)
        message.untold = False  # told once for each conversation


def _tell(channel: Channel, index: bytes, meaning: Meaning) -> None:
    newest = (
        select(Notification.about, Notification.key, Notification.correlation)
        .where(
            Notification.recipient_index == index,
            Notification.channel == channel,
            or_(Notification.correlation.is_(None), Notification.correlation != OURS),
        )
        .order_by(Notification.id.desc())
        .limit(CONVERSATIONS_TOLD)
    )
    told: set[str] = set()
    for about, key, correlation in db.session.execute(newest):
        if about not in told:
            told.add(about)
            told_of = Outcome(about, key, channel, Status.SUPPRESSED, meaning, correlation, recipient_index=index)
            tell(told_of)
