"""Who does not want to be written to by which channel."""

from collections.abc import Iterable

from sqlalchemy import select

from config import clock
from config.database import db, locked
from config.encryption import blind_index
from config.rowsets import among
from notifications.addresses import checked, phone_from_text
from notifications.models import Suppression
from notifications.statuses import Channel

KIND = {Channel.SMS: "phone", Channel.EMAIL: "email"}


def address_index(channel: Channel, address: str) -> bytes:
    """The blind index of an address: E.164 for SMS; e-mail addresses count without upper and lower case."""
    return blind_index(KIND[channel], address.strip().lower())


def recipient_index(text: str) -> bytes:
    """The blind index of an address as people write it, be it a phone number or an e-mail. Raises RuleViolation."""
    text = text.strip()
    if "@" in text:
        return address_index(Channel.EMAIL, checked(Channel.EMAIL, text))
    return address_index(Channel.SMS, phone_from_text(text))


def suppressed(channel: Channel, indexes: Iterable[bytes]) -> set[bytes]:
    """Those of `indexes` to which nothing may be sent now."""
    statement = select(Suppression.recipient_index).where(
        Suppression.channel == channel, among(Suppression.recipient_index, indexes), Suppression.lifted_at.is_(None)
    )
    return set(db.session.scalars(statement))


def suppress(channel: Channel, address: str, source: str, by: str | None = None) -> None:
    """Send nothing more to this address, inside the caller's transaction.

    `source`: reply, provider or staff; `by`: the actor's id where it was a person.
    """
    index = address_index(channel, address)
    found = _row(channel, index)
    if found is None:
        found = Suppression(channel=channel, recipient_index=index, recipient=address, source=source, since=clock.now())
        db.session.add(found)
    elif found.lifted_at is not None:
        found.source, found.since, found.lifted_at, found.lifted_by = source, clock.now(), None, None
        found.recipient = address
    else:
        return
    found.by = by


def lift(channel: Channel, index: bytes, by: str | None = None) -> None:
    """Send to this address again, inside the caller's transaction."""
    found = _row(channel, index)
    if found is not None and found.lifted_at is None:
        found.lifted_at, found.lifted_by = clock.now(), by


def _row(channel: Channel, index: bytes) -> Suppression | None:
    wanted = select(Suppression).where(Suppression.channel == channel, Suppression.recipient_index == index)
    return db.session.scalars(locked(wanted)).first()
