"""A case goes to another health office: with its person, papers, tasks and messages, and with its key.

It is offered first, and stays where it is until the other office accepts: until then the first one is responsible, and
the check-ins go on. Programs may hand over at once (ADR 25). Values stay as they are; only the person's data key is
wrapped anew, with the key of the office that takes the case.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

import structlog
from sqlalchemy import select, update

from auth import audit
from auth.actors import Actor
from auth.models import Office
from auth.roles import Permission
from care import case_management, duplicates, follow_up, household_heads, support, timeline, trail, transfer_rows
from care.commands import AnswerTransfer, TransferCase
from care.course_models import Handover
from care.lifecycle import Action, after
from care.models import Case, OfficeTask
from care.queries import case_for
from care.transfer_models import Transfer
from care.transfer_rules import LASTS, TransferAction, TransferState
from care.vocabulary import TaskKind
from config import clock, scopes
from config.database import db, transaction
from config.errors import N_, Forbidden, InvalidTransition, NotFound, RuleViolation
from notifications.handing_over import hand_over as messages_follow

log = structlog.get_logger(__name__)
HANDING_OVER = scopes.system("care.transfer")
HOUSE = Actor.system("care.transfer")


def destinations(case: Case) -> list[tuple[str, str]]:
    """Code and name of the offices to which `case` can go, by name."""
    others = select(Office.code, Office.name).where(Office.id != case.office_id).order_by(Office.name)
    return [(code, name) for code, name in db.session.execute(others)]


def hand_over(command: TransferCase, *, reference: str, actor: Actor) -> TransferState:
    """Offer the open case `reference` to another office, or move it at once, in a transaction of its own.

    It runs as the house itself, since nobody may write into an office that is not theirs; `actor` must see the case and
    may hand it over. Raises NotFound, Forbidden, InvalidTransition for a closed case, RuleViolation for the office.
    """
    found = case_for(actor, reference)
    _refuse_others(actor, found.office_id)
    with scopes.within(HANDING_OVER), transaction():
        case = _locked(found)
        to = _office(command.office, case)
        if not command.offer:
            transfer_rows.withdraw(case, actor)
            _move(case, to, command.note or None, actor)
            return TransferState.ACCEPTED
        _offer(case, to, command.note or None, actor)
        return TransferState.OFFERED


def _refuse_others(actor: Actor, office_id: UUID) -> None:
    if not actor.is_system and office_id not in actor.offices_for(Permission.CASES_TRANSFER):
        raise Forbidden()


def _locked(found: Case) -> Case:
    case = case_management.locked_case(found.id)
    if case.office_id != found.office_id:  # somebody was faster
        raise NotFound()
    return case


def _offer(case: Case, to: Office, note: str | None, actor: Actor) -> None:
    after(case.status, Action.TRANSFER)
    if transfer_rows.waiting_of(case) is not None:
        raise RuleViolation("office", N_("The case is offered to a health office already. Withdraw that first."))
    _refuse_twice(_all_of_person(case), to)
    now = clock.now()
    offer = Transfer(
        case=case,
        from_office_id=case.office_id,
        to_office_id=to.id,
        state=TransferState.OFFERED,
        offered_at=now,
        expires_at=now + LASTS,
        offered_by=actor.id[:80],
        note=note,
    )
    db.session.add(offer)
    timeline.add(case, "transfer_offered", actor, to_office=to.code, note=note)
    trail.record(actor, "case.transfer_offered", case, office=to.code)
    log.info("transfer_offered", case=case.reference, office=to.code)


def withdraw(*, reference: str, actor: Actor) -> None:
    """Take an offer back that waits. Raises NotFound, Forbidden, InvalidTransition when there is none."""
    found = case_for(actor, reference)
    _refuse_others(actor, found.office_id)
    with scopes.within(HANDING_OVER), transaction():
        case = _locked(found)
        if not transfer_rows.withdraw(case, actor):
            raise InvalidTransition(TransferAction.WITHDRAW.value, case.status.value)
        trail.record(actor, "case.transfer_ended", case, step=TransferAction.WITHDRAW.value)


def answer(command: AnswerTransfer, *, reference: str, actor: Actor) -> None:
    """Say yes or no to a case that is offered to an office of `actor`. With yes it moves there.

    Raises NotFound, also when the offer was withdrawn, has run out or was answered; RuleViolation for a refusal without
    a reason; InvalidTransition for a case that was closed.
    """
    mine = None if actor.is_system else actor.offices_for(Permission.CASES_TRANSFER)
    with scopes.within(HANDING_OVER), transaction():
        case_id = _offered_to(mine, reference)
        case = case_management.locked_case(case_id)
        offer = transfer_rows.waiting_of(case)
        if offer is None or (mine is not None and offer.to_office_id not in mine) or offer.expires_at <= clock.now():
            raise NotFound()
        if command.accept:
            to = db.session.get_one(Office, offer.to_office_id)
            transfer_rows.end(offer, TransferAction.ACCEPT, actor)
            _move(case, to, offer.note, actor)
        else:
            _refuse(case, offer, command.reason, actor)


def _offered_to(offices: Collection[UUID] | None, reference: str) -> UUID:
    wanted = select(Transfer.case_id).join(Case).where(Case.reference == reference.strip().upper())
    wanted = wanted.where(Transfer.state == TransferState.OFFERED)
    if offices is not None:
        wanted = wanted.where(Transfer.to_office_id.in_(offices))
    case_id = db.session.scalar(wanted)
    if case_id is None:
        raise NotFound()
    return case_id


def _refuse(case: Case, offer: Transfer, reason: str, actor: Actor) -> None:
    if not reason:
        raise RuleViolation("reason", N_("Please say why: the other health office reads it."))
    transfer_rows.end(offer, TransferAction.REFUSE, actor, reason)
    _give_back(case, offer, reason, actor)
    to = db.session.get_one(Office, offer.to_office_id)
    audit.record(actor, "case.transfer_refused", f"case:{case.reference}", chain=f"office:{to.code}")


def _give_back(case: Case, offer: Transfer, reason: str | None, actor: Actor) -> None:
    """Nobody takes the case: whoever has offered it has to do something about it."""
    task = follow_up.open_task(case, TaskKind.TRANSFER_FAILED)
    if task is not None:
        task.note = reason
    state = offer.state.value
    timeline.add(case, f"transfer_{state}", actor, to_office=offer.to_office.code, note=reason)
    trail.record(actor, "case.transfer_ended", case, step=state)
    log.info("transfer_ended", case=case.reference, state=state)


def expire_due() -> int:
    """End the offers that nobody has answered in time; how many. A job."""
    with scopes.within(HANDING_OVER), transaction():
        over = Transfer.state == TransferState.OFFERED, Transfer.expires_at <= clock.now()
        found = db.session.scalars(select(Transfer.case_id).where(*over).order_by(Transfer.expires_at).limit(50)).all()
        for case_id in sorted(found):
            case = case_management.locked_case(case_id)
            offer = transfer_rows.waiting_of(case)
            if offer is not None and offer.expires_at <= clock.now():
                transfer_rows.end(offer, TransferAction.EXPIRE, HOUSE)
                _give_back(case, offer, None, HOUSE)
        return len(found)


def _office(code: str, case: Case) -> Office:
    office = db.session.scalar(select(Office).where(Office.code == code.strip().lower()))
    if office is None:
        raise RuleViolation("office", N_("There is no health office “{code}”."), code=code)
    if office.id == case.office_id:
        raise RuleViolation("office", N_("The case is in this health office already."))
    return office


def _move(case: Case, to: Office, note: str | None, actor: Actor) -> None:
    after(case.status, Action.TRANSFER)  # a closed case stays where it was closed
    origin = db.session.get_one(Office, case.office_id)
    every = _all_of_person(case)
    _refuse_twice(every, to)
    for one in every:
        household_heads.leave(one, with_person=case.person_id)  # a household is looked after by one office
        _remember(one, origin, to, actor)
        transfer_rows.withdraw(one, actor)  # another case of theirs may have been offered elsewhere
        one.office_id = to.id
        one.assigned_to = one.assigned_name = None  # whoever had it works elsewhere
        one.touched_at = clock.now()
        one.facts_revision += 1  # whoever saw it before has seen it elsewhere; the next sweep looks at it again
        messages_follow(one.reference, before=f"office:{origin.id}", after=f"office:{to.id}")
    moved = [one.id for one in every]
    db.session.execute(update(OfficeTask).where(OfficeTask.case_id.in_(moved)).values(office_id=to.id))
    support.disown(moved)
    duplicates.forget(moved, person_ids=[case.person_id])  # whom the other office knows is seen there
    case.person.office_id = to.id
    case.person.rewrap_key()
    task = follow_up.open_task(case, TaskKind.TAKEN_OVER)
    if task is not None:
        task.note = note
    timeline.add(case, "transferred", actor, from_office=origin.code, to_office=to.code, note=note)
    audit.record(actor, "case.handed_over", f"case:{case.reference}", chain=f"office:{origin.code}", office=to.code)
    audit.record(actor, "case.taken_over", f"case:{case.reference}", chain=f"office:{to.code}", office=origin.code)
    log.info("case_transferred", case=case.reference, origin=origin.code, office=to.code)


def _all_of_person(case: Case) -> Sequence[Case]:
    return db.session.scalars(select(Case).where(Case.person_id == case.person_id).order_by(Case.id)).all()


def _refuse_twice(cases: Sequence[Case], to: Office) -> None:
    identities = [case.identity_index for case in cases if case.identity_index]
    there = select(Case.id).where(Case.office_id == to.id, Case.identity_index.in_(identities))
    if identities and db.session.scalar(there.limit(1)) is not None:
        raise RuleViolation("office", N_("This health office has this case already."))


def _remember(case: Case, origin: Office, to: Office, actor: Actor) -> None:
    """So that the same row of a file that the first office imports again does not become a second case."""
    db.session.add(
        Handover(
            case_id=case.id,
            from_office_id=origin.id,
            to_office_id=to.id,
            identity_index=case.identity_index,
            at=clock.now(),
            actor_id=actor.id,
        )
    )
