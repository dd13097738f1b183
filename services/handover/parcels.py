"""A request as it goes out: what was entered, and its files, opened one at a time."""

from functools import partial
from uuid import UUID

from sqlalchemy import select

from config.database import db
from config.settings import current_settings
from services import quarantine, versions
from services.handover.base import Parcel, ParcelFile, Unavailable
from services.handover.models import HandOverRow
from services.models import Attachment, AttachmentContent, AttachmentKind, ServiceRequest


def parcel_of(row: HandOverRow) -> Parcel:
    """The parcel of a hand-over. Reads the database; needs no transaction."""
    request = row.request
    definition = versions.of(request)
    entries = definition.hand_over
    submitted_at = request.submitted_at or request.created_at
    return Parcel(
        id=row.id,
        attempt=row.attempt,
        reference=request.reference,
        service=request.slug,
        title=definition.title.de,
        version=definition.version,
        leika=definition.leika or "",
        department=request.department_code,
        locale=request.locale,
        submitted_at=submitted_at,
        submitted_on=submitted_at.astimezone(current_settings().zone).date(),
        answers=request.answers or {},
        contact=request.contact or {},
        files=_files(request),
        options=entries[row.position].options if row.position < len(entries) else {},
    )


def _files(request: ServiceRequest) -> tuple[ParcelFile, ...]:
    return tuple(
        ParcelFile(one.id, one.file_name or "file", one.media_type, one.size, one.field, partial(_read, one.id))
        for one in _handed_in(request)
        if one.may_leave
    )


def files_wait(request: ServiceRequest) -> bool:
    """Whether the scanner has yet to look at a file that would go out."""
    return any(quarantine.holds_back(one) for one in _handed_in(request))


def _handed_in(request: ServiceRequest) -> list[Attachment]:
    """What the form was handed in with. What comes with a later message is no part of it."""
    return [one for one in request.attachments if one.kind is AttachmentKind.UPLOAD and one.event_id is None]


def _read(attachment_id: UUID) -> bytes:
    """Opens one file; ten megabytes each, so not before it is its turn.

    Raises Unavailable for one that may not leave any more: the next try goes without it.
    """
    wanted = select(AttachmentContent).where(AttachmentContent.attachment_id == attachment_id)
    found = db.session.scalar(wanted)
    if found is None or not found.attachment.may_leave:
        db.session.rollback()
        raise Unavailable("a file may not leave any more")
    data = found.data or b""
    db.session.rollback()
    db.session.expire_all()
    return data
