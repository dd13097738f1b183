"""Findings (Auffälligkeiten) of a case and the priority that follows from them. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from care.facts import CaseFacts
from care.monitoring import local_midnight, period
from care.protocol import MEDICAL, Protocol
from care.triage import counting_reports, latest_review
from care.vocabulary import FindingCode, FindingState, OrderState

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Finding:
    code: FindingCode
    weight: float
    since: datetime
    state: FindingState = FindingState.OPEN

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code.value,
            "weight": self.weight,
            "since": self.since.isoformat(),
            "state": self.state.value,
        }


def findings(facts: CaseFacts, protocol: Protocol, now: datetime) -> tuple[Finding, ...]:
    """Everything about the case that somebody should know, each with its weight and since when.

    Source: Quarano's anomalies, with weights from the protocol. A medical finding older than the newest review is
    acknowledged and no longer raises the priority.
    """
    review = latest_review(facts)
    since = {**_medical(facts, protocol), **_process(facts, protocol, now)}

    def state(code: FindingCode, began: datetime) -> FindingState:
        seen = code in MEDICAL and review is not None and review.recorded_at >= began
        return FindingState.ACKNOWLEDGED if seen else FindingState.OPEN

    return tuple(Finding(code, protocol.findings.weight(code), at, state(code, at)) for code, at in since.items())


def _medical(facts: CaseFacts, protocol: Protocol) -> dict[FindingCode, datetime]:
    """Source: Quarano: fever strictly above the limit of the kind, on the newest measurement only (a newer, lower one
    resolves it); the first characteristic symptom anchored to the earliest report; suspicious symptoms on the newest.
    """
    found: dict[FindingCode, datetime] = {}
    reports = counting_reports(facts)
    measured = [r for r in reports if r.temperature_c is not None]
    limit = protocol.fever.finding_above_c[facts.kind]
    if measured and measured[-1].temperature_c is not None and measured[-1].temperature_c > limit:
        found[FindingCode.FEVER] = measured[-1].reported_at
    first = next((r for r in reports if r.present & protocol.characteristic), None)
    if first:
        found[FindingCode.FIRST_CHARACTERISTIC_SYMPTOM] = first.reported_at
    if reports and reports[-1].present & protocol.suspicious:
        found[FindingCode.SUSPICIOUS_SYMPTOM] = reports[-1].reported_at
    return found


def _process(facts: CaseFacts, protocol: Protocol, now: datetime) -> dict[FindingCode, datetime]:
    """Source: Quarano (missing diary only when all checked slots are empty; missing details cannot be waved away; the
    end of monitoring or of the order is near)."""
    found: dict[FindingCode, datetime] = {}
    missing_at = _missing_check_in_at(facts, protocol)
    if missing_at is not None and missing_at <= now:
        found[FindingCode.MISSING_CHECK_IN] = missing_at
    if facts.missing_details:
        found[FindingCode.MISSING_DETAILS] = facts.enrolled_at
    for code, begins, ends in _ending_soon(facts, protocol):
        if begins <= now and (code is FindingCode.ORDER_ENDING or now < ends):
            found[code] = max(begins, facts.enrolled_at)
    if facts.unreachable_since is not None:
        found[FindingCode.UNREACHABLE] = facts.unreachable_since
    if facts.opted_out_at is not None:
        found[FindingCode.OPTED_OUT] = facts.opted_out_at
    return found


def _missing_check_in_at(facts: CaseFacts, protocol: Protocol) -> datetime | None:
    """From when the newest check-ins count as missed: when the last of them runs out and nothing came since."""
    last, slots = facts.last_report, protocol.check_ins.missing_after_slots
    unanswered = [check_in for check_in in facts.check_ins if last is None or last.reported_at < check_in.due_at]
    return unanswered[slots - 1].expires_at if len(unanswered) >= slots else None


def _ending_soon(facts: CaseFacts, protocol: Protocol) -> list[tuple[FindingCode, datetime, datetime]]:
    notice = protocol.monitoring.ending_notice_days * DAY
    soon = []
    ends_on = period(facts, protocol).ends_on
    if ends_on is not None:
        begins, ends = local_midnight(ends_on - notice, facts.zone), local_midnight(ends_on + DAY, facts.zone)
        soon.append((FindingCode.MONITORING_ENDING, begins, ends))
    if facts.order_ends_on is not None and facts.order_state not in {None, OrderState.LIFTED}:
        day = facts.order_ends_on
        begins, ends = local_midnight(day - notice, facts.zone), local_midnight(day + DAY, facts.zone)
        soon.append((FindingCode.ORDER_ENDING, begins, ends))
    return soon


def findings_change_at(facts: CaseFacts, protocol: Protocol) -> list[datetime]:
    """Every instant, aware UTC, at which `findings` could change by time alone."""
    instants = [moment for _, begins, ends in _ending_soon(facts, protocol) for moment in (begins, ends)]
    missing_at = _missing_check_in_at(facts, protocol)
    return [*instants, missing_at] if missing_at is not None else instants


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
