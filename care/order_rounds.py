"""One step for many orders: planned and shown first, then taken, some at a time; and their papers printed together.

These functions open transactions of their own: stopped anywhere, what is done is done, and the rest is still to do.
"""

import io
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import structlog
from pypdf import PdfWriter
from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload, selectinload

from auth.actors import Actor
from auth.roles import Permission
from care import case_management, household_rows, import_queries, occasions, order_notices, order_queries, orders, trail
from care.assessment_models import WITH_FACTS
from care.commands import OrderEvent
from care.import_models import CaseImport, ImportRow, RowOutcome
from care.models import Case, Document
from care.occasion_models import Guest, Occasion
from care.order_models import OrderNotice
from care.order_queries import PRINTED_AT_ONCE, Work
from care.order_rules import Announce, PaperState
from care.person_letters import LETTERS
from care.queries import cases_visible_to
from care.seen import ChangedMeanwhile
from care.vocabulary import OPEN_STATUSES
from config import clock
from config.announcement import Way
from config.database import db, locked, transaction
from config.errors import N_, DomainError, RuleViolation

log = structlog.get_logger(__name__)
AT_ONCE = 100
ERASED = N_("What was said about health has been erased; nothing is added any more.")
MOST = 1000
"""How many orders one round may have; a page of that many can still be read before it is confirmed."""


@dataclass(frozen=True)
class Planned:
    """What a step would make of one order; `refused` says why it cannot be taken."""

    reference: str
    name: str
    kind: str
    starts_on: date | None = None
    ends_on: date | None = None
    refused: DomainError | None = None
    revision: int = 0

    @property
    def mark(self) -> str:
        """What a page carries along until it is confirmed: the case as it was read, and the days that were shown."""
        return f"{self.reference}:{self.revision}:{self.starts_on}:{self.ends_on}"


@dataclass(frozen=True)
class Issued:
    """The references for which the step was taken, and for the others why not."""

    done: tuple[str, ...]
    refused: tuple[tuple[str, DomainError], ...]


def plan(references: Collection[str], command: OrderEvent, actor: Actor) -> list[Planned]:
    """What the step would do to each of these orders. Changes nothing. Raises RuleViolation for too many.

    References of orders that the actor may not give are left out, as if they did not exist.
    """
    wanted = _distinct(references)
    found = db.session.scalars(_may_order(actor).where(Case.reference.in_(wanted)).order_by(Case.reference)).all()
    return [_planned(case, command) for case in found]


def _planned(case: Case, command: OrderEvent) -> Planned:
    name = f"{case.person.given_name} {case.person.family_name}"
    try:
        if case.health_erased_at is not None:
            raise RuleViolation("", ERASED)
        standing = orders.planned(command, case)
    except DomainError as error:
        return Planned(case.reference, name, case.kind.value, refused=error)
    return Planned(
        case.reference, name, case.kind.value, standing.starts_on, standing.ends_on, revision=case.facts_revision
    )


def looked_at(actor: Actor, references: Collection[str]) -> None:
    """`actor` has seen what a step would do to these orders."""
    seen = db.session.scalars(_may_order(actor).where(Case.reference.in_(references))).all()
    trail.looked(actor, "cases.order_planned", seen)


def issue_many(
    references: Collection[str], command: OrderEvent, actor: Actor, shown: Collection[str] | None = None
) -> Issued:
    """Take the step for each of these orders that the actor may give, at most 100 in one transaction.

    `shown`: the marks of what was planned; a case that has changed since, or would get other days, is left as it is.
    What is wrong with one holds up nobody else. Papers are made after the commit. Raises RuleViolation for too many.
    """
    done: list[str] = []
    refused: list[tuple[str, DomainError]] = []
    for part in _parts(_distinct(references)):
        with transaction():
            for case in _locked(part, actor):
                try:
                    with db.session.begin_nested():
                        _refuse_unless_shown(_planned(case, command), shown)
                        orders.apply(command, case=case, actor=actor)
                    done.append(case.reference)
                except DomainError as error:
                    refused.append((case.reference, error))
    log.info("orders_issued", event_kind=command.event, number=len(done), refused=len(refused))
    return Issued(tuple(done), tuple(refused))


def _refuse_unless_shown(now: Planned, shown: Collection[str] | None) -> None:
    if now.refused is not None:
        raise now.refused
    if shown is not None and now.mark not in shown:
        raise ChangedMeanwhile()


def give_to_post(references: Collection[str], given_on: date, actor: Actor) -> int:
    """Note that the printed papers of these cases were given to the post. Returns how many. Raises RuleViolation."""
    given = 0
    command = Announce(way=Way.POST, given_on=given_on)
    for part in _parts(_distinct(references)):
        with transaction():
            for case in _locked(part, actor):
                for notice in order_notices.notices_of(case):
                    if notice.paper is PaperState.PRINTED and notice.given_on is None:
                        order_notices.announce(command, notice_id=notice.id, case=case, actor=actor)
                        given += 1
    return given


def print_papers(references: Collection[str], actor: Actor, *, again: bool = False) -> bytes | None:
    """The papers of these cases that nobody has printed yet, in one PDF for the printer; noted as printed before.

    None when there are none: of two people who print at once, each paper is in the hands of one. `again`: those that
    were printed and not given away yet. The single papers stay as they are, with their tags for screen readers.
    """
    with transaction():
        visible = cases_visible_to(actor).where(Case.reference.in_(_distinct(references)))
        household_rows.lock(db.session.scalars(visible.with_only_columns(Case.id)).all())
        wanted = order_queries.papers_to_print(actor, _distinct(references), again=again)
        named = select(OrderNotice).where(OrderNotice.id.in_([each[0] for each in wanted]))
        fresh = named.options(selectinload(OrderNotice.case)).execution_options(populate_existing=True)
        printed = db.session.scalars(fresh).unique().all()
        for notice in printed:
            if notice.paper is PaperState.MADE:
                notice.paper, notice.printed_at = PaperState.PRINTED, clock.now()
                case_management.noted(notice.case)
        if printed:
            trail.looked(actor, "cases.papers_printed", {notice.case for notice in printed})
    if not wanted:
        return None
    mine = select(Document).where(Document.id.in_([each[1] for each in wanted])).options(joinedload(Document.case))
    rows = db.session.scalars(mine)  # with the cases, for their people's keys
    contents = {document.id: document.content or b"" for document in rows}
    return _merged([contents[document_id] for _, document_id in wanted])


def print_letters(kind: str, references: Collection[str], actor: Actor) -> bytes:
    """A letter (`person_letters.LETTERS`) to each of these people, in one PDF for the printer.

    Raises RuleViolation where there is nobody, where they are too many for one file, or where it does not fit somebody.
    """
    wanted = _distinct(references)
    if not 1 <= len(wanted) <= PRINTED_AT_ONCE:
        raise RuleViolation("", N_("Please choose at least one case and at most {most}."), most=PRINTED_AT_ONCE)
    found = db.session.scalars(cases_visible_to(actor).where(Case.reference.in_(wanted)).order_by(Case.reference)).all()
    letters, unfit = [], []
    for case in found:
        try:
            letters.append(LETTERS[kind][2](case))
        except RuleViolation:
            unfit.append(case.reference)
    if unfit or not letters:
        raise RuleViolation("", N_("This letter does not fit: {references}."), references=", ".join(unfit or wanted))
    trail.looked(actor, "case.letter_made", found, kind=kind)
    return _merged(letters)


def references_with(actor: Actor, work: Work) -> Sequence[str]:
    """The references of the cases with this open work, those that end first on top; at most one round of them."""
    cases = order_queries.with_work(actor, work).with_only_columns(Case.reference)
    return db.session.scalars(cases.order_by(Case.order_ends_on, Case.reference).limit(MOST)).all()


def _may_order(actor: Actor) -> Select[Case]:
    """The visible cases of the offices in which `actor` may order."""
    mine = cases_visible_to(actor)
    return mine if actor.is_system else mine.where(Case.office_id.in_(actor.offices_for(Permission.CASES_ORDER)))


def of_import(import_id: UUID, actor: Actor) -> Sequence[str]:
    """The references of the cases that a file has brought; at most one round of them."""
    mine = import_queries.imports_visible_to(actor).where(CaseImport.id == import_id).with_only_columns(CaseImport.id)
    rows = select(ImportRow.case_id).where(ImportRow.import_id.in_(mine), ImportRow.outcome == RowOutcome.IMPORTED)
    return _open_ones(actor, rows)


def of_occasion(reference: str, actor: Actor) -> Sequence[str]:
    """The references of those who were at an occasion and are in care; at most one round of them."""
    mine = occasions.visible_to(actor).where(Occasion.reference == reference.strip().upper())
    return _open_ones(actor, select(Guest.case_id).where(Guest.occasion_id.in_(mine.with_only_columns(Occasion.id))))


def _open_ones(actor: Actor, case_ids: Select[Any]) -> Sequence[str]:
    wanted = cases_visible_to(actor).where(Case.id.in_(case_ids), Case.status.in_(OPEN_STATUSES))
    return db.session.scalars(wanted.with_only_columns(Case.reference).order_by(Case.reference).limit(MOST)).all()


def _locked(references: Sequence[str], actor: Actor) -> Sequence[Case]:
    mine = _may_order(actor).where(Case.reference.in_(references)).with_only_columns(Case.id)
    case_ids = db.session.scalars(mine).all()
    household_rows.lock(case_ids)
    wanted = select(Case).options(*WITH_FACTS).where(Case.id.in_(case_ids)).order_by(Case.reference)
    return db.session.scalars(locked(wanted).execution_options(populate_existing=True)).unique().all()


def _distinct(references: Collection[str]) -> list[str]:
    wanted = list(dict.fromkeys(reference.strip().upper() for reference in references if reference.strip()))
    if len(wanted) > MOST:
        raise RuleViolation("", N_("At most {most} cases can be taken at once."), most=MOST)
    return wanted


def _parts(references: Sequence[str]) -> Iterator[Sequence[str]]:
    return (references[start : start + AT_ONCE] for start in range(0, len(references), AT_ONCE))


def _merged(papers: Sequence[bytes]) -> bytes:
    writer = PdfWriter()
    for paper in papers:
        writer.append(io.BytesIO(paper))
    whole = io.BytesIO()
    writer.write(whole)
    return whole.getvalue()
