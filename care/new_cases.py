"""Cases that are only just being made, as rows: how they and their people get into the database, many at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from auth import notices
from care import name_index
from care.fact_rows import SCHEDULED, NewCase, NewPerson
from care.models import Case, Person, Schedule
from care.protocol import Protocol
from care.vocabulary import Kind, Status
from config.ids import new_id
from config.rowsets import insert_many

OF_CASE = tuple(Case.__table__.columns.keys())


def made(person: NewPerson, head: Any, kind: Kind, protocol: Protocol, enrolled_at: datetime) -> Any:
    """A case of this person, not assessed yet, whom `head` answers for (None: they themselves)."""
    columns = {
        "id": new_id(),
        "person_id": person.id,
        "office_id": person.office_id,
        "kind": kind,
        "protocol_code": protocol.code,
        "protocol_version": protocol.version,
        "status": Status.ENROLLED,
        "household_head_id": head.id if head is not None else None,
        "enrolled_at": enrolled_at,
        "recorded_at": enrolled_at,
        "touched_at": enrolled_at,
        "continuous_exposure": False,
        "notice_version": notices.newest(notices.ENROLMENT),
        "facts_revision": 1,
        "assessed_revision": 0,
        "rules_version": 0,
        "marks_version": 0,
        "priority": 0.0,
    }
    case: Any = NewCase.made(columns)
    case.person, case.head = person, head
    return case


def insert(cases: Sequence[Any]) -> None:
    """Insert rows that were `made`, and their people, who can be found by their names from then on."""
    people = [case.person for case in cases]
    for person in people:
        person.names_indexed, person.duplicates_sought = name_index.RULES, False
    insert_many(Person, [person.values(NewPerson.columns) for person in people])
    name_index.index_all(people)
    # Members of a household come after their head, whom their rows name.
    for rows in ([one for one in cases if one.head is None], [one for one in cases if one.head is not None]):
        insert_many(Case, [case.values(OF_CASE) for case in rows])
    insert_many(Schedule, [case.values(SCHEDULED) for case in cases])
