"""Files before and after the scanner: they wait, are let go, or are destroyed. Nothing leaves that still waits."""

from uuid import UUID

import structlog
from sqlalchemy import Exists, select

from auth.actors import Actor
from config.database import db, locked, transaction
from config.encryption import DecryptionError
from config.errors import N_, Conflict
from services import notices, scanning, trail
from services.lifecycle import RequestStatus
from services.models import Attachment, AttachmentContent, ScanState, ServiceRequest
from services.scanning import ScanFailed, Scanner, ScannerAway, Verdict

BATCH = 50
WAITING = (ScanState.PENDING, ScanState.UNSCANNED)
ACTOR = Actor.system("services.quarantine")
STILL_CHECKED = N_("This file is still being checked for viruses. Please try again in a few minutes.")
DESTROYED = N_("This file contained a virus and was destroyed.")
log = structlog.get_logger(__name__)


def refuse_unless_free(attachment: Attachment) -> None:
    """Raises Conflict for a file that may not leave."""
    if not attachment.may_leave:
        raise Conflict(DESTROYED if attachment.scan is ScanState.INFECTED else STILL_CHECKED)


def holds_back(attachment: Attachment) -> bool:
    """Whether a file may not go to another system yet: it waits, or is from before there was the present scanner."""
    return attachment.scan in held_back()


def waiting() -> Exists:
    """Whether one is held back, as a condition of a query for requests."""
    return (
        select(Attachment.id)
        .where(
            Attachment.request_id == ServiceRequest.id, Attachment.scan.in_(held_back()), Attachment.scan.in_(WAITING)
        )
        .exists()
    )


def held_back() -> tuple[ScanState, ...]:
    """The states of files that may not go to another system yet."""
    return (ScanState.PENDING,) if scanning.configured() is None else WAITING


def scan_waiting() -> int:
    """Have the scanner look at what waits, the quarantined first; how many it has looked at. A job.

    Also at files from before there was a scanner. A scanner that is away ends the round: the files go on waiting.
    """
    scanner = scanning.configured()
    if scanner is None:
        return 0
    try:
        return sum(_scan_all(scanner, state) for state in WAITING)
    except ScannerAway as away:
        log.warning("scanner_away", reason=str(away))
        return 0


def _scan_all(scanner: Scanner, state: ScanState) -> int:
    """One batch of those in `state`. One that the scanner cannot read is passed over, and stays where it is."""
    looked, last = 0, None
    while looked < BATCH:
        wanted = select(Attachment.id).where(Attachment.scan == state, Attachment.scan.in_(WAITING))
        if last is not None:
            wanted = wanted.where(Attachment.id > last)
        ids = db.session.scalars(wanted.order_by(Attachment.id).limit(BATCH)).all()
        db.session.rollback()
        for last in ids:
            looked += _scan(scanner, last)
        if len(ids) < BATCH:
            break
    return looked


def _scan(scanner: Scanner, attachment_id: UUID) -> bool:
    content = db.session.scalar(select(AttachmentContent).where(AttachmentContent.attachment_id == attachment_id))
    try:
        data = content.data if content else None
    except DecryptionError:
        log.error("scan_unreadable", attachment=str(attachment_id))
        return False
    finally:
        db.session.rollback()  # no transaction is open while the scanner thinks
    try:
        verdict = scanner.scan(data or b"")
    except ScanFailed as failed:
        log.warning("scan_failed", attachment=str(attachment_id), reason=str(failed))
        return False
    with transaction():
        return _settle(attachment_id, verdict)


def _settle(attachment_id: UUID, verdict: Verdict) -> bool:
    wanted = locked(select(Attachment).where(Attachment.id == attachment_id)).execution_options(populate_existing=True)
    attachment = db.session.scalars(wanted).first()
    if attachment is None or attachment.scan not in WAITING:
        return False
    attachment.scan = ScanState.CLEAN if verdict.is_clean else ScanState.INFECTED
    if not verdict.is_clean:
        _destroy(attachment)
    return True


def _destroy(attachment: Attachment) -> None:
    """Its bytes go; its name stays, so that people know which of their files it was."""
    request = attachment.request
    db.session.delete(attachment.content)
    trail.record(ACTOR, "request.file_destroyed", request, file=str(attachment.id))
    log.warning("infected_file_destroyed", request=request.reference, attachment=str(attachment.id))
    if request.status is not RequestStatus.DRAFT:  # whoever still fills in the form sees it there
        if not attachment.is_for_office:
            notices.tell_applicant(request, "infected", f"infected:{attachment.id}")
        notices.tell_office(request, "infected_office", f"infected:{attachment.id}")
