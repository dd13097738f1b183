"""When an officer may end monitoring earlier than planned. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from care.facts import CaseFacts
from care.local_days import local_day
from care.monitoring import day_of, period
from care.protocol import Protocol
from care.protocol_parts import Shortening
from care.triage import onset
from care.vocabulary import LabOutcome
from config.errors import N_, FieldError

DAY = timedelta(days=1)
FIELD = "until"


@dataclass(frozen=True)
class Offer:
    """A rule that is met: monitoring may end on `earliest` (inclusive) or any later day before the planned one."""

    rule: str
    earliest: date


def offers(facts: CaseFacts, protocol: Protocol, now: datetime) -> tuple[Offer, ...]:
    """The shortenings that the protocol allows at `now`, earliest first.

    Source: protocol `shortening` (CDC, options to reduce quarantine, as in Sara Alert: after day 10 without any
    symptomatic report and with a report on day 10 to 13; after day 7 with a report on day 7 to 9 and a negative sample
    taken on day 5 to 9; void by a positive one). Never while the exposure goes on.
    """
    starts_on = period(facts, protocol).starts_on
    met = [rule for rule in _rules(facts, protocol) if unmet(rule, facts, protocol, now) is None]
    return tuple(sorted((Offer(rule.code, starts_on + rule.last_day * DAY) for rule in met), key=lambda o: o.earliest))


def refusal(facts: CaseFacts, protocol: Protocol, until: date, now: datetime) -> FieldError | None:
    """Why monitoring may not end on `until`; None: it may."""
    if any(offer.earliest <= until for offer in offers(facts, protocol, now)):
        return None
    rules = _rules(facts, protocol)
    if not rules:
        return FieldError(FIELD, N_("The protocol allows no shorter monitoring for this case."))
    starts_on = period(facts, protocol).starts_on
    fitting = [rule for rule in rules if starts_on + rule.last_day * DAY <= until]
    if not fitting:
        earliest = starts_on + min(rule.last_day for rule in rules) * DAY
        return FieldError(FIELD, N_("Monitoring can end on {day} at the earliest."), {"day": earliest})
    return unmet(max(fitting, key=lambda rule: rule.last_day), facts, protocol, now)


def unmet(rule: Shortening, facts: CaseFacts, protocol: Protocol, now: datetime) -> FieldError | None:
    """The first condition of `rule` that does not hold at `now`; None: all hold. Source: see `offers`."""
    starts_on = period(facts, protocol).starts_on
    if local_day(now, facts.zone) < starts_on + rule.last_day * DAY:
        return FieldError(FIELD, N_("Day {number} has not come yet."), {"number": rule.last_day})
    if rule.never_symptomatic and onset(facts, protocol) is not None:
        return FieldError(FIELD, N_("The person has or had symptoms."))
    if rule.void_by_positive and any(lab.result is LabOutcome.POSITIVE for lab in facts.labs):
        return FieldError(FIELD, N_("There is a positive sample."))
    reported = {(day_of(report, protocol, facts.zone) - starts_on).days for report in facts.reports}
    if rule.report_on_days and not reported & _numbers(rule.report_on_days):
        return FieldError(FIELD, N_("A report on day {first} to {last} is missing."), _span(rule.report_on_days))
    sampled = {
        (lab.sampled_on - starts_on).days
        for lab in facts.labs
        if lab.result is LabOutcome.NEGATIVE and lab.kind in rule.samples
    }
    if rule.negative_sample_on_days and not sampled & _numbers(rule.negative_sample_on_days):
        days = rule.negative_sample_on_days
        return FieldError(FIELD, N_("A negative sample of day {first} to {last} is missing."), _span(days))
    return None


def _rules(facts: CaseFacts, protocol: Protocol) -> list[Shortening]:
    if period(facts, protocol).ends_on is None:
        return []
    return [rule for rule in protocol.shortening if facts.kind in rule.kinds]


def _numbers(days: tuple[int, int]) -> set[int]:
    return set(range(days[0], days[1] + 1))


def _span(days: tuple[int, int]) -> dict[str, int]:
    return {"first": days[0], "last": days[1]}
