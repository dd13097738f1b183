"""Files of people that were read (`care.import_preview`): confirmed, and only then made into cases.

Confirming an import lets a job work its rows off in small transactions. Each of them marks its rows in the transaction
that makes their cases, so that an import goes on after any stop where it was; and a row whose case exists already makes
nothing (`case_management.enrol`).
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import timedelta

import structlog
from sqlalchemy import delete, or_, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from auth.policies import Actor
from care import case_management, exposure_rows, orders, trail
from care.enrolment import Enrolment, Wanted
from care.import_models import CaseImport, ImportRow, ImportState, RowOutcome, WaitingRow
from care.import_queries import get_import
from care.imports.base import Problem, Severity
from care.imports.rows import RowValues
from care.known_cases import already_enrolled, meant_by
from care.models import Case
from care.vocabulary import OPEN_STATUSES
from config import clock
from config.database import claimable, db, locked, transaction
from config.errors import N_, DomainError, RuleViolation
from config.light_rows import LightRow
from config.rowsets import update_many
from notifications.celery_app import wake
from notifications.schedule import Job, Queue, register_job

log = structlog.get_logger(__name__)
Todo = Mapping[WaitingRow, RowValues]  # rows, and what they ask for
CHUNK = 200  # rows that become cases in one transaction: a fraction of a second of writing
KEPT_FOR = timedelta(days=7)  # rows of a finished or forgotten import
SETTLED = ("id", "outcome", "has_problems", "case_id", "problems_sealed")
UNEXPECTED = N_("This row could not be imported because of an error on our side.")


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
        rows = _next_rows(case_import)
        # The job acts for the person who confirmed; their permission was checked then.
        actor = replace(Actor.system("import"), id=case_import.confirmed_by or "import")
        new = _not_there_yet(rows, case_import)
        _keep([row for row in rows if row not in new])
        for is_answered_for in (False, True):  # whose heads are looked up among the rows that are settled by then
            part = {row: one for row, one in new.items() if (row.head_number is not None) is is_answered_for}
            _import(part, case_import, actor)
            _keep(part)
        if len(rows) < CHUNK:
            case_import.act("finish")
            case_import.finished_at = clock.now()
            trail.record_import(actor, "import.finished", case_import, imported=case_import.imported)
        return max(len(rows), 1)


def _next_rows(case_import: CaseImport) -> list[WaitingRow]:
    wanted = (
        select(*WaitingRow.selected())
        .where(ImportRow.import_id == case_import.id, ImportRow.outcome == RowOutcome.PENDING)
        .order_by(ImportRow.head_number.is_not(None), ImportRow.number)  # whoever answers for others comes first
        .limit(CHUNK)
    )
    rows = [WaitingRow(row) for row in db.session.connection().execute(wanted)]
    for row in rows:
        row.case_import = case_import
    return rows


def _keep(rows: Iterable[WaitingRow]) -> None:
    """Write what has become of these rows."""
    update_many(ImportRow, [LightRow.values(row, SETTLED) for row in rows])


def _not_there_yet(rows: Sequence[WaitingRow], case_import: CaseImport) -> Todo:
    """Settle the rows whose case exists, with one question for all of them; the others are left to do."""
    values = [RowValues.model_validate(row.values) for row in rows]
    commands = [one.case for one in values]
    there = already_enrolled(commands, office_id=case_import.office_id, source=case_import.format)
    for row, case_id in zip(rows, there, strict=True):
        if case_id:
            row.case_id, row.outcome = case_id, RowOutcome.ALREADY_THERE
            case_import.already_there += 1
    return {row: one for row, one, case_id in zip(rows, values, there, strict=True) if case_id is None}


def _import(rows: Todo, case_import: CaseImport, actor: Actor) -> None:
    """Make cases of all these rows at once, or, where one of them cannot be one, of each by itself."""
    if not rows:
        return
    try:
        with db.session.begin_nested():
            enrolments = _enrol(rows, case_import, actor)
    except (DomainError, IntegrityError):  # or of those whom somebody else has just enrolled, each finds its case now
        _import_each(rows, case_import, actor)
    except SQLAlchemyError:
        raise
    except Exception as error:
        log.warning("import_rows_one_by_one", case_import=str(case_import.id), error=type(error).__name__)
        _import_each(rows, case_import, actor)
    else:
        for row, enrolment in zip(rows, enrolments, strict=True):
            _settle(row, case_import, enrolment)


def _import_each(rows: Todo, case_import: CaseImport, actor: Actor) -> None:
    for row, values in rows.items():
        try:
            enrolment = _enrolled({row: values}, case_import, actor)
        except DomainError as refused:
            _fail(row, case_import, _problems_of(refused))
        except SQLAlchemyError:
            raise
        except Exception as error:  # one row that we cannot handle must not hold up the others for ever
            log.error("import_row_failed", case_import=str(case_import.id), row=row.number, error=type(error).__name__)
            _fail(row, case_import, [Problem("", Severity.ERROR, UNEXPECTED)])
        else:
            _settle(row, case_import, enrolment)


def _enrolled(row: Todo, case_import: CaseImport, actor: Actor) -> Enrolment:
    try:
        with db.session.begin_nested():
            return _enrol(row, case_import, actor)[0]
    except IntegrityError:  # somebody enrolled the same person a moment ago: now that case is found
        with db.session.begin_nested():
            return _enrol(row, case_import, actor)[0]


def _enrol(rows: Todo, case_import: CaseImport, actor: Actor) -> list[Enrolment]:
    values = _values(rows, case_import)
    enrolments = case_management.enrol_many(
        [Wanted(one.case, one.close_as) for one in values],
        actor=actor,
        office_id=case_import.office_id,
        source=case_import.format,
    )
    new = [(one, made.case) for one, made in zip(values, enrolments, strict=True) if made.created]
    orders.apply_many([(order, case) for one, case in new for order in one.orders], actor=actor)
    exposed = [(one.exposure, case) for one, case in new if one.exposure is not None]
    sources = meant_by(case_import.office_id, {exposure.source for exposure, _ in exposed} - {""})
    exposure_rows.add_known(exposed, actor, sources)
    db.session.flush()
    return enrolments


def _values(rows: Todo, case_import: CaseImport) -> list[RowValues]:
    """What the rows ask for, with the case of whoever answers for them in this file."""
    values = list(rows.values())
    numbers = {row.head_number for row in rows if row.head_number is not None}
    if not numbers:
        return values
    heads = (
        select(ImportRow.number, Case.reference)
        .join(Case, Case.id == ImportRow.case_id)
        .where(
            ImportRow.import_id == case_import.id,
            ImportRow.number.in_(numbers),
            Case.household_head_id.is_(None),
            Case.status.in_(OPEN_STATUSES),
        )
    )
    references = {row.number: row.reference for row in db.session.execute(heads)}
    return [
        one
        if row.head_number not in references or one.case.household_of
        else _answered_by(one, references[row.head_number])
        for row, one in zip(rows, values, strict=True)
    ]


def _answered_by(values: RowValues, reference: str) -> RowValues:
    return values.model_copy(update={"case": values.case.model_copy(update={"household_of": reference})})


def _settle(row: WaitingRow, case_import: CaseImport, enrolment: Enrolment) -> None:
    row.case_id = enrolment.case.id
    row.outcome = RowOutcome.IMPORTED if enrolment.created else RowOutcome.ALREADY_THERE
    case_import.imported += enrolment.created
    case_import.already_there += not enrolment.created


def _fail(row: WaitingRow, case_import: CaseImport, problems: list[Problem]) -> None:
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
    case_import.file_name = case_import.header = None
    case_import.wrapped_key = b""
    case_import.rows_deleted_at = clock.now()


def register() -> None:
    """Make the jobs known."""
    register_job(Job("care.import", timedelta(minutes=1), Queue.CARE, import_next_rows))
    register_job(Job("care.import_rows_deleted", timedelta(hours=1), Queue.HOUSEKEEPING, delete_old_rows, woken=False))
