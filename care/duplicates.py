"""Cases of one person: found by a job, shown in pairs, remembered when they are not the same.

Names, dates of birth and phones are sealed. The database finds who shares a meeting point (`duplicate_rules`), and what
is sealed is compared only of those. The pairs are stored, so that a page of them is one indexed query.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Select, and_, delete, or_, select, update

from auth.actors import Actor
from care import name_index, trail
from care.duplicate_models import DuplicatePair, MeetingPoint
from care.duplicate_rules import MEETS, Likeness, Matter, PairState, likeness, same_matter
from care.models import Case, Person
from care.protocol import disease_of
from care.queries import case_for
from care.vocabulary import OPEN_STATUSES
from config import clock, scopes
from config.database import another, claimable, db, locked, transaction
from config.encryption import DecryptionError
from config.errors import NotFound
from config.ids import new_id
from config.rowsets import among, insert_many
from notifications.schedule import Job, Queue, register_job

log = structlog.get_logger(__name__)
AT_ONCE = 200
WHOSE = Case.id, Case.person_id, Case.office_id, Case.external_index
COLUMNS = (*WHOSE, Case.protocol_code, Case.status, Case.enrolled_at)
Pair = tuple[UUID, UUID]


def seek_missing() -> int:
    """Look for duplicates of people about whom something is new; how many were looked at. A job.

    It sees only what others have committed: of two people who come at once, the one that is looked at later finds the
    other.
    """
    with scopes.within(scopes.system("care.duplicates")), transaction():
        people = list(db.session.scalars(to_seek()))
        if people:
            _note(people, _met(people))
            done = update(Person).where(among(Person.id, people)).values(duplicates_sought=True)
            db.session.execute(done, execution_options={"synchronize_session": False})
        return len(people)


def to_seek() -> Select[UUID]:
    """The next people about whom something is new, claimed."""
    new = ~Person.duplicates_sought & (Person.names_indexed >= name_index.RULES)
    return claimable(select(Person.id).where(new).order_by(Person.id).limit(AT_ONCE))


def _met(people: Collection[UUID]) -> set[Pair]:
    """Cases of `people`, each with another one of its office whose person may be the same; the older one first.

    People first, their cases after: a database that knows nothing of its tables yet would join them in any order.
    """
    pairs, known = _people_met(people), select(*COLUMNS).where(Case.merged_into_id.is_(None))
    everybody = sorted({one for pair in pairs for one in pair} | set(people))
    by_person: dict[UUID, list[Any]] = defaultdict(list)
    for start in range(0, len(everybody), AT_ONCE):
        for row in db.session.execute(known.where(among(Case.person_id, everybody[start : start + AT_ONCE]))):
            by_person[row.person_id].append(row)
    found = {(one, other) for mine, theirs in pairs for one in by_person[mine] for other in by_person[theirs]}
    own = [row for person_id in people for row in by_person[person_id]]
    ids = {row.external_index for row in own if row.external_index}
    same_id: dict[bytes, list[Any]] = defaultdict(list)
    for row in db.session.execute(known.where(among(Case.external_index, sorted(ids)))):
        same_id[row.external_index].append(row)
    found |= {(row, other) for row in own for other in same_id.get(row.external_index, ())}
    return {_in_order(one, other) for one, other in found if _may_be_one(one, other)}


def _people_met(people: Collection[UUID]) -> set[Pair]:
    mine, theirs = another(MeetingPoint, "mine"), another(MeetingPoint, "theirs")
    together = or_(
        *(
            and_(mine.meets_by == by.value, theirs.meets_by.in_([each.value for each in others]))
            for by, others in MEETS.items()
        )
    )
    wanted = select(mine.person_id, theirs.person_id).join(theirs, and_(theirs.point == mine.point, together))
    rows = db.session.execute(wanted.where(among(mine.person_id, people)).distinct())
    return {(one, other) for one, other in rows if one != other}


def _in_order(one: Any, other: Any) -> Pair:
    return min(one.id, other.id), max(one.id, other.id)


def _may_be_one(one: Any, other: Any) -> bool:
    if one.id == other.id or one.office_id != other.office_id:
        return False
    return same_matter(_matter(one), _matter(other))


def _note(people: Collection[UUID], met: Collection[Pair]) -> None:
    ids = select(Case.id).where(among(Case.person_id, people))
    about = or_(DuplicatePair.case_a_id.in_(ids), DuplicatePair.case_b_id.in_(ids))
    known = {(row.case_a_id, row.case_b_id): row for row in db.session.scalars(select(DuplicatePair).where(about))}
    cases = _cases({one for pair in met for one in pair})
    rows: list[dict[str, Any]] = []
    found: set[Pair] = set()
    for pair in sorted(met):
        alike = _likeness(cases[pair[0]], cases[pair[1]]) if pair[0] in cases and pair[1] in cases else None
        if alike is None:
            continue
        found.add(pair)
        because = ",".join(alike.because)
        row = known.get(pair)
        if row is None:
            rows.append(_row(pair, cases[pair[0]].office_id, alike))
        elif row.because != because:  # what was decided rested on something else
            row.score, row.because, row.state, row.found_at = alike.score, because, PairState.OPEN, clock.now()
    insert_many(DuplicatePair, rows, unless_taken=["case_a_id", "case_b_id"])
    gone = [row.id for pair, row in known.items() if pair not in found and row.state is PairState.OPEN]
    db.session.execute(delete(DuplicatePair).where(among(DuplicatePair.id, gone)))
    if rows:
        log.info("duplicates_found", number=len(rows))


def _row(pair: Pair, office_id: UUID, alike: Likeness) -> dict[str, Any]:
    return {
        "id": new_id(),
        "office_id": office_id,
        "case_a_id": pair[0],
        "case_b_id": pair[1],
        "score": alike.score,
        "because": ",".join(alike.because),
        "state": PairState.OPEN,
        "found_at": clock.now(),
    }


def _cases(ids: Collection[UUID]) -> dict[UUID, Case]:
    wanted = sorted(ids)
    parts = (wanted[start : start + AT_ONCE] for start in range(0, len(wanted), AT_ONCE))
    return {case.id: case for part in parts for case in db.session.scalars(select(Case).where(among(Case.id, part)))}


def _likeness(one: Case, other: Case) -> Likeness | None:
    try:
        return likeness(*(name_index.traits(case.person, case.external_id) for case in (one, other)))
    except DecryptionError:
        return None


def _matter(row: Any) -> Matter:
    return Matter(disease_of(row.protocol_code), row.enrolled_at, row.status in OPEN_STATUSES)


def pairs_of(case_ids: Collection[UUID]) -> Select[DuplicatePair]:
    """The pairs in which one of these cases stands."""
    return select(DuplicatePair).where(
        or_(among(DuplicatePair.case_a_id, case_ids), among(DuplicatePair.case_b_id, case_ids))
    )


def forget(case_ids: Collection[UUID], *, person_ids: Iterable[UUID] = ()) -> None:
    """Drop the pairs of these cases, and look for others of `person_ids` anew. Inside the caller's transaction.

    For cases that have gone to another office, or into another case.
    """
    # People before their pairs, as `seek_missing` takes them: else the two would wait for each other.
    anew = update(Person).where(among(Person.id, list(person_ids))).values(duplicates_sought=False)
    db.session.execute(anew)
    gone = [row.id for row in db.session.scalars(pairs_of(case_ids))]
    db.session.execute(delete(DuplicatePair).where(among(DuplicatePair.id, gone)))


def carry_over(ending: Case, kept: Case) -> None:
    """Whoever is not the person of `ending` is not that of `kept` either, which it has gone into: nobody decides twice.

    Inside the caller's transaction, once `kept` is as it will be: the decision rests on what speaks for it from now on.
    """
    known = {_other(row, kept.id): row for row in db.session.scalars(pairs_of([kept.id]))}
    decided = pairs_of([ending.id]).where(DuplicatePair.state == PairState.NOT_THE_SAME)
    for row in db.session.scalars(decided).all():
        other = row.case_b if row.case_a_id == ending.id else row.case_a
        if other.id == kept.id:
            continue
        ids = _in_order(kept, other)
        pair = known.get(other.id) or DuplicatePair(id=new_id(), office_id=kept.office_id, found_at=row.found_at)
        pair.case_a_id, pair.case_b_id = ids
        alike = _likeness(*((kept, other) if ids[0] == kept.id else (other, kept)))
        pair.score, pair.because = (alike.score, ",".join(alike.because)) if alike else (row.score, row.because)
        pair.state, pair.decided_at, pair.decided_by = row.state, row.decided_at, row.decided_by
        db.session.add(pair)
    db.session.flush()


def _other(row: DuplicatePair, case_id: UUID) -> UUID:
    return row.case_b_id if row.case_a_id == case_id else row.case_a_id


def decide_not_the_same(reference: str, other: str, actor: Actor) -> None:
    """Two cases are of two people, as somebody has found out. Inside the caller's transaction. Raises NotFound.

    They are not shown again unless something else speaks for it. Said before: nothing happens.
    """
    first, last = sorted((case_for(actor, reference).id, case_for(actor, other).id))
    wanted = select(DuplicatePair).where(DuplicatePair.case_a_id == first, DuplicatePair.case_b_id == last)
    pair = db.session.scalar(locked(wanted))
    if pair is None:
        raise NotFound()
    if pair.state is not PairState.OPEN:
        return
    pair.state, pair.decided_at, pair.decided_by = PairState.NOT_THE_SAME, clock.now(), actor.id[:80]
    for case, against in ((pair.case_a, pair.case_b), (pair.case_b, pair.case_a)):
        trail.record(actor, "case.not_the_same", case, other=against.reference)


def register() -> None:
    """Make the job known."""
    register_job(Job("care.duplicates", timedelta(minutes=1), Queue.HOUSEKEEPING, seek_missing, woken=False))
