"""Invented messages in every status, each with its attempts. None of them is ever sent."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import select

from config import clock, scopes
from config.database import db, transaction
from config.ids import new_id
from config.rowsets import among, insert_many
from notifications.models import DeliveryAttempt, Notification
from notifications.rendering import render
from notifications.rows import Draft, Sealers, sealers_here, values_of
from notifications.settling import WIPED
from notifications.statuses import KEEP_TEXT, AttemptState, Channel, Meaning, Status

AT_ONCE = 200
OLDEST = timedelta(days=20)
# How many of a hundred are in each status, why, and the state of their last attempt. Whatever still waits is held
# back: a message that is due would be sent.
ENDS: tuple[tuple[Status, Meaning, AttemptState | None, int], ...] = (
    (Status.DELIVERED, Meaning.NONE, AttemptState.DELIVERED, 78),
    (Status.SENT, Meaning.NONE, AttemptState.SENT, 6),
    (Status.UNDELIVERED, Meaning.BLOCKED, AttemptState.UNDELIVERED, 3),
    (Status.FAILED, Meaning.BAD_ADDRESS, AttemptState.FAILED, 3),
    (Status.EXPIRED, Meaning.NONE, None, 3),
    (Status.CANCELLED, Meaning.NONE, None, 2),
    (Status.SUPPRESSED, Meaning.OPTED_OUT, None, 1),
    (Status.PAUSED, Meaning.NONE, None, 2),
    (Status.PARKED, Meaning.RETRY_LATER, AttemptState.TEMPORARY, 1),
    (Status.UNKNOWN, Meaning.NONE, AttemptState.UNKNOWN, 1),
)
REACHED = frozenset({Status.DELIVERED, Status.SENT, Status.UNDELIVERED})
TEXT = "Guten Tag, hier ist Ihre Stadtverwaltung. Diese Nachricht ist erfunden."


def seed_messages(number: int, seed: int, progress: Callable[[int], None]) -> int:
    """Make `number` invented messages; how many are new. The same seed makes the same ones, none of them twice.

    `progress` is told of each batch, however many of it were there already.
    """
    made, now = 0, clock.now()
    with scopes.within(scopes.system("seed")):
        for first in range(0, number, AT_ONCE):
            size = min(AT_ONCE, number - first)
            made += _write(Random(f"messages:{seed}:{first}"), [f"seed:{seed}:{first + n}" for n in range(size)], now)
            progress(size)
    return made


def _write(dice: Random, keys: list[str], now: datetime) -> int:
    there = set(db.session.scalars(select(Notification.key).where(among(Notification.key, keys))))
    db.session.rollback()
    sealers, messages, attempts = sealers_here(), [], []
    for key in keys:
        luck = Random(dice.random())
        if key not in there:
            message, attempt = _made(key, luck, now, sealers)
            messages.append(message)
            attempts += attempt
    with transaction():
        insert_many(Notification, messages)
        insert_many(DeliveryAttempt, attempts)
    return len(messages)


def _made(key: str, dice: Random, now: datetime, sealers: Sealers) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    status, cause, last, _ = dice.choices(ENDS, [share for *_, share in ENDS])[0]
    channel = Channel.SMS if dice.random() < 0.7 else Channel.EMAIL
    if channel is Channel.EMAIL and status is Status.DELIVERED:
        status, last = Status.SENT, AttemptState.SENT  # mail servers send no receipts: this is where an e-mail ends
    person, created = dice.randrange(1_000_000), now - dice.random() * OLDEST
    to = f"+4915100{person:06}" if channel is Channel.SMS else f"person{person}@example.org"
    text = render("notifications.plain", channel, "de", {"text": TEXT, "subject": "Ihre Stadtverwaltung"})
    about = f"seed:{person}"
    row = values_of(Draft("notifications.plain", channel, to, text, key, about), sealers, created)
    took = timedelta(seconds=dice.uniform(1, 40))
    row |= {
        "status": status,
        "cause": cause,
        "attempts_made": int(last is not None),
        "changed_at": created + 2 * took,
        "sent_at": created + took if status in REACHED else None,
        "delivered_at": created + 2 * took if status is Status.DELIVERED else None,
    }
    if status not in KEEP_TEXT and status is not Status.PAUSED:
        row |= WIPED
    if last is None:
        return row, []
    return row, [
        {
            "id": new_id(),
            "notification_id": row["id"],
            "number": 1,
            "channel": channel,
            "sender": "seed",
            "provider_id": f"seed-{row['id'].hex}" if last in (AttemptState.DELIVERED, AttemptState.SENT) else None,
            "state": last,
            "meaning": cause,
            "started_at": created,
            "settled_at": created + took,
            "redacted_at": created + 2 * took,
        }
    ]
