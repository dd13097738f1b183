"""When an index case can be reviewed for release, and what happens when monitoring is over. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from care.facts import CaseFacts, ReportFact
from care.local_days import local_day, local_midnight, passed
from care.monitoring import day_of, period
from care.protocol import Protocol
from care.protocol_parts import IsolationReview
from care.triage import has_fever, onset
from care.vocabulary import CloseReason, Kind, LabOutcome, LineList

DAY = timedelta(days=1)


class EndingAction(StrEnum):
    NOT_YET = "not_yet"  # monitoring goes on, or we still wait for an answer on the last day
    RELEASE = "release"
    OFFICER_SYMPTOMATIC = "officer_symptomatic"
    OFFICER_INVESTIGATION = "officer_investigation"  # what was ordered for somebody without symptoms has not ended
    OFFICER_SILENT = "officer_silent"
    OFFICER_ISOLATION = "officer_isolation"  # somebody infected: only an officer ends an isolation
    GIVE_UP = "give_up"  # nothing was entered or heard for so long that the case is closed


CLOSING_ACTIONS = frozenset({EndingAction.RELEASE, EndingAction.GIVE_UP})  # the house closes the case by itself


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
        feverish = [report for report in _uncorrected(facts) if has_fever(report, protocol)]
        if any(now < passed(report.reported_at, rule.fever_free_hours) for report in feverish):
            return False
    negatives = sum(lab.result is LabOutcome.NEGATIVE for lab in facts.labs)
    return len(facts.reports) >= rule.min_reports and negatives >= rule.negative_tests


def _uncorrected(facts: CaseFacts) -> list[ReportFact]:
    corrected = {report.corrects for report in facts.reports}
    return [report for report in facts.reports if report.id not in corrected]


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
            feverish = [report for report in _uncorrected(facts) if has_fever(report, protocol)]
            instants.extend(passed(report.reported_at, rule.fever_free_hours) for report in feverish)
    return instants


def ending(facts: CaseFacts, line_list: LineList, protocol: Protocol, now: datetime) -> Ending:
    """What is to happen because the last day is over, or because nothing has happened for long.

    Source: Sara Alert's automatic closing (end reached, asymptomatic, reported on the last day or since; or silent and
    untouched for 30 days; never while the exposure goes on, never in isolation), SORMAS (no answer on the last day: not
    finished). Anyone symptomatic, or silent but not for long, goes to an officer and is never closed by rule; neither
    is an index case, whose isolation ends by an officer's review. The end that counts is the planned one, so that an
    answer on a day added to it finishes monitoring at once.
    """
    monitored = period(facts, protocol)
    ends_on, ends_at = monitored.ends_on, monitored.ends_at(facts.zone)
    given_up_at = gives_up_at(facts, protocol)
    if line_list is LineList.NON_REPORTING and given_up_at is not None and now >= given_up_at:
        return Ending(EndingAction.GIVE_UP, CloseReason.NOT_REACHABLE)
    if ends_on is None or ends_at is None or now < ends_at:
        return Ending(EndingAction.NOT_YET)
    last = facts.last_report
    is_heard = last is not None and day_of(last, protocol, facts.zone) >= ends_on
    is_isolated = facts.kind is Kind.INDEX and line_list is not LineList.PAUSED
    if is_isolated and (is_heard or line_list is LineList.REVIEW_REQUIRED):
        is_ill = last is not None and (last.present or has_fever(last, protocol))
        return Ending(EndingAction.OFFICER_SYMPTOMATIC if is_ill else EndingAction.OFFICER_ISOLATION)
    if line_list in {LineList.PAUSED, LineList.NON_REPORTING}:
        return Ending(EndingAction.OFFICER_SILENT)
    if line_list in {LineList.SYMPTOMATIC, LineList.UNDER_INVESTIGATION}:
        is_ill = onset(facts, protocol) is not None
        return Ending(EndingAction.OFFICER_SYMPTOMATIC if is_ill else EndingAction.OFFICER_INVESTIGATION)
    if not is_heard:
        return Ending(EndingAction.NOT_YET)  # within 24 hours it becomes silence
    if local_day(facts.enrolled_at, facts.zone) >= ends_on:
        return Ending(EndingAction.RELEASE, CloseReason.ENROLLED_ON_LAST_DAY)
    return Ending(EndingAction.RELEASE, CloseReason.COMPLETED_MONITORING)


def gives_up_at(facts: CaseFacts, protocol: Protocol) -> datetime | None:
    """From when a silent case is given up: so many days after a fact was last added; None: never.

    Source: protocol `ending.lost_after_days` (Sara Alert: 30 days without any activity, never in isolation: whether
    somebody infected is given up, a person decides). A contact whose exposure goes on is never closed by rule.
    """
    days = protocol.ending.lost_after_days
    if days is None or facts.touched_at is None or facts.continuous_exposure or facts.kind is Kind.INDEX:
        return None
    return facts.touched_at + timedelta(days=days)
