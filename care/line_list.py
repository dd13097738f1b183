"""The one rule function: in which list a case is, why, and when to look again. Pure.

The lists are an ordered table; the first row that applies takes the case, the last row takes the rest. So every open
case is in exactly one list, and every listing names its rule.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from care.facts import CaseFacts
from care.findings import Finding, findings, findings_change_at, missing_from, priority
from care.isolation import Ending, EndingAction, ending, gives_up_at, review_changes_at, review_ready
from care.local_days import passed
from care.monitoring import CheckInDue, Period, course, next_check_in_until
from care.protocol import Protocol
from care.triage import onset
from care.vocabulary import OPEN_STATUSES, FindingCode, Kind, LineList, Status

RULES_VERSION = 9  # raise it with every change of a rule: stored assessments of older versions are made anew

Inputs = dict[str, Any]
Rule = Callable[[CaseFacts, Protocol, datetime], "Because | None"]


@dataclass(frozen=True)
class Because:
    """Why a case is in its list: the rule, its version, and what it looked at."""

    rule: str
    inputs: Inputs
    version: int = RULES_VERSION

    def as_json(self) -> Inputs:
        return {"rule": self.rule, "version": self.version, "inputs": self.inputs}


@dataclass(frozen=True)
class Assessment:
    """What a case is found to be. `stands_until`: when it could change even if nobody is asked; `reassess_at`: when the
    first check-in that is due or missed could change it, if that is earlier. Aware UTC; None: time alone does not."""

    line_list: LineList
    because: Because
    findings: tuple[Finding, ...]
    priority: float
    period: Period
    ending: Ending
    next_check_in: CheckInDue | None
    stands_until: datetime | None
    reassess_at: datetime | None

    @property
    def next_check_in_at(self) -> datetime | None:
        return self.next_check_in.due_at if self.next_check_in else None


def _paused(facts: CaseFacts, protocol: Protocol, now: datetime) -> Because | None:
    """Source: contract: paused (and in hospital) comes before all lists; so does whoever's head wants no messages."""
    if facts.status in {Status.PAUSED, Status.HOSPITALISED}:
        return Because("paused", {"status": facts.status.value})
    if facts.head_opted_out_at is not None:
        return Because("head_opted_out", {"opted_out_at": facts.head_opted_out_at.isoformat()})
    return None


def _under_investigation(facts: CaseFacts, protocol: Protocol, now: datetime) -> Because | None:
    """Source: Sara Alert: an officer has ordered a public-health action (PUI)."""
    if facts.public_health_action != "none":
        return Because("public_health_action", {"action": facts.public_health_action})
    return None


def _symptomatic(facts: CaseFacts, protocol: Protocol, now: datetime) -> Because | None:
    """Source: Sara Alert: a symptomatic report, or an onset that is set, until an officer dismisses it (sticky)."""
    began = onset(facts, protocol)
    if began is None:
        return None
    inputs: Inputs = {"onset_on": began.on.isoformat()}
    if began.report is not None:
        asked = sorted(began.report.present)
        inputs |= {"report": began.report.id, "reported_at": began.report.reported_at.isoformat(), "symptoms": asked}
        if began.report.temperature_c is not None:
            inputs["temperature_c"] = began.report.temperature_c
    return Because(f"symptomatic.{began.reason}", inputs)


def _review_required(facts: CaseFacts, protocol: Protocol, now: datetime) -> Because | None:
    """Source: protocol `isolation_review`, see isolation.review_ready."""
    ready = review_ready(facts, protocol, now)
    return Because(f"review_required.{ready.rule}", ready.inputs) if ready else None


def _heard_at(facts: CaseFacts) -> datetime:
    """When we last heard from the person: the newest report, or enrolment while there is none."""
    last = facts.last_report
    return facts.enrolled_at if last is None else last.reported_at


def _silent_from(facts: CaseFacts, protocol: Protocol) -> datetime:
    """The first instant at which that is longer ago than the limit."""
    return passed(_heard_at(facts), protocol.check_ins.non_reporting_after_hours)


def _heard_inputs(facts: CaseFacts, protocol: Protocol) -> Inputs:
    return {
        "heard_at": _heard_at(facts).isoformat(),
        "ever_reported": facts.last_report is not None,
        "limit_hours": protocol.check_ins.non_reporting_after_hours,
    }


def _non_reporting(facts: CaseFacts, protocol: Protocol, now: datetime) -> Because | None:
    """Source: Sara Alert: the last report, or enrolment if there is none, is older than 24 hours (protocol)."""
    if now < _silent_from(facts, protocol):
        return None
    return Because("silent", _heard_inputs(facts, protocol))


def _rest(facts: CaseFacts, protocol: Protocol, now: datetime) -> Because:
    """Source: the last row takes the rest: heard from within the limit, and nothing above applies."""
    return Because("heard_from", _heard_inputs(facts, protocol))


CONTACT_LISTS: tuple[tuple[LineList, Rule], ...] = (
    (LineList.PAUSED, _paused),
    (LineList.UNDER_INVESTIGATION, _under_investigation),
    (LineList.SYMPTOMATIC, _symptomatic),
    (LineList.NON_REPORTING, _non_reporting),
    (LineList.ASYMPTOMATIC, _rest),
)
INDEX_LISTS: tuple[tuple[LineList, Rule], ...] = (
    (LineList.PAUSED, _paused),
    (LineList.REVIEW_REQUIRED, _review_required),
    (LineList.NON_REPORTING, _non_reporting),
    (LineList.REPORTING, _rest),
)
LISTS: dict[Kind, tuple[tuple[LineList, Rule], ...]] = {
    Kind.CONTACT: CONTACT_LISTS,
    Kind.TRAVELLER: CONTACT_LISTS,
    Kind.INDEX: INDEX_LISTS,
}


def assess(facts: CaseFacts, protocol: Protocol, now: datetime) -> Assessment:
    """The case's list, findings and next steps at `now` (aware), and the next instant at which any could change.

    Source: the ordered tables above (contract, section line_list). Between `now` and `reassess_at` the result stays
    the same as long as the facts do; `reassess_at` is None when time alone changes nothing more.
    """
    monitored = course(facts, protocol, now)
    if facts.status not in OPEN_STATUSES:
        because, kept = Because("closed", {"status": facts.status.value}), _of_closed(facts, protocol, now)
        return Assessment(
            LineList.CLOSED, because, kept, 0.0, monitored, Ending(EndingAction.NOT_YET), None, None, None
        )
    line_list, because = _listed(facts, protocol, now)
    found = findings(facts, protocol, now)
    stands_until = _stands_until(facts, protocol, now, monitored)
    following = after_asking(facts, protocol, now, monitored.ends_on, stands_until)
    return Assessment(
        line_list,
        because,
        found,
        priority(found, protocol),
        monitored,
        ending(facts, line_list, protocol, now),
        following.next_check_in,
        stands_until,
        following.reassess_at,
    )


@dataclass(frozen=True)
class Following:
    """When somebody is asked next, and when their case is looked at again."""

    next_check_in: CheckInDue | None
    reassess_at: datetime | None

    @property
    def next_check_in_at(self) -> datetime | None:
        return self.next_check_in.due_at if self.next_check_in else None


def after_asking(
    facts: CaseFacts, protocol: Protocol, now: datetime, last_day: date | None, stands_until: datetime | None
) -> Following:
    """What the check-ins among `facts` come to. A new one changes nothing else in an assessment that holds at `now`.

    It is missed only when it has run out, so list, findings and ending stay. `last_day` of monitoring and
    `stands_until` are those of the assessment. Of `facts` only this has to be known, since thousands are asked at once:
    status, zone, enrolment, the wished window, whether the person can be reached; of reports when the newest and those
    of yesterday and today came, and what they answer; check-ins of these days and those since the newest report.
    """
    upcoming = next_check_in_until(facts, protocol, now, last_day)
    instants = [stands_until, missing_from(facts, protocol)]
    if upcoming is not None:
        instants.append(upcoming.window_ends_at)  # not sent until then, it is the next slot's turn
    return Following(upcoming, _first_after(now, instants))


def _of_closed(facts: CaseFacts, protocol: Protocol, now: datetime) -> tuple[Finding, ...]:
    """Source: Quarano: missing details cannot be waved away, not even by closing the case; a paper may need them."""
    return tuple(found for found in findings(facts, protocol, now) if found.code is FindingCode.MISSING_DETAILS)


def _listed(facts: CaseFacts, protocol: Protocol, now: datetime) -> tuple[LineList, Because]:
    for line_list, rule in LISTS[facts.kind]:
        because = rule(facts, protocol, now)
        if because is not None:
            return line_list, because
    raise AssertionError("the last row takes the rest")


def _stands_until(facts: CaseFacts, protocol: Protocol, now: datetime, monitored: Period) -> datetime | None:
    """The first instant after `now` at which a list, a finding or the ending could change, check-ins left aside."""
    instants = [
        _silent_from(facts, protocol),
        *findings_change_at(facts, protocol, now),
        monitored.ends_at(facts.zone),
        gives_up_at(facts, protocol),
    ]
    if facts.kind is Kind.INDEX:
        instants.extend(review_changes_at(facts, protocol))
    return _first_after(now, instants)


def _first_after(now: datetime, instants: Iterable[datetime | None]) -> datetime | None:
    return min((instant for instant in instants if instant is not None and instant > now), default=None)
