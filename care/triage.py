"""Is this report symptomatic, and since when is the case? Pure."""

from dataclasses import dataclass
from datetime import date, datetime

from care.facts import UNSPECIFIED, CaseFacts, ReportFact, ReviewFact
from care.local_days import local_day
from care.protocol import Protocol
from care.vocabulary import ReviewOutcome


@dataclass(frozen=True)
class Onset:
    """Where an onset comes from: an officer or the enrolment (`report` None), or the first symptomatic report."""

    on: date
    report: ReportFact | None
    reason: str


def symptomatic_reason(report: ReportFact, protocol: Protocol) -> str | None:
    """Why this report is symptomatic, or None.

    Source: protocol `symptomatic`: any group N with at least N of its symptoms (Sara Alert's symptom groups); a
    measured temperature above the fever-free limit where the protocol says that it suffices; an unspecified "yes".
    """
    if UNSPECIFIED in report.present:
        return "symptoms_not_specified"
    for number, group in enumerate(protocol.symptomatic.groups, start=1):
        if len(report.present & set(group.of)) >= group.at_least:
            return f"symptom_group_{number}"
    if protocol.symptomatic.measured_fever_suffices and measured_fever(report, protocol):
        return "measured_fever"
    return None


def measured_fever(report: ReportFact, protocol: Protocol) -> bool:
    """Whether the temperature is above the fever-free limit (strictly). Source: protocol `fever`."""
    return report.temperature_c is not None and report.temperature_c > protocol.fever.fever_free_up_to_c


def has_fever(report: ReportFact, protocol: Protocol) -> bool:
    """Whether fever is reported, measured, or may be hidden by a fever reducer. Source: Sara Alert; `fever`."""
    return "fever" in report.present or report.fever_reducer or measured_fever(report, protocol)


def dismissed_until(facts: CaseFacts) -> datetime | None:
    """Reports recorded up to this instant no longer count: the newest dismissing review (Sara Alert, "reviewed")."""
    dismissals = [review.recorded_at for review in facts.reviews if review.outcome is ReviewOutcome.DISMISSED]
    return max(dismissals, default=None)


def counting_reports(facts: CaseFacts) -> tuple[ReportFact, ...]:
    """Reports that no review has dismissed, by `reported_at`."""
    until = dismissed_until(facts)
    return tuple(report for report in facts.reports if until is None or report.recorded_at > until)


def standing_reports(facts: CaseFacts) -> tuple[ReportFact, ...]:
    """Reports that count and that no other report corrects, by `reported_at`: what the person says now.

    Findings follow these. The list does not: a case stays symptomatic until an officer has reviewed it, for a "no" can
    be a slip as well as a "yes" can.
    """
    corrected = {report.corrects for report in facts.reports}
    return tuple(report for report in counting_reports(facts) if report.id not in corrected)


def onset(facts: CaseFacts, protocol: Protocol) -> Onset | None:
    """The onset of symptoms: set by an officer or known at enrolment, else the first symptomatic report that counts.

    Source: Sara Alert: onset is the first symptomatic report's `reported_at` unless set; dismissing clears a derived
    onset, not one that was set.
    """
    if facts.symptom_onset_on is not None:
        return Onset(facts.symptom_onset_on, None, "onset_known")
    for report in counting_reports(facts):
        reason = symptomatic_reason(report, protocol)
        if reason:
            return Onset(local_day(report.reported_at, facts.zone), report, reason)
    return None


def derived_onset_on(facts: CaseFacts, protocol: Protocol) -> date | None:
    """The day of the onset where it follows from what was reported; None: it was set, or there is none."""
    began = onset(facts, protocol)
    return began.on if began is not None and began.report is not None else None


def latest_review(facts: CaseFacts) -> ReviewFact | None:
    """The newest review, or None."""
    return facts.reviews[-1] if facts.reviews else None
