"""What pages and the command line may see of imports. Every question begins with who asks."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, func, select

from auth.models import Office
from auth.policies import Actor
from auth.roles import Permission
from care.commands import EnrolCase
from care.import_models import CaseImport, ImportRow, ImportState, RowOutcome
from care.known_people import maybe_the_same
from care.models import Case
from care.protocol import current_protocol, current_versions
from care.vocabulary import Kind
from config.database import db, locked
from config.errors import Forbidden, NotFound

ROWS_PER_PAGE = 100
IMPORTS_PER_PAGE = 50


class Show(StrEnum):
    """Which rows of an import to list."""

    ALL = "all"
    PROBLEMS = "problems"
    REFUSED = "refused"
    KNOWN = "known"
    DIFFERING = "differing"


@dataclass(frozen=True)
class RowShown:
    """One row as a page shows it: `result` is what became of it, or what would.

    Problems hold English texts with parameters, to be translated there.
    """

    number: int
    name: str
    kind: str
    counts_from: date | None
    birth_date: date | None
    channel: str
    problems: Sequence[dict[str, Any]]
    result: RowOutcome
    reference: str | None
    alike: Sequence[str] = ()  # cases whose person may be the same


@dataclass(frozen=True)
class RefusedRow:
    """A row that stays out: its cells as they stood in the file, and why."""

    cells: Sequence[str]
    problems: Sequence[dict[str, Any]]


@dataclass(frozen=True)
class ImportShown:
    """One import as a page shows it."""

    id: uuid.UUID
    file_name: str | None
    format: str
    encoding: str
    state: ImportState
    office: str
    office_id: uuid.UUID
    uploaded_at: datetime
    confirmed_at: datetime | None
    finished_at: datetime | None
    rows_deleted: bool
    total: int
    good: int
    doubtful: int
    refused: int
    known: int
    differing: int
    imported: int
    already_there: int
    failed: int
    done: int


def imports_visible_to(actor: Actor) -> Select[CaseImport]:
    """The imports of the offices where `actor` may import."""
    query = select(CaseImport)
    if actor.is_system:
        return query
    return query.where(CaseImport.office_id.in_(actor.offices_for(Permission.CASES_IMPORT)))


def get_import(actor: Actor, import_id: uuid.UUID, *, for_update: bool = False) -> CaseImport:
    """The import, its row locked if it is to change. Raises NotFound."""
    query = imports_visible_to(actor).where(CaseImport.id == import_id)
    found = db.session.scalars(locked(query) if for_update else query).first()
    if found is None:
        raise NotFound()
    return found


def offices_to_import_for(actor: Actor) -> list[tuple[uuid.UUID, str]]:
    """Id and name of the offices in which `actor` may import, by name. Raises Forbidden when there is none."""
    query = select(Office.id, Office.name).order_by(Office.name)
    if not actor.is_system:
        query = query.where(Office.id.in_(actor.offices_for(Permission.CASES_IMPORT)))
    found = [(row.id, row.name) for row in db.session.execute(query)]
    if not found:
        raise Forbidden()
    return found


def shown(actor: Actor, import_id: uuid.UUID) -> ImportShown:
    """One import. Raises NotFound."""
    found = get_import(actor, import_id)
    office = db.session.scalars(select(Office.name).where(Office.id == found.office_id)).one()
    return _shown(found, office)


def history(actor: Actor, before: uuid.UUID | None = None) -> tuple[list[ImportShown], uuid.UUID | None]:
    """The newest imports first, from `before` on; and where the next page begins."""
    query = imports_visible_to(actor).add_columns(Office.name).join(Office, Office.id == CaseImport.office_id)
    if before:
        query = query.where(CaseImport.id < before)
    # UUIDv7: the order of ids is that of the uploads.
    rows = db.session.execute(query.order_by(CaseImport.id.desc()).limit(IMPORTS_PER_PAGE + 1)).all()
    page = [_shown(found, office) for found, office in rows[:IMPORTS_PER_PAGE]]
    return page, page[-1].id if len(rows) > IMPORTS_PER_PAGE else None


def rows_of(
    actor: Actor, import_id: uuid.UUID, show: Show = Show.ALL, after: int = 0
) -> tuple[list[RowShown], int | None]:
    """Rows of an import in the file's order, those after line `after`; and where the next page begins."""
    case_import = get_import(actor, import_id)
    query = (
        select(ImportRow, Case.reference)
        .outerjoin(Case, Case.id == ImportRow.case_id)
        .where(ImportRow.import_id == case_import.id, ImportRow.number > after)
        .order_by(ImportRow.number)
        .limit(ROWS_PER_PAGE + 1)
    )
    if show is Show.PROBLEMS:
        query = query.where(ImportRow.has_problems)
    elif show is Show.REFUSED:
        query = query.where(ImportRow.outcome.in_([RowOutcome.REFUSED, RowOutcome.FAILED]))
    elif show is Show.KNOWN:
        query = query.where(ImportRow.known)
    elif show is Show.DIFFERING:
        query = query.where(ImportRow.differs)
    found = db.session.execute(query).all()
    is_preview = case_import.state is ImportState.PREVIEWED
    alike = _alike(actor, [row for row, _ in found[:ROWS_PER_PAGE]]) if is_preview else {}
    page = [_row_shown(row, reference, alike.get(row.id, [])) for row, reference in found[:ROWS_PER_PAGE]]
    return page, page[-1].number if len(found) > ROWS_PER_PAGE else None


def header_of(actor: Actor, import_id: uuid.UUID) -> list[str]:
    """The column names of the file as they stood there. Raises NotFound, also when its rows have been deleted."""
    header = get_import(actor, import_id).header
    if header is None:
        raise NotFound()
    return header


def refused_rows(actor: Actor, import_id: uuid.UUID) -> Iterator[RefusedRow]:
    """The rows that stay out, in the file's order; read a page at a time."""
    wanted = (
        select(ImportRow)
        .where(
            ImportRow.import_id == get_import(actor, import_id).id,
            ImportRow.outcome.in_([RowOutcome.REFUSED, RowOutcome.FAILED]),
        )
        .order_by(ImportRow.number)
    )
    after = 0
    while rows := db.session.scalars(wanted.where(ImportRow.number > after).limit(ROWS_PER_PAGE)).all():
        yield from (RefusedRow(row.cells or [], row.problems or []) for row in rows)
        after = rows[-1].number


def _alike(actor: Actor, rows: Sequence[ImportRow]) -> dict[uuid.UUID, list[str]]:
    """For rows that would become cases: the references of cases whose person may be the same."""
    new = [row for row in rows if row.outcome is RowOutcome.PENDING and not row.known and row.values]
    commands = [EnrolCase.model_validate((row.values or {})["case"]) for row in new]
    found = maybe_the_same(actor, commands)
    return {row.id: [one.case.reference for one in each] for row, each in zip(new, found, strict=True) if each}


def unfinished(actor: Actor) -> int:
    """How many imports wait for a confirmation or are being worked off."""
    waiting = imports_visible_to(actor).where(CaseImport.state.in_([ImportState.PREVIEWED, ImportState.CONFIRMED]))
    return db.session.scalar(select(func.count()).select_from(waiting.subquery())) or 0


def _shown(found: CaseImport, office: str) -> ImportShown:
    return ImportShown(
        id=found.id,
        file_name=found.file_name,
        format=found.format,
        encoding=found.encoding,
        state=found.state,
        office=office,
        office_id=found.office_id,
        uploaded_at=found.uploaded_at,
        confirmed_at=found.confirmed_at,
        finished_at=found.finished_at,
        rows_deleted=found.rows_deleted_at is not None,
        total=found.total,
        good=found.total - found.refused - found.doubtful,
        doubtful=found.doubtful,
        refused=found.refused,
        known=found.known,
        differing=found.differing,
        imported=found.imported,
        already_there=found.already_there,
        failed=found.failed,
        done=found.done,
    )


def _row_shown(row: ImportRow, reference: str | None, alike: Sequence[str]) -> RowShown:
    case = (row.values or {}).get("case", {})
    person = case.get("person", {})
    return RowShown(
        number=row.number,
        name=row.name or "",
        kind=case.get("kind", ""),
        counts_from=_counts_from(case),
        birth_date=_day(person.get("birth_date")),
        channel=person.get("channel", ""),
        problems=row.problems or [],
        result=RowOutcome.ALREADY_THERE if row.known and row.outcome is RowOutcome.PENDING else row.outcome,
        reference=reference,
        alike=alike,
    )


def _counts_from(case: Mapping[str, Any]) -> date | None:
    """The day in the file that monitoring will count from; None: it has none, or the protocol is no longer there."""
    if case.get("protocol") not in current_versions():
        return None
    names = current_protocol(case["protocol"]).monitoring.counts_from[Kind(case["kind"])]
    return next((_day(case[name]) for name in names if case.get(name)), None)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
