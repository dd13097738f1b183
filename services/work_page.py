"""All that the page of one request shows to those who work on it, read before anything is written."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _

from auth.actors import Actor
from config.announcement import Way
from config.errors import N_
from config.localisation import local_date
from services import (
    announcements,
    answers_due,
    cover_letters,
    decision_texts,
    notices,
    office_acts,
    places,
    proposals,
    queries,
    representations,
    rights,
    versions,
    work_pages,
)
from services.commands import SOURCES
from services.definitions import ServiceDefinition
from services.form.fields import every
from services.form.reading import lines, readable
from services.lifecycle import Action, RequestStatus, outcome_label
from services.models import ServiceRequest
from services.payments import queries as payments
from services.work_models import DecisionState, RequestDecision

LANGUAGE = "de"  # decisions are in the official language
WAYS: dict[Way, str] = {
    Way.PORTAL: N_("in the portal, with a notice by e-mail"),
    Way.POST: N_("by post"),
    Way.HANDED: N_("by hand"),
}
STATES: dict[DecisionState, tuple[str, str]] = {
    DecisionState.PROPOSED: (N_("proposed"), "warning"),
    DecisionState.SENT_BACK: (N_("sent back"), "neutral"),
    DecisionState.ISSUED: (N_("in force"), "success"),
    DecisionState.SUPERSEDED: (N_("replaced by a newer decision"), "neutral"),
}


@dataclass(frozen=True)
class Next:
    """What to do next with a request, and where on the page."""

    title: str
    reason: str
    anchor: str
    tone: str = "info"


def values(found: ServiceRequest, actor: Actor, locale: str, today: date) -> dict[str, Any]:
    """What the template needs beside its forms."""
    definition = versions.of(found)
    detail = representations.detail(found, actor, locale, today, at_desk=True)
    taken = [one for one in announcements.decisions_of(found) if one.decided_at]
    covers = cover_letters.of(one for one in taken if one.state is DecisionState.ISSUED)
    issued = [shown(one, today) | {"cover_id": covers[one.id].id if one.id in covers else None} for one in taken]
    proposal = proposals.waiting(found)
    return {
        "request_": detail,
        "is_own": queries.is_own(actor, found),
        "revision": found.revision,
        "parts": lines(definition.steps, found.answers or {}, locale, yes=_("Yes"), no=_("No")),
        "next": next_step(found, detail.actions, issued, today),
        "decisions": list(reversed(issued)),
        "proposal": proposal and _proposal(proposal, actor),
        "has_paper": definition.decision is not None,
        "tells_nobody": not notices.recipients_of(found),
        "texts": [(one.code, one.title.to(locale)) for one in definition.decision_texts],
        "ways": [(way.value, _(WAYS[way])) for way in announcements.ways_for(found)],
        "source": _(SOURCES.get(found.source, found.source)),
        "received_on": found.received_on,
        "assignee": (found.assignee_name or _("a colleague")) if found.assignee_id else "",
        "is_mine": found.assignee_id is not None and found.assignee_id == actor.user_id,
        "is_priority": found.is_priority,
        "has_news": found.news_at is not None,
        "colleagues": list(work_pages.people_of(actor)),
        "departments": [(one.code, one.name) for one in queries.departments() if one.code != found.department_code],
        "department": next((one.name for one in queries.departments() if one.code == found.department_code), ""),
        "near": _near(found, actor),
        "original": queries.reference_of(actor, found.duplicate_of_id),
        "duplicates": [one.reference for one in office_acts.duplicates_of(found) if queries.works_on(actor, one)],
        "position": (found.latitude, found.longitude) if found.latitude is not None else None,
        "needs_text": {action.value for action in Action if rights.needs_message(found, action)},
    }


def shown(decision: RequestDecision, today: date) -> dict[str, Any]:
    """A decision with its announcement, for the office and for the applicant."""
    state, tone = STATES[decision.state]
    return {
        "id": decision.id,
        "title": _title(decision),
        "state": _(state),
        "tone": tone,
        "is_in_force": decision.state is DecisionState.ISSUED,
        "decided_at": decision.decided_at,
        "way": _(WAYS[decision.way]) if decision.way else None,
        "is_post": decision.way is Way.POST,
        "given_on": decision.given_on,
        "returned_on": decision.returned_on,
        "announced_on": decision.announced_on,
        "remedy_until": decision.remedy_until,
        "attachment_id": decision.attachment_id,
        "expected_on": announcements.expected_on(decision, today),
        "offered_until": announcements.offered_until(decision),
        "is_late": not announcements.is_offered(decision, today),
    }


def _title(decision: RequestDecision) -> str:
    return str(_(outcome_label(decision.outcome, is_report=versions.of(decision.request).is_report)))


def announced(found: ServiceRequest, today: date) -> list[dict[str, Any]]:
    """The decisions of a request as the applicant sees them, the newest first."""
    return [shown(one, today) for one in reversed(announcements.decisions_of(found)) if one.decided_at and one.way]


def _proposal(proposal: RequestDecision, actor: Actor) -> dict[str, Any]:
    return {
        "action": proposal.outcome.value,
        "title": _title(proposal),
        "by": proposal.proposer_name or _("a colleague"),
        "is_mine": proposal.proposed_by == actor.id,
        "at": proposal.proposed_at,
        "reason": proposal.reason,
        "way": _(WAYS[proposal.way]) if proposal.way in WAYS else "",
    }


def _near(found: ServiceRequest, actor: Actor) -> list[dict[str, Any]]:
    return [
        {"reference": one.request.reference, "metres": one.metres, "submitted_at": one.request.submitted_at}
        for one in places.near(found)
        if queries.works_on(actor, one.request) and one.request.duplicate_of_id != found.id
    ]


def next_step(
    found: ServiceRequest, actions: tuple[str, ...], issued: list[dict[str, Any]], today: date
) -> Next | None:
    """What waits most in this request. Where no paper follows, as of a report, nothing is decided: it is answered."""
    definition = versions.of(found)
    has_paper = definition.decision is not None
    if found.proposed_by is not None and {"approve", "reject"} & set(actions):
        title = _("Confirm the decision, or send it back") if has_paper else _("Confirm the answer, or send it back")
        return Next(title, _("A colleague has proposed it."), "decide", "warning")
    if found.proposed_by is not None:
        reason = _("The decision has been proposed.") if has_paper else _("The answer has been proposed.")
        return Next(_("A second person has to confirm"), reason, "decide")
    if found.news_at is not None:
        sent = _("Read what came in about this report") if definition.is_report else _("Read what the applicant sent")
        return Next(sent, _("Nobody has noted that it was read."), "timeline", "warning")
    late = next((one for one in issued if one["is_in_force"] and (one["is_late"] or one["returned_on"])), None)
    if late and late["announced_on"] is None:
        return Next(
            _("Announce the decision in another way"), _("It did not reach the applicant."), "decisions", "danger"
        )
    if any(one["is_in_force"] and one["is_post"] and one["given_on"] is None for one in issued):
        return Next(_("Give the decision to the post"), _("It has not been announced yet."), "decisions", "warning")
    is_paid = any(one.can_be_refunded for one in payments.of_request(found, LANGUAGE))
    if found.status is RequestStatus.WITHDRAWN and is_paid:  # of a rejection the service's file says it
        return Next(_("See whether the fee goes back"), _("It is paid, and nothing came of it."), "payments", "warning")
    if answers_due.is_late(found, today):
        day = local_date(found.answer_due_on)
        return Next(_("Go on without the answer, or ask again"), _("None came by %(day)s.", day=day), "acts", "warning")
    return _by_status(found.status, has_paper=has_paper)


def _by_status(status: RequestStatus, *, has_paper: bool) -> Next | None:
    match status:
        case RequestStatus.SUBMITTED:
            return Next(_("Take it on"), _("Nobody works on it yet."), "acts")
        case RequestStatus.IN_REVIEW:
            title = _("Decide, or ask") if has_paper else _("Answer whether it is done or not done, or ask")
            return Next(title, _("All that we need may be there."), "decide")
        case RequestStatus.NEEDS_INFORMATION:
            return Next(_("Wait for the answer"), _("The deadline stands still."), "timeline")
        case RequestStatus.APPROVED | RequestStatus.REJECTED | RequestStatus.WITHDRAWN:
            return Next(_("Close the file"), _("Nothing is left to be done."), "acts")
    return None


def filled_text(found: ServiceRequest, code: str) -> str:
    """The text module `code` with the applicant's answers; "" when there is none."""
    definition = versions.of(found)
    text = next((one for one in definition.decision_texts if one.code == code), None)
    return decision_texts.fill(text.body.to(LANGUAGE), _values(found, definition)) if text else ""


def _values(found: ServiceRequest, definition: ServiceDefinition) -> dict[str, str]:
    answers, office = found.answers or {}, queries.department(found.department_code)
    said: dict[str, str] = {
        "reference": found.reference,
        "received_on": f"{found.received_on:%d.%m.%Y}" if found.received_on else "",
        "department": office.name if office else "",
    }
    for field in every(definition.fields):
        if field.key in answers:
            said[field.key] = readable(field, answers[field.key], LANGUAGE, yes="ja", no="nein")
            if isinstance(answers[field.key], dict):
                said |= {f"{field.key}.{part}": str(value) for part, value in answers[field.key].items()}
    return said
