"""Who may be written to by which channel, and on what basis."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, literal, select, union_all, update
from sqlalchemy.exc import IntegrityError

from config import clock
from config.database import db, locked
from config.encryption import blind_index
from config.ids import new_id
from config.rowsets import among, insert_for, insert_many
from notifications.addresses import checked, phone_from_text
from notifications.models import ContactBasis, Suppression
from notifications.statuses import Channel, Priority

BASIS_KEY = ["channel", "recipient_index", "basis"]
KIND = {Channel.SMS: "phone", Channel.EMAIL: "email"}
# Sources of a suppression by which a person has objected; a mailbox that does not exist objects to nothing.
OBJECTIONS = frozenset({"reply", "provider", "staff_asked", "staff_wrong"})
CONFIRMS_OPTING_OUT = "notifications.opted_out"


class Basis(StrEnum):
    """Why somebody may be written to. The sections are those of the Infektionsschutzgesetz."""

    CONSENT = "consent"
    MONITORING = "ifsg_25"  # § 25: investigations by the health office; § 29 leaves the manner to it
    ORDER = "ifsg_16"  # § 16: measures to prevent transmission, which their addressee has to be told of


@dataclass(frozen=True)
class Standing:
    """One basis as it stands."""

    basis: str
    source: str
    recorded_at: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True)
class Refusals:
    """To which addresses nothing goes, and to which nothing that is sent to many."""

    suppressed: frozenset[bytes]
    withdrawn: frozenset[bytes]

    def hold(self, index: bytes, template: str, priority: int) -> bool:
        """Whether this message must not go to the address with this blind index.

        The one message to a suppressed address is the confirmation that there will be no more.
        """
        if index in self.suppressed:
            return template != CONFIRMS_OPTING_OUT
        return priority >= Priority.BULK and index in self.withdrawn


def address_index(channel: Channel, address: str) -> bytes:
    """The blind index of an address: E.164 for SMS; e-mail addresses count without upper and lower case."""
    return blind_index(KIND[channel], address.strip().lower())


def recipient_index(text: str) -> bytes:
    """The blind index of an address as people write it, be it a phone number or an e-mail. Raises RuleViolation."""
    text = text.strip()
    if "@" in text:
        return address_index(Channel.EMAIL, checked(Channel.EMAIL, text))
    return address_index(Channel.SMS, phone_from_text(text))


def refusals(channel: Channel, indexes: Iterable[bytes]) -> Refusals:
    """What must not go to these addresses now: suppressed ones, and those whose consent was withdrawn."""
    wanted = list(indexes)
    closed = _suppressed(channel, wanted).add_columns(literal(True))
    withdrawn = select(ContactBasis.recipient_index, literal(False)).where(
        ContactBasis.channel == channel,
        among(ContactBasis.recipient_index, wanted),
        ContactBasis.basis == Basis.CONSENT.value,
        ContactBasis.withdrawn_at.is_not(None),
    )
    found = db.session.execute(union_all(closed, withdrawn)).all()
    return Refusals(frozenset(row[0] for row in found if row[1]), frozenset(row[0] for row in found if not row[1]))


def suppressed(channel: Channel, indexes: Iterable[bytes]) -> set[bytes]:
    """Those of `indexes` that want nothing by this channel."""
    return set(db.session.scalars(_suppressed(channel, list(indexes))))


def _suppressed(channel: Channel, indexes: list[bytes]) -> Select[bytes]:
    return select(Suppression.recipient_index).where(
        Suppression.channel == channel, among(Suppression.recipient_index, indexes), Suppression.lifted_at.is_(None)
    )


def suppress(channel: Channel, address: str, source: str, by: str | None = None) -> bool:
    """Send nothing more to this address, inside the caller's transaction. False when that was so already.

    `source`: reply, provider, or why staff did it; an objection withdraws the consent, too. `by`: the actor's id where
    it was a person.
    """
    index = address_index(channel, address)
    found = _row(channel, index)
    if found is None:
        found = Suppression(channel=channel, recipient_index=index, recipient=address, source=source, since=clock.now())
        if not _added(found):
            return False  # at the same moment
    elif found.lifted_at is not None:
        found.source, found.since, found.lifted_at, found.lifted_by = source, clock.now(), None, None
        found.recipient = address
    else:
        return False
    found.by = by
    if source in OBJECTIONS:
        withdraw_consent(channel, index, source)
    return True


def lift(channel: Channel, index: bytes, by: str | None = None) -> bool:
    """Send to this address again, inside the caller's transaction. False when nothing stood against it."""
    found = _row(channel, index)
    if found is None or found.lifted_at is not None:
        return False
    found.lifted_at, found.lifted_by = clock.now(), by
    return True


def record_basis(channel: Channel, address: str, basis: Basis, source: str) -> None:
    """Note why we may write to this address, inside the caller's transaction; what stands already keeps its time.

    `source`: the record that it comes from, such as "request:K7NPX3RB". A consent that was withdrawn stands again.
    """
    _note(channel, address_index(channel, address), basis, source)


def record_bases(standing: Iterable[tuple[Channel, str, str]], basis: Basis) -> None:
    """The same for many: channel, address, and the record that it comes from.

    Not for consents: what rests on the law is never withdrawn, so that there is nothing to renew.
    """
    now = clock.now()
    rows = [
        _values(channel, address_index(channel, address), basis, source, now) for channel, address, source in standing
    ]
    insert_many(ContactBasis, rows, unless_taken=BASIS_KEY)


def withdraw_consent(channel: Channel, index: bytes, source: str) -> None:
    """Note that the person objects, inside the caller's transaction. What rests on the law alone stays on record.

    Somebody who never consented can object, too: then the objection is all there is.
    """
    _note(channel, index, Basis.CONSENT, source, withdrawn_at=clock.now())
    db.session.execute(
        update(ContactBasis)
        .where(
            ContactBasis.channel == channel,
            ContactBasis.recipient_index == index,
            ContactBasis.basis == Basis.CONSENT.value,
            ContactBasis.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def bases_of(channel: Channel, index: bytes) -> list[Standing]:
    """On what bases this address is written to, the oldest first."""
    wanted = select(ContactBasis).where(ContactBasis.channel == channel, ContactBasis.recipient_index == index)
    rows = db.session.scalars(wanted.order_by(ContactBasis.recorded_at, ContactBasis.id))
    return [Standing(row.basis, row.source, row.recorded_at, row.withdrawn_at) for row in rows]


def _note(channel: Channel, index: bytes, basis: Basis, source: str, withdrawn_at: datetime | None = None) -> None:
    values = _values(channel, index, basis, source, clock.now(), withdrawn_at)
    statement = insert_for(ContactBasis).values(values)
    if withdrawn_at is None:
        renewed = {name: values[name] for name in ("source", "recorded_at", "withdrawn_at")}
        statement = statement.on_conflict_do_update(
            index_elements=BASIS_KEY, set_=renewed, where=ContactBasis.withdrawn_at.is_not(None)
        )
    else:
        statement = statement.on_conflict_do_nothing(index_elements=BASIS_KEY)
    db.session.execute(statement, execution_options={"synchronize_session": False})


def _values(
    channel: Channel, index: bytes, basis: Basis, source: str, now: datetime, withdrawn_at: datetime | None = None
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "channel": channel,
        "recipient_index": index,
        "basis": basis.value,
        "source": source[:80],
        "recorded_at": now,
        "withdrawn_at": withdrawn_at,
    }


def _added(row: Suppression) -> bool:
    """False when another transaction has just added it: that must not cost the caller's transaction."""
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except IntegrityError:
        return False
    return True


def _row(channel: Channel, index: bytes) -> Suppression | None:
    wanted = select(Suppression).where(Suppression.channel == channel, Suppression.recipient_index == index)
    return db.session.scalars(locked(wanted)).first()
