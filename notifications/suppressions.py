"""The list of addresses to which nothing is sent. It belongs to the whole deployment: a number knows no office."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from auth import audit
from auth.identities import display_name
from auth.models import User
from auth.policies import Actor
from auth.roles import Permission
from config import scopes
from config.database import db
from config.errors import N_, Forbidden, InvalidTransition, NotFound, RuleViolation
from config.mail_addresses import deliverable
from notifications.addresses import masked, phone_from_text
from notifications.models import Suppression
from notifications.opting import lifted_by_staff, opt_out
from notifications.preferences import Standing, address_index, bases_of
from notifications.statuses import Channel

PAGE = 50
# Why staff close an address; the others come from the person or the provider.
REASONS = ("staff_asked", "staff_wrong", "staff_other")


@dataclass(frozen=True)
class Entry:
    """One address on the list. `by` names who put it there; None: the person or the provider."""

    id: UUID
    channel: Channel
    address: str
    source: str
    since: datetime
    by: str | None
    lifted_at: datetime | None
    lifted_by: str | None
    bases: Sequence[Standing] = ()


def page(actor: Actor, before: UUID | None = None) -> tuple[list[Entry], UUID | None]:
    """A page of the addresses that are closed now, the newest entry first, and where the next page begins."""
    _allow(actor)
    statement = select(Suppression).where(Suppression.lifted_at.is_(None))
    if before:
        statement = statement.where(Suppression.id < before)
    rows = db.session.scalars(statement.order_by(Suppression.id.desc()).limit(PAGE + 1)).all()
    return [_entry(row) for row in rows[:PAGE]], rows[PAGE - 1].id if len(rows) > PAGE else None


def search(actor: Actor, typed: str) -> list[Entry]:
    """The entries of exactly this phone number or e-mail address, lifted ones too. Raises RuleViolation."""
    _allow(actor)
    channel, address = address_from_text(typed)
    index = address_index(channel, address)
    rows = db.session.scalars(
        select(Suppression).where(Suppression.channel == channel, Suppression.recipient_index == index)
    )
    return [_entry(row) for row in rows]


def details(actor: Actor, entry_id: UUID) -> Entry:
    """One entry, with the bases on which the address was written to. Raises NotFound."""
    _allow(actor)
    row = db.session.get(Suppression, entry_id)
    if row is None:
        raise NotFound()
    return _entry(row, bases_of(row.channel, row.recipient_index))


def add(actor: Actor, typed: str, reason: str) -> UUID:
    """Close an address for good reason, inside the caller's transaction. Raises RuleViolation."""
    _allow(actor)
    if reason not in REASONS:
        raise RuleViolation("reason", N_("Please choose one of the options."))
    channel, address = address_from_text(typed)
    if not opt_out(channel, address, reason, actor.id[:80]):
        raise RuleViolation("address", N_("This address is on the list already."))
    db.session.flush()
    index = address_index(channel, address)
    wanted = select(Suppression.id).where(Suppression.channel == channel, Suppression.recipient_index == index)
    entry_id = db.session.scalars(wanted).one()
    audit.record(actor, "suppression.added", f"suppression:{entry_id}", channel=channel.value, reason=reason)
    return entry_id


def lift(actor: Actor, entry_id: UUID) -> None:
    """Open an address again, inside the caller's transaction. Raises NotFound, InvalidTransition when it is open."""
    _allow(actor)
    row = db.session.get(Suppression, entry_id)
    if row is None:
        raise NotFound()
    if not lifted_by_staff(row.channel, row.recipient_index, actor.id[:80]):
        raise InvalidTransition("lift", "lifted")
    audit.record(actor, "suppression.lifted", f"suppression:{entry_id}", channel=row.channel.value, source=row.source)


def address_from_text(typed: str) -> tuple[Channel, str]:
    """Channel and address that somebody typed. Raises RuleViolation on field "address"."""
    typed = typed.strip()
    if "@" in typed:
        found = deliverable(typed)
        if not found:
            raise RuleViolation("address", N_("This is not an e-mail address."))
        return Channel.EMAIL, found
    try:
        return Channel.SMS, phone_from_text(typed)
    except RuleViolation:
        raise RuleViolation("address", N_("Please give a phone number or an e-mail address.")) from None


def _allow(actor: Actor) -> None:
    if not actor.may(Permission.SUPPRESSIONS_MANAGE):
        raise Forbidden()


@scopes.within(scopes.system("colleagues"))
def _name(actor_id: str | None) -> str | None:
    """Whom a colleague may ask about it. The few people who do this are looked up once a page."""
    try:
        user = db.session.get(User, UUID(actor_id or ""))
    except ValueError:
        return actor_id
    return display_name(user) if user else actor_id


def _entry(row: Suppression, bases: Sequence[Standing] = ()) -> Entry:
    return Entry(
        id=row.id,
        channel=row.channel,
        address=masked(row.channel, row.recipient or ""),
        source=row.source,
        since=row.since,
        by=_name(row.by),
        lifted_at=row.lifted_at,
        lifted_by=_name(row.lifted_by),
        bases=bases,
    )
