"""A request as it goes out: what was entered, and its files, opened one at a time."""

from functools import partial
from uuid import UUID

from sqlalchemy import select

from config.database import db
from config.settings import current_settings
from services import versions
from services.handover.base import Parcel, ParcelFile
from services.handover.models import HandOverRow
from services.models import AttachmentContent, AttachmentKind, ServiceRequest


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
        for one in request.attachments
        if one.kind is AttachmentKind.UPLOAD
    )


def _read(attachment_id: UUID) -> bytes:
    """Opens one file; ten megabytes each, so not before it is its turn."""
    wanted = select(AttachmentContent).where(AttachmentContent.attachment_id == attachment_id)
    found = db.session.scalar(wanted)
    data = (found.data if found else None) or b""
    db.session.rollback()
    db.session.expire_all()
    return data
