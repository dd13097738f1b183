"""Files of people: read, shown, confirmed, and only then made into cases.

A file is read into rows that belong to an import, sealed with the import's own key. Confirming it lets a job work the
rows off in small transactions. Each of them marks its rows in the transaction that makes their cases, so that an import
goes on after any stop where it was; and a row whose case exists already makes nothing (`case_management.enrol`).
"""

import hashlib
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta

import structlog
from sqlalchemy import delete, or_, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from auth.policies import Actor
from care import case_management, orders, trail
from care.import_models import CaseImport, ImportRow, ImportState, RowOutcome
from care.import_queries import get_import
from care.imports.base import Context, ParsedRow, Problem, Severity
from care.imports.formats import AUTO, ParsedFile, parse_file
from care.imports.rows import RowValues
from care.known_cases import already_enrolled
from care.models import Case
from care.protocol import current_versions
from config import clock
from config.database import claimable, db, locked, transaction
from config.errors import N_, DomainError, RuleViolation
from config.settings import current_settings
from notifications.celery_app import wake
from notifications.schedule import Job, Queue, register_job

log = structlog.get_logger(__name__)
CHUNK = 25  # rows that become cases in one transaction: half a second of writing at most
PREVIEW_CHUNK = 200
KEPT_FOR = timedelta(days=7)  # rows of a finished or forgotten import
UNEXPECTED = N_("This row could not be imported because of an error on our side.")


@dataclass(frozen=True)
class Upload:
    """A file as it came in. `format` is a code of `care.imports.formats` or `auto`."""

    data: bytes
    file_name: str
    format: str = AUTO


def read(upload: Upload) -> ParsedFile:
    """Parse the file; stores nothing. Raises UnreadableFile or TooLarge."""
    settings = current_settings()
    context = Context(
        today=clock.today(settings.zone),
        protocols=frozenset(current_versions()),
        limit_mb=settings.max_upload_mb,
    )
    return parse_file(upload.data, context, upload.format)


def preview(upload: Upload, *, actor: Actor, office_id: uuid.UUID) -> uuid.UUID:
    """Read the file and keep its rows for confirmation; the import's id. In transactions of its own.

    Raises UnreadableFile or TooLarge, and then nothing is kept.
    """
    parsed = read(upload)
    rows = list(parsed.rows)
    case_import = CaseImport(
        office_id=office_id,
        format=parsed.format.code,
        encoding=parsed.table.encoding,
        checksum=hashlib.sha256(upload.data).digest(),
        file_name=upload.file_name[:200],
        state=ImportState.READING,
        uploaded_by=actor.id,
        uploaded_at=clock.now(),
        total=len(rows),
        doubtful=sum(row.usable and bool(row.problems) for row in rows),
        refused=sum(not row.usable for row in rows),
        known=0,
    )
    with transaction():
        db.session.add(case_import)
        trail.record_import(actor, "import.uploaded", case_import, format=parsed.format.code, rows=len(rows))
    _keep(case_import, rows)
    return case_import.id


def _keep(case_import: CaseImport, rows: Sequence[ParsedRow]) -> None:
    known = 0
    for chunk in _chunks(rows):
        there = _known(case_import, chunk)
        sealed = [_sealed_row(case_import, row, known=row.number in there) for row in chunk]
        known += len(there)
        with transaction():
            db.session.add_all(sealed)
    with transaction():
        case_import.known = known
        case_import.act("show")


def _chunks(rows: Sequence[ParsedRow]) -> Iterator[Sequence[ParsedRow]]:
    return (rows[start : start + PREVIEW_CHUNK] for start in range(0, len(rows), PREVIEW_CHUNK))


def _known(case_import: CaseImport, rows: Sequence[ParsedRow]) -> set[int]:
    """The numbers of the rows whose case is there already."""
    usable = [row for row in rows if row.usable]
    commands = [RowValues.model_validate(row.values).case for row in usable]
    there = already_enrolled(commands, office_id=case_import.office_id, source=case_import.format)
    return {row.number for row, case_id in zip(usable, there, strict=True) if case_id}


def _sealed_row(case_import: CaseImport, row: ParsedRow, *, known: bool) -> ImportRow:
    return ImportRow(
        case_import=case_import,
        import_id=case_import.id,
        number=row.number,
        outcome=RowOutcome.PENDING if row.usable else RowOutcome.REFUSED,
        has_problems=bool(row.problems),
        known=known,
        name=row.name or None,
        values=row.values,
        problems=[asdict(problem) for problem in row.problems],
    )


def confirm(import_id: uuid.UUID, *, actor: Actor) -> None:
    """Let the rows become cases; pressed twice, it is done once. In `transaction()`. NotFound, InvalidTransition."""
    case_import = get_import(actor, import_id, for_update=True)
    if case_import.state in (ImportState.CONFIRMED, ImportState.FINISHED):
        return
    case_import.act("confirm")
    case_import.confirmed_by, case_import.confirmed_at = actor.id, clock.now()
    trail.record_import(actor, "import.confirmed", case_import, rows=case_import.total - case_import.refused)
    wake(Queue.CARE)


def discard(import_id: uuid.UUID, *, actor: Actor) -> None:
    """Forget the file. Inside `transaction()`. Raises NotFound or InvalidTransition."""
    case_import = get_import(actor, import_id, for_update=True)
    case_import.act("discard")
    _erase(case_import)
    trail.record_import(actor, "import.discarded", case_import)


def import_next_rows(only: uuid.UUID | None = None) -> int:
    """Work off one chunk of a confirmed import, the oldest or `only` this one; how many rows. For jobs and the CLI.

    An import is worked on by one worker at a time; others pass over it.
    """
    waiting = select(CaseImport).where(CaseImport.state == ImportState.CONFIRMED).order_by(CaseImport.confirmed_at)
    with transaction():
        if only:
            case_import = db.session.scalars(locked(waiting.where(CaseImport.id == only))).first()
        else:
            case_import = db.session.scalars(claimable(waiting.limit(1))).first()
        if case_import is None:
            return 0
        rows = db.session.scalars(
            select(ImportRow)
            .where(ImportRow.import_id == case_import.id, ImportRow.outcome == RowOutcome.PENDING)
            .order_by(ImportRow.number)
            .limit(CHUNK)
        ).all()
        # The job acts for the person who confirmed; their permission was checked then.
        actor = replace(Actor.system("import"), id=case_import.confirmed_by or "import")
        for row in _not_there_yet(rows, case_import):
            _import(row, case_import, actor)
        if len(rows) < CHUNK:
            case_import.act("finish")
            case_import.finished_at = clock.now()
            trail.record_import(actor, "import.finished", case_import, imported=case_import.imported)
        return max(len(rows), 1)


def _not_there_yet(rows: Sequence[ImportRow], case_import: CaseImport) -> list[ImportRow]:
    """Settle the rows whose case exists, with one question for all of them; the others are left to do."""
    commands = [RowValues.model_validate(row.values).case for row in rows]
    there = already_enrolled(commands, office_id=case_import.office_id, source=case_import.format)
    for row, case_id in zip(rows, there, strict=True):
        if case_id:
            row.case_id, row.outcome = case_id, RowOutcome.ALREADY_THERE
            case_import.already_there += 1
    return [row for row, case_id in zip(rows, there, strict=True) if case_id is None]


def _import(row: ImportRow, case_import: CaseImport, actor: Actor) -> None:
    try:
        case, created = _enrolled(row, case_import, actor)
    except DomainError as refused:
        _fail(row, case_import, _problems_of(refused))
    except SQLAlchemyError:
        raise
    except Exception as error:  # one row that we cannot handle must not hold up the others for ever
        log.error("import_row_failed", case_import=str(case_import.id), row=row.number, error=type(error).__name__)
        _fail(row, case_import, [Problem("", Severity.ERROR, UNEXPECTED)])
    else:
        row.case_id = case.id
        row.outcome = RowOutcome.IMPORTED if created else RowOutcome.ALREADY_THERE
        case_import.imported += created
        case_import.already_there += not created


def _enrolled(row: ImportRow, case_import: CaseImport, actor: Actor) -> tuple[Case, bool]:
    values = RowValues.model_validate(row.values)
    try:
        with db.session.begin_nested():
            return _enrol(values, row, case_import, actor)
    except IntegrityError:  # somebody enrolled the same person a moment ago: now that case is found
        with db.session.begin_nested():
            return _enrol(values, row, case_import, actor)


def _enrol(values: RowValues, row: ImportRow, case_import: CaseImport, actor: Actor) -> tuple[Case, bool]:
    enrolment = case_management.enrol(
        values.case,
        actor=actor,
        office_id=case_import.office_id,
        source=case_import.format,
        closed_as=values.close_as,
    )
    case = enrolment.case
    if enrolment.created:
        for order in values.orders:
            orders.apply(order, case=case, actor=actor, with_paper=False)
    db.session.flush()
    return case, enrolment.created


def _fail(row: ImportRow, case_import: CaseImport, problems: list[Problem]) -> None:
    row.outcome = RowOutcome.FAILED
    row.has_problems = True
    row.problems = [*(row.problems or []), *(asdict(problem) for problem in problems)]
    case_import.failed += 1


def _problems_of(refused: DomainError) -> list[Problem]:
    if isinstance(refused, RuleViolation):
        return [Problem(e.field, Severity.ERROR, e.message, dict(e.params)) for e in refused.errors]
    return [Problem("", Severity.ERROR, refused.message, dict(refused.params))]


def delete_old_rows() -> int:
    """Forget the rows of one import that is finished or was never confirmed, when its time is over. A job."""
    limit = clock.now() - KEPT_FOR
    forgotten = CaseImport.state.in_([ImportState.READING, ImportState.PREVIEWED]) & (CaseImport.uploaded_at < limit)
    finished = (CaseImport.state == ImportState.FINISHED) & (CaseImport.finished_at < limit)
    due = select(CaseImport).where(CaseImport.rows_deleted_at.is_(None), or_(forgotten, finished)).limit(1)
    with transaction():
        case_import = db.session.scalars(claimable(due)).first()
        if case_import is None:
            return 0
        if case_import.state is not ImportState.FINISHED:
            case_import.act("discard")
        _erase(case_import)
        trail.record_import(Actor.system("housekeeping"), "import.rows_deleted", case_import)
        return 1


def _erase(case_import: CaseImport) -> None:
    """Delete the rows, and the key with them, so that no backup can show them either."""
    db.session.execute(delete(ImportRow).where(ImportRow.import_id == case_import.id))
    case_import.file_name = None
    case_import.wrapped_key = b""
    case_import.rows_deleted_at = clock.now()


def register() -> None:
    """Make the jobs known."""
    register_job(Job("care.import", timedelta(minutes=1), Queue.CARE, import_next_rows))
    register_job(Job("care.import_rows_deleted", timedelta(hours=1), Queue.HOUSEKEEPING, delete_old_rows, woken=False))
