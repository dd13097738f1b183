"""How long the rows of a file of people are kept, and how they are forgotten."""

from datetime import timedelta

from sqlalchemy import delete, or_, select

from auth.policies import Actor
from care import trail
from care.import_models import CaseImport, ImportRow, ImportState
from config import clock
from config.database import claimable, db, transaction
from notifications.schedule import Job, Queue, register_job

KEPT_FOR = timedelta(days=7)  # rows of a finished or forgotten import


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
        erase_rows(case_import)
        trail.record_import(Actor.system("housekeeping"), "import.rows_deleted", case_import)
        return 1


def erase_rows(case_import: CaseImport) -> None:
    """Delete the rows, and the key with them, so that no backup can show them either."""
    db.session.execute(delete(ImportRow).where(ImportRow.import_id == case_import.id))
    case_import.file_name = case_import.header = None
    case_import.wrapped_key = b""
    case_import.rows_deleted_at = clock.now()


def register() -> None:
    """Make the job known."""
    register_job(Job("care.import_rows_deleted", timedelta(hours=1), Queue.HOUSEKEEPING, delete_old_rows, woken=False))
