"""What we answer by ourselves: one SMS to who wrote STOP, START or HELP, unless the provider has answered already."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select

from auth.models import Department, Office
from config import clock, limits
from config.database import db
from config.settings import current_settings
from notifications.models import InboundMessage, Notification
from notifications.opting import OURS, opt_in, opt_out
from notifications.outbox import enqueue
from notifications.preferences import CONFIRMS_OPTING_OUT
from notifications.statuses import Channel, InboxState
from notifications.wishes import Understood, Wish, wish_in

ANSWERED_ONCE_IN = timedelta(hours=20)
USEFUL_FOR = timedelta(days=1)
TEMPLATES = {
    Wish.STOP: CONFIRMS_OPTING_OUT,
    Wish.START: "notifications.opted_in",
    Wish.HELP: "notifications.help",
    Wish.INFO: "notifications.help",
}


def wish_of(message: InboundMessage) -> Understood | None:
    """What the message wishes; the provider's word (Twilio's `OptOutType`) counts more than ours."""
    own = wish_in(message.body or "")
    if not message.opt_out_type:
        return own
    by_provider = Wish(message.opt_out_type.lower())
    if by_provider is Wish.HELP and own is not None and own.wish is Wish.INFO:
        return own
    return Understood(by_provider, own.locale if own else "")


def fulfil(message: InboundMessage, wish: Understood) -> InboxState:
    """Do what the message wishes and confirm it once, inside the caller's transaction. Returns where it goes.

    A call for help is answered with how to get it, and yet left to a person: it may be one.
    """
    to = message.sender or ""
    match wish.wish:
        case Wish.STOP:
            answered = not opt_out(Channel.SMS, to, "reply")
        case Wish.START:
            answered = not opt_in(Channel.SMS, to, "reply") and _lately(message, wish.wish)
        case _:
            answered = _lately(message, wish.wish)
    if not answered and not message.opt_out_type and not _often(message):
        _answer(message, wish)
    return InboxState.INBOX if wish.wish is Wish.HELP else InboxState.DONE


def _lately(message: InboundMessage, wish: Wish) -> bool:
    """Whether we have told them a moment ago: two machines that answer each other must come to an end."""
    told = select(Notification.id).where(
        Notification.recipient_index == message.sender_index,
        Notification.template == TEMPLATES[wish],
        Notification.created_at > clock.now() - ANSWERED_ONCE_IN,
    )
    return db.session.scalar(told.limit(1)) is not None


def _often(message: InboundMessage) -> bool:
    """Whether this number has made us answer as often as it may: STOP and START in turn would never come to an end."""
    for limit in limits.of("contact"):
        told = select(func.count()).where(
            Notification.recipient_index == message.sender_index,
            Notification.template.in_(TEMPLATES.values()),
            Notification.sent_at > clock.now() - timedelta(seconds=limit.get_expiry()),
        )
        if (db.session.scalar(told) or 0) >= limit.amount:
            return True
    return False


def _answer(message: InboundMessage, wish: Understood) -> None:
    enqueue(
        template=TEMPLATES[wish.wish],
        channel=Channel.SMS,
        to=message.sender or "",
        locale=message.locale or wish.locale or current_settings().locale,
        variables={"office_phone": _phone(message.owner)},
        key=f"wish:{message.id}",
        about=message.about or f"inbox:{message.id}",
        owner=message.owner,
        correlation=OURS,
        expires_at=clock.now() + USEFUL_FOR,
    )


def _phone(owner: str | None) -> str:
    """Where whoever the conversation belongs to can be called; "" when there is no such number."""
    kind, _, code = (owner or "").partition(":")
    found: Office | Department | None = None
    if kind == "office":
        found = db.session.get(Office, UUID(code))
    elif kind == "department":
        found = db.session.scalar(select(Department).where(Department.code == code))
    return found.phone or "" if found else ""
