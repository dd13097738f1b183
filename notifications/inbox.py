"""The inbox: replies that no wing understood, and the thread around each. Every query says who is asking."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, or_, select, text, true

from auth import audit
from auth.policies import Actor
from auth.roles import Permission
from config import clock
from config.database import db, locked
from config.errors import N_, InvalidTransition, NotFound, RuleViolation
from notifications import trail
from notifications.addresses import masked
from notifications.models import InboundMessage, Notification
from notifications.opting import OURS
from notifications.outbox import enqueue
from notifications.queries import messages_visible_to, owners_of
from notifications.statuses import Channel, InboxState

PAGE = 50
THREAD_LENGTH = 60
LONGEST_ANSWER = 480
ANSWER = "notifications.answer"
# Spelt out, not as a parameter: only so can the planner see that a partial index holds these rows.
WAITING = text("inbound_message.state = 'inbox'")
SETTLED = (InboxState.ANSWERED, InboxState.DONE)
# A link in a message opens something to the person alone: staff see that there was one, not where it leads.
SECRET = re.compile(r"(https?://[^\s/]+/)\S+")
LinkOf = Callable[[Actor, str], str | None]
_links: list[LinkOf] = []


@dataclass(frozen=True)
class Received:
    """One message of the inbox. `url` leads to what it is about, where the actor may see that."""

    id: UUID
    sender: str
    body: str
    received_at: datetime
    state: InboxState
    about: str
    url: str | None = None
    owner: str | None = None


@dataclass(frozen=True)
class Said:
    """One line of a thread. Text is "" when it is not kept; then `template` or `state` say what it was."""

    at: datetime
    is_ours: bool
    text: str
    template: str = ""
    state: str = ""
    is_this: bool = False


def register_link(link_of: LinkOf) -> None:
    """Let a wing say where a reference leads: `link_of(actor, about)` gives an address, None if it is not its own."""
    if link_of not in _links:
        _links.append(link_of)


def link_to(actor: Actor, about: str) -> str | None:
    """The address of the record that a message is about, if there is one that the actor may see."""
    return next((url for url in (link_of(actor, about) for link_of in _links) if url), None) if about else None


def waiting(actor: Actor) -> int:
    """How many replies wait for a person."""
    statement = select(func.count()).select_from(InboundMessage).where(WAITING, _visible(actor))
    return int(db.session.scalar(statement) or 0)


def waiting_since(actor: Actor, about: str) -> datetime | None:
    """When the oldest reply came about this record that waits for whoever may answer it; None: nothing waits."""
    return db.session.scalar(
        select(func.min(InboundMessage.received_at)).where(WAITING, InboundMessage.about == about, _visible(actor))
    )


def page(actor: Actor, after: UUID | None = None) -> tuple[list[Received], UUID | None]:
    """A page of what waits for a person, oldest first, and where the next page begins."""
    statement = select(InboundMessage).where(WAITING, _visible(actor))
    if after:
        statement = statement.where(InboundMessage.id > after)
    rows = db.session.scalars(statement.order_by(InboundMessage.id).limit(PAGE + 1)).all()
    return [_received(row) for row in rows[:PAGE]], rows[PAGE - 1].id if len(rows) > PAGE else None


def settled(actor: Actor) -> list[Received]:
    """What people dealt with last, newest first."""
    statement = select(InboundMessage).where(
        InboundMessage.state.in_(SETTLED), InboundMessage.handled_by.is_not(None), _visible(actor)
    )
    rows = db.session.scalars(statement.order_by(InboundMessage.id.desc()).limit(PAGE))
    return [_received(row) for row in rows]


def note_listed(actor: Actor, lines: Sequence[Received]) -> None:
    """Record that somebody read through these replies."""
    trail.looked(actor, "inbox.listed", lines)


def received(actor: Actor, inbound_id: UUID) -> Received:
    """One message of the inbox. Raises NotFound."""
    return _received(_of(actor, inbound_id), actor)


def thread(actor: Actor, inbound_id: UUID) -> list[Said]:
    """What went to this number and what came from it, as far as the actor may see it, newest last. Raises NotFound.

    Looking at it is recorded: call inside a transaction.
    """
    row = _of(actor, inbound_id)
    sent = messages_visible_to(actor).where(
        Notification.recipient_index == row.sender_index, Notification.channel == Channel.SMS
    )
    came = select(InboundMessage).where(InboundMessage.sender_index == row.sender_index, _visible(actor))
    newest_sent = db.session.scalars(sent.order_by(Notification.id.desc()).limit(THREAD_LENGTH)).all()
    newest_came = db.session.scalars(came.order_by(InboundMessage.id.desc()).limit(THREAD_LENGTH)).all()
    lines = [*map(_sent, newest_sent), *(_came(one, row.id) for one in newest_came)]
    trail.looked(actor, "inbound.thread_seen", [row, *newest_sent, *newest_came], subject=f"inbound:{row.id}")
    return sorted(lines, key=lambda line: line.at)[-THREAD_LENGTH:]


def answer(actor: Actor, inbound_id: UUID, words: str) -> None:
    """Answer a message of the inbox by SMS, inside the caller's transaction. Raises NotFound, RuleViolation.

    Earlier messages of the same sender that wait in the same conversation are answered with it.
    """
    row = _open(actor, inbound_id)
    words = words.strip()
    if not words:
        raise RuleViolation("text", N_("Please write an answer."))
    if len(words) > LONGEST_ANSWER:
        raise RuleViolation("text", N_("An answer has at most {most} characters."), most=LONGEST_ANSWER)
    enqueue(
        template=ANSWER,
        channel=Channel.SMS,
        to=row.sender or "",
        locale=row.locale or "de",
        variables={"text": words},
        key=f"answer:{row.id}:{clock.wall().timestamp()}",
        about=row.about or f"inbox:{row.id}",
        owner=row.owner or next(iter(owners_of(actor)), None),
        correlation=OURS,
    )
    _settle(actor, row, InboxState.ANSWERED)


def put_aside(actor: Actor, inbound_id: UUID) -> None:
    """Take a message out of the inbox without an answer, inside the caller's transaction. Raises NotFound."""
    row = _open(actor, inbound_id)
    _mark(actor, row, InboxState.DONE)


def answered_otherwise(actor: Actor, about: str) -> int:
    """What waits about this record was answered from the record's own page, inside the caller's transaction. How many.

    Whoever may not answer messages leaves them to those who may.
    """
    wanted = select(InboundMessage).where(WAITING, InboundMessage.about == about, _visible(actor))
    rows = db.session.scalars(locked(wanted.order_by(InboundMessage.id))).all()
    for row in rows:
        _mark(actor, row, InboxState.ANSWERED)
    return len(rows)


def _visible(actor: Actor) -> ColumnElement[bool]:
    """What nobody owns is for everybody who answers messages; else those of the actor's own offices and departments."""
    if actor.is_system:
        return true()
    if not actor.may(Permission.MESSAGES_ANSWER):
        return false()
    return or_(InboundMessage.owner.is_(None), InboundMessage.owner.in_(owners_of(actor)))


def _of(actor: Actor, inbound_id: UUID) -> InboundMessage:
    found = db.session.scalars(select(InboundMessage).where(InboundMessage.id == inbound_id, _visible(actor))).first()
    if found is None:
        raise NotFound()
    return found


def _open(actor: Actor, inbound_id: UUID) -> InboundMessage:
    wanted = select(InboundMessage).where(InboundMessage.id == inbound_id, _visible(actor))
    row = db.session.scalars(locked(wanted).execution_options(populate_existing=True)).first()
    if row is None:
        raise NotFound()
    if row.state is not InboxState.INBOX:
        raise InvalidTransition("answer", row.state.value)
    return row


def _settle(actor: Actor, row: InboundMessage, state: InboxState) -> None:
    same = InboundMessage.owner.is_(None) if row.owner is None else InboundMessage.owner == row.owner
    earlier = and_(InboundMessage.sender_index == row.sender_index, InboundMessage.id <= row.id, same)
    wanted = select(InboundMessage).where(WAITING, earlier, _visible(actor)).order_by(InboundMessage.id)
    for one in db.session.scalars(locked(wanted)):
        _mark(actor, one, state)


def _mark(actor: Actor, row: InboundMessage, state: InboxState) -> None:
    row.state, row.handled_at, row.handled_by = state, clock.now(), actor.id[:80]
    chain = audit.chain_of_owner(row.owner)
    audit.record(actor, f"inbound.{state.value}", f"inbound:{row.id}", chain=chain)


def _sent(row: Notification) -> Said:
    words = SECRET.sub(r"\1…", row.body or "")
    return Said(row.sent_at or row.created_at, True, words, template=row.template, state=row.status.value)


def _came(row: InboundMessage, this: UUID) -> Said:
    return Said(row.received_at, False, row.body or "", state=row.state.value, is_this=row.id == this)


def _received(row: InboundMessage, actor: Actor | None = None) -> Received:
    return Received(
        id=row.id,
        sender=masked(Channel.SMS, row.sender or ""),
        body=row.body or "",
        received_at=row.received_at,
        state=row.state,
        about=row.about or "",
        owner=row.owner,
        url=link_to(actor, row.about or "") if actor else None,
    )
