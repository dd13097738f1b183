"""Taking down how people are. Whom we ask, and when: `asking`."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from auth.actors import Actor
from care import case_management, household_rows, links, phones, timeline, trail
from care.assessment_models import CheckIn, SymptomReport
from care.assessments import Change, counting, protocol_of
from care.commands import RecordReport
from care.facts import UNSPECIFIED
from care.lifecycle import Action, after
from care.models import Case
from care.people import CLOCK_TOLERANCE, phone_index
from care.replies import understand
from care.vocabulary import ReportChannel, Reporter, Status
from config import clock
from config.database import db
from config.errors import N_, RuleViolation
from notifications.inbound import InboundReply

log = structlog.get_logger(__name__)
OLDEST_REPORT = timedelta(days=60)
CORRECTABLE = timedelta(days=14)
BY_THE_PERSON = frozenset({ReportChannel.LINK, ReportChannel.SMS, ReportChannel.ACCOUNT})


@dataclass(frozen=True)
class Recorded:
    """The report, whether it is new (False: the same was said a moment ago), and what it changed."""

    report: SymptomReport
    is_new: bool
    change: Change | None


def record(
    command: RecordReport,
    *,
    case: Case,
    actor: Actor,
    channel: ReportChannel,
    check_in: CheckIn | None = None,
    notice_version: int | None = None,
) -> Recorded:
    """Take down a report for the locked `case`. The same answer within 15 minutes (protocol) is the same report.

    One that corrects another replaces it: the older one stays, and does not count any more. Raises RuleViolation for
    symptoms that are not asked and for times that cannot be, InvalidTransition for a case that is closed.
    """
    now, protocol = clock.now(), protocol_of(case)
    status = after(case.status, Action.REPORT)
    replaced = _replaced(command, case, now)
    reported_at = command.reported_at or (replaced.reported_at if replaced else now)
    _check(command, reported_at, now, protocol.symptom_keys)
    window = timedelta(minutes=protocol.check_ins.same_report_within_minutes)
    others = [row for row in counting(case.reports) if row is not replaced]
    near = [row for row in others if abs(row.reported_at - reported_at) <= window]
    if check_in is not None:
        check_in.answered_at = check_in.answered_at or now
        check_in = _of_case(check_in, case)
    same = next((row for row in near if _says_the_same(row, command)), None) if replaced is None else None
    if same is not None:
        return Recorded(same, is_new=False, change=None)
    report = SymptomReport(
        case=case,
        check_in=check_in or (replaced.check_in if replaced else None),
        corrects_id=near[-1].id if near and replaced is None else None,
        replaces_id=replaced.id if replaced else None,
        reported_at=reported_at,
        recorded_at=now,
        by=command.by,
        channel=channel,
        actor_id=actor.id,
        notice_version=notice_version,
        symptoms=command.symptoms,
        vitals=_vitals(command),
        note=command.note or None,
    )
    db.session.add(report)
    change = _follow(report, case, status, actor, now)
    return Recorded(report, is_new=True, change=change)


def _of_case(check_in: CheckIn, case: Case) -> CheckIn:
    """The question as `case` was asked it, if a case was asked that has gone into it. Both links go on working."""
    slot = check_in.local_date, check_in.slot
    return next((one for one in case.check_ins if (one.local_date, one.slot) == slot), check_in)


def _follow(report: SymptomReport, case: Case, status: Status, actor: Actor, now: datetime) -> Change:
    """What a new report changes in its case."""
    case.status = status
    case.last_report_at = max(row.reported_at for row in counting(case.reports))
    if case.person.unreachable_since is not None:
        case.person.unreachable_since = None
        household_rows.look_again_at(case)
    kind = "reported" if report.replaces_id is None else "report_corrected"
    timeline.add(case, kind, actor, occurred_at=report.reported_at, channel=report.channel.value, by=report.by.value)
    if report.replaces_id is not None:
        trail.record(actor, "case.report_corrected", case, report=report.replaces_id)
    change = case_management.settled(case, actor, now)
    log.info("report_recorded", case=case.reference, channel=report.channel.value)
    return change


def _replaced(command: RecordReport, case: Case, now: datetime) -> SymptomReport | None:
    """The report that this one corrects: one that still counts, and is not older than two weeks."""
    if command.corrects is None:
        return None
    found = next((row for row in case.reports if row.id == command.corrects), None)
    if found is None:
        raise RuleViolation("corrects", N_("There is no such report in this case."))
    if found not in counting(case.reports):
        raise RuleViolation("corrects", N_("This report has been corrected already."))
    if found.recorded_at < now - CORRECTABLE:
        raise RuleViolation("corrects", N_("This report is too old to be corrected."))
    return found


def correctable(case: Case) -> list[SymptomReport]:
    """The reports that can still be corrected, the newest first."""
    since = clock.now() - CORRECTABLE
    return [row for row in reversed(counting(case.reports)) if row.recorded_at >= since]


def correctable_by_person(case: Case) -> SymptomReport | None:
    """The newest report of an open case, while the person may correct it themselves; None: not (any more).

    Source: protocol `check_ins.correct_within_hours`, counted from when the first version was recorded, so that no
    correction lengthens it.
    """
    said = counting(case.reports)
    if not case.is_open or not said:
        return None
    newest = max(said, key=lambda row: (row.reported_at, row.recorded_at))
    known, first = {row.id: row for row in case.reports}, newest
    while first.replaces_id in known:
        first = known[first.replaces_id]
    hours = timedelta(hours=protocol_of(case).check_ins.correct_within_hours)
    is_own = newest.channel in BY_THE_PERSON and clock.now() < first.recorded_at + hours
    return newest if is_own else None


def _check(command: RecordReport, reported_at: datetime, now: datetime, known: frozenset[str]) -> None:
    unknown = sorted(set(command.symptoms) - known - {UNSPECIFIED})
    if unknown:
        raise RuleViolation("symptoms", N_("Unknown symptoms: {keys}."), keys=", ".join(unknown))
    if command.members:
        raise RuleViolation("members", N_("An answer counts for one person only."))
    if reported_at > now + CLOCK_TOLERANCE:
        raise RuleViolation("reported_at", N_("This date is in the future."))
    if reported_at < now - OLDEST_REPORT:
        raise RuleViolation("reported_at", N_("This is too long ago."))


def _vitals(command: RecordReport) -> dict[str, object]:
    return {"temperature_c": command.temperature_c, "fever_reducer": command.fever_reducer}


def _says_the_same(row: SymptomReport, command: RecordReport) -> bool:
    def present(symptoms: dict[str, bool]) -> set[str]:
        return {key for key, answer in symptoms.items() if answer}

    return (
        present(row.symptoms or {}) == present(command.symptoms)
        and (row.vitals or {}) == _vitals(command)
        and (row.note or None) == (command.note or None)
    )


def answer_link(command: RecordReport, *, token: str, notice_version: int | None = None) -> Recorded | None:
    """Take down what a person answers through their link; None when the link takes no answer (any more).

    `notice_version`: of the privacy notice that stood on the page.
    """
    found = links.look(token).check_in
    if found is None:
        return None
    case = case_management.locked_case(links.case_of(found).id)
    check_in = db.session.get_one(CheckIn, found.id, populate_existing=True)
    if not links.takes_answer(check_in):
        return None
    actor = Actor.link(case.reference, case.person.locale)
    channel = ReportChannel.LINK
    return record(command, case=case, actor=actor, channel=channel, check_in=check_in, notice_version=notice_version)


def reply_by_sms(reply: InboundReply) -> bool:
    """Handler of notifications: a reply that plainly answers a check-in is taken down; anything else is not understood.

    At a phone that several people share it counts for those whose number it names, and for nobody if any part of it is
    unclear: then a person reads it.
    """
    index = phone_index(reply.from_phone)
    said = phones.whose(reply.body, index)
    if said is None:
        return False
    digits = not phones.was_shared(phones.on_phone(index))
    answers = []
    household_rows.lock(said)
    for case_id in sorted(said):
        case = case_management.loaded(case_id)
        answer = understand(said[case_id], protocol_of(case), case.person.locale, digits=digits)
        if answer is None or not case.is_open:
            return False
        answers.append((case, answer))
    for case, answer in answers:
        command = RecordReport(
            reported_at=min(reply.received_at, clock.now()),
            symptoms=answer.symptoms,
            temperature_c=answer.temperature_c,
            by=Reporter.SELF if case.person.phone_index == index else Reporter.PROXY,
        )
        check_in = newest_open(case)
        actor = Actor.link(case.reference, case.person.locale)
        record(command, case=case, actor=actor, channel=ReportChannel.SMS, check_in=check_in)
    return True


def newest_open(case: Case) -> CheckIn | None:
    """The question that still waits for its answer, the newest if there are several."""
    now = clock.now()
    waiting = [row for row in case.check_ins if row.answered_at is None and row.expires_at > now]
    return max(waiting, key=lambda row: row.due_at, default=None)


def record_by_staff(command: RecordReport, *, case: Case, actor: Actor, channel: ReportChannel) -> Recorded:
    """Take down what a person said on the phone or on paper, or what another system sends for them.

    `channel` counts where the command does not say how it reached us.
    """
    channel = ReportChannel(command.source) if command.source else channel
    trail.record(actor, "case.report_entered", case, channel=channel.value)
    return record(command, case=case, actor=actor, channel=channel)
