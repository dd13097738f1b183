"""Who looked at somebody's data, for that person: when, from which office, in which function, and why. No names."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from auth import audit_words, holdings
from auth.audit_queries import has_seen
from auth.models import AuditEvent, Department, Office
from config import scopes
from config.database import db

PAGE = 50


@dataclass(frozen=True)
class Look:
    """One look. `place`: name of the office or department, "" for the house. Texts are English, to be translated.

    `by_link`: by somebody whose account is linked with the record.
    """

    at: datetime
    place: str
    roles: Sequence[str]
    by_program: bool
    by_house: bool
    by_link: bool
    what: str
    records: Sequence[str]
    why: str


def who_looked(user_id: UUID, before: UUID | None = None) -> tuple[list[Look], UUID | None]:
    """The looks of others at the records of this user, newest first, a page of them; and where the next page begins.

    What is whose, the rooms say (`auth.holdings`); the trail itself belongs to nobody, so the house reads it.
    """
    with scopes.within(scopes.system("own-looks")):
        mine = holdings.subjects_of(user_id)
        wanted = select(AuditEvent).where(has_seen(mine), AuditEvent.actor != str(user_id))
        if before:
            wanted = wanted.where(AuditEvent.id < before)
        found = db.session.scalars(wanted.order_by(AuditEvent.id.desc()).limit(PAGE + 1)).all()
        places = _places()
        looks = [_look(event, set(mine), places) for event in found[:PAGE]]
    return looks, found[PAGE - 1].id if len(found) > PAGE else None


def _look(event: AuditEvent, mine: set[str], places: dict[str, str]) -> Look:
    records = [record for record in event.seen or () if record in mine]
    kind = audit_words.kind_of(records[0]) if records else None
    return Look(
        at=event.at,
        place=places.get(event.chain, ""),
        roles=event.facts.get("roles") or [],
        by_program=event.actor_kind == "token",
        by_house=event.actor_kind == "system",
        by_link=event.actor_kind == "user" and not event.facts.get("roles"),
        what=audit_words.action_in_words(event.action),
        records=[record.partition(":")[2] for record in records if not record.startswith("user:")],
        why=kind.why if kind else "",
    )


def _places() -> dict[str, str]:
    offices = {f"office:{code}": name for code, name in db.session.execute(select(Office.code, Office.name))}
    departments = select(Department.code, Department.name)
    return offices | {f"department:{code}": name for code, name in db.session.execute(departments)}
