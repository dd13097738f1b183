"""What officers change about how long a case is followed, and by which protocol. Inside the caller's `transaction()`.

Monitoring only: an order is changed by an order event (`orders`).
"""

from dataclasses import dataclass, replace
from datetime import date, datetime

from auth.actors import Actor
from care import shortening, timeline, trail
from care.assessments import Change, load_facts, protocol_of
from care.case_management import settled
from care.commands import ExtendMonitoring, MoveToProtocol
from care.facts import CaseFacts
from care.lifecycle import Action, after
from care.local_days import local_day
from care.models import Case
from care.monitoring import period
from care.protocol import Protocol, all_protocols, current_protocol
from care.vocabulary import Kind
from config import clock
from config.errors import N_, RuleViolation


@dataclass(frozen=True)
class End:
    """How the end of monitoring would be set; the day is inclusive. `rule`: of the protocol, for an earlier one."""

    until: date
    extended_until: date | None
    rule: str | None
    is_longer: bool


def planned(command: ExtendMonitoring, *, case: Case, now: datetime) -> End:
    """What `set_end` would do; nothing is written. Raises as it does."""
    after(case.status, Action.CLOSE)
    facts, protocol, until = load_facts(case), protocol_of(case), command.until
    if _puts_off_review(facts, protocol, until, now):
        return End(until, until, rule=None, is_longer=True)
    ends_on, planned_on = case.monitoring_ends_on, period(facts, protocol).ends_on
    if ends_on is not None and planned_on is not None and (until == ends_on or planned_on <= until < ends_on):
        raise RuleViolation("until", N_("Monitoring already lasts until {day}."), day=ends_on)
    by_protocol = period(replace(facts, extended_until=None, shortened_until=None), protocol).ends_on
    rule = _shortening_rule(facts, protocol, until, now) if by_protocol is not None and until < by_protocol else None
    extended = until if by_protocol is None or until > by_protocol else None
    return End(until, extended, rule, is_longer=ends_on is None or until > ends_on)


def set_end(command: ExtendMonitoring, *, case: Case, actor: Actor) -> Change:
    """Let monitoring end on the given day, inclusive: later than the protocol says, or earlier by one of its rules.

    What was set before is replaced, so that an extension can be taken back. In isolation, where nothing is shortened,
    an earlier day puts off the review of the isolation until then (Sara Alert's extended isolation) and leaves the end
    as it is. Raises InvalidTransition for a closed case and RuleViolation when nothing would change or the protocol
    allows no such end.
    """
    now = clock.now()
    end = planned(command, case=case, now=now)
    case.shortened_until, case.shortened_by = (end.until, end.rule) if end.rule else (None, None)
    case.extended_until = end.extended_until
    timeline.add(case, "extended" if end.is_longer else "shortened", actor, until=end.until, rule=end.rule)
    action = "case.extended" if end.is_longer else "case.shortened"
    trail.record(actor, action, case, until=end.until, rule=end.rule)
    return settled(case, actor, now)


def _puts_off_review(facts: CaseFacts, protocol: Protocol, until: date, now: datetime) -> bool:
    """Source: Sara Alert: extended isolation is a day of its own, up to which nobody is reviewed for release."""
    if facts.kind is not Kind.INDEX or any(facts.kind in rule.kinds for rule in protocol.shortening):
        return False
    ends_on = period(replace(facts, extended_until=None, shortened_until=None), protocol).ends_on
    is_new = until != facts.extended_until
    return is_new and ends_on is not None and local_day(now, facts.zone) <= until <= ends_on


def _shortening_rule(facts: CaseFacts, protocol: Protocol, until: date, now: datetime) -> str:
    facts = replace(facts, extended_until=None, shortened_until=None)
    refused = shortening.refusal(facts, protocol, until, now)
    if refused is not None:
        raise RuleViolation.of([refused])
    fitting = [offer for offer in shortening.offers(facts, protocol, now) if offer.earliest <= until]
    return max(fitting, key=lambda offer: offer.earliest).rule


def move(command: MoveToProtocol, *, case: Case, actor: Actor) -> Change:
    """Follow the case by another version of its protocol, the newest if none is named, or by another protocol.

    What was reported stays as it is and is judged anew. Raises InvalidTransition for a closed case and RuleViolation
    for a protocol that there is not, or that the case is on.
    """
    after(case.status, Action.CLOSE)
    protocol = wanted(command, case)
    before = (case.protocol_code, case.protocol_version)
    if before == (protocol.code, protocol.version):
        raise RuleViolation("version", N_("The case is on this version already."))
    if protocol.code != case.protocol_code:
        case.shortened_until = case.shortened_by = None  # by a rule of the other one
    case.protocol_code, case.protocol_version = protocol.code, protocol.version
    names = [f"{code} {version}" for code, version in (before, (protocol.code, protocol.version))]
    timeline.add(case, "protocol", actor, from_protocol=names[0], to_protocol=names[1])
    trail.record(actor, "case.protocol_changed", case, before=names[0], now=names[1])
    return settled(case, actor, clock.now())


def wanted(command: MoveToProtocol, case: Case) -> Protocol:
    """The protocol that a case would be moved to. Raises RuleViolation when there is none such."""
    code = command.code or case.protocol_code
    try:
        newest = current_protocol(code)
    except RuleViolation as error:
        raise RuleViolation("code", error.message, **error.params) from error
    if command.version is None:
        return newest
    found = all_protocols().get((code, command.version))
    if found is None:
        raise RuleViolation("version", N_("There is no version {version} of this protocol."), version=command.version)
    return found
