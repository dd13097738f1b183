"""From rows to facts, through the rule function, and back into the row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter
from zoneinfo import ZoneInfo

from care import list_marks
from care.assessment_models import SymptomReport, standing_labs
from care.facts import DUE_ORDER, CaseFacts, CheckInFact, LabFact, ReportFact, ReviewFact
from care.isolation import CLOSING_ACTIONS
from care.line_list import RULES_VERSION, Assessment, assess
from care.models import Case, Person
from care.protocol import Protocol, protocol_for
from care.triage import Onset, onset
from care.vocabulary import OPEN_STATUSES, Channel, LineList, Status
from config.settings import current_settings

REPORT_ORDER = attrgetter("reported_at", "recorded_at")
RECORDED_ORDER = attrgetter("recorded_at")
Answered = tuple[date, str] | None  # local date and slot of the check-in that a report answers


@dataclass(frozen=True)
class Change:
    """What an assessment changed: the list before, and the assessment now."""

    before: LineList | None
    now: Assessment

    @property
    def has_moved(self) -> bool:
        return self.before is not self.now.line_list

    def came_to(self, line_list: LineList) -> bool:
        return self.has_moved and self.now.line_list is line_list


def zone_of(person: Person) -> ZoneInfo:
    """The person's own zone, else the office's."""
    return ZoneInfo(person.timezone) if person.timezone else current_settings().zone


def protocol_of(case: Case) -> Protocol:
    """The protocol in the version that the case is on."""
    return protocol_for(case.protocol_code, case.protocol_version)


def answering(case: Case) -> Person:
    """Who is asked and answers for the person of `case`: the head of their household, or they themselves."""
    return case.head.person if case.head is not None and not case.head.person.is_erased else case.person


def address_of(person: Person) -> tuple[Channel, str] | None:
    """Channel and address to write to: the one wished for, else the other one that we know; None: not at all."""
    if person.channel is Channel.NONE:
        return None
    by_mail = person.channel is Channel.EMAIL
    for channel in (Channel.EMAIL, Channel.SMS) if by_mail else (Channel.SMS, Channel.EMAIL):
        address = person.email if channel is Channel.EMAIL else person.phone  # sealed: only opened when it is needed
        if address:
            return channel, address
    return None


def load_facts(case: Case) -> CaseFacts:
    """The facts of `case` as the rules want them."""
    person, asked = case.person, answering(case)
    check_ins = _check_in_facts(case)  # first: reports then find here what they answer, and do not ask one by one
    return CaseFacts(
        kind=case.kind,
        status=case.status,
        zone=zone_of(person),
        enrolled_at=case.enrolled_at,
        last_exposure_on=case.last_exposure_on,
        symptom_onset_on=case.symptom_onset_on,
        first_positive_on=case.first_positive_on,
        reported_on=case.reported_on,
        entered_on=case.entered_on,
        continuous_exposure=case.continuous_exposure,
        extended_until=case.extended_until,
        shortened_until=case.shortened_until,
        shortened_by=case.shortened_by,
        touched_at=case.touched_at,
        public_health_action=case.public_health_action or "none",
        contact_window=asked.contact_window,
        reachable=_is_reachable(case),
        opted_out_at=asked.opted_out_at,
        head_opted_out_at=None if asked is person else asked.opted_out_at,
        unreachable_since=asked.unreachable_since,
        missing_details=_missing_details(case),
        order_state=case.order_state,
        order_ends_on=case.order_ends_on,
        reports=_report_facts(case, _answers),
        reviews=_review_facts(case),
        labs=tuple(LabFact(row.kind, row.result, row.sampled_on) for row in standing_labs(case)),
        check_ins=check_ins,
    )


def onset_of(case: Case) -> Onset | None:
    """The onset from which `case` counts: set by an officer, else by the first symptomatic report (`triage.onset`).

    No more is opened than that takes, `Case.reports` and `Case.reviews`: exports ask it of many cases.
    """
    facts = CaseFacts(
        kind=case.kind,
        status=case.status,
        zone=zone_of(case.person),
        enrolled_at=case.enrolled_at,
        symptom_onset_on=case.symptom_onset_on,
        reports=() if case.symptom_onset_on else _report_facts(case),
        reviews=() if case.symptom_onset_on else _review_facts(case),
    )
    return onset(facts, protocol_of(case))


def facts_for_asking(case: Case) -> CaseFacts:
    """What `line_list.after_asking` looks at, of a row that `fact_rows.fill_newest` has filled: little is opened."""
    return CaseFacts(
        kind=case.kind,
        status=case.status,
        zone=zone_of(case.person),
        enrolled_at=case.enrolled_at,
        contact_window=answering(case).contact_window,
        reachable=_is_reachable(case),
        reports=tuple(sorted(map(_report_time, counting(case.reports)), key=REPORT_ORDER)),
        check_ins=_check_in_facts(case),
    )


def _check_in_facts(case: Case) -> tuple[CheckInFact, ...]:
    facts = [CheckInFact(row.local_date, row.slot, row.due_at, row.expires_at) for row in case.check_ins]
    return tuple(sorted(facts, key=DUE_ORDER))


def _is_reachable(case: Case) -> bool:
    """Whether anybody can be asked. Whoever lies in hospital is not asked for others."""
    asked, head = answering(case), case.head
    is_away = head is not None and head.status is Status.HOSPITALISED
    return asked.opted_out_at is None and address_of(asked) is not None and not is_away


def counting(reports: Sequence[SymptomReport]) -> list[SymptomReport]:
    """Those that no correction has replaced."""
    replaced = {row.replaces_id for row in reports}
    return [row for row in reports if row.id not in replaced]


def _report_facts(case: Case, answers: Callable[[SymptomReport], Answered] = lambda _: None) -> tuple[ReportFact, ...]:
    facts = (_report_fact(row, answers(row)) for row in counting(case.reports))
    return tuple(sorted(facts, key=REPORT_ORDER))


def _review_facts(case: Case) -> tuple[ReviewFact, ...]:
    return tuple(ReviewFact(row.judgement, row.recorded_at) for row in sorted(case.reviews, key=RECORDED_ORDER))


def _report_fact(row: SymptomReport, answers: Answered) -> ReportFact:
    vitals = row.vitals or {}
    return ReportFact(
        id=str(row.id),
        reported_at=row.reported_at,
        recorded_at=row.recorded_at,
        present=frozenset(key for key, answer in (row.symptoms or {}).items() if answer),
        temperature_c=vitals.get("temperature_c"),
        fever_reducer=bool(vitals.get("fever_reducer")),
        answers=answers,
        corrects=str(row.corrects_id) if row.corrects_id else None,
    )


def _report_time(row: SymptomReport) -> ReportFact:
    return ReportFact("", row.reported_at, row.recorded_at, answers=_answers(row))


def _answers(row: SymptomReport) -> Answered:
    return (row.check_in.local_date, row.check_in.slot) if row.check_in else None


def _missing_details(case: Case) -> tuple[str, ...]:
    """What we would need to know to look after this person properly, apart from days (`monitoring.missing_day`)."""
    person, missing = case.person, []
    if person.birth_date is None:
        missing.append("birth_date")
    asked = answering(case)
    if asked.channel is Channel.SMS and not asked.phone:
        missing.append("phone")
    if asked.channel is Channel.EMAIL and not asked.email:
        missing.append("email")
    return tuple(missing)


def look_at(case: Case, now: datetime) -> Assessment:
    """The assessment of `case` at `now`, stored nowhere."""
    return assess(load_facts(case), protocol_of(case), now)


def reassess(case: Case, now: datetime, facts: CaseFacts | None = None) -> Change:
    """Assess `case`, a model or a row of `fact_rows`, at `now`, and store the result on it. The caller holds its lock.

    `facts`: those of the case, where the caller has them already. What is found as it was is not sealed anew.
    """
    before, facts, protocol = case.line_list, facts or load_facts(case), protocol_of(case)
    found = assess(facts, protocol, now)
    case.line_list = found.line_list
    Case.because.keep(case, found.because.as_json())
    findings = [finding.as_json() for finding in found.findings]
    Case.findings.keep(case, findings)
    case.priority = found.priority
    case.monitoring_starts_on = found.period.starts_on
    case.monitoring_ends_on = found.period.ends_on
    case.stands_until = found.stands_until
    case.reassess_at = found.reassess_at
    case.next_check_in_at = found.next_check_in_at
    case.assessed_at = now
    case.assessed_revision = case.facts_revision
    case.rules_version = RULES_VERSION
    if found.ending.action in CLOSING_ACTIONS:
        case.release_due_at = case.release_due_at or now
    elif case.status in OPEN_STATUSES:  # the papers of who was closed by hand stay due
        case.release_due_at = None
    list_marks.mark(case, facts, protocol, findings)
    return Change(before, found)
