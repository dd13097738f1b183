"""Files of people that were read (`care.import_preview`): confirmed, and only then made into cases.

Confirming an import lets a job work its rows off in small transactions. Each of them marks its rows in the transaction
that makes their cases, so that an import goes on after any stop where it was; and a row whose case exists already makes
nothing (`case_management.enrol`).
"""

import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from functools import partial

import structlog
from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from auth.policies import Actor
from care import case_management, exposure_rows, orders, trail
from care.enrolment import Enrolment, Wanted
from care.import_keeping import erase_rows
from care.import_models import CaseImport, ImportRow, ImportState, RowOutcome, WaitingRow
from care.import_queries import get_import
from care.imports.base import Problem, Severity
from care.imports.rows import RowValues
from care.known_cases import already_enrolled, meant_by
from care.models import Case
from care.vocabulary import OPEN_STATUSES
from config import clock
from config.database import begin_writing, db, locked, transaction
from config.errors import N_, DomainError, RuleViolation
from config.light_rows import LightRow
from config.rowsets import among, update_many, written_later
from notifications.celery_app import wake
from notifications.schedule import Job, Queue, register_job

log = structlog.get_logger(__name__)
Todo = Mapping[WaitingRow, RowValues]  # rows, and what they ask for
Make = Callable[[Todo, Callable[[], None], CaseImport], None]
CHUNK = 200  # rows that become cases in one transaction: a fraction of a second of writing
OLDEST = 5  # imports that are looked at for one that nobody works at
SETTLED = ("id", "outcome", "has_problems", "case_id", "problems_sealed")
UNEXPECTED = N_("This row could not be imported because of an error on our side.")


class Overtaken(Exception):
    """Somebody else has worked these rows off meanwhile."""


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
    erase_rows(case_import)
    trail.record_import(actor, "import.discarded", case_import)


def import_next_rows(only: uuid.UUID | None = None, *, last_first: bool = False) -> int:
    """Work off one chunk of a confirmed import, the oldest or `only` this one; how many rows. For jobs and the CLI.

    Two may work at one import, one from the beginning and one from the end (`last_first`). On PostgreSQL others pass
    over it, and who finds an end taken takes the other; on SQLite only who comes first writes what became of a row.
    """
    try:
        return _work_off(_import, only, last_first)
    except (DomainError, IntegrityError):  # of those whom somebody else has just enrolled, each finds its case now
        pass
    except SQLAlchemyError:
        raise
    except Exception as error:
        log.warning("import_rows_one_by_one", error=type(error).__name__)
    return _work_off(_import_each, only, last_first)


def _work_off(make: Make, only: uuid.UUID | None, last_first: bool) -> int:
    """Let `make` import the next rows that have no case yet; it begins to write, and settles each of them."""
    try:
        with transaction(writes_later=True):
            case_import, last_first = _claimed(only, last_first)
            if case_import is None:
                return 0
            rows = _next_rows(case_import, last_first)
            begin = partial(_begin_writing, rows, case_import)
            make(_settle_known(rows, case_import), begin, case_import)
            begin()
            _keep(rows, case_import)
            return max(len(rows), 1)
    except Overtaken:  # and all is as if it had not been tried
        return 1


def _claimed(only: uuid.UUID | None, last_first: bool) -> tuple[CaseImport | None, bool]:
    """An import to work at, if any, and at which end."""
    waiting = select(CaseImport).where(CaseImport.state == ImportState.CONFIRMED).order_by(CaseImport.confirmed_at)
    if only:
        waiting = waiting.where(CaseImport.id == only)
    for case_import in db.session.scalars(waiting.limit(OLDEST)).all():
        for end in (last_first, not last_first):
            if _is_free(case_import, end):
                return case_import, end
    return None, last_first


def _is_free(case_import: CaseImport, last_first: bool) -> bool:
    """Take that end of it until this transaction is over, unless somebody has it. SQLite does not tell."""
    if db.engine.dialect.name != "postgresql":
        return True
    key = int.from_bytes(case_import.id.bytes[-8:], signed=True) ^ last_first
    return bool(db.session.scalar(select(func.pg_try_advisory_xact_lock(key))))


def _next_rows(case_import: CaseImport, last_first: bool) -> list[WaitingRow]:
    """The next rows; whoever is answered for comes when all who answer for others have their case."""
    pending = select(*WaitingRow.selected()).where(_pending(case_import))
    by_line = ImportRow.number.desc() if last_first else ImportRow.number
    for whose_turn in (ImportRow.head_number.is_(None), ImportRow.head_number.is_not(None)):
        found = db.session.connection().execute(pending.where(whose_turn).order_by(by_line).limit(CHUNK))
        if rows := [WaitingRow(row) for row in found]:
            for row in rows:
                row.case_import = case_import
            return rows
    return []


def _pending(case_import: CaseImport) -> ColumnElement[bool]:
    return and_(ImportRow.import_id == case_import.id, ImportRow.outcome == RowOutcome.PENDING)


def _begin_writing(rows: Sequence[WaitingRow], case_import: CaseImport) -> None:
    """Write from here on, unless somebody else came first. Said again, it does nothing. Raises Overtaken."""
    if not begin_writing():
        return
    itself = locked(select(CaseImport).where(CaseImport.id == case_import.id))
    db.session.scalars(itself, execution_options={"populate_existing": True}).one()
    mine = among(ImportRow.id, [row.id for row in rows])
    still_there = db.session.scalar(select(func.count()).select_from(ImportRow).where(mine, _pending(case_import)))
    if case_import.state is not ImportState.CONFIRMED or still_there != len(rows):
        raise Overtaken


def _keep(rows: Sequence[WaitingRow], case_import: CaseImport) -> None:
    """Write what has become of these rows, and end the import with the last of them."""
    update_many(ImportRow, [LightRow.values(row, SETTLED) for row in rows])
    outcomes = Counter(row.outcome for row in rows)
    case_import.imported += outcomes[RowOutcome.IMPORTED]
    case_import.already_there += outcomes[RowOutcome.ALREADY_THERE]
    case_import.failed += outcomes[RowOutcome.FAILED]
    if db.session.scalar(select(ImportRow.id).where(_pending(case_import)).limit(1)) is None:
        case_import.act("finish")
        case_import.finished_at = clock.now()
        trail.record_import(_actor(case_import), "import.finished", case_import, imported=case_import.imported)


def _settle_known(rows: Sequence[WaitingRow], case_import: CaseImport) -> Todo:
    """Settle the rows whose case exists, with one question for all of them; the others are left to do."""
    values = [RowValues.model_validate(row.values) for row in rows]
    commands = [one.case for one in values]
    there = already_enrolled(commands, office_id=case_import.office_id, source=case_import.format)
    for row, case_id in zip(rows, there, strict=True):
        if case_id:
            row.case_id, row.outcome = case_id, RowOutcome.ALREADY_THERE
    return {row: one for row, one, case_id in zip(rows, values, there, strict=True) if case_id is None}


def _import(todo: Todo, begin: Callable[[], None], case_import: CaseImport) -> None:
    """Make cases of all these rows at once; what they are is reckoned before anybody has to wait for it."""
    values = _values(todo, case_import)
    if any(one.case.household_of for one in values):
        begin()  # nobody is to move the household of those who answer for them
    with written_later() as write:
        enrolments = _enrol(values, case_import)
    begin()
    write()
    for row, enrolment in zip(todo, enrolments, strict=True):
        _settle(row, enrolment)


def _import_each(todo: Todo, begin: Callable[[], None], case_import: CaseImport) -> None:
    """Make cases of each of these rows by itself, since one of them cannot be one."""
    begin()
    for row, values in zip(todo, _values(todo, case_import), strict=True):
        try:
            enrolment = _enrolled(values, case_import)
        except DomainError as refused:
            _fail(row, _problems_of(refused))
        except SQLAlchemyError:
            raise
        except Exception as error:  # one row that we cannot handle must not hold up the others for ever
            log.error("import_row_failed", case_import=str(case_import.id), row=row.number, error=type(error).__name__)
            _fail(row, [Problem("", Severity.ERROR, UNEXPECTED)])
        else:
            _settle(row, enrolment)


def _enrolled(values: RowValues, case_import: CaseImport) -> Enrolment:
    try:
        with db.session.begin_nested():
            return _enrol([values], case_import)[0]
    except IntegrityError:  # somebody enrolled the same person a moment ago: now that case is found
        with db.session.begin_nested():
            return _enrol([values], case_import)[0]


def _enrol(values: Sequence[RowValues], case_import: CaseImport) -> list[Enrolment]:
    actor = _actor(case_import)
    enrolments = case_management.enrol_many(
        [Wanted(one.case, one.close_as) for one in values],
        actor=actor,
        office_id=case_import.office_id,
        source=case_import.format,
    )
    new = [(one, made.case) for one, made in zip(values, enrolments, strict=True) if made.created]
    orders.apply_many([(order, case) for one, case in new for order in one.orders], actor=actor)
    exposed = [(one.exposure, case) for one, case in new if one.exposure is not None]
    # A file of contacts names index cases, which came with an earlier one: none of those that are being made.
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


def _actor(case_import: CaseImport) -> Actor:
    """The job acts for the person who confirmed; their permission was checked then."""
    return replace(Actor.system("import"), id=case_import.confirmed_by or "import")


def _settle(row: WaitingRow, enrolment: Enrolment) -> None:
    row.case_id = enrolment.case.id
    row.outcome = RowOutcome.IMPORTED if enrolment.created else RowOutcome.ALREADY_THERE


def _fail(row: WaitingRow, problems: list[Problem]) -> None:
    row.outcome = RowOutcome.FAILED
    row.has_problems = True
    row.problems = [*(row.problems or []), *(asdict(problem) for problem in problems)]


def _problems_of(refused: DomainError) -> list[Problem]:
    if isinstance(refused, RuleViolation):
        return [Problem(e.field, Severity.ERROR, e.message, dict(e.params)) for e in refused.errors]
    return [Problem("", Severity.ERROR, refused.message, dict(refused.params))]


def register() -> None:
    """Make the job known."""
    register_job(Job("care.import", timedelta(minutes=1), Queue.CARE, import_next_rows, alone=True))
