"""The case's timeline: what happened, said so that people can read it later. Added to, never changed."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm.attributes import set_committed_value

from auth.actors import Actor
from care.models import Case, CaseEvent
from config import clock
from config.database import db
from config.gathering import gathered

PEOPLE = frozenset({"user", "token"})  # who is named; what the house does by itself needs no name


def add(case: Case, kind: str, actor: Actor, *, occurred_at: datetime | None = None, **details: Any) -> CaseEvent:
    """Add an event of `kind` to the timeline of `case`; `details` are codes, dates and texts, sealed."""
    now = clock.now()
    event = CaseEvent(
        case_id=case.id,
        kind=kind,
        occurred_at=occurred_at or now,
        recorded_at=now,
        actor_id=actor.id,
    )
    set_committed_value(event, "case", case)  # whose key seals what follows; the case's own events are not loaded
    event.actor_name = actor.name if actor.kind in PEOPLE and actor.name else None
    event.details = {name: value for name, value in details.items() if value is not None}
    if not gathered(event):
        event.case = case
        db.session.add(event)
    return event
