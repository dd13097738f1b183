"""Answering for a household: per person, and never for anybody but those who are named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from auth.actors import Actor
from care import case_management, check_ins, household_rows, links, phones, trail
from care.assessment_models import HouseholdRound
from care.assessments import protocol_of, zone_of
from care.check_ins import Recorded
from care.commands import RecordReport
from care.local_days import local_day
from care.models import Case
from care.people import initials
from care.protocol import Protocol
from care.vocabulary import ReportChannel, Reporter
from config import clock
from config.database import db
from config.errors import N_, FieldError, RuleViolation

NOT_THEIRS = N_("This case does not answer for {reference}.")
Answers = Mapping[str, RecordReport]
"""What is said of each person, by the reference of their case."""


@dataclass(frozen=True)
class Taken:
    """The report of the case itself, if anything was said of it, and those of the others, by reference."""

    own: Recorded | None
    members: Mapping[str, Recorded]

    @property
    def any_new(self) -> bool:
        return any(one.is_new for one in (self.own, *self.members.values()) if one is not None)


def answer_link(answers: Answers, *, token: str, notice_version: int | None = None) -> Sequence[Recorded] | None:
    """Take down what the head says through the household's link; None when it takes none of this (any more).

    Who has left the household since, or is closed, is answered for no more: then nothing of the form is taken down.
    """
    found = links.look(token).round
    if found is None:
        return None
    household_rows.lock([found.head_id])
    asked = db.session.get_one(HouseholdRound, found.id, populate_existing=True)
    waiting = {links.case_of(check_in).reference: check_in for check_in in links.waiting_in(asked)}
    if not answers or set(answers) - waiting.keys():
        return None
    taken = []
    for reference, command in sorted(answers.items(), key=lambda one: links.case_of(waiting[one[0]]).id):
        check_in = waiting[reference]
        case = case_management.loaded(links.case_of(check_in).id)
        taken.append(
            check_ins.record(
                command.model_copy(update={"by": Reporter.SELF if case.id == asked.head_id else Reporter.PROXY}),
                case=case,
                actor=Actor.link(asked.head.reference, asked.head.person.locale),
                channel=ReportChannel.LINK,
                check_in=check_in,
                notice_version=notice_version,
            )
        )
    return taken


def record(command: RecordReport, *, case: Case, actor: Actor, channel: ReportChannel) -> Taken:
    """Take down a report for the locked `case`, and for the members whom it names, if `case` answers for them.

    All of it or nothing. Raises RuleViolation with the member in the name of the field.
    """
    answers = _of_members(command)
    members = {member.reference: member for member in household_rows.open_members_of(case)} if answers else {}
    unknown = [FieldError(f"members.{one}", NOT_THEIRS, {"reference": one}) for one in answers if one not in members]
    if unknown:
        raise RuleViolation.of(unknown)
    taken = {
        reference: check_ins.record_by_staff(answers[reference], case=members[reference], actor=actor, channel=channel)
        for reference in sorted(answers, key=lambda one: members[one].id)
    }
    own = command.model_copy(update={"members": None})
    if not own.says_something:
        return Taken(None, taken)
    return Taken(check_ins.record_by_staff(own, case=case, actor=actor, channel=channel), taken)


def _of_members(command: RecordReport) -> dict[str, RecordReport]:
    found: dict[str, RecordReport] = {}
    for name, values in (command.members or {}).items():
        reference = name.strip().upper()
        of_all = {"by": _by_whom(command.by), "reported_at": command.reported_at, "source": command.source}
        given = of_all | values
        try:
            found[reference] = RecordReport.model_validate(given)
        except ValidationError as error:
            wrong: list[Any] = list(error.errors(include_url=False, include_input=False))
            fields = [".".join(map(str, ("members", name, *one["loc"]))) for one in wrong]
            raise RuleViolation.of(FieldError(field, N_("This cannot be right.")) for field in fields) from error
        if found[reference].members or found[reference].corrects:
            raise RuleViolation(f"members.{name}", N_("An answer counts for one person only."))
    return found


def _by_whom(by: Reporter) -> Reporter:
    return Reporter.PROXY if by is Reporter.SELF else by


def record_each(
    answers: Answers,
    *,
    head_id: UUID,
    actor: Actor,
    channel: ReportChannel,
    by: Reporter | None = None,
    notice_version: int | None = None,
) -> Sequence[Recorded]:
    """Take down what the head of a household says of each person; all of it or nothing. Raises RuleViolation.

    `by`: who says it; None: the head for themselves, and on behalf of the others. What staff take down tells how they
    came by it; else it is `channel`.
    """
    head = case_management.locked_case(head_id)
    known = {case.reference: case for case in (head, *household_rows.open_members_of(head))}
    unknown = [FieldError("", NOT_THEIRS, {"reference": one}) for one in answers if one not in known]
    if unknown:
        raise RuleViolation.of(unknown)
    taken = []
    for reference in sorted(answers, key=lambda one: known[one].id):
        case, said = known[reference], by or (Reporter.SELF if known[reference] is head else Reporter.PROXY)
        answer = answers[reference].model_copy(update={"by": said})
        way = ReportChannel(answer.source) if by is Reporter.STAFF and answer.source else channel
        if by is Reporter.STAFF:
            trail.record(actor, "case.report_entered", case, channel=way.value)
        taken.append(
            check_ins.record(
                answer,
                case=case,
                actor=actor,
                channel=way,
                check_in=check_ins.newest_open(case),
                notice_version=notice_version,
            )
        )
    return taken


@dataclass(frozen=True)
class Asked:
    """One section of the form for a household: how the page says whom it means, and what it asks.

    Initials and age, as Sara Alert has it: whoever answers knows the person, a stranger does not learn who it is.
    Colleagues are told the name: of twins they would have nothing else to go by.
    """

    reference: str
    named: str
    age: int | None
    number: int | None
    protocol: Protocol


def asked_by_link(asked: HouseholdRound) -> list[Asked]:
    """The people for whom the household's link still waits for an answer, the head first."""
    return _sections([links.case_of(check_in) for check_in in links.waiting_in(asked)], asked.head)


def household_of(head: Case) -> list[Asked]:
    """Everybody for whom this case answers and whose case is open, the head first; nobody if that is the head alone."""
    members = household_rows.open_members_of(head)
    if not members:
        return []
    return _sections([*([head] if head.is_open else []), *members], head)


def seen_household_of(head: Case, actor: Actor) -> list[Asked]:
    """The same for a colleague, who sees them all by it: that is noted in the audit trail."""
    cases = [head, *household_rows.open_members_of(head)]
    names = {case.reference: f"{case.person.given_name} {case.person.family_name}" for case in cases}
    people = [replace(one, named=names[one.reference]) for one in household_of(head)]
    trail.looked(actor, "case.viewed", cases)
    return people


def _sections(cases: Sequence[Case], head: Case) -> list[Asked]:
    in_order = sorted(cases, key=lambda case: (case.id != head.id, case.id))
    return [
        Asked(case.reference, initials(case.person), _age(case), phones.shown_at(head, case), protocol_of(case))
        for case in in_order
    ]


def _age(case: Case) -> int | None:
    born, today = case.person.birth_date, local_day(clock.now(), zone_of(case.person))
    if born is None:
        return None
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
