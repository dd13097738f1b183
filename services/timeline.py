"""What has happened to a request, as the applicant and as the office sees it. Texts are in the language of the page."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from auth import colleagues
from config.errors import N_
from services import notes, proposals, queries, versions
from services.conversation import SAID
from services.lifecycle import ACTION_LABELS, INTERNAL, REPORT_LABELS, Action, Party, RequestStatus
from services.models import RequestEvent, ServiceRequest

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
PARTIES: dict[Party, str] = {
    Party.APPLICANT: N_("Applicant"),
    Party.CASEWORKER: N_("Office"),
    Party.SYSTEM: N_("Office"),
}
REPORT_PARTIES = PARTIES | {Party.APPLICANT: N_("Whoever reported")}
AUTHORS: dict[Action, Party] = {Action.CHECK_OUT: Party.CASEWORKER, Action.PAY: Party.APPLICANT}
"""Who did it, in people's eyes, where the table of transitions names who set it off: handing in makes the house ask for
the fee, and that it was paid is told by the provider."""


@dataclass(frozen=True)
class Happening:
    """Something that happened beside the course of a request, in the language of the page."""

    at: datetime
    title: str
    text: str | None = None


Source = Callable[[ServiceRequest], Iterable[Happening]]
_sources: dict[str, Source] = {}


def register_source(name: str, source: Source) -> None:
    """Let what `source` knows of a request stand in its timeline, for both sides. The same name again replaces it."""
    _sources[name] = source


def shown_to(party: Party, events: Iterable[RequestEvent]) -> list[RequestEvent]:
    """The events that `party` may know of, the oldest first."""
    return [event for event in events if party is not Party.APPLICANT or event.action not in INTERNAL]


def of(request: ServiceRequest, party: Party) -> list[dict[str, Any]]:
    """What has happened, the newest first; for the office with its notes."""
    is_report = versions.of(request).is_report
    entries = [_entry(event, is_report=is_report) for event in shown_to(party, request.events)]
    entries += [
        {"at": one.at, "title": one.title, "text": one.text, "by": _(PARTIES[Party.SYSTEM]), "tone": "info"}
        for source in _sources.values()
        for one in source(request)
    ]
    if party is not Party.APPLICANT:
        entries = [_dropped(event, is_report=is_report) for event in proposals.dropped_by(request.events)] + entries
        entries += [
            {
                "at": note.at,
                "title": _("Internal note"),
                "text": note.text,
                "by": note.actor_name or _("Office"),
                "tone": "neutral",
            }
            for note in notes.of(request)
        ]
    return sorted(entries, key=lambda entry: entry["at"], reverse=True)


def _dropped(event: RequestEvent, *, is_report: bool) -> dict[str, Any]:
    """Stands above the event of the same moment with which a proposal was dropped."""
    entry = _entry(event, is_report=is_report)
    by = colleagues.name_of(event.actor_id) if event.by is Party.CASEWORKER else ""
    return entry | {
        "title": _("Proposal dropped"),
        "text": _("It no longer stands, because of this: %(act)s", act=entry["title"]),
        "by": by or entry["by"],
        "tone": "warning",
    }


def _entry(event: RequestEvent, *, is_report: bool) -> dict[str, Any]:
    is_internal = event.action in INTERNAL
    labels, parties = (REPORT_LABELS, REPORT_PARTIES) if is_report else (ACTION_LABELS, PARTIES)
    return {
        "at": event.at,
        "title": _(labels[event.action]),
        "text": None if event.action in SAID else event.message,  # what both sides said stands in the conversation
        "by": _("Office, internal") if is_internal else _who(event, parties),
        "tone": "neutral" if is_internal else TONES[event.to_status],
    }


def _who(event: RequestEvent, parties: Mapping[Party, str]) -> str:
    who = _(parties[AUTHORS.get(event.action, event.by)])
    return str(_("%(who)s, by reference and PIN", who=who) if queries.is_by_pin(event) else who)
