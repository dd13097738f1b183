"""Occasions and their guests: recorded, completed by organisers, taken into care one by one or all at once.

All functions but `enrol_in_bulk` run inside the caller's `transaction()`.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import structlog
from sqlalchemy import Select, func, select

from auth.actors import Actor
from auth.roles import Permission
from care import case_management, exposure_rows, known_people, timeline, trail
from care.commands import EnrolCase
from care.duplicate_rules import Traits
from care.known_people import Meant
from care.models import Case
from care.naming_rules import ActOnNamed, NamedAction, NamedPerson, NamedState, enrolment_of, state_after
from care.occasion_cases import exposure_at, link, new_guest, refuse_too_many
from care.occasion_models import Guest, Occasion
from care.occasion_rules import GUEST_ACTIONS, LINK_LASTS, MakeOccasion
from care.protocol import current_protocol
from care.queries import standing_case_for
from care.vocabulary import Source
from config import clock
from config.database import db, locked, transaction
from config.encryption import token_hash
from config.errors import N_, FieldError, InvalidTransition, NotFound, RuleViolation
from config.ids import new_reference, new_token
from config.settings import current_settings

log = structlog.get_logger(__name__)
AT_ONCE = 50
LOCALE = "de"  # nobody has said which language guests speak


@dataclass(frozen=True)
class Enrolled:
    """What came of enrolling many: how many cases were made, and how many guests were passed over."""

    made: int
    passed_over: int


def visible_to(actor: Actor) -> Select[Occasion]:
    """The occasions of the offices in which `actor` may see cases; the house itself sees all."""
    if actor.is_system:
        return select(Occasion)
    return select(Occasion).where(Occasion.office_id.in_(actor.offices_for(Permission.CASES_SEE)))


def occasion_for(actor: Actor, reference: str) -> Occasion:
    """The occasion `reference`, if `actor` may see it. Raises NotFound."""
    found = db.session.scalar(visible_to(actor).where(Occasion.reference == reference.strip().upper()))
    if found is None:
        raise NotFound()
    return found


def locked_occasion(occasion_id: UUID) -> Occasion:
    """The occasion with its row locked until the transaction ends, before any case. Raises NotFound."""
    wanted = locked(select(Occasion).where(Occasion.id == occasion_id))
    found = db.session.scalar(wanted.execution_options(populate_existing=True))
    if found is None:
        raise NotFound()
    return found


def make(command: MakeOccasion, *, actor: Actor, office_id: UUID) -> Occasion:
    """Record an occasion. Raises RuleViolation for a day in the future and a disease without protocol."""
    protocol = current_protocol(command.protocol)
    today = clock.today(current_settings().zone)
    late = [name for name in ("held_on", "held_until") if (getattr(command, name) or today) > today]
    if late:
        raise RuleViolation.of(FieldError(name, N_("This date is in the future.")) for name in late)
    occasion = Occasion(
        office_id=office_id,
        reference=new_reference(),
        protocol_code=protocol.code,
        created_at=clock.now(),
        created_by=actor.id,
        name=command.name,
        place=command.place or None,
        held_on=command.held_on,
        held_until=command.held_until,
        setting=command.setting,
    )
    db.session.add(occasion)
    db.session.flush()
    trail.record_occasion(actor, "occasion.created", occasion.office_id, occasion.reference)
    log.info("occasion_created", occasion=occasion.reference)
    return occasion


def new_link(occasion: Occasion, actor: Actor) -> str:
    """A link by which the organiser adds guests; an earlier one is worth nothing from now on. It is not kept."""
    token = new_token()
    occasion.token_hash, occasion.token_expires_at = token_hash(token), clock.now() + LINK_LASTS
    trail.record_occasion(actor, "occasion.link_made", occasion.office_id, occasion.reference)
    return current_settings().public_url(f"/o/{token}")


def behind(token: str) -> Occasion | None:
    """The occasion whose organiser's link this is and still counts. Changes nothing."""
    found = db.session.scalar(select(Occasion).where(Occasion.token_hash == token_hash(token)))
    if found is None or found.token_expires_at is None or clock.now() >= found.token_expires_at:
        return None
    return found


def add_guests(people: Sequence[NamedPerson], *, occasion: Occasion, actor: Actor, source: Source) -> int:
    """Add those who are not on the list of the locked `occasion` yet; how many. Raises RuleViolation for too many."""
    there = {_mark(guest) for guest in occasion.guests}
    new = list({_mark(one): one for one in people if _mark(one) not in there}.values())
    today = clock.today(current_settings().zone)
    if any(person.birth_date is not None and person.birth_date > today for person in new):
        raise RuleViolation("", N_("A date of birth is in the future."))
    refuse_too_many(len(there) + len(new))
    for person in new:
        db.session.add(new_guest(person, occasion, actor, source))
    db.session.flush()
    trail.record_occasion(
        actor, "occasion.guests_added", occasion.office_id, occasion.reference, number=len(new), source=source.value
    )
    log.info("guests_added", occasion=occasion.reference, number=len(new), source=source)
    return len(new)


def _mark(one: NamedPerson | Guest) -> tuple[object, ...]:
    names = (one.given_name or "").casefold(), (one.family_name or "").casefold()
    return (*names, one.birth_date, one.phone, (one.email or "").casefold())


def act(command: ActOnNamed, *, guest_id: UUID, occasion: Occasion, actor: Actor) -> Guest:
    """Enrol a guest of the locked `occasion`, say which case they are or that they are no contact, or undo that.

    Raises NotFound, InvalidTransition, and RuleViolation for somebody alike who is in care already, or a case of
    another disease.
    """
    guest = next((one for one in occasion.guests if one.id == guest_id), None)
    if guest is None:
        raise NotFound()
    if command.action not in GUEST_ACTIONS:
        raise InvalidTransition(command.action.value, guest.state.value)
    state = state_after(guest.state, command.action)
    if command.action is NamedAction.ENROL:
        there = [] if command.despite_known else known_people.alike(actor, meant(guest))
        if there:
            references = ", ".join(one.case.reference for one in there)
            message = N_("Somebody like that is in care already: {references}.")
            raise RuleViolation("despite_known", message, references=references)
        _enrol(guest, actor)
    elif command.action is NamedAction.SAME_CASE:
        link(guest, case_management.locked_case(standing_case_for(actor, command.case or "").id), actor)
    guest.state = state
    db.session.flush()
    trail.record_occasion(
        actor, "occasion.guest_changed", occasion.office_id, occasion.reference, step=command.action.value
    )
    return guest


def _enrol(guest: Guest, actor: Actor) -> None:
    occasion = guest.occasion
    person = person_of(guest).model_copy(update={"last_contact_on": occasion.last_day})
    wanted = EnrolCase.model_validate(enrolment_of(person, occasion.protocol_code, LOCALE))
    made = case_management.enrol(wanted, actor=actor, office_id=occasion.office_id).case
    guest.case_id = made.id
    if occasion.last_day:
        exposure_rows.add(made, actor, until_on=occasion.last_day, **exposure_at(occasion))
    timeline.add(made, "at_occasion", actor, occasion=occasion.reference)


def enrol_in_bulk(occasion_id: UUID, guest_ids: Sequence[UUID], actor: Actor) -> Enrolled:
    """Enrol these guests, some at a time in transactions of their own: stopped anywhere, the rest is still to be done.

    Whoever was decided about meanwhile, is like somebody in care, or cannot be enrolled is passed over.
    """
    made = 0
    for start in range(0, len(guest_ids), AT_ONCE):
        with transaction():
            occasion = locked_occasion(occasion_id)
            chosen = set(guest_ids[start : start + AT_ONCE])
            waiting = [one for one in occasion.guests if one.id in chosen and one.state is NamedState.NAMED]
            there = known_people.alike_all(actor, list(map(meant, waiting)))
            for guest_id in [one.id for one, known in zip(waiting, there, strict=True) if not known]:
                with suppress(RuleViolation), db.session.begin_nested():  # what is wrong with one holds up nobody else
                    act(ActOnNamed(action=NamedAction.ENROL), guest_id=guest_id, occasion=occasion, actor=actor)
                    made += 1
    log.info("guests_enrolled", number=made, passed_over=len(guest_ids) - made)
    return Enrolled(made, len(guest_ids) - made)


def meant(guest: Guest) -> Meant:
    """A guest, to be looked for among those in care."""
    return Meant(Traits(guest.given_name or "", guest.family_name or "", guest.birth_date, phone=guest.phone))


def person_of(guest: Guest) -> NamedPerson:
    """What stands on the list about them."""
    fields = NamedPerson.model_fields.keys() - {"relation", "last_contact_on"}
    return NamedPerson.model_construct(**{field: getattr(guest, field) for field in fields})


def of_case(actor: Actor, case: Case) -> list[tuple[Occasion, date | None]]:
    """The occasions at which the person of `case` was, as far as `actor` may see them, the latest first."""
    ids = select(Guest.occasion_id).where(Guest.case_id == case.id)
    found = db.session.scalars(visible_to(actor).where(Occasion.id.in_(ids)))
    return sorted(((one, one.held_on) for one in found), key=lambda each: each[1] or date.min, reverse=True)


def counts(occasion_ids: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    """For each of these occasions, how many guests there are, and how many of them are to be decided about."""
    waiting = func.count().filter(Guest.state == NamedState.NAMED)
    wanted = select(Guest.occasion_id, func.count(), waiting).where(Guest.occasion_id.in_(occasion_ids))
    rows = db.session.execute(wanted.group_by(Guest.occasion_id)).all()
    return {row[0]: (row[1], row[2]) for row in rows}
