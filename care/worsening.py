"""Is the person getting worse over the days? Pure."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from care.facts import CaseFacts, ReportFact
from care.monitoring import day_of, slot_order
from care.protocol import Protocol
from care.protocol_parts import Worsening
from care.triage import measured_fever, standing_reports


@dataclass(frozen=True)
class Worse:
    """The first report of its day that is worse than the days before, and in what."""

    report: ReportFact
    inputs: dict[str, Any]


def worse(facts: CaseFacts, protocol: Protocol) -> Worse | None:
    """Whether the newest report is worse than the best of the days before it; None: no, or nothing to compare with.

    Source: protocol `worsening`: more complaints by a number, or a measured temperature higher by so much and above the
    fever-free limit, against the best of the local days looked back on, both for contacts and for infected people. A
    better newest report ends it by itself. It counts from the first report of the newest day from which on every report
    was worse, so each day of a worsening is one finding, which somebody has to see.
    """
    rules = protocol.worsening
    if rules is None or not any(one.present or one.temperature_c is not None for one in facts.reports):
        return None  # who never complained is no worse, in whatever order the reports are
    reports = sorted(standing_reports(facts), key=lambda one: slot_order(one, protocol, facts.zone))
    if not reports:
        return None
    days = [day_of(one, protocol, facts.zone) for one in reports]
    today, earliest = days[-1], days[-1] - timedelta(days=rules.looks_back_days)
    before = [one for one, day in zip(reports, days, strict=True) if earliest <= day < today]
    found: Worse | None = None
    for report in reversed([one for one, day in zip(reports, days, strict=True) if day == today]):
        inputs = _worse_than(before, report, protocol, rules)
        if inputs is None:
            break
        found = Worse(report, inputs)
    return found


def _worse_than(
    before: list[ReportFact], report: ReportFact, protocol: Protocol, rules: Worsening
) -> dict[str, Any] | None:
    if not before:
        return None
    fewest = min(len(one.present) for one in before)
    if len(report.present) - fewest >= rules.more_symptoms:
        return {"in": "symptoms", "before": fewest, "now": len(report.present), "days": rules.looks_back_days}
    measured = [one.temperature_c for one in before if one.temperature_c is not None]
    if not measured or report.temperature_c is None or not measured_fever(report, protocol):
        return None
    coolest = min(measured)
    if round(report.temperature_c - coolest, 1) < rules.warmer_by_c:
        return None
    return {"in": "temperature", "before": coolest, "now": report.temperature_c, "days": rules.looks_back_days}
