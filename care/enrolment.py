"""Taking people into care: one, or the many of a file, by the same rule. Inside the caller's `transaction()`.

What one person costs the database is asked and written once for all of them: whether they are known, whose phone they
share, their cases, their timeline, their messages, the audit trail.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select

from auth.actors import Actor
from care import ending, household_rows, known_cases, list_marks, messages, new_cases, people, phones, trail
from care.assessments import load_facts, protocol_of, reassess, zone_of
from care.case_sets import CaseSet
from care.commands import DATES, EnrolCase
from care.facts import CaseFacts
from care.isolation import review_ready
from care.lifecycle import Action, after
from care.models import Case
from care.monitoring import course, period
from care.protocol import current_protocol
from care.vocabulary import CloseReason, Kind
from config import clock
from config.database import db
from config.errors import N_, RuleViolation
from config.gathering import gathering
from config.ids import new_reference
from config.rowsets import among
from notifications.preferences import Basis

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Enrolment:
    """The case, and whether it is new (False: this person's same case was there already).

    `case`: a model; from `enrol_many` a row of `fact_rows.NewCase` where it is new.
    """

    case: Case
    created: bool


@dataclass(frozen=True)
class Wanted:
    """Somebody to take into care. `closed_as`: why their case is over already."""

    command: EnrolCase
    closed_as: CloseReason | None = None


def enrol(
    command: EnrolCase,
    *,
    actor: Actor,
    office_id: UUID,
    source: str | None = None,
    closed_as: CloseReason | None = None,
) -> Enrolment:
    """Take a person into care in the office `office_id`: `enrol_many` for one, whose case is a model."""
    found = enrol_many([Wanted(command, closed_as)], actor=actor, office_id=office_id, source=source)[0]
    return replace(found, case=db.session.get_one(Case, found.case.id)) if found.created else found


def enrol_many(
    wanted: Sequence[Wanted], *, actor: Actor, office_id: UUID, source: str | None = None
) -> list[Enrolment]:
    """Take people into care in the office `office_id`: all, or none if one of them is refused. Some hundred at most.

    With an `external_id`, or from a `source` (an import), the same person's same case is found again and nothing is
    made twice. A period that was over at the enrolment, or a reason in `closed_as`, makes a closed case and no message;
    one that has ended since, elsewhere and unanswered, goes on until there is an answer.
    Raises RuleViolation.
    """
    now = clock.now()
    identities = [people.identity_of(one.command, source) for one in wanted]
    known = known_cases.by_identities(office_id, identities)
    first = _first_of_each(identities, known)
    if known_cases.handed_over(office_id, [identities[position] for position in first]):
        raise RuleViolation("external_id", N_("This case was handed over to another health office."))
    new = [wanted[position] for position in first]
    heads = _heads([one.command for one in new], office_id)
    cases = [
        _case(one.command, identities[position], heads.get(_written(one.command)), office_id, source, now)
        for position, one in zip(first, new, strict=True)
    ]
    for case, reference in zip(cases, _free_references(len(cases)), strict=True):
        case.reference = reference
    _number(cases)
    for case in cases:
        list_marks.mark_new(case)
    with gathering():
        _begin(cases, new, actor, now)
    made = dict(zip(first, cases, strict=True))
    known |= {identities[position]: case for position, case in made.items() if identities[position]}
    return [
        Enrolment(made[position], True) if position in made else Enrolment(known[identity], False)
        for position, identity in enumerate(identities)
    ]


def _first_of_each(identities: Sequence[bytes | None], known: Mapping[bytes | None, Case]) -> list[int]:
    """The positions that make a case: one for each identity that is not known yet, and all without one."""
    seen: set[bytes] = set()
    found = []
    for position, identity in enumerate(identities):
        if identity is None or not (identity in known or identity in seen):
            found.append(position)
        if identity is not None:
            seen.add(identity)
    return found


def _case(
    command: EnrolCase, identity: bytes | None, head: Case | None, office_id: UUID, source: str | None, now: datetime
) -> Any:
    """The new row, begun by `_begin`; not in the database yet. Raises RuleViolation."""
    person = people.new_person(command.person, office_id, now)
    protocol, enrolled_at = current_protocol(command.protocol), command.enrolled_at or now
    case = new_cases.made(person, head, command.kind, protocol, enrolled_at)
    case.recorded_at = case.touched_at = now
    case.source, case.identity_index = source, identity
    case.external_id = command.external_id
    case.external_index = people.external_index(command.external_id) if command.external_id else None
    for day in DATES:
        setattr(case, day, getattr(command, day))
    case.continuous_exposure, case.public_health_action = command.continuous_exposure, "none"
    people.check_dates(command, case.enrolled_at, zone_of(case.person), now)
    return case


def _begin(cases: Sequence[Any], wanted: Sequence[Wanted], actor: Actor, now: datetime) -> None:
    """Tell the people, assess their cases once it is known who can be told, store them, and do what follows."""
    open_cases: list[tuple[Any, CaseFacts]] = []
    found = CaseSet(now)
    for case, one in zip(cases, wanted, strict=True):
        facts = load_facts(case)
        said = {"source": case.source} if case.source is not None else {}
        found.lines.add(case, "enrolled", actor, now, said, occurred_at=case.enrolled_at)
        trail.record(actor, "case.enrolled", case)
        reason = one.closed_as or (CloseReason.ENROLLED_PAST_END if _is_over(case, facts, now) else None)
        if reason is None:
            case.monitoring_ends_on = course(facts, protocol_of(case), now).ends_on  # the invitation names it
            open_cases.append((case, facts))
        else:
            _end(case, reason, now)
            found.lines.add(case, "closed", actor, now, {"reason": reason.value})
        log.info("case_enrolled", case=case.reference)
    _welcome(open_cases, found)
    new_cases.insert(cases)
    found.write()


def _is_over(case: Any, facts: CaseFacts, now: datetime) -> bool:
    """Whether the last day was over when the case was enrolled, by the days alone, whoever was silent.

    An isolation is not over before the protocol lets it be reviewed: an officer ends it.
    """
    ends_at = period(facts, protocol_of(case)).ends_at(facts.zone)
    if ends_at is None or ends_at > case.enrolled_at:
        return False
    return facts.kind is not Kind.INDEX or review_ready(facts, protocol_of(case), now) is not None


def _end(case: Any, reason: CloseReason, now: datetime) -> None:
    ending.end(case, reason, now)
    if reason in ending.CANNOT_ANSWER:
        case.head = case.household_head_id = case.number_at_head = None


def _welcome(open_cases: Sequence[tuple[Any, CaseFacts]], found: CaseSet) -> None:
    cases = [case for case, _ in open_cases]
    messages.note_basis(cases, Basis.MONITORING)
    invited = messages.invite(cases)
    for case, facts in open_cases:
        if case.id in invited:
            case.status = after(case.status, Action.INVITE)
        found.follow(case, reassess(case, found.now, replace(facts, status=case.status)))


def _number(cases: Sequence[Any]) -> None:
    """Give the persons their numbers at their phones, and at those of the heads of their households."""
    indexes = [case.person.phone_index for case in cases] + [
        case.head.person.phone_index for case in cases if case.head
    ]
    numbers = phones.Numbers(indexes)
    for case in cases:
        phones.numbered(case.person, numbers)
        if case.head is not None:
            case.number_at_head = phones.number_at_head(case, case.head, numbers)


def _free_references(count: int) -> list[str]:
    found: set[str] = set()
    while len(found) < count:
        drawn = {new_reference() for _ in range(count - len(found))}
        found |= drawn - set(db.session.scalars(select(Case.reference).where(Case.reference.in_(drawn))))
    return list(found)


def _written(command: EnrolCase) -> str:
    return (command.household_of or "").strip().upper()


def _heads(commands: Sequence[EnrolCase], office_id: UUID) -> dict[str, Case]:
    """The cases that answer for them, by reference, their households locked."""
    references = {_written(command) for command in commands if command.household_of is not None}
    if not references:
        return {}
    named = select(Case.id).where(among(Case.reference, references), Case.office_id == office_id)
    household_rows.lock(db.session.scalars(named).all())  # before they are read: somebody may be moving them
    return household_rows.heads_for(references, office_id, field="household_of")
