"""Findings (Auffälligkeiten) of a case and the priority that follows from them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from care.facts import UNSPECIFIED, CaseFacts, ReportFact
from care.local_days import local_midnight
from care.monitoring import course, missing_day, period, slot_order
from care.protocol import Protocol
from care.protocol_parts import MEDICAL
from care.triage import standing_reports
from care.vocabulary import RUNNING_ORDERS, FindingCode, FindingState
from care.worsening import worse

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Finding:
    """What somebody should know, since when, and why. `acknowledge_by`: when somebody must have reviewed the case.

    Acknowledged is a medical finding once an officer has reviewed the case after we learnt of it.
    """

    code: FindingCode
    weight: float
    since: datetime
    state: FindingState = FindingState.OPEN
    inputs: Mapping[str, Any] = field(default_factory=dict)
    acknowledge_by: datetime | None = None
    acknowledged_at: datetime | None = None
    overdue: bool = False

    def as_json(self) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "code": self.code.value,
            "weight": self.weight,
            "since": self.since.isoformat(),
            "state": self.state.value,
            "inputs": dict(self.inputs),
        }
        for name, moment in (("acknowledge_by", self.acknowledge_by), ("acknowledged_at", self.acknowledged_at)):
            if moment is not None:
                shown[name] = moment.isoformat()
        return shown | {"overdue": True} if self.overdue else shown


@dataclass(frozen=True)
class _Evidence:
    """Since when, as the person says; when we learnt of it; and what was looked at."""

    since: datetime
    known_at: datetime
    inputs: dict[str, Any]

    @classmethod
    def of(cls, report: ReportFact, **inputs: Any) -> "_Evidence":
        return cls(report.reported_at, report.recorded_at, {"report": report.id, **inputs})

    @classmethod
    def at(cls, moment: datetime, **inputs: Any) -> "_Evidence":
        return cls(moment, moment, inputs)


def findings(facts: CaseFacts, protocol: Protocol, now: datetime) -> tuple[Finding, ...]:
    """Everything about the case that somebody should know, each with its weight, since when, and why.

    Source: Quarano's anomalies, with weights from the protocol. A medical finding that was known when an officer
    reviewed the case is acknowledged and no longer raises the priority.
    """
    found = {**_medical(facts, protocol), **_process(facts, protocol, now)}
    return tuple(_finding(code, evidence, facts, protocol, now) for code, evidence in found.items())


def _finding(code: FindingCode, evidence: _Evidence, facts: CaseFacts, protocol: Protocol, now: datetime) -> Finding:
    seen_at: datetime | None = None
    if code in MEDICAL:
        reviews = (review.recorded_at for review in facts.reviews if review.recorded_at >= evidence.known_at)
        seen_at = min(reviews, default=None)
    acknowledge_by = _acknowledge_by(code, evidence, facts, protocol)
    return Finding(
        code,
        protocol.findings.weight(code),
        evidence.since,
        FindingState.OPEN if seen_at is None else FindingState.ACKNOWLEDGED,
        evidence.inputs,
        acknowledge_by,
        seen_at,
        overdue=acknowledge_by is not None and seen_at is None and acknowledge_by <= now,
    )


def _acknowledge_by(code: FindingCode, evidence: _Evidence, facts: CaseFacts, protocol: Protocol) -> datetime | None:
    """Source: protocol `worsening`: the clock runs from the moment at which we learnt of it."""
    if code is not FindingCode.WORSENING or protocol.worsening is None:
        return None
    return evidence.known_at + timedelta(hours=protocol.worsening.acknowledge_within_hours[facts.kind])


def _medical(facts: CaseFacts, protocol: Protocol) -> dict[FindingCode, _Evidence]:
    """Source: Quarano: fever strictly above the limit of the kind, on the newest slot's measurement only (a newer,
    lower one resolves it); the first characteristic symptom anchored to the earliest report, and anew when that is
    corrected; suspicious symptoms on the newest. Ours: a newest one that says "yes" and not which, so that somebody
    asks; worsening over days.
    """
    found: dict[FindingCode, _Evidence] = {}
    reports = sorted(standing_reports(facts), key=lambda one: slot_order(one, protocol, facts.zone))
    measured = [one for one in reports if one.temperature_c is not None]
    limit = protocol.fever.finding_above_c[facts.kind]
    if measured and (warmth := measured[-1].temperature_c) is not None and warmth > limit:
        found[FindingCode.FEVER] = _Evidence.of(measured[-1], temperature_c=warmth, limit_c=limit)
    first = next((one for one in reports if one.present & protocol.characteristic), None)
    if first:
        named = sorted(first.present & protocol.characteristic)
        found[FindingCode.FIRST_CHARACTERISTIC_SYMPTOM] = _Evidence.of(first, symptoms=named)
    if reports and (named := sorted(reports[-1].present & protocol.suspicious)):
        found[FindingCode.SUSPICIOUS_SYMPTOM] = _Evidence.of(reports[-1], symptoms=named)
    if reports and UNSPECIFIED in reports[-1].present:
        found[FindingCode.UNSPECIFIED_SYMPTOMS] = _Evidence.of(reports[-1])
    worsened = worse(facts, protocol)
    if worsened:
        found[FindingCode.WORSENING] = _Evidence.of(worsened.report, **worsened.inputs)
    return found


def _process(facts: CaseFacts, protocol: Protocol, now: datetime) -> dict[FindingCode, _Evidence]:
    """Source: Quarano (missing diary only when all checked slots are empty; missing details cannot be waved away; the
    end of monitoring, of contacts too, or of the order is near)."""
    found: dict[FindingCode, _Evidence] = {}
    missed = _missing_check_in(facts, protocol)
    if missed is not None and missed.since <= now:
        found[FindingCode.MISSING_CHECK_IN] = missed
    day = missing_day(facts, protocol)
    details = [*facts.missing_details, *([day] if day else [])]
    if details:
        found[FindingCode.MISSING_DETAILS] = _Evidence.at(facts.enrolled_at, details=details)
    for code, begins, ends in _ending_soon(facts, protocol, now):
        if begins <= now and (code is FindingCode.ORDER_ENDING or now < ends):
            last_day = (ends - timedelta(hours=1)).astimezone(facts.zone).date()
            found[code] = _Evidence.at(max(begins, facts.enrolled_at), last_day=last_day.isoformat())
    if facts.unreachable_since is not None:
        found[FindingCode.UNREACHABLE] = _Evidence.at(facts.unreachable_since)
    if facts.opted_out_at is not None:
        found[FindingCode.OPTED_OUT] = _Evidence.at(facts.opted_out_at)
    return found


def missing_from(facts: CaseFacts, protocol: Protocol) -> datetime | None:
    """From when the newest check-ins count as missed unless an answer comes; None as long as they are too few."""
    missed = _missing_check_in(facts, protocol)
    return missed.since if missed else None


def _missing_check_in(facts: CaseFacts, protocol: Protocol) -> _Evidence | None:
    """From when the newest check-ins count as missed: when the last of them runs out and nothing came since.

    `missing_after_slots` check-ins in a row must be empty; an answer to any of them ends it.
    """
    last, slots = facts.last_report, protocol.check_ins.missing_after_slots
    unanswered = [check_in for check_in in facts.check_ins if last is None or last.reported_at < check_in.due_at]
    if len(unanswered) < slots:
        return None
    days = [f"{one.local_date.isoformat()} {one.slot}" for one in unanswered[:slots]]
    return _Evidence.at(unanswered[slots - 1].expires_at, slots=days)


def _ending_soon(facts: CaseFacts, protocol: Protocol, now: datetime) -> list[tuple[FindingCode, datetime, datetime]]:
    notice = protocol.monitoring.ending_notice_days * DAY
    soon = []
    planned, actual = period(facts, protocol).ends_on, course(facts, protocol, now).ends_on
    if planned is not None and actual is not None:
        begins, ends = local_midnight(planned - notice, facts.zone), local_midnight(actual + DAY, facts.zone)
        soon.append((FindingCode.MONITORING_ENDING, begins, ends))
    if facts.order_ends_on is not None and facts.order_state in RUNNING_ORDERS:
        day = facts.order_ends_on
        begins, ends = local_midnight(day - notice, facts.zone), local_midnight(day + DAY, facts.zone)
        soon.append((FindingCode.ORDER_ENDING, begins, ends))
    return soon


def findings_change_at(facts: CaseFacts, protocol: Protocol, now: datetime) -> list[datetime]:
    """Every instant, aware UTC, at which `findings` could change by time alone, as seen at `now`; of check-ins that are
    missed then, `missing_from` tells."""
    instants = [moment for _, begins, ends in _ending_soon(facts, protocol, now) for moment in (begins, ends)]
    worsened = worse(facts, protocol)
    if worsened is not None:
        evidence = _Evidence.of(worsened.report)
        acknowledge_by = _acknowledge_by(FindingCode.WORSENING, evidence, facts, protocol)
        if acknowledge_by is not None:
            instants.append(acknowledge_by)
    return instants


def priority(found: tuple[Finding, ...], protocol: Protocol) -> float:
    """Source: Quarano: 0.7 × medical + 0.3 × process, doubled by a characteristic, quadrupled by a suspicious symptom.

    Shares, weights and factors are protocol data; acknowledged findings do not count. Rounded to two places.
    """
    rules, active = protocol.findings, [finding for finding in found if finding.state is FindingState.OPEN]
    medical = sum(finding.weight for finding in active if finding.code in MEDICAL)
    process = sum(finding.weight for finding in active if finding.code not in MEDICAL)
    value = rules.medical_share * medical + rules.process_share * process
    codes = {finding.code for finding in active}
    if FindingCode.FIRST_CHARACTERISTIC_SYMPTOM in codes:
        value *= rules.characteristic_factor
    if FindingCode.SUSPICIOUS_SYMPTOM in codes:
        value *= rules.suspicious_factor
    return round(value, 2)
