"""The rows of two cases that become one: whatever refers to a case or a person, the foreign keys say what that is.

So what comes later goes along by itself. All run inside the caller's transaction and pass the session by.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.schema import Column, Table

from auth.actors import Actor
from care import exposure_rows, household_rows, messages, own_cases
from care.course_models import ContactAttempt, Exposure
from care.link_models import CaseLink
from care.models import Case, Person
from care.naming_models import NamedContact
from care.resealing import reseal
from care.seen import ChangedMeanwhile
from care.support_models import SupportRequest
from care.support_rules import SupportState, joined_notes
from config import clock
from config.database import Base, db
from config.dependents import delete_with_dependents
from config.rowsets import among
from notifications.handing_over import tell_of

BARE = {"synchronize_session": False}
# What says how two cases stand to each other is not moved, but decided in `merging` and `duplicates`. What an act on
# many was to do with the case, or has done, was looked at there: nobody has seen it for the case that goes on.
STAY = {
    ("care_bulk_act_row", "case_id"),
    ("care_case", "household_head_id"),
    ("care_merge", "merged_case_id"),
    ("care_duplicate_pair", "case_a_id"),
    ("care_duplicate_pair", "case_b_id"),
}


def lock_all_of(case_ids: Sequence[UUID]) -> None:
    """Lock the households of all cases of these cases' persons: what is sealed for one of the two is sealed anew.

    Whoever seals something for a case holds its lock; without it they would seal with a key that is just destroyed.
    Raises ChangedMeanwhile when one of the persons has got another case while we waited.
    """
    people = _people_of(case_ids)
    theirs = _cases_of(people)
    household_rows.lock(theirs)
    if _people_of(case_ids) != people or _cases_of(people) != theirs:
        raise ChangedMeanwhile()


def _people_of(case_ids: Collection[UUID]) -> set[UUID]:
    return set(db.session.scalars(select(Case.person_id).where(among(Case.id, case_ids))))


def _cases_of(people: Collection[UUID]) -> list[UUID]:
    return list(db.session.scalars(select(Case.id).where(among(Case.person_id, people)).order_by(Case.id)))


def move(ending: Case, kept: Case) -> None:
    """Let everything that belongs to `ending` belong to `kept`; messages too.

    What `kept` has already (it was asked at the same time of the same day) stays where it is: its link leads on.
    """
    for table, column in references_to(Case.__table__):  # type: ignore[arg-type]
        if (table.name, column.name) == ("care_case", "merged_into_id"):
            _give(table, column, ending.id, kept.id, besides=ending.id)
        elif not column.primary_key and (table.name, column.name) not in STAY:
            _give(table, column, ending.id, kept.id)
    tell_of(kept.reference, before=ending.reference)


def references_to(table: Table) -> Iterator[tuple[Table, Column[Any]]]:
    """Every column of the house that refers to rows of `table`."""
    for child in Base.metadata.sorted_tables:
        for key in sorted(child.foreign_keys, key=lambda each: each.parent.name):
            if key.column.table is table:
                yield child, key.parent


def _give(table: Table, column: Column[Any], before: UUID, after: UUID, besides: UUID | None = None) -> None:
    here = [column == before, *([table.c.id != besides] if besides else [])]
    change = update(table).values({column.name: after})
    if _try(change.where(*here)):
        return
    for row_id in db.session.scalars(select(table.c.id).where(*here)).all():
        _try(change.where(table.c.id == row_id))


def _try(statement: Any) -> bool:
    try:
        with db.session.begin_nested():
            db.session.execute(statement, execution_options=BARE)
    except IntegrityError:
        return False
    return True


def give_person(before: Person, after: Person) -> None:
    """Let all cases of `before`, and whatever else is theirs, be of `after`, sealed with that one's key.

    The row and the key of `before` are no more. The caller holds the locks of all these cases.
    """
    reseal(_cases_of([before.id]), before, after)
    for table, column in references_to(Person.__table__):  # type: ignore[arg-type]
        if not column.primary_key:  # blind indexes: made anew
            _give(table, column, before.id, after.id)
    before.destroy_key()
    db.session.flush()
    db.session.expunge(before)
    delete_with_dependents(Person.__table__, [before.id])  # type: ignore[arg-type]


def settle_what_is_there_twice(kept: Case, ending: Case, actor: Actor) -> None:
    """Of some things a case has only one. What `ending` has beside that of `kept` is ended or named otherwise."""
    for settle in (_tasks, _wishes, _papers, _attempts, _logins, _namings, _exposures):
        settle(kept, ending, actor)
    _check_ins(kept, ending)
    db.session.flush()


def _check_ins(kept: Case, ending: Case) -> None:
    """What both were asked at the same time of the same day is asked once. Answered by one of them, it is answered."""
    asked = {(one.local_date, one.slot): one for one in kept.check_ins}
    twice = {one.id: asked[key] for one in ending.check_ins if (key := (one.local_date, one.slot)) in asked}
    for report in ending.reports:
        if report.check_in_id in twice:
            report.check_in = twice[report.check_in_id]
    answered = []
    for one in (one for one in ending.check_ins if one.id in twice and one.answered_at is not None):
        same = twice[one.id]
        if same.answered_at is None:
            same.answered_at = one.answered_at
            answered.append(same)
    messages.withdraw_check_ins(ending, [one for one in ending.check_ins if one.id in twice])
    if answered:
        messages.withdraw_check_ins(kept, answered)


def _tasks(kept: Case, ending: Case, actor: Actor) -> None:
    open_kinds = {task.kind for task in kept.tasks if task.done_at is None}
    for task in (one for one in ending.tasks if one.done_at is None and one.kind in open_kinds):
        task.done_at, task.done_by = clock.now(), actor.id


def _wishes(kept: Case, ending: Case, actor: Actor) -> None:
    waiting = {one.kind: one for one in _all(SupportRequest, kept) if one.ended_at is None}
    for wish in (one for one in _all(SupportRequest, ending) if one.ended_at is None and one.kind in waiting):
        same = waiting[wish.kind]
        same.note, same.due_at = joined_notes(same.note, wish.note), min(same.due_at, wish.due_at)
        wish.state, wish.ended_at = SupportState.DECLINED, clock.now()  # the other one is what is worked on


def _papers(kept: Case, ending: Case, actor: Actor) -> None:
    known = {one.kind for one in kept.documents}
    for paper in (one for one in ending.documents if one.kind in known):
        paper.kind = f"{paper.kind[:31]}:{ending.reference}"


def _attempts(kept: Case, ending: Case, actor: Actor) -> None:
    known = {one.message_key for one in _all(ContactAttempt, kept)}
    for attempt in (one for one in _all(ContactAttempt, ending) if one.message_key in known):
        attempt.message_key = None


def _logins(kept: Case, ending: Case, actor: Actor) -> None:
    linked = {one.user_id for one in _all(CaseLink, kept) if one.until is None}
    for link in (one for one in _all(CaseLink, ending) if one.until is None and one.user_id in linked):
        own_cases.end_link(link, ending, actor)


def _namings(kept: Case, ending: Case, actor: Actor) -> None:
    """Somebody who was named by themselves, in their other case, was named by nobody."""
    cases = {kept.id, ending.id}
    for row in [*_all(NamedContact, kept), *_all(NamedContact, ending)]:
        if row.contact_case_id in cases:
            row.contact_case_id = None


def _exposures(kept: Case, ending: Case, actor: Actor) -> None:
    """The days of both count. Nobody was exposed to themselves, in their other case."""
    if exposure_rows.are_known(kept, ending):
        for case in (kept, ending):
            exposure_rows.keep_known_day(case, actor)
    cases = {kept.id, ending.id}
    for row in [*_all(Exposure, kept), *_all(Exposure, ending)]:
        if row.source_case_id in cases:
            row.source_case_id = None


def _all(model: type[Any], case: Case) -> Sequence[Any]:
    return db.session.scalars(select(model).where(model.case_id == case.id)).all()
