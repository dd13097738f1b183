"""Requests as pages and the API show them. Texts are in the language of the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _

from auth.actors import Actor
from config.errors import N_
from services import (
    announcements,
    answers_due,
    deadlines,
    next_steps,
    notes,
    origins,
    queries,
    rights,
    timeline,
    versions,
)
from services.attachments import file_field
from services.conversation import File, Message, file_of, messages_of
from services.definitions import ServiceDefinition
from services.form.reading import Part, lines
from services.lifecycle import AT_THE_OFFICE, OPEN, Action, Party, RequestStatus, status_label
from services.models import SENT_IN, Attachment, AttachmentKind, RequestEvent, ServiceRequest
from services.timeline import TONES
from services.work_models import RequestDecision, RequestNote

URGENCY_TONES = {
    deadlines.Urgency.ON_TIME: "success",
    deadlines.Urgency.SOON: "warning",
    deadlines.Urgency.OVERDUE: "danger",
    deadlines.Urgency.STOPPED: "neutral",
}

KIND_LABELS = {
    AttachmentKind.COMMENT: N_("Photo of an update from outside"),
    AttachmentKind.DECISION: N_("Decision"),
    AttachmentKind.RECEIPT: N_("Receipt"),
    AttachmentKind.COVER: N_("Cover letter"),
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
    next_text: str
    next_day: date | None
    promise: str
    is_yours: bool
    is_report: bool


@dataclass(frozen=True)
class Detail:
    """One request with all that its page shows."""

    row: Row
    answers: tuple[Part, ...]
    files: list[File]
    decisions: list[File]
    covers: list[File]
    timeline: list[dict[str, Any]]
    messages: list[Message]
    question: str | None
    answer_due_on: date | None
    is_answer_late: bool
    actions: tuple[str, ...]
    pin: str
    version: int
    working_days_left: int
    origins: list[tuple[str, str, str]]
    fim: str | None = None


def row(request: ServiceRequest, locale: str, today: date, *, for_staff: bool = False) -> Row:
    """A request as a line of a list, of the applicant's or of the office's. `today` is the day in the city's zone."""
    contact = request.contact or {}
    stopped = request.status is RequestStatus.NEEDS_INFORMATION or request.status not in AT_THE_OFFICE
    urgency = deadlines.urgency(request.due_on, today, stopped=stopped)
    is_report = versions.of(request).is_report
    step = next_steps.next_step(
        request.status, due_on=request.due_on, answer_due_on=request.answer_due_on, is_report=is_report
    )
    return Row(
        reference=request.reference,
        service=versions.of(request).title.to(locale),
        slug=request.slug,
        applicant=f"{contact.get('given_name', '')} {contact.get('family_name', '')}".strip(),
        status=request.status.value,
        status_label=_(status_label(request.status, is_report=is_report, for_staff=for_staff)),
        tone=TONES[request.status],
        submitted_at=request.submitted_at,
        changed_at=request.changed_at,
        due_on=request.due_on,
        urgency=urgency.value,
        urgency_tone=URGENCY_TONES[urgency],
        is_draft=request.status is RequestStatus.DRAFT,
        is_open=request.status in OPEN,
        is_running=not stopped,
        next_text=_(step.text),
        next_day=step.day,
        promise=next_steps.promise(is_report=is_report),
        is_yours=step.is_yours,
        is_report=is_report,
    )


def rows(requests: Sequence[ServiceRequest], locale: str, today: date) -> list[Row]:
    return [row(request, locale, today) for request in requests]


def detail(request: ServiceRequest, actor: Actor, locale: str, today: date, *, at_desk: bool = False) -> Detail:
    """A request as its page shows it to `actor`. `at_desk`: in the words for colleagues, even if it is one's own."""
    definition, party = versions.of(request), rights.party_of(request, actor)
    files = [_file(one, definition, locale) for one in queries.files_for(actor, request)]
    return Detail(
        row=row(request, locale, today, for_staff=at_desk or party is not Party.APPLICANT),
        answers=lines(definition.steps, request.answers or {}, locale, yes=_("Yes"), no=_("No")),
        files=[one for one in files if one.kind in SENT_IN],
        decisions=[one for one in files if one.is_decision],
        covers=[one for one in files if one.is_cover],
        timeline=timeline.of(request, party),
        messages=messages_of(request, files),
        question=_question(request),
        answer_due_on=request.answer_due_on,
        is_answer_late=answers_due.is_late(request, today),
        actions=tuple(action.value for action in rights.possible(request, actor)),
        pin=request.pin or "",
        version=definition.version,
        working_days_left=deadlines.working_days_between(today, request.due_on) if request.due_on else 0,
        origins=origins.of_entries(request, definition, locale),
        fim=definition.fim,
    )


def _question(request: ServiceRequest) -> str | None:
    if request.status is not RequestStatus.NEEDS_INFORMATION:
        return None
    return next((event.message for event in reversed(request.events) if event.action is Action.ASK), None)


def _file(attachment: Attachment, definition: ServiceDefinition, locale: str) -> File:
    if attachment.kind is not AttachmentKind.UPLOAD:
        return file_of(attachment, _(KIND_LABELS[attachment.kind]))
    field = file_field(definition, attachment.field) if attachment.field else None
    return file_of(attachment, field.label.to(locale) if field else _("Further file"))


def as_json(request: ServiceRequest, actor: Actor, locale: str, *, is_new: bool = False) -> dict[str, Any]:
    """A request as the API gives it. The PIN goes to the applicant only.

    `is_new`: it comes in within this transaction, so that nobody can have decided or noted anything yet.
    """
    party = rights.party_of(request, actor)
    decisions = () if is_new else announcements.decisions_of(request)
    shown = {
        "reference": request.reference,
        "service": {"slug": request.slug, "version": versions.of(request).version},
        "department": request.department_code,
        "status": request.status.value,
        "source": request.source,
        "locale": request.locale,
        "submitted_at": _moment(request.submitted_at),
        "due_on": request.due_on.isoformat() if request.due_on else None,
        "answer_due_on": request.answer_due_on.isoformat() if request.answer_due_on else None,
        "decided_at": _moment(request.decided_at),
        "answers": request.answers or {},
        "provenance": origins.as_json(request),
        "attachments": [_file_json(one) for one in queries.files_for(actor, request)],
        "events": [_event_json(event) for event in timeline.shown_to(party, request.events)],
        "decisions": [_decision_json(one) for one in decisions if one.decided_at],
        "actions": [action.value for action in rights.possible(request, actor)],
    }
    if party is Party.APPLICANT:
        shown["pin"] = request.pin
    else:
        shown |= _work_json(request, () if is_new else notes.of(request))
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
        "received_on": request.received_on.isoformat() if request.received_on else None,
        "source": request.source,
        "assignee": str(request.assignee_id) if request.assignee_id else None,
        "is_priority": request.is_priority,
        "has_news": request.news_at is not None,
        "nearby": request.nearby,
    }


def _work_json(request: ServiceRequest, written: Sequence[RequestNote]) -> dict[str, Any]:
    """What the office keeps of a request for itself."""
    return {
        "revision": request.revision,
        "received_on": request.received_on.isoformat() if request.received_on else None,
        "assignee": {"id": str(request.assignee_id), "name": request.assignee_name} if request.assignee_id else None,
        "is_priority": request.is_priority,
        "has_news": request.news_at is not None,
        "proposed_by": request.proposed_by,
        "notes": [note_json(one) for one in written],
    }


def note_json(note: RequestNote) -> dict[str, Any]:
    return {"id": str(note.id), "at": _moment(note.at), "by": note.actor_name or note.actor_id, "text": note.text}


def _decision_json(decision: RequestDecision) -> dict[str, Any]:
    days = ("given_on", "announced_on", "remedy_until")
    return {
        "outcome": decision.outcome.value,
        "state": decision.state.value,
        "decided_at": _moment(decision.decided_at),
        "way": decision.way.value if decision.way else None,
        **{name: day.isoformat() if (day := getattr(decision, name)) else None for name in days},
    }


def _event_json(event: RequestEvent) -> dict[str, Any]:
    return {
        "id": str(event.id),
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
        "scan": attachment.scan.value,
        "message": str(attachment.event_id) if attachment.event_id else None,
        "file_name": attachment.file_name,
        "media_type": attachment.media_type,
        "size": attachment.size,
    }


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
