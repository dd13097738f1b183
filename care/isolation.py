"""When an index case can be reviewed for release, and what happens when monitoring is over. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from care.facts import CaseFacts
from care.monitoring import local_day, local_midnight, period
from care.protocol import IsolationReview, Protocol
from care.triage import has_fever, onset
from care.vocabulary import CloseReason, Kind, LabOutcome, LineList

DAY = timedelta(days=1)


class EndingAction(StrEnum):
    NOT_YET = "not_yet"  # monitoring goes on, or we still wait for an answer on the last day
    RELEASE = "release"
    OFFICER_SYMPTOMATIC = "officer_symptomatic"
    OFFICER_SILENT = "officer_silent"


@dataclass(frozen=True)
class Ending:
    action: EndingAction
    close_reason: CloseReason | None = None


@dataclass(frozen=True)
class ReviewReady:
    """Why an index case can be reviewed for release."""

    rule: str
    inputs: dict[str, Any]


def review_ready(facts: CaseFacts, protocol: Protocol, now: datetime) -> ReviewReady | None:
    """The first rule of the protocol that lets an officer review the isolation's end; never while it is extended.

    Source: protocol `isolation_review` (Sara Alert's recovery definitions; RKI release criteria, five days).
    """
    today = local_day(now, facts.zone)
    if facts.extended_until is not None and today <= facts.extended_until:
        return None
    began = onset(facts, protocol)
    for rule in protocol.isolation_review:
        if _met(rule, facts, protocol, now):
            return ReviewReady(
                rule.code,
                {
                    "onset_on": began.on.isoformat() if began else None,
                    "first_positive_on": facts.first_positive_on.isoformat() if facts.first_positive_on else None,
                    "reports": len(facts.reports),
                },
            )
    return None


def _met(rule: IsolationReview, facts: CaseFacts, protocol: Protocol, now: datetime) -> bool:
    today, began = local_day(now, facts.zone), onset(facts, protocol)
    if rule.without_onset and began is not None:
        return False
    if rule.onset_days is not None and (began is None or (today - began.on).days < rule.onset_days):
        return False
    positive_on = facts.first_positive_on
    if rule.first_positive_days is not None and (
        positive_on is None or (today - positive_on).days < rule.first_positive_days
    ):
        return False
    if rule.fever_free_hours is not None:
        since = now - timedelta(hours=rule.fever_free_hours)
        if any(report.reported_at > since and has_fever(report, protocol) for report in facts.reports):
            return False
    negatives = sum(lab.result is LabOutcome.NEGATIVE for lab in facts.labs)
    return len(facts.reports) >= rule.min_reports and negatives >= rule.negative_tests


def review_changes_at(facts: CaseFacts, protocol: Protocol) -> list[datetime]:
    """Every instant, aware UTC, at which `review_ready` could change by time alone."""
    instants, began = [], onset(facts, protocol)
    if facts.extended_until is not None:
        instants.append(local_midnight(facts.extended_until + DAY, facts.zone))
    for rule in protocol.isolation_review:
        if rule.onset_days is not None and began is not None:
            instants.append(local_midnight(began.on + rule.onset_days * DAY, facts.zone))
        if rule.first_positive_days is not None and facts.first_positive_on is not None:
            instants.append(local_midnight(facts.first_positive_on + rule.first_positive_days * DAY, facts.zone))
        if rule.fever_free_hours is not None:
            hours = timedelta(hours=rule.fever_free_hours)
            instants.extend(report.reported_at + hours for report in facts.reports if has_fever(report, protocol))
    return instants


def ending(facts: CaseFacts, line_list: LineList, protocol: Protocol, now: datetime) -> Ending:
    """What is to happen because the last day is over.

    Source: Sara Alert's automatic closing (end reached, asymptomatic, reported on the last day or since), SORMAS (no
    answer on the last day: not finished). Anyone symptomatic or silent goes to an officer and is never closed by rule.
    """
    monitored = period(facts, protocol)
    ends_at = monitored.ends_at(facts.zone)
    if ends_at is None or now < ends_at:
        return Ending(EndingAction.NOT_YET)
    if line_list in {LineList.PAUSED, LineList.NON_REPORTING}:
        return Ending(EndingAction.OFFICER_SILENT)
    if line_list in {LineList.SYMPTOMATIC, LineList.UNDER_INVESTIGATION, LineList.REVIEW_REQUIRED}:
        return Ending(EndingAction.OFFICER_SYMPTOMATIC)
    last = facts.last_report
    if last is None or monitored.ends_on is None or local_day(last.reported_at, facts.zone) < monitored.ends_on:
        return Ending(EndingAction.NOT_YET)  # within 24 hours it becomes silence
    if facts.kind is Kind.INDEX and (last.present or has_fever(last, protocol)):
        return Ending(EndingAction.OFFICER_SYMPTOMATIC)
    if local_day(facts.enrolled_at, facts.zone) >= monitored.ends_on:
        return Ending(EndingAction.RELEASE, CloseReason.ENROLLED_ON_LAST_DAY)
    return Ending(EndingAction.RELEASE, CloseReason.COMPLETED_MONITORING)
