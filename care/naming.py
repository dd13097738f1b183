"""Contacts that an infected person names: taken down, looked for, taken into care.

All functions run inside the caller's `transaction()`.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Select, select

from auth.actors import Actor
from care import case_management, exposure_rows, household_rows, known_people, timeline, trail
from care.assessments import zone_of
from care.commands import EnrolCase
from care.course_models import Exposure
from care.duplicate_rules import Traits
from care.known_people import Meant
from care.models import Case
from care.naming_models import NamedContact, NamingFinished
from care.naming_rules import (
    ActOnNamed,
    NameContacts,
    NamedAction,
    NamedPerson,
    NamedState,
    enrolment_of,
    state_after,
)
from care.people import CLOCK_TOLERANCE
from care.protocol import disease_of
from care.queries import standing_case_for
from care.vocabulary import Kind
from config import clock
from config.database import db
from config.errors import N_, FieldError, NotFound, RuleViolation

OTHER_DISEASE = N_("This case is about another disease.")
log = structlog.get_logger(__name__)
SETTLED = frozenset({NamedState.ENROLLED, NamedState.NOT_CONTACT, NamedState.UNREACHABLE})


def name(command: NameContacts, *, case: Case, actor: Actor) -> list[NamedContact]:
    """Take down whom the person of the locked `case` has met; those who are new. Named twice, somebody is there once.

    Raises RuleViolation for a case that is closed or of another kind, for days and times in the future, and when
    nobody at all was named and that is not confirmed.
    """
    now = clock.now()
    _check(command, case, now)
    named_at = command.named_at or now
    known = list(db.session.scalars(of_case(case)))
    added = []
    for person in command.contacts:
        if any(_is_same(one, person) for one in known):
            continue
        row = NamedContact(
            case=case,
            state=NamedState.NAMED,
            source=command.source,
            named_at=named_at,
            actor_id=actor.id,
            attempts=0,
            **person.model_dump(),
        )
        db.session.add(row)
        known.append(row)
        added.append(row)
    if added:
        told = {"number": len(added), "source": command.source.value}
        timeline.add(case, "contacts_named", actor, occurred_at=named_at, **told)
        if actor.is_known:
            trail.record(actor, "case.contacts_named", case, number=len(added))
        log.info("contacts_named", case=case.reference, number=len(added), source=command.source)
    if command.finished:
        _finish(command, len(known), case, actor)
    db.session.flush()
    return added


def _check(command: NameContacts, case: Case, now: datetime) -> None:
    if case.kind is not Kind.INDEX:
        raise RuleViolation("", N_("Only an infected person names contacts."))
    if not case.is_open:
        raise RuleViolation("", N_("The case is closed; nobody can be named any more."))
    today = clock.today(zone_of(case.person))
    future = [
        FieldError(f"contacts.{number}.{field}", N_("This date is in the future."))
        for number, person in enumerate(command.contacts)
        for field in ("last_contact_on", "birth_date")
        if (day := getattr(person, field)) is not None and day > today
    ]
    if command.named_at is not None and command.named_at > now + CLOCK_TOLERANCE:
        future.append(FieldError("named_at", N_("This date is in the future.")))
    if future:
        raise RuleViolation.of(future)


def _is_same(known: NamedContact, said: NamedPerson) -> bool:
    """The same number, or the same name with nothing that speaks against it."""
    if said.phone and known.phone:
        return known.phone == said.phone and _name(known) == _name(said)
    if not any(_name(said)):
        return bool(said.email) and known.email == said.email
    births: set[date | None] = {known.birth_date, said.birth_date} - {None}
    return _name(known) == _name(said) and len(births) < 2


def _name(one: NamedContact | NamedPerson) -> tuple[str, str]:
    return (one.given_name or "").casefold(), (one.family_name or "").casefold()


def _finish(command: NameContacts, number: int, case: Case, actor: Actor) -> None:
    if not number and not command.none:
        raise RuleViolation("none", N_("Please confirm that there was nobody."))
    if number and command.none:
        raise RuleViolation("none", N_("Somebody has been named already."))
    db.session.add(
        NamingFinished(
            case_id=case.id, finished_at=clock.now(), source=command.source, actor_id=actor.id, number=number
        )
    )
    timeline.add(case, "contacts_finished", actor, number=number)
    if actor.is_known:
        trail.record(actor, "case.contacts_finished", case, number=number)
    log.info("contacts_finished", case=case.reference, number=number)


def act(command: ActOnNamed, *, contact_id: UUID, case_id: UUID, actor: Actor) -> NamedContact:
    """Do something about somebody whom the person of the case has named. Locks the case, or both in the order of ids.

    Raises NotFound, InvalidTransition, and RuleViolation: for somebody alike who is in care already, unless it is said
    that they are not the same, and when somebody was given up whom nobody has tried to reach.
    """
    other = standing_case_for(actor, command.case or "") if command.action is NamedAction.SAME_CASE else None
    household_rows.lock([case_id, *([other.id] if other else [])])
    case = case_management.locked_case(case_id)
    contact = db.session.scalar(of_case(case).where(NamedContact.id == contact_id))
    if contact is None:
        raise NotFound()
    contact.state = state_after(contact.state, command.action)
    match command.action:
        case NamedAction.ENROL:
            _enrol(contact, command, actor)
        case NamedAction.SAME_CASE:
            assert other
            _link(contact, other, actor)
        case NamedAction.NOT_REACHED:
            contact.attempts += 1
            contact.last_attempt_at = clock.now()
        case NamedAction.GIVE_UP if not contact.attempts:
            raise RuleViolation("action", N_("Nobody has tried to reach this person yet."))
    contact.settled_at = clock.now() if contact.state in SETTLED else None
    case = contact.case
    timeline.add(case, "contact", actor, contact_action=command.action.value, with_case=_reference_of(contact))
    trail.record(actor, "case.contact_changed", case, step=command.action.value)
    db.session.flush()
    log.info("contact_changed", case=case.reference, action=command.action)
    return contact


def _reference_of(contact: NamedContact) -> str | None:
    if contact.contact_case_id is None:
        return None
    return db.session.scalar(select(Case.reference).where(Case.id == contact.contact_case_id))


def _enrol(contact: NamedContact, command: ActOnNamed, actor: Actor) -> None:
    source = contact.case
    there = [] if command.despite_known else known_people.alike(actor, meant(contact))
    if there:
        references = ", ".join(one.case.reference for one in there)
        raise RuleViolation(
            "despite_known", N_("Somebody like that is in care already: {references}."), references=references
        )
    wanted = EnrolCase.model_validate(enrolment_of(person_of(contact), source.protocol_code, source.person.locale))
    made = case_management.enrol(wanted, actor=actor, office_id=source.office_id).case
    contact.contact_case_id = made.id
    timeline.add(made, "named_by", actor, with_case=source.reference)
    if contact.last_contact_on:
        exposure_rows.add(made, actor, until_on=contact.last_contact_on, source_case_id=source.id)


def _link(contact: NamedContact, other: Case, actor: Actor) -> None:
    """Somebody in care was named: what is known of them there stays, but a later contact counts."""
    if other.id == contact.case_id:
        raise RuleViolation("case", N_("This is the case itself."))
    refuse_other_disease(other, contact.case.protocol_code)
    contact.contact_case_id = other.id
    timeline.add(other, "named_by", actor, with_case=contact.case.reference)
    met_again(other, contact.last_contact_on, actor, source_case_id=contact.case_id)


def refuse_other_disease(case: Case, protocol_code: str) -> None:
    """Who was exposed to one disease is not followed up for another by it. Raises RuleViolation."""
    if disease_of(case.protocol_code) != disease_of(protocol_code):
        raise RuleViolation("case", OTHER_DISEASE)


def met_again(case: Case, day: date | None, actor: Actor, **more: Any) -> Exposure | None:
    """The person of the locked `case` was exposed, until `day`: for a contact case that is one more exposure.

    `more`: what else is known of it, see `exposure_rows.add`. Gives what `exposure_rows.keep_known_day` does.
    """
    until = _counted(case, day)
    if until is None:
        return None
    known_day = exposure_rows.keep_known_day(case, actor)
    exposure_rows.add(case, actor, until_on=until, **more)
    case_management.settled(case, actor, clock.now())
    return known_day


def day_after_meeting(case: Case, day: date | None) -> date | None:
    """The day of the last contact of `case` once its person `met_again`, until `day`. Changes nothing."""
    return max(filter(None, (_counted(case, day), case.last_exposure_on)), default=None)


def _counted(case: Case, day: date | None) -> date | None:
    return day if case.is_open and case.kind is Kind.CONTACT else None


def meant(contact: NamedContact) -> Meant:
    """Who was named, to be looked for among those in care; never the case of whoever named them."""
    return Meant(
        Traits(contact.given_name or "", contact.family_name or "", contact.birth_date, phone=contact.phone),
        besides=contact.case_id,
    )


def person_of(contact: NamedContact) -> NamedPerson:
    """What was said about them, as it was said."""
    return NamedPerson.model_construct(**{field: getattr(contact, field) for field in NamedPerson.model_fields})


def of_case(case: Case) -> Select[NamedContact]:
    """Those whom the person of `case` has named, in the order in which they did."""
    return select(NamedContact).where(NamedContact.case_id == case.id).order_by(NamedContact.id)


def newest_finish(case: Case) -> NamingFinished | None:
    """When the person of `case` last said that these are all."""
    wanted = select(NamingFinished).where(NamingFinished.case_id == case.id)
    return db.session.scalar(wanted.order_by(NamingFinished.finished_at.desc(), NamingFinished.id.desc()).limit(1))
