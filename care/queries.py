"""Reading cases. Every query of staff begins with `cases_visible_to(actor)`."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import aliased, selectinload

from auth.actors import Actor
from auth.models import Office
from auth.roles import Permission
from care import bulk_windows, list_order
from care.commands import normalised_phone
from care.day_numbers import stands
from care.list_filters import ListCases
from care.list_sql import conditions
from care.models import Case, Document, OfficeTask, Person
from care.name_index import begins_like
from care.people import external_index, family_name_index, name_index, phone_index
from care.protocol import current_versions
from care.vocabulary import OPEN_STATUSES, LineList, Status
from config import clock
from config.database import db
from config.encryption import blind_index
from config.errors import N_, Forbidden, NotFound
from config.ids import REFERENCE_ALPHABET, REFERENCE_LENGTH


@dataclass(frozen=True)
class Page:
    """One page of cases, and the cursor of the next one."""

    items: Sequence[Case]
    next: str | None


def cases_visible_to(actor: Actor) -> Select[Case]:
    """The cases that `actor` may see: those of the offices in which they may see cases; the house itself sees all."""
    if actor.is_system:
        return select(Case)
    return select(Case).where(Case.office_id.in_(actor.offices_for(Permission.CASES_SEE)))


def case_for(actor: Actor, reference: str) -> Case:
    """The case `reference`, if `actor` may see it. Raises NotFound."""
    case = db.session.scalar(cases_visible_to(actor).where(Case.reference == reference.strip().upper()))
    if case is None:
        raise NotFound()
    return case


def standing_case_for(actor: Actor, reference: str) -> Case:
    """The same, for whoever wants to write to it: the case that `reference` has gone into, if it has. Raises NotFound.

    Two cases merge within one office, and go to another one together: who may see one may see the other.
    """
    case = case_for(actor, reference)
    return case.merged_into or case


def cases_named(actor: Actor, references: Collection[str]) -> Sequence[Case]:
    """Those of the cases with these references that `actor` may see."""
    wanted = cases_visible_to(actor).where(Case.reference.in_(references))
    return db.session.scalars(wanted.order_by(Case.reference)).all()


def papers(case: Case) -> list[dict[str, str]]:
    """Id and file name of the papers of `case`, oldest first; what stands in them is not read for a list of them."""
    wanted = select(Document.id, Document.file_name).where(Document.case_id == case.id)
    rows = db.session.execute(wanted.order_by(Document.created_at))
    return [{"id": str(row.id), "file_name": row.file_name} for row in rows]


def paper(actor: Actor, reference: str, document_id: UUID) -> tuple[str, bytes]:
    """File name and PDF of a paper of the case `reference`, if `actor` may see the case. Raises NotFound."""
    for document in case_for(actor, reference).documents:
        if document.id == document_id and document.content is not None:
            return document.file_name, document.content
    raise NotFound()


def office_for(actor: Actor, permission: Permission) -> UUID:
    """The office in which `actor` enrols: their only one, or the default among theirs. Raises Forbidden."""
    mine = actor.offices_for(permission)
    offices = select(Office.id).order_by(Office.is_default.desc(), Office.code)
    if not actor.is_system:
        offices = offices.where(Office.id.in_(mine))
    office_id = db.session.scalar(offices.limit(1))
    if office_id is None:
        raise Forbidden(N_("You belong to no health office."))
    return office_id


def matching(actor: Actor, wanted: ListCases) -> Select[Case]:
    """The visible cases that fit the filters, in no order; without those that have gone into another one."""
    statement = cases_visible_to(actor).where(stands(), *conditions(wanted, actor))
    return statement.where(_search(wanted.q.strip())) if wanted.q else statement


def list_cases(actor: Actor, wanted: ListCases) -> Page:
    """A page of the cases that fit, in the order that is asked for. Raises RuleViolation for a bad cursor."""
    statement = matching(actor, wanted)
    if wanted.after:
        statement = statement.where(list_order.after_mark(wanted.after, wanted.order_by))
    found = db.session.scalars(list_order.ordered(statement, wanted.order_by).limit(wanted.limit + 1)).all()
    items = found[: wanted.limit]
    more = len(found) > wanted.limit
    return Page(items, list_order.mark_of(items[-1], wanted.order_by) if more else None)


def count_up_to(actor: Actor, wanted: ListCases, most: int) -> int:
    """How many cases fit; beyond `most` they are not counted on, and `most` + 1 is the answer."""
    found = matching(actor, wanted).with_only_columns(Case.id).limit(most + 1).subquery()
    return db.session.scalar(select(func.count()).select_from(found)) or 0


def _search(text: str) -> ColumnElement[bool]:
    """By reference (one that has gone into a case finds that), external id, phone or e-mail as a whole.

    By name, each word the beginning of one of the names.
    """
    ways: list[ColumnElement[bool]] = [Case.external_index == external_index(text)]
    upper, ending = text.upper(), aliased(Case)
    if len(upper) == REFERENCE_LENGTH and set(upper) <= set(REFERENCE_ALPHABET):
        ways.append(Case.reference == upper)
        ways.append(Case.id == select(ending.merged_into_id).where(ending.reference == upper).scalar_subquery())
    people = [Person.family_name_index == family_name_index(text)]
    beginning = begins_like(text)
    if beginning is not None:
        people.append(beginning)
    if "@" in text:
        people.append(Person.email_index == blind_index("email", text.casefold()))
    first, *rest = text.replace(",", " ").split() or [""]
    if rest:
        people.append(Person.name_index.in_([name_index(first, " ".join(rest)), name_index(" ".join(rest), first)]))
        people.append(Person.name_index == name_index(" ".join([first, *rest[:-1]]), rest[-1]))
    with suppress(ValueError):
        people.append(Person.phone_index == phone_index(normalised_phone(text)))
    ways.append(Case.person_id.in_(select(Person.id).where(or_(*people))))
    return or_(*ways)


def number_in(actor: Actor, line_lists: Collection[LineList]) -> int:
    """How many cases are in these lists."""
    visible = cases_visible_to(actor).where(Case.line_list.in_(line_lists))
    return db.session.scalar(visible.with_only_columns(func.count())) or 0


def counts(actor: Actor) -> Mapping[LineList, int]:
    """How many cases are in each list, as its pages show them: of two that have merged, one.

    Counted off an index; those that have gone into another one are few, and closed.
    """
    visible = cases_visible_to(actor)
    by_list = visible.with_only_columns(Case.line_list, func.count()).group_by(Case.line_list)
    found = Counter({line_list: number for line_list, number in db.session.execute(by_list) if line_list is not None})
    found[LineList.CLOSED] -= db.session.scalar(visible.where(~stands()).with_only_columns(func.count())) or 0
    return +found


def open_tasks(actor: Actor, limit: int = 50) -> Sequence[OfficeTask]:
    """The open tasks of the offices whose cases `actor` may see, those due first on top."""
    statement = select(OfficeTask).options(selectinload(OfficeTask.case)).where(OfficeTask.done_at.is_(None))
    if not actor.is_system:
        statement = statement.where(OfficeTask.office_id.in_(actor.offices_for(Permission.CASES_SEE)))
    return db.session.scalars(statement.order_by(OfficeTask.due_at, OfficeTask.id).limit(limit)).all()


def is_unreachable(case_id: UUID) -> bool:
    """Whether the newest news of the case's person is that messages do not arrive."""
    unreachable = select(Person.unreachable_since.is_not(None)).join(Case).where(Case.id == case_id)
    return bool(db.session.scalar(unreachable))


def unreachable_references(references: Collection[str]) -> set[str]:
    """For the house itself: those of the cases with these references whose person messages do not reach."""
    wanted = select(Case.reference).join(Case.person)
    return set(db.session.scalars(wanted.where(Case.reference.in_(references), Person.unreachable_since.is_not(None))))


def case_id_of_reference(reference: str) -> UUID | None:
    """For the house itself, not for staff: the case that a message is about."""
    return db.session.scalar(select(Case.id).where(Case.reference == reference))


def to_release(limit: int) -> Sequence[UUID]:
    """For the house itself: open cases that the rules say are over, and those completed by hand whose papers are due.

    Those that an act on many may still put back are left out.
    """
    statuses = (*OPEN_STATUSES, Status.COMPLETED)
    statement = select(Case.id).where(Case.release_due_at.is_not(None), Case.status.in_(statuses))
    statement = statement.where(Case.merged_into_id.is_(None))
    statement = statement.where(~bulk_windows.can_be_put_back(clock.now()))
    return db.session.scalars(statement.order_by(Case.release_due_at).limit(limit)).all()


def protocol_codes() -> list[str]:
    """The protocols that cases can be enrolled on."""
    return sorted(current_versions())
