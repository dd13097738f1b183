"""Rows of the outbox: made, stored once, copied for the next rung or another try."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import Table, bindparam, exists, select
from sqlalchemy.sql.dml import ReturningInsert

from auth.actors import Actor
from config import clock
from config.database import db
from config.encryption import ColumnSealer, DecryptionError, blind_index
from config.gathering import gathered_columns, is_gathering
from config.ids import new_id
from config.looks import OneRow
from config.rowsets import insert_for, insert_many
from notifications.addresses import checked
from notifications.models import Notification, Suppression
from notifications.preferences import CONFIRMS_OPTING_OUT, address_index
from notifications.putting_off import when_to_send
from notifications.rendering import Rendered, Traits
from notifications.segments import measure
from notifications.statuses import Channel, Meaning, Priority, Status

LONGEST_KEY = 200


@dataclass(frozen=True)
class Draft:
    """A message whose texts are written, before it is a row. `rungs`: the fallbacks with their texts, next one first.

    Times are domain time. `zone`: the person's IANA time zone where it is not the jurisdiction's.
    """

    template: str
    channel: Channel
    to: str
    text: Rendered
    key: str
    about: str
    owner: str | None = None
    correlation: str | None = None
    not_before: datetime | None = None
    expires_at: datetime | None = None
    rungs: Sequence[Mapping[str, Any]] = ()
    fallback_for: UUID | None = None
    bulk_id: UUID | None = None
    zone: str | None = None


@dataclass(frozen=True)
class Stored:
    """A message that was just put into the outbox. `unwanted`: its recipient does not want to be written to."""

    id: UUID
    unwanted: bool


class Sealers:
    """What seals and opens the texts of many messages."""

    @cached_property
    def recipient(self) -> ColumnSealer:
        return ColumnSealer(Notification, "recipient")

    @cached_property
    def subject(self) -> ColumnSealer:
        return ColumnSealer(Notification, "subject")

    @cached_property
    def body(self) -> ColumnSealer:
        return ColumnSealer(Notification, "body")

    @cached_property
    def html(self) -> ColumnSealer:
        return ColumnSealer(Notification, "html")

    @cached_property
    def fallbacks(self) -> ColumnSealer:
        return ColumnSealer(Notification, "fallbacks")


def sealers_here() -> Sealers:
    """Those of the application; they are made once."""
    sealers: Sealers = current_app.extensions.setdefault("obhut.sealers", Sealers())
    return sealers


def values_of(draft: Draft, sealers: Sealers, now: datetime) -> dict[str, Any]:
    """The columns of the row for `draft`, whose texts are sealed."""
    channel, text, traits = draft.channel, draft.text, draft.text.traits
    begins_at = not_before(draft, now)
    address, message_id = draft.to, new_id()
    return {
        "id": message_id,
        "key": draft.key,
        "template": draft.template,
        "template_version": text.version,
        "channel": channel,
        "locale": text.locale,
        "recipient_index": address_index(channel, address),
        "recipient_sealed": sealers.recipient.seal(message_id, address),
        "subject_sealed": sealers.subject.seal(message_id, text.subject) if text.subject else None,
        "body_sealed": sealers.body.seal(message_id, text.body),
        "html_sealed": sealers.html.seal(message_id, text.html) if text.html else None,
        "fallbacks_sealed": sealers.fallbacks.seal_json(message_id, list(draft.rungs)) if draft.rungs else None,
        "fallback_for": draft.fallback_for,
        "bulk_id": draft.bulk_id,
        "about": draft.about,
        "owner": draft.owner,
        "correlation": draft.correlation,
        "status": Status.PENDING,
        "priority": int(traits.priority),
        "purpose": traits.purpose,
        "zone": draft.zone,
        "resend_when_unknown": traits.resend_when_unknown,
        "segments": measure(text.body).count if channel is Channel.SMS else 0,
        "attempts_made": 0,
        "created_at": now,
        "changed_at": now,
        "not_before": begins_at,
        "expires_at": draft.expires_at,
        "next_rung_at": _next_rung_at(draft, max(begins_at or now, now)),
        "cause": Meaning.NONE,
        "untold": False,
        "tell_failures": 0,
        "has_text": True,
    }


def not_before(draft: Draft, now: datetime) -> datetime | None:
    """From when on the message may go: what its author says, moved to the end of the quiet hours if it has to wait."""
    begins_at = max(now, draft.not_before or now)
    traits = draft.text.traits
    later = when_to_send(
        begins_at,
        channel=draft.channel,
        purpose=traits.purpose,
        priority=traits.priority,
        zone=draft.zone,
        expires_at=draft.expires_at,
    )
    return later if later > begins_at else draft.not_before


def store(draft: Draft) -> Stored | None:
    """Insert the message unless its key is taken; two transactions with one key end in one row, without an error."""
    values = values_of(draft, sealers_here(), clock.now())
    whose = {"of_channel": draft.channel, "of_recipient": values["recipient_index"]}
    given = {name: value for name, value in values.items() if value is not None}  # a third of them is not
    row = INSERT_ONCE.first(given | whose)
    return Stored(row[0], row[1] and draft.template != CONFIRMS_OPTING_OUT) if row else None


def gather(draft: Draft) -> bool:
    """Take the message along within `config.gathering`, unless its key is taken; False outside of that."""
    return is_gathering() and gathered_columns(Notification, values_of(draft, sealers_here(), clock.now()), ("key",))


@lru_cache
def _insert_once(dialect: str) -> ReturningInsert[UUID, bool]:
    """Made once: to put it together takes longer than to run it."""
    unwanted = exists().where(
        Suppression.channel == bindparam("of_channel"),
        Suppression.recipient_index == bindparam("of_recipient"),
        Suppression.lifted_at.is_(None),
    )
    table: Table = Notification.__table__  # type: ignore[assignment]
    statement = insert_for(table, dialect)
    return statement.on_conflict_do_nothing(index_elements=["key"]).returning(table.c.id, unwanted)


INSERT_ONCE = OneRow(_insert_once)


def store_many(drafts: Iterable[Draft]) -> int:
    """Insert all whose key is not taken; how many are new. Who does not want them is found when they are claimed."""
    sealers, now = sealers_here(), clock.now()
    return insert_many(Notification, [values_of(draft, sealers, now) for draft in drafts], unless_taken=["key"])


def rung(channel: Channel, to: str, text: Rendered) -> dict[str, Any]:
    """A fallback with its texts, as it is kept with the message before it. Raises RuleViolation."""
    return {
        "channel": channel.value,
        "to": checked(channel, to),
        "subject": text.subject,
        "body": text.body,
        "html": text.html,
        "version": text.version,
    }


def successor(failed: Notification) -> Draft | None:
    """The message for the next rung of `failed`; None when there is none left."""
    try:
        rungs: list[dict[str, Any]] = failed.fallbacks or []
    except DecryptionError:  # its key is gone
        rungs = []
    if not rungs:
        return None
    following, channel = rungs[0], Channel(rungs[0]["channel"])
    text = Rendered(
        following["subject"], following["body"], following["html"], failed.locale, following["version"], _traits(failed)
    )
    key = f"{failed.key}:{channel}:{len(rungs)}"[-LONGEST_KEY:]
    made = _after(failed, channel, following["to"], text, key)
    return replace(made, expires_at=failed.expires_at, rungs=rungs[1:])


def again(message: Notification, key: str) -> Draft:
    """The texts of `message` once more: somebody decided to send it again."""
    text = Rendered(
        message.subject or "",
        message.body or "",
        message.html or "",
        message.locale,
        message.template_version,
        _traits(message),
    )
    return _after(message, message.channel, message.recipient or "", text, key)


def _after(message: Notification, channel: Channel, to: str, text: Rendered, key: str) -> Draft:
    return Draft(
        message.template,
        channel,
        to,
        text,
        key,
        message.about,
        owner=message.owner,
        correlation=message.correlation,
        fallback_for=message.id,
        bulk_id=message.bulk_id,
        zone=message.zone,
    )


def _traits(message: Notification) -> Traits:
    return Traits(Priority(message.priority), message.purpose, message.resend_when_unknown)


def _next_rung_at(draft: Draft, begins_at: datetime) -> datetime | None:
    wait = draft.text.traits.next_rung_after
    return begins_at + wait if wait is not None and draft.rungs else None


def key_of_program(actor: Actor, key: str) -> str:
    """The dedupe key for the key that a program chose for its message: hashed, since nobody knows what is in it."""
    return f"api:{blind_index('message key', f'{actor.id}:{key}').hex()}"


def id_of_key(key: str) -> UUID | None:
    """The message with this dedupe key."""
    return db.session.scalar(select(Notification.id).where(Notification.key == key))
