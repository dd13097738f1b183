"""Forgetting what was written to somebody and what they wrote: outbox, inbox, bulk sends, receipts, closed addresses.

A message that is being sent, or whose text may still lie at the provider, stays for a while as an empty shell: without
recipient, text, record and key. `sweep` deletes it when nothing hangs on it any more.
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, update

from config import clock, scopes
from config.database import claimable, db, transaction
from config.rowsets import among
from config.settings import current_settings
from notifications import redaction
from notifications.bulk_store import every_row
from notifications.models import (
    INDEX_BYTES,
    ContactBasis,
    DeliveryAttempt,
    InboundMessage,
    Notification,
    Receipt,
    Suppression as Closed,
)
from notifications.operation_models import BulkRecipient, BulkSend
from notifications.preferences import address_index
from notifications.settling import WIPED
from notifications.statuses import CANCELLABLE, AttemptState, Channel, Purpose, Status

ERASED = "erased"
KINDS = ("case", "request")
PROOFS = ("care.released", "care.order")
OURS_ALONE = ("inbox:%", "api:%", "bulk:%")  # about nobody's record: such a message belongs to its address
GIVEN_UP_AFTER = timedelta(days=4)  # `redaction` gives up after three
AT_ONCE = 200
BARE = {"synchronize_session": False}
Address = tuple[Channel, str]


@dataclass(frozen=True)
class Whose:
    """Whose messages: those about these references, and those to addresses that nobody else here uses.

    `keep_proofs`: what proves that an order or a certificate was delivered stays.
    """

    references: frozenset[str]
    addresses: frozenset[Address] = frozenset()
    keep_proofs: bool = False

    @property
    def abouts(self) -> list[str]:
        """How messages may name the records."""
        return [name for each in sorted(self.references) for name in (each, *(f"{kind}:{each}" for kind in KINDS))]


def forget(whose: Whose) -> int:
    """Erase the messages of somebody, inside the caller's transaction; how many. What waits does not go out."""
    abouts = whose.abouts
    own = _own_addresses(whose, abouts)
    chosen = _chosen(whose, abouts, own)
    ids = list(db.session.scalars(select(Notification.id).where(chosen).order_by(Notification.id)))
    for start in range(0, len(ids), AT_ONCE):
        forget_messages(ids[start : start + AT_ONCE])
    _forget_inbound(abouts, own)
    if not whose.keep_proofs:
        _forget_addresses(abouts, own)
    _forget_bulk_rows(abouts, whose.addresses)
    return len(ids)


def proves_delivery() -> ColumnElement[bool]:
    """Messages that prove that a person got an order, a certificate or another legal notice."""
    return or_(
        Notification.purpose == Purpose.LEGAL,
        *(Notification.template.startswith(each, autoescape=True) for each in PROOFS),
    )


def _own_addresses(whose: Whose, abouts: list[str]) -> list[bytes]:
    """The blind indexes of those addresses to which nothing was written about somebody else's record."""
    indexes = {address_index(channel, address) for channel, address in whose.addresses}
    if not indexes or whose.keep_proofs:
        return []
    others = select(Notification.recipient_index).where(
        among(Notification.recipient_index, sorted(indexes)),
        ~among(Notification.about, abouts),
        Notification.about != ERASED,
        *(Notification.about.not_like(pattern) for pattern in OURS_ALONE),
    )
    return sorted(indexes - set(db.session.scalars(others.distinct())))


def _chosen(whose: Whose, abouts: list[str], own: list[bytes]) -> ColumnElement[bool]:
    about_them = among(Notification.about, abouts)
    if whose.keep_proofs:
        return and_(about_them, ~proves_delivery())
    if not own:
        return about_them
    to_them = and_(
        among(Notification.recipient_index, own), or_(*(Notification.about.like(pattern) for pattern in OURS_ALONE))
    )
    return or_(about_them, to_them)


def forget_messages(ids: Sequence[UUID]) -> None:
    """Erase these messages, inside the caller's transaction; those that are still under way become empty shells."""
    here = among(Notification.id, ids)
    _run(update(Notification).where(here, Notification.status.in_(CANCELLABLE)).values(status=Status.CANCELLED))
    if current_settings().twilio_accounts:
        db.session.execute(redaction.plan(among(DeliveryAttempt.notification_id, ids)))
    needed = exists().where(
        DeliveryAttempt.notification_id == Notification.id,
        or_(DeliveryAttempt.redact_at.is_not(None), DeliveryAttempt.state == AttemptState.CLAIMED),
    )
    shells = set(
        db.session.scalars(select(Notification.id).where(here, or_(Notification.status == Status.SENDING, needed)))
    )
    _delete_messages([each for each in ids if each not in shells])
    for each in sorted(shells):
        _run(
            update(Notification)
            .where(Notification.id == each)
            .values(
                recipient_sealed=None, recipient_index=secrets.token_bytes(INDEX_BYTES), key=f"{ERASED}:{each}",
                about=ERASED, correlation=None, zone=None, locale="de", bulk_id=None, fallback_for=None,
                next_rung_at=None, untold=False, **WIPED,
            )
        )  # fmt: skip


def _delete_messages(ids: Sequence[UUID]) -> int:
    if not ids:
        return 0
    _run(update(Notification).where(among(Notification.fallback_for, ids)).values(fallback_for=None))
    attempts = select(DeliveryAttempt.provider_id).where(
        among(DeliveryAttempt.notification_id, ids), DeliveryAttempt.provider_id.is_not(None)
    )
    provider_ids = [each for each in db.session.scalars(attempts) if each]
    _run(delete(Receipt).where(among(Receipt.provider_id, provider_ids)))
    _run(delete(DeliveryAttempt).where(among(DeliveryAttempt.notification_id, ids)))
    return _run(delete(Notification).where(among(Notification.id, ids)))


def _forget_inbound(abouts: list[str], own: list[bytes]) -> None:
    theirs = among(InboundMessage.about, abouts)
    _run(delete(InboundMessage).where(or_(theirs, among(InboundMessage.sender_index, own)) if own else theirs))


def _forget_addresses(abouts: list[str], own: list[bytes]) -> None:
    """A wish to get no messages has to outlive the person's data: of a closed address its keyed hash stays."""
    if own:
        _run(delete(Closed).where(among(Closed.recipient_index, own), Closed.lifted_at.is_not(None)))
        _run(update(Closed).where(among(Closed.recipient_index, own)).values(recipient_sealed=None))
        objected = ContactBasis.withdrawn_at.is_not(None)
        _run(delete(ContactBasis).where(among(ContactBasis.recipient_index, own), ~objected))
    _run(update(ContactBasis).where(among(ContactBasis.source, abouts)).values(source=ERASED))


def _forget_bulk_rows(abouts: list[str], addresses: Collection[Address]) -> None:
    """Rows of bulk sends live for a week; what they say is sealed, so they are opened one after the other."""
    names, plain = set(abouts), {address for _, address in addresses}
    theirs = [
        row
        for row in every_row()
        if row.who.about in names or row.who.to in plain or (row.who.fallback and row.who.fallback[1] in plain)
    ]
    if not theirs:
        return
    ids = [row.id for row in theirs]
    bulk_ids = set(db.session.scalars(select(BulkRecipient.bulk_id).where(among(BulkRecipient.id, ids))))
    for bulk in db.session.scalars(select(BulkSend).where(BulkSend.id.in_(bulk_ids))):
        bulk.variables = _without_examples(bulk.variables)
    db.session.flush()
    _run(delete(BulkRecipient).where(among(BulkRecipient.id, ids)))


def _without_examples(variables: Mapping[str, object] | None) -> dict[str, object] | None:
    if variables is None:
        return None
    summary = variables.get("summary")
    return {**variables, "summary": {**summary, "examples": []}} if isinstance(summary, dict) else dict(variables)


def sweep() -> int:
    """Delete one batch of the empty shells on which nothing hangs any more, as a job; how many."""
    now = clock.wall()
    hangs = exists().where(
        DeliveryAttempt.notification_id == Notification.id,
        or_(
            and_(DeliveryAttempt.redact_at.is_not(None), DeliveryAttempt.started_at > now - GIVEN_UP_AFTER),
            DeliveryAttempt.state == AttemptState.CLAIMED,
        ),
    )
    shells = select(Notification.id).where(Notification.about == ERASED, Notification.status != Status.SENDING, ~hangs)
    with scopes.within(scopes.system("erasing")), transaction():
        ids = db.session.scalars(claimable(shells.limit(AT_ONCE), to_delete=True)).all()
        return _delete_messages(ids)


def count(references: Collection[str]) -> int:
    """How many messages there are about these records."""
    abouts = Whose(frozenset(references)).abouts
    return db.session.scalar(select(func.count(Notification.id)).where(among(Notification.about, abouts))) or 0


def _run(statement: object) -> int:
    return int(db.session.execute(statement, execution_options=BARE).rowcount)  # type: ignore[call-overload]
