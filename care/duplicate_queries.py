"""Reading pairs of cases that may be one person's, and how they are shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import joinedload

from auth.actors import Actor
from auth.roles import Permission
from care import page_marks
from care.duplicate_models import CaseMerge, DuplicatePair
from care.duplicate_rules import PairState
from care.known_people import Alike
from care.models import Case
from care.vocabulary import OPEN_STATUSES
from config.database import another, db

PAGE = 50


@dataclass(frozen=True)
class Page:
    """One page of pairs, and the cursor of the next one."""

    items: Sequence[DuplicatePair]
    next: str | None


def _waiting(actor: Actor) -> Select[DuplicatePair]:
    """The pairs of the actor's offices about which nobody has decided, one of whose cases at least is open."""
    one, other = another(Case, "one"), another(Case, "other")
    wanted = select(DuplicatePair).where(DuplicatePair.state == PairState.OPEN)
    if not actor.is_system:
        wanted = wanted.where(DuplicatePair.office_id.in_(actor.offices_for(Permission.CASES_SEE)))
    wanted = wanted.join(one, one.id == DuplicatePair.case_a_id).join(other, other.id == DuplicatePair.case_b_id)
    return wanted.where(or_(one.status.in_(OPEN_STATUSES), other.status.in_(OPEN_STATUSES)))


def list_pairs(actor: Actor, after: str | None = None, limit: int = PAGE) -> Page:
    """A page of pairs, the likeliest first, of equals the newest. Raises RuleViolation for a bad cursor."""
    by = (DuplicatePair.case_a, DuplicatePair.case_b)
    wanted = _waiting(actor).options(*(joinedload(each).joinedload(Case.person) for each in by))
    if after:
        wanted = wanted.where(_beyond(*page_marks.read(after, int, UUID)))
    rows = db.session.scalars(
        wanted.order_by(DuplicatePair.score.desc(), DuplicatePair.id.desc()).limit(limit + 1)
    ).all()
    items = rows[:limit]
    return Page(items, page_marks.mark(items[-1].score, str(items[-1].id)) if len(rows) > limit else None)


def _beyond(score: int, pair_id: UUID) -> ColumnElement[bool]:
    return or_(DuplicatePair.score < score, and_(DuplicatePair.score == score, DuplicatePair.id < pair_id))


def count(actor: Actor) -> int:
    """How many pairs wait."""
    return db.session.scalar(_waiting(actor).with_only_columns(func.count(DuplicatePair.id))) or 0


def pairs_of_case(actor: Actor, case: Case) -> list[dict[str, Any]]:
    """For the page of a case: who else may be its person."""
    of_it = or_(DuplicatePair.case_a_id == case.id, DuplicatePair.case_b_id == case.id)
    rows = db.session.scalars(_waiting(actor).where(of_it).order_by(DuplicatePair.score.desc()).limit(5)).all()
    others = [(row, row.case_b if row.case_a_id == case.id else row.case_a) for row in rows]
    return [_case_values(other) | _why(row) for row, other in others]


def merged_into(case: Case) -> list[dict[str, Any]]:
    """For the page of a case: the references under which its person was known in cases that have gone into it."""
    ending = another(Case, "ending")
    wanted = select(ending.reference, CaseMerge.at).join(CaseMerge, CaseMerge.merged_case_id == ending.id)
    rows = db.session.execute(wanted.where(CaseMerge.case_id == case.id).order_by(CaseMerge.at))
    return [{"reference": row.reference, "at": row.at} for row in rows]


def standing_reference(case: Case) -> str | None:
    """The reference of the case that this one has gone into; None when it stands for itself."""
    return case.merged_into.reference if case.merged_into is not None else None


def row_values(pair: DuplicatePair) -> dict[str, Any]:
    """One row of the list."""
    return {"cases": [_case_values(pair.case_a), _case_values(pair.case_b)], **_why(pair)}


def alike_values(found: Sequence[Alike]) -> list[dict[str, Any]]:
    """Those in care who may be the one who is to be enrolled, for the page that asks."""
    return [
        _case_values(one.case) | {"score": one.score, "because": list(one.likeness.because if one.likeness else ())}
        for one in found
    ]


def alike_json(found: Sequence[Alike]) -> list[dict[str, Any]]:
    """The same for programs: reference, how likely (0 to 100), and because of what."""
    return [
        {
            "reference": one.case.reference,
            "score": one.score,
            "because": [each.value for each in (one.likeness.because if one.likeness else ())],
        }
        for one in found
    ]


def pair_json(pair: DuplicatePair) -> dict[str, Any]:
    """One pair for programs."""
    references = [pair.case_a.reference, pair.case_b.reference]
    return {"cases": references, "score": pair.score, "because": pair.because.split(",")}


def _why(pair: DuplicatePair) -> dict[str, Any]:
    return {"score": pair.score, "because": pair.because.split(",")}


def _case_values(case: Case) -> dict[str, Any]:
    person = case.person
    return {
        "reference": case.reference,
        "name": f"{person.family_name}, {person.given_name}",
        "birth_date": person.birth_date,
        "phone": person.phone,
        "kind": case.kind.value,
        "line_list": case.line_list.value if case.line_list else "",
        "enrolled_at": case.enrolled_at,
        "is_open": case.is_open,
    }
