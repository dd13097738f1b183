"""How cases are shown: as JSON for programs, and as plain values for pages."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from care import people, phones, shortening, timeline
from care.assessment_models import CheckIn, Review, SymptomReport
from care.assessments import counting, load_facts, protocol_of, zone_of
from care.check_ins import Recorded
from care.local_days import local_day
from care.models import Case, CaseEvent, OfficeTask, OrderRecord
from care.protocol import current_versions
from config import clock


def _iso(value: date | datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def case_json(case: Case) -> dict[str, Any]:
    """The case as the API shows it. Times are RFC 3339 in UTC, days ISO 8601."""
    person = case.person
    return {
        **_standing_json(case),
        "person": {
            "given_name": person.given_name,
            "family_name": person.family_name,
            "birth_date": _iso(person.birth_date),
            "sex": person.sex,
            "phone": person.phone,
            "email": person.email,
            "locale": person.locale,
            "channel": person.channel.value,
            "number_on_phone": person.phone_number_of,
            "contact_window": person.contact_window,
            "timezone": person.timezone,
            "address": person.address,
        },
        "last_exposure_on": _iso(case.last_exposure_on),
        "symptom_onset_on": _iso(case.symptom_onset_on),
        "first_positive_on": _iso(case.first_positive_on),
        "reported_on": _iso(case.reported_on),
        "entered_on": _iso(case.entered_on),
        "continuous_exposure": case.continuous_exposure,
        "public_health_action": case.public_health_action or "none",
        "extended_until": _iso(case.extended_until),
        "shortened_until": _iso(case.shortened_until),
        "shortened_by": case.shortened_by,
        "household_of": case.head.reference if case.head else None,
        "merged_into": case.merged_into.reference if case.merged_into else None,
        **details_json(case),
    }


def details_json(case: Case) -> dict[str, Any]:
    """How the case is worked on."""
    return {
        "risk_level": case.risk_level.value if case.risk_level else None,
        "monitoring_plan": case.monitoring_plan.value if case.monitoring_plan else None,
        "assigned_to": case.assigned_to,
        "assigned_name": case.assigned_name,
        "follow_up_on": _iso(case.follow_up_on),
        "follow_up_note": case.follow_up_note,
        "revision": case.facts_revision,
    }


def _standing_json(case: Case) -> dict[str, Any]:
    return {
        "reference": case.reference,
        "kind": case.kind.value,
        "status": case.status.value,
        "close_reason": case.close_reason.value if case.close_reason else None,
        "line_list": case.line_list.value if case.line_list else None,
        "because": case.because,
        "findings": case.findings or [],
        "priority": case.priority,
        "monitoring": monitoring_json(case),
        "order": order_json(case),
        "next_check_in_at": _iso(case.next_check_in_at),
        "reassess_at": _iso(case.reassess_at),
        "protocol": {"code": case.protocol_code, "version": case.protocol_version},
        "enrolled_at": _iso(case.enrolled_at),
        "closed_at": _iso(case.closed_at),
        "last_report_at": _iso(case.last_report_at),
        "external_id": case.external_id,
    }


def monitoring_json(case: Case) -> dict[str, Any]:
    """The period, today's number (day 0 is the one counted from), and the number of its last day."""
    starts_on, ends_on = case.monitoring_starts_on, case.monitoring_ends_on
    today = local_day(clock.now(), zone_of(case.person))
    return {
        "starts_on": _iso(starts_on),
        "ends_on": _iso(ends_on),
        "day": (today - starts_on).days if starts_on else None,
        "last_day": (ends_on - starts_on).days if starts_on and ends_on else None,
    }


def shortenings_json(case: Case) -> list[dict[str, Any]]:
    """The rules by which monitoring could end earlier now, and from which day on. Reads all facts: not for lists."""
    if not case.is_open:
        return []
    offers = shortening.offers(load_facts(case), protocol_of(case), clock.now())
    return [{"rule": offer.rule, "earliest": _iso(offer.earliest)} for offer in offers]


def order_json(case: Case) -> dict[str, Any] | None:
    """The order as it stands, or None."""
    if case.order_state is None:
        return None
    return {
        "state": case.order_state.value,
        "starts_on": _iso(case.order_starts_on),
        "ends_on": _iso(case.order_ends_on),
    }


def report_json(report: SymptomReport) -> dict[str, Any]:
    """One report."""
    vitals = report.vitals or {}
    return {
        "id": str(report.id),
        "reported_at": _iso(report.reported_at),
        "recorded_at": _iso(report.recorded_at),
        "by": report.by.value,
        "channel": report.channel.value,
        "temperature_c": vitals.get("temperature_c"),
        "fever_reducer": vitals.get("fever_reducer"),
        "symptoms": report.symptoms or {},
        "note": report.note,
        "corrects": str(report.corrects_id) if report.corrects_id else None,
        "replaces": str(report.replaces_id) if report.replaces_id else None,
    }


def check_in_json(row: CheckIn) -> dict[str, Any]:
    """One time that somebody was asked."""
    return {
        "day": row.local_date.isoformat(),
        "slot": row.slot,
        "asked_at": _iso(row.created_at),
        "due_at": _iso(row.due_at),
        "expires_at": _iso(row.expires_at),
        "answered_at": _iso(row.answered_at),
    }


def review_json(row: Review) -> dict[str, Any]:
    """One judgement of an officer."""
    return {"outcome": row.outcome, "at": _iso(row.recorded_at), "by": row.actor_id, "note": row.note}


def order_step_json(row: OrderRecord) -> dict[str, Any]:
    """One step of an order, as it was taken."""
    return {
        "event": row.event.value,
        "legal_basis": row.legal_basis,
        "starts_on": _iso(row.starts_on),
        "ends_on": _iso(row.ends_on),
        "recorded_at": _iso(row.recorded_at),
        "by": row.actor_id,
    }


def task_json(row: OfficeTask) -> dict[str, Any]:
    """One task of the office."""
    return {
        "kind": row.kind.value,
        "created_at": _iso(row.created_at),
        "due_at": _iso(row.due_at),
        "done_at": _iso(row.done_at),
        "done_by": row.done_by,
        "note": row.note,
    }


def taken_json(own: Recorded | None, members: Mapping[str, Recorded]) -> dict[str, Any]:
    """What was taken down: the report of the person themselves, if there is one, and those of others, by reference."""
    return {
        "report": report_json(own.report) if own else None,
        "members": {reference: report_json(one.report) for reference, one in members.items()},
    }


def timeline_json(case: Case, *, whole: bool = False) -> list[dict[str, Any]]:
    """The timeline, oldest first. `whole`: with the text of messages, for the person whose copy it is."""
    return [event_json(event, whole=whole) for event in timeline.of(case)]


def event_json(event: CaseEvent | timeline.Asked, *, whole: bool = False) -> dict[str, Any]:
    """One line of the timeline."""
    details = event.details or {}
    return {
        "kind": event.kind,
        "occurred_at": _iso(event.occurred_at),
        "recorded_at": _iso(event.recorded_at),
        "by": event.actor_id,
        "details": details if whole else {name: value for name, value in details.items() if name != "text"},
    }


def task_values(task: OfficeTask) -> dict[str, Any]:
    """One task for a page."""
    return {
        "id": str(task.id),
        "kind": task.kind.value,
        "created_at": task.created_at,
        "due_at": task.due_at,
        "done_at": task.done_at,
        "is_late": task.done_at is None and task.due_at is not None and task.due_at < clock.now(),
        "reference": task.case.reference,
        "name": f"{task.case.person.family_name}, {task.case.person.given_name}",
    }


def row_values(case: Case) -> dict[str, Any]:
    """One row of a line list for a page."""
    person = case.person
    return {
        "reference": case.reference,
        "name": f"{person.family_name}, {person.given_name}",
        "birth_date": person.birth_date,
        "kind": case.kind.value,
        "status": case.status.value,
        "line_list": case.line_list.value if case.line_list else "",
        "because": case.because or {},
        "findings": [found for found in case.findings or [] if found["state"] == "open"],
        "priority": case.priority,
        "monitoring": monitoring_json(case),
        "ends_on": case.monitoring_ends_on,
        "last_report_at": case.last_report_at,
    }


def _finding_values(found: dict[str, Any]) -> dict[str, Any]:
    """A stored finding with its times as times; assessments of older rules have fewer of them."""
    times = {name: datetime.fromisoformat(found[name]) for name in ("since", "acknowledge_by") if found.get(name)}
    return {"overdue": False, "acknowledge_by": None} | found | times


def page_values(case: Case) -> dict[str, Any]:
    """Everything that the case page shows."""
    person, protocol, standing = case.person, protocol_of(case), {row.id for row in counting(case.reports)}
    return {
        **row_values(case),
        "all_findings": [_finding_values(found) for found in case.findings or []],
        "is_open": case.is_open,
        "close_reason": case.close_reason.value if case.close_reason else None,
        "closed_at": case.closed_at,
        "phone": person.phone,
        "number_on_phone": phones.shown_number(person),
        "email": person.email,
        "address": people.address_line(person.address),
        "sex": person.sex,
        "is_known": not person.is_erased,
        "locale": person.locale,
        "channel": person.channel.value,
        "contact_window": person.contact_window,
        "health_erased_at": case.health_erased_at,
        "notice_version": case.notice_version,
        "enrolled_at": case.enrolled_at,
        "starts_on": case.monitoring_starts_on,
        "last_exposure_on": case.last_exposure_on,
        "symptom_onset_on": case.symptom_onset_on,
        "first_positive_on": case.first_positive_on,
        "reported_on": case.reported_on,
        "entered_on": case.entered_on,
        "external_id": case.external_id,
        "source": case.source,
        "next_check_in_at": case.next_check_in_at,
        "order_state": case.order_state.value if case.order_state else None,
        "order_starts_on": case.order_starts_on,
        "order_ends_on": case.order_ends_on,
        "order_has_ended": case.order_ends_on is not None
        and case.order_ends_on < local_day(clock.now(), zone_of(person)),
        "protocol": protocol,
        "newer_version": newest if (newest := current_versions().get(protocol.code, 0)) > protocol.version else None,
        "shortenings": shortening.offers(load_facts(case), protocol, clock.now()) if case.is_open else (),
        "reports": [
            report_json(row) | {"reported_at": row.reported_at, "counts": row.id in standing}
            for row in reversed(case.reports)
        ],
        "events": list(reversed(timeline.of(case))),
        "tasks": [task_values(task) for task in case.tasks if task.done_at is None],
    }
