"""The case's timeline: what happened, said so that people can read it later. Added to, never changed."""

from datetime import datetime
from typing import Any

from auth.actors import Actor
from care.models import Case, CaseEvent
from config import clock
from config.database import db

PEOPLE = frozenset({"user", "token"})  # who is named; what the house does by itself needs no name


def add(case: Case, kind: str, actor: Actor, *, occurred_at: datetime | None = None, **details: Any) -> CaseEvent:
    """Add an event of `kind` to the timeline of `case`; `details` are codes, dates and texts, sealed.

    What somebody does touches the case (from then its time limits count), what the house does by itself does not.
    """
    now = clock.now()
    if not actor.is_system:
        case.touched_at = now
    event = CaseEvent(
        case=case,
        kind=kind,
        occurred_at=occurred_at or now,
        recorded_at=now,
        actor_id=actor.id,
        actor_name=actor.name if actor.kind in PEOPLE and actor.name else None,
        details={name: value for name, value in details.items() if value is not None},
    )
    db.session.add(event)
    return event
