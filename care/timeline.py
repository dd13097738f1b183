"""The case's timeline: what happened, said so that people can read it later. Added to, never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy.orm.attributes import set_committed_value

from auth.actors import Actor
from care.models import Case, CaseEvent
from config import clock
from config.database import db
from config.gathering import gathered
from config.ids import new_id
from config.light_rows import RowSealer

ASKING = Actor.system("care.check_ins")
PEOPLE = frozenset({"user", "token"})  # who is named; what the house does by itself needs no name


def add(case: Case, kind: str, actor: Actor, *, occurred_at: datetime | None = None, **details: Any) -> CaseEvent:
    """Add an event of `kind` to the timeline of `case`; `details` are codes, dates and texts, sealed.

    What somebody does touches the case (from then its time limits count), what the house does by itself does not.
    """
    now = clock.now()
    if not actor.is_system:
        case.touched_at = now
    event = CaseEvent(
        case_id=case.id,
        kind=kind,
        occurred_at=occurred_at or now,
        recorded_at=now,
        actor_id=actor.id,
    )
    set_committed_value(event, "case", case)  # whose key seals what follows; the case's own events are not loaded
    event.actor_name = _name_of(actor)
    event.details = {name: value for name, value in details.items() if value is not None}
    if not gathered(event):
        event.case = case
        db.session.add(event)
    return event


def _name_of(actor: Actor) -> str | None:
    return actor.name if actor.kind in PEOPLE and actor.name else None


@dataclass(frozen=True)
class Asked:
    """That somebody was asked for a report, as a line of the timeline: there is no event, the check-in says it."""

    id: UUID
    occurred_at: datetime
    details: dict[str, Any]
    kind: str = "asked"
    actor_id: str = ASKING.id
    actor_name: str | None = None

    @property
    def recorded_at(self) -> datetime:
        return self.occurred_at


def of(case: Case) -> Sequence[CaseEvent | Asked]:
    """The lines of the timeline of `case`, oldest first."""
    asked = [
        Asked(one.id, one.created_at, {"on": one.local_date.isoformat(), "slot": one.slot}) for one in case.check_ins
    ]
    return sorted([*case.events, *asked], key=attrgetter("recorded_at", "id"))


class Lines:
    """Lines for many cases at once, as rows for `config.rowsets`."""

    def __init__(self) -> None:
        self._sealer = RowSealer(CaseEvent, "actor_name", "details")
        self.rows: list[dict[str, Any]] = []

    def add(
        self,
        case: Any,
        kind: str,
        actor: Actor,
        at: datetime,
        details: dict[str, Any],
        *,
        occurred_at: datetime | None = None,
    ) -> None:
        """The same as the function `add`, for a row of `fact_rows`; `details` names only what there is to say."""
        line_id = new_id()
        if not actor.is_system:
            case.touched_at = at
        self.rows.append(
            {
                "id": line_id,
                "case_id": case.id,
                "kind": kind,
                "occurred_at": occurred_at or at,
                "recorded_at": at,
                "actor_id": actor.id,
                **self._sealer.columns(line_id, case.person, {"actor_name": _name_of(actor), "details": details}),
            }
        )
