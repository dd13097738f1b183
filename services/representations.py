"""Requests as pages and the API show them. Texts are in the language of the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask_babel import gettext as _

from auth.actors import Actor
from services import deadlines, rights, versions
from services.definitions import ServiceDefinition
from services.form.fields import FieldType
from services.form.reading import readable
from services.lifecycle import ACTION_LABELS, OPEN, STATUS_LABELS, Action, Party, RequestStatus
from services.models import Attachment, AttachmentKind, RequestEvent, ServiceRequest

TONES: dict[RequestStatus, str] = {
    RequestStatus.DRAFT: "neutral",
    RequestStatus.SUBMITTED: "info",
    RequestStatus.AWAITING_PAYMENT: "warning",
    RequestStatus.IN_REVIEW: "info",
    RequestStatus.NEEDS_INFORMATION: "warning",
    RequestStatus.APPROVED: "success",
    RequestStatus.REJECTED: "danger",
    RequestStatus.WITHDRAWN: "neutral",
    RequestStatus.CLOSED: "neutral",
}
URGENCY_TONES = {
    deadlines.Urgency.ON_TIME: "success",
    deadlines.Urgency.SOON: "warning",
    deadlines.Urgency.OVERDUE: "danger",
    deadlines.Urgency.STOPPED: "neutral",
}


@dataclass(frozen=True)
class Row:
    """A request in a list."""

    reference: str
    service: str
    slug: str
    applicant: str
    status: str
    status_label: str
    tone: str
    submitted_at: datetime | None
    changed_at: datetime
    due_on: date | None
    urgency: str
    urgency_tone: str
    is_draft: bool
    is_open: bool
    is_running: bool


@dataclass(frozen=True)
class File:
    id: UUID
    name: str
    label: str
    media_type: str
    size_kb: int
    created_at: datetime
    is_decision: bool


@dataclass(frozen=True)
class Detail:
    """One request with all that its page shows."""

    row: Row
    answers: list[tuple[str, str]]
    files: list[File]
    decisions: list[File]
    timeline: list[dict[str, Any]]
    question: str | None
    actions: tuple[str, ...]
    pin: str
    version: int
    working_days_left: int
    fim: str | None = None


def row(request: ServiceRequest, locale: str, today: date) -> Row:
    """A request as a line of a list. `today` is the day in the city's zone."""
    contact = request.contact or {}
    stopped = request.status is RequestStatus.NEEDS_INFORMATION or request.status not in OPEN
    urgency = deadlines.urgency(request.due_on, today, stopped=stopped)
    return Row(
        reference=request.reference,
        service=versions.of(request).title.to(locale),
        slug=request.slug,
        applicant=f"{contact.get('given_name', '')} {contact.get('family_name', '')}".strip(),
        status=request.status.value,
        status_label=_(STATUS_LABELS[request.status]),
        tone=TONES[request.status],
        submitted_at=request.submitted_at,
        changed_at=request.changed_at,
        due_on=request.due_on,
        urgency=urgency.value,
        urgency_tone=URGENCY_TONES[urgency],
        is_draft=request.status is RequestStatus.DRAFT,
        is_open=request.status in OPEN,
        is_running=not stopped,
    )


def rows(requests: Sequence[ServiceRequest], locale: str, today: date) -> list[Row]:
    return [row(request, locale, today) for request in requests]


def detail(request: ServiceRequest, actor: Actor, locale: str, today: date) -> Detail:
    """A request as its page shows it to `actor`."""
    definition = versions.of(request)
    files = [_file(one, definition, locale) for one in request.attachments]
    return Detail(
        row=row(request, locale, today),
        answers=answers(request, definition, locale),
        files=[one for one in files if not one.is_decision],
        decisions=[one for one in files if one.is_decision],
        timeline=[_entry(event) for event in reversed(request.events)],
        question=_question(request),
        actions=tuple(action.value for action in rights.possible(request, actor)),
        pin=request.pin or "",
        version=definition.version,
        working_days_left=deadlines.working_days_between(today, request.due_on) if request.due_on else 0,
        fim=definition.fim,
    )


def answers(request: ServiceRequest, definition: ServiceDefinition, locale: str) -> list[tuple[str, str]]:
    """Question and answer, as people read them; files aside."""
    given = request.answers or {}
    return [
        (field.label.to(locale), readable(field, given.get(field.key), locale, yes=_("Yes"), no=_("No")))
        for field in definition.fields
        if field.type is not FieldType.FILE
    ]


def _question(request: ServiceRequest) -> str | None:
    if request.status is not RequestStatus.NEEDS_INFORMATION:
        return None
    return next((event.message for event in reversed(request.events) if event.action is Action.ASK), None)


def _file(attachment: Attachment, definition: ServiceDefinition, locale: str) -> File:
    is_decision = attachment.kind is AttachmentKind.DECISION
    field = definition.field(attachment.field)
    return File(
        id=attachment.id,
        name=attachment.file_name or "",
        label=_("Decision") if is_decision else field.label.to(locale) if field else _("Further file"),
        media_type=attachment.media_type,
        size_kb=max(1, round(attachment.size / 1024)),
        created_at=attachment.created_at,
        is_decision=is_decision,
    )


def _entry(event: RequestEvent) -> dict[str, Any]:
    tone = TONES[event.to_status]
    return {
        "at": event.at,
        "title": _(ACTION_LABELS[event.action]),
        "text": event.message,
        "by": _("Applicant") if event.by is Party.APPLICANT else _("Office"),
        "tone": tone,
    }


def as_json(request: ServiceRequest, actor: Actor, locale: str) -> dict[str, Any]:
    """A request as the API gives it. The PIN goes to the applicant only."""
    shown = {
        "reference": request.reference,
        "service": {"slug": request.slug, "version": versions.of(request).version},
        "department": request.department_code,
        "status": request.status.value,
        "source": request.source,
        "locale": request.locale,
        "submitted_at": _moment(request.submitted_at),
        "due_on": request.due_on.isoformat() if request.due_on else None,
        "decided_at": _moment(request.decided_at),
        "answers": request.answers or {},
        "attachments": [_file_json(one) for one in request.attachments],
        "events": [_event_json(event) for event in request.events],
        "actions": [action.value for action in rights.possible(request, actor)],
    }
    if rights.party_of(request, actor) is Party.APPLICANT:
        shown["pin"] = request.pin
    return shown


def summary_json(request: ServiceRequest) -> dict[str, Any]:
    """A request as a line of a list of the API."""
    return {
        "reference": request.reference,
        "service": request.slug,
        "department": request.department_code,
        "status": request.status.value,
        "submitted_at": _moment(request.submitted_at),
        "due_on": request.due_on.isoformat() if request.due_on else None,
    }


def _event_json(event: RequestEvent) -> dict[str, Any]:
    return {
        "action": event.action.value,
        "from": event.from_status.value,
        "to": event.to_status.value,
        "by": event.by.value,
        "at": _moment(event.at),
        "message": event.message,
    }


def _file_json(attachment: Attachment) -> dict[str, Any]:
    return {
        "id": str(attachment.id),
        "kind": attachment.kind.value,
        "field": attachment.field or None,
        "file_name": attachment.file_name,
        "media_type": attachment.media_type,
        "size": attachment.size,
    }


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
