"""What both sides wrote to each other about a request, in order, as its pages show it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask_babel import gettext as _

from services import versions
from services.lifecycle import ACTION_LABELS, REPORT_LABELS, Action, Party
from services.models import Attachment, AttachmentKind, RequestEvent, ServiceRequest

SAID = frozenset({Action.ASK, Action.ANSWER, Action.WRITE, Action.REPLY})


@dataclass(frozen=True)
class File:
    """One file as pages name it. `scan` is what is known of its harmlessness."""

    id: UUID
    name: str
    label: str
    media_type: str
    size_kb: int
    created_at: datetime
    kind: str
    scan: str
    may_leave: bool
    event_id: UUID | None

    @property
    def is_decision(self) -> bool:
        return self.kind == AttachmentKind.DECISION.value

    @property
    def is_cover(self) -> bool:
        return self.kind == AttachmentKind.COVER.value

    @property
    def is_receipt(self) -> bool:
        return self.kind == AttachmentKind.RECEIPT.value


@dataclass(frozen=True)
class Message:
    """Something that one side wrote. `id` is that of the event, an anchor on the page."""

    id: UUID
    at: datetime
    title: str
    text: str
    is_from_office: bool
    files: Sequence[File] = ()


def file_of(attachment: Attachment, label: str) -> File:
    """`attachment` under the name `label`."""
    return File(
        id=attachment.id,
        name=attachment.file_name or "",
        label=label,
        media_type=attachment.media_type,
        size_kb=max(1, round(attachment.size / 1024)),
        created_at=attachment.created_at,
        kind=attachment.kind.value,
        scan=attachment.scan.value,
        may_leave=attachment.may_leave,
        event_id=attachment.event_id,
    )


def messages_of(request: ServiceRequest, files: Sequence[File]) -> list[Message]:
    """What was written, the first first; `files` are all of the request's."""
    by_event: dict[UUID | None, list[File]] = defaultdict(list)
    for file in files:
        by_event[file.event_id].append(file)
    labels = REPORT_LABELS if versions.of(request).is_report else ACTION_LABELS
    return [_message(event, labels, by_event[event.id]) for event in request.events if event.action in SAID]


def _message(event: RequestEvent, labels: Mapping[Action, str], files: Sequence[File]) -> Message:
    is_from_office = event.by is not Party.APPLICANT
    return Message(event.id, event.at, _(labels[event.action]), event.message or "", is_from_office, files)
