"""Everything that staff do with a case. All functions run inside the caller's `transaction()`."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import select

from auth import notices
from auth.actors import Actor
from care import (
    follow_up,
    household_heads,
    household_rows,
    known_cases,
    links,
    messages,
    name_index,
    people,
    phones,
    timeline,
    trail,
    transfer_rows,
)
from care.assessment_models import WITH_FACTS, LabResult, Review
from care.assessments import Change, load_facts, reassess, zone_of
from care.commands import (
    CloseCase,
    EnrolCase,
    RecordLabResult,
    ReviewCase,
    SetPreferences,
    SetPublicHealthAction,
)
from care.lifecycle import Action, after
from care.models import Case
from care.monitoring import period
from care.protocol import current_protocol
from care.vocabulary import CloseReason, LabOutcome, Status
from config import clock
from config.database import db, locked
from config.errors import N_, NotFound, RuleViolation
from config.ids import new_reference
from notifications.preferences import Basis

log = structlog.get_logger(__name__)

# Whose case ends so answers for nobody any more; after a release people go on answering for the others.
CANNOT_ANSWER = (CloseReason.DECEASED, CloseReason.NOT_REACHABLE)
CLOSING: dict[CloseReason, Action] = {
    CloseReason.COMPLETED_MONITORING: Action.COMPLETE,
    CloseReason.ENROLLED_ON_LAST_DAY: Action.COMPLETE,
    CloseReason.ENROLLED_PAST_END: Action.COMPLETE,
    CloseReason.NOT_REACHABLE: Action.LOSE,
    CloseReason.TRANSFERRED: Action.TRANSFER,
    CloseReason.DECEASED: Action.DIE,
    CloseReason.NOT_A_CASE: Action.CLOSE,
    CloseReason.DUPLICATE: Action.CLOSE,
    CloseReason.OTHER: Action.CLOSE,
}


@dataclass(frozen=True)
class Enrolment:
    """The case, and whether it is new (False: this person's same case was there already)."""

    case: Case
    created: bool


def enrol(
    command: EnrolCase,
    *,
    actor: Actor,
    office_id: UUID,
    source: str | None = None,
    closed_as: CloseReason | None = None,
) -> Enrolment:
    """Take a person into care in the office `office_id`.

    With an `external_id`, or from a `source` (an import), the same person's same case is found again and nothing is
    made twice. A period that is over already, or a reason in `closed_as`, makes a closed case and no message.
    Raises RuleViolation.
    """
    now, protocol = clock.now(), current_protocol(command.protocol)
    identity = people.identity_of(command, source)
    known = known_cases.by_identity(office_id, identity)
    if known is not None:
        return Enrolment(known, created=False)
    if known_cases.handed_over(office_id, [identity]):
        raise RuleViolation("external_id", N_("This case was handed over to another health office."))
    head = _head(command.household_of, office_id)
    case = Case(
        reference=_free_reference(),
        person=phones.numbered(people.new_person(command.person, office_id, now)),
        office_id=office_id,
        kind=command.kind,
        protocol_code=protocol.code,
        protocol_version=protocol.version,
        status=Status.ENROLLED,
        source=source,
        external_id=command.external_id,
        external_index=people.external_index(command.external_id) if command.external_id else None,
        identity_index=identity,
        enrolled_at=command.enrolled_at or now,
        recorded_at=now,
        touched_at=now,
        last_exposure_on=command.last_exposure_on,
        symptom_onset_on=command.symptom_onset_on,
        first_positive_on=command.first_positive_on,
        entered_on=command.entered_on,
        continuous_exposure=command.continuous_exposure,
        public_health_action="none",
        notice_version=notices.newest(notices.ENROLMENT),
        facts_revision=1,
    )
    household_rows.point(case, head)
    people.check_dates(command, case.enrolled_at, zone_of(case.person), now)
    change = reassess(case, now)
    db.session.add(case)
    db.session.flush()
    name_index.index_names(case.person)
    if head is not None:
        case.number_at_head = phones.number_at_head(case, head)
    timeline.add(case, "enrolled", actor, occurred_at=case.enrolled_at, source=source)
    trail.record(actor, "case.enrolled", case)
    ends_at = period(load_facts(case), protocol).ends_at(zone_of(case.person))
    if ends_at is not None and ends_at <= now:
        closed_as = closed_as or CloseReason.ENROLLED_PAST_END
    if closed_as:
        _finish(case, CLOSING[closed_as], closed_as, actor, now)
    else:
        _welcome(case, change, actor, now)
    log.info("case_enrolled", case=case.reference)
    return Enrolment(case, created=True)


def _welcome(case: Case, change: Change, actor: Actor, now: datetime) -> None:
    messages.note_basis(case, Basis.MONITORING)
    if messages.invite(case):
        case.status = after(case.status, Action.INVITE)
        change = Change(change.before, reassess(case, now).now)
    follow_up.react(case, change, actor)


def _free_reference() -> str:
    while True:
        reference = new_reference()
        if db.session.scalar(select(Case.id).where(Case.reference == reference)) is None:
            return reference


def _head(reference: str | None, office_id: UUID) -> Case | None:
    if reference is None:
        return None
    head = household_rows.head_for(reference.strip().upper(), office_id, field="household_of")
    household_rows.lock([head.id])
    return head


def locked_case(case_id: UUID) -> Case:
    """The case, freshly read, its row and those of its household locked until the transaction ends. Raises NotFound."""
    household_rows.lock([case_id])
    return loaded(case_id)


def loaded(case_id: UUID) -> Case:
    """The same for a case whose household is locked already."""
    statement = select(Case).options(*WITH_FACTS).where(Case.id == case_id)
    case = db.session.scalar(locked(statement).execution_options(populate_existing=True))
    if case is None:
        raise NotFound()
    return case


def settled(case: Case, actor: Actor, now: datetime) -> Change:
    """After new facts: count the revision, assess, and do what follows."""
    case.facts_revision += 1
    case.touched_at = now
    db.session.flush()
    change = reassess(case, now)
    follow_up.react(case, change, actor)
    return change


def review(command: ReviewCase, *, case: Case, actor: Actor) -> Change:
    """Judge what was reported until now. The reports stay as they are; `case` is locked and open."""
    now = clock.now()
    after(case.status, Action.CLOSE)  # a closed case cannot be reviewed
    db.session.add(
        Review(case=case, outcome=command.outcome.value, recorded_at=now, actor_id=actor.id, note=command.note or None)
    )
    timeline.add(case, "reviewed", actor, outcome=command.outcome.value, note=command.note or None)
    trail.record(actor, "case.reviewed", case)
    follow_up.finish_tasks(case, follow_up.REVIEWED_BY_OFFICER, actor)
    return settled(case, actor, now)


def record_lab_result(command: RecordLabResult, *, case: Case, actor: Actor) -> Change:
    """Add a laboratory result. A first positive one sets the date from which an index case is counted."""
    now = clock.now()
    after(case.status, Action.CLOSE)
    if command.sampled_on > now.astimezone(zone_of(case.person)).date():
        raise RuleViolation("sampled_on", N_("This date is in the future."))
    db.session.add(
        LabResult(
            case=case,
            kind=command.kind,
            outcome=command.result.value,
            sampled_on=command.sampled_on,
            recorded_at=now,
            actor_id=actor.id,
        )
    )
    if command.result is LabOutcome.POSITIVE:
        case.first_positive_on = min(filter(None, (case.first_positive_on, command.sampled_on)))
    timeline.add(case, "lab_result", actor, test=command.kind.value, result=command.result.value, on=command.sampled_on)
    return settled(case, actor, now)


def set_action(command: SetPublicHealthAction, *, case: Case, actor: Actor) -> Change:
    """Order a public-health action; `none` ends it."""
    after(case.status, Action.CLOSE)
    case.public_health_action = command.action
    timeline.add(case, "action", actor, action=command.action)
    return settled(case, actor, clock.now())


def set_preferences(command: SetPreferences, *, case: Case, actor: Actor) -> Change:
    """Change how and when the person is asked, or pause and resume the case."""
    person = case.person
    for name in ("channel", "contact_window", "locale", "timezone"):
        value = getattr(command, name)
        if value is not None:
            setattr(person, name, value)
    if command.channel is not None:
        messages.note_basis(case, Basis.MONITORING)
        person.opted_out_at = None  # somebody has talked to them about how they wish to be reached
    if command.paused is not None and command.paused is not (case.status is Status.PAUSED):
        case.status = after(case.status, Action.PAUSE if command.paused else Action.RESUME)
        messages.withdraw(case)
        messages.withdraw(case, messages.FOR_HOUSEHOLD)
    changed = command.model_dump(exclude_none=True, mode="json")
    timeline.add(case, "preferences", actor, **changed)
    if command.paused is not None:
        _pause_members(case, command.paused, actor)
    household_rows.look_again_at(case)
    return settled(case, actor, clock.now())


def _pause_members(head: Case, paused: bool, actor: Actor) -> None:
    """With the head, everybody is paused or resumed for whom they answer; who is in hospital stays there."""
    now = clock.now()
    for member in household_rows.open_members_of(head):
        if member.status is Status.HOSPITALISED or paused is (member.status is Status.PAUSED):
            continue
        member.status = after(member.status, Action.PAUSE if paused else Action.RESUME)
        timeline.add(member, "preferences", actor, paused=paused, head=head.reference)
        settled(member, actor, now)


def close(command: CloseCase, *, case: Case, actor: Actor) -> None:
    """Close an open case for the given reason; messages that have not gone out are withdrawn."""
    trail.record(actor, "case.closed", case)
    _finish(case, CLOSING[command.reason], command.reason, actor, clock.now(), note=command.note or None)


def _finish(
    case: Case, action: Action, reason: CloseReason, actor: Actor, now: datetime, *, note: str | None = None
) -> None:
    case.status = after(case.status, action)
    case.close_reason, case.closed_at = reason, now
    messages.withdraw(case)
    links.revoke_check_ins(case)
    transfer_rows.withdraw(case, actor)
    follow_up.finish_tasks(case, None, actor)
    timeline.add(case, "closed", actor, reason=reason.value, note=note)
    case.facts_revision += 1
    case.touched_at = now
    reassess(case, now)
    if reason in CANNOT_ANSWER:
        household_heads.leave(case)


def end_by_rule(case: Case, reason: CloseReason, actor: Actor) -> None:
    """Monitoring is over by the rules, or the person is given up."""
    _finish(case, CLOSING[reason], reason, actor, clock.now())


def reopen(case: Case, actor: Actor) -> Change:
    """Take a closed case up again."""
    if case.merged_into is not None:
        raise RuleViolation("", N_("This case has gone into case {reference}."), reference=case.merged_into.reference)
    case.status = after(case.status, Action.REOPEN)
    case.close_reason = case.closed_at = None
    timeline.add(case, "reopened", actor)
    trail.record(actor, "case.reopened", case)
    return settled(case, actor, clock.now())
