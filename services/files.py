"""Files of a request as rows: putting them there, several to a field or with a message, and taking them away again."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from config import clock
from config.database import db
from config.errors import N_, Conflict, NotFound, RuleViolation
from notifications.celery_app import wake
from notifications.schedule import Queue
from services import attachments, scanning
from services.attachments import CleanFile
from services.definitions import ServiceDefinition
from services.form.state import state
from services.lifecycle import RequestStatus
from services.models import (
    SENT_IN,
    Attachment,
    AttachmentContent,
    AttachmentKind,
    RequestEvent,
    ScanState,
    ServiceRequest,
)


def add(
    request: ServiceRequest,
    file: CleanFile,
    kind: AttachmentKind = AttachmentKind.UPLOAD,
    event: RequestEvent | None = None,
) -> Attachment:
    """Store a clean file with `request`, sealed under its key; what people sent waits for the scanner, if any.

    What comes with a message (`event`) belongs to no question. Call inside `transaction()`.
    """
    field = "" if event else file.field
    attachment = Attachment(
        request=request,
        request_id=request.id,
        kind=kind,
        field=field,
        number=max((one.number for one in request.attachments if one.field == field), default=0) + 1,
        event_id=event.id if event else None,
        scan=_first_state(kind),
        media_type=file.media_type,
        size=len(file.data),
        created_at=clock.now(),
        file_name=file.file_name,
    )
    db.session.add(attachment)
    content = AttachmentContent(attachment=attachment, attachment_id=attachment.id, data=file.data)
    db.session.add(content)
    if attachment.scan is ScanState.PENDING:
        wake(Queue.SERVICES)
    return attachment


def put(request: ServiceRequest, files: Sequence[CleanFile], definition: ServiceDefinition) -> None:
    """Put files to the fields of a draft. A field that takes one file has it replaced; others gather up to their limit.

    Call inside `transaction()`. Raises RuleViolation with the field when there are too many.
    """
    for file in files:
        most = _most(definition, file.field)
        there = [one for one in request.attachments if one.field == file.field]
        if most == 1:
            for old in there:
                request.attachments.remove(old)
        elif sum(one.scan is not ScanState.INFECTED for one in there) >= most:
            words = N_("“{name}” was not added: at most {most} files.")
            raise RuleViolation(file.field, words, name=file.file_name, most=most)
        add(request, file)


def remove(draft: ServiceRequest, attachment_id: str) -> None:
    """Take an upload out of a draft. Inside `transaction()`. Raises NotFound, Conflict when it was handed in."""
    if draft.status is not RequestStatus.DRAFT:
        raise Conflict()
    found = next((one for one in draft.attachments if str(one.id) == attachment_id), None)
    if found is None:
        raise NotFound()
    draft.attachments.remove(found)


def drop_unasked(request: ServiceRequest, definition: ServiceDefinition, answers: Mapping[str, Any], day: date) -> None:
    """Take away uploads to questions that these answers no longer ask: nobody sees them in the summary.

    `day`: today in the city's zone. Call inside `transaction()`.
    """
    uploads = [one for one in request.attachments if one.kind is AttachmentKind.UPLOAD and one.event_id is None]
    if not uploads:
        return
    form = state(definition.steps, answers, today=day)
    for one in uploads:
        if not form.shows(one.field):
            request.attachments.remove(one)


def names_of(draft: ServiceRequest | None) -> dict[str, str]:
    """The names of the files that a draft holds, by field."""
    usable = [one for one in draft.attachments if _is_usable(one)] if draft else []
    return {one.field: one.file_name or "" for one in usable}


def counted(request: ServiceRequest | None) -> dict[str, int]:
    """How many usable uploads each field has, by its path: what the check of a form asks for."""
    if request is None:
        return {}
    usable = [one for one in request.attachments if one.kind is AttachmentKind.UPLOAD and _is_usable(one)]
    return dict(Counter(one.field for one in usable))


def kept_beside(new: Counter[str], draft: ServiceRequest | None, definition: ServiceDefinition) -> Counter[str]:
    """How many uploads of a draft stay when `new` ones come: where only one is taken, the new one replaces it."""
    return Counter({path: n for path, n in counted(draft).items() if path not in new or _most(definition, path) > 1})


def _most(definition: ServiceDefinition, path: str) -> int:
    question = attachments.file_field(definition, path)
    return question.max_files if question else 1


def _is_usable(attachment: Attachment) -> bool:
    return attachment.scan is not ScanState.INFECTED


def _first_state(kind: AttachmentKind) -> ScanState:
    if kind not in SENT_IN:
        return ScanState.OWN
    return ScanState.PENDING if scanning.configured() else ScanState.UNSCANNED
