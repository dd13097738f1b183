"""Which cases an act is about: those that were ticked, or all that fit a list's filters; their households if wished."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, func, select

from auth.actors import Actor
from auth.roles import Permission
from care.day_numbers import stands
from care.household_rows import in_households
from care.list_filters import ListCases
from care.models import Case
from care.queries import cases_visible_to, matching
from care.vocabulary import OPEN_STATUSES
from config.database import db
from config.errors import N_, RuleViolation
from config.rowsets import among


@dataclass(frozen=True)
class Chosen:
    """What somebody has chosen: `references`, or everything that `wanted` finds when they do so."""

    references: tuple[str, ...] = ()
    wanted: ListCases | None = None
    households: bool = False


@dataclass(frozen=True)
class Selection:
    """Cases of one office, most urgent first: id and the revision of their facts."""

    office_id: UUID
    cases: tuple[tuple[UUID, int], ...]


def selection(actor: Actor, chosen: Chosen, permission: Permission) -> Selection:
    """The cases that `chosen` means now, of those with which `actor` may do what `permission` allows.

    Raises RuleViolation when there is none, or when they belong to several offices: an act is one office's.
    """
    found = db.session.execute(_ordered(_chosen(actor, chosen, permission))).all()
    if chosen.households and found:
        heads = set(_heads({row.id for row in found}))
        theirs = _allowed(actor, permission).where(in_households(heads), Case.status.in_(OPEN_STATUSES))
        known = {row.id for row in found}
        found = [*found, *(row for row in db.session.execute(_ordered(theirs)) if row.id not in known)]
    offices = {row.office_id for row in found}
    if not offices:
        raise RuleViolation("", N_("Please choose at least one case."))
    if len(offices) > 1:
        raise RuleViolation("", N_("These cases belong to several health offices. Please choose those of one."))
    return Selection(offices.pop(), tuple((row.id, row.facts_revision) for row in found))


def number_chosen(actor: Actor, chosen: Chosen, permission: Permission) -> int:
    """How many cases are meant, without those of their households."""
    statement = _chosen(actor, chosen, permission).with_only_columns(func.count())
    return db.session.scalar(statement) or 0


def _chosen(actor: Actor, chosen: Chosen, permission: Permission) -> Select[Case]:
    if chosen.wanted is not None:
        return _within(matching(actor, chosen.wanted), actor, permission)
    references = {reference.strip().upper() for reference in chosen.references}
    return _allowed(actor, permission).where(among(Case.reference, sorted(references)))


def _allowed(actor: Actor, permission: Permission) -> Select[Case]:
    return _within(cases_visible_to(actor).where(stands()), actor, permission)


def _within(statement: Select[Case], actor: Actor, permission: Permission) -> Select[Case]:
    return statement if actor.is_system else statement.where(Case.office_id.in_(actor.offices_for(permission)))


def _ordered(statement: Select[Case]) -> Select[UUID, UUID, int]:
    columns = statement.with_only_columns(Case.id, Case.office_id, Case.facts_revision)
    return columns.order_by(Case.priority.desc(), Case.reference)


def _heads(case_ids: Iterable[UUID]) -> Iterable[UUID]:
    head = func.coalesce(Case.household_head_id, Case.id)
    return db.session.scalars(select(head).where(among(Case.id, case_ids))).all()
