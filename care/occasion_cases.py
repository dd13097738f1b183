"""Cases on the list of an occasion: put there, one by one or many at once, and taken off again.

All functions run inside the caller's `transaction()`, on a locked case.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from auth.actors import Actor
from care import case_management, exposure_rows, exposures, naming, timeline, trail
from care.course_commands import TakeAway
from care.course_models import Exposure
from care.models import Case
from care.naming_rules import NamedPerson, NamedState
from care.occasion_models import Guest, Occasion
from care.occasion_rules import MOST_GUESTS
from care.queries import standing_case_for
from care.vocabulary import Source
from config import clock
from config.database import db
from config.errors import N_, NotFound, RuleViolation

TOO_MANY = N_("These are too many guests: at most {most}.")


@dataclass(frozen=True)
class Place:
    """What `put` has made: the guest, and the exposure that the day known of the last contact alone has become."""

    guest_id: UUID
    known_day_id: UUID | None


def add_case(reference: str, *, occasion: Occasion, actor: Actor) -> None:
    """Somebody in care was there: put them on the list of the locked `occasion`. Raises NotFound, RuleViolation."""
    put(case_management.locked_case(standing_case_for(actor, reference).id), occasion, actor)


def is_at(case: Case, occasion: Occasion) -> bool:
    """Whether the person of `case` is on the list already."""
    wanted = select(Guest.id).where(Guest.case_id == case.id, Guest.occasion_id == occasion.id)
    return db.session.scalar(wanted.limit(1)) is not None


def foreseen(case: Case, occasion: Occasion) -> dict[str, Any]:
    """What `put` would change, by field: [before, after]; empty: they are on the list. Raises RuleViolation."""
    if is_at(case, occasion):
        return {}
    naming.refuse_other_disease(case, occasion.protocol_code)
    refuse_too_many(1 + _guests_at(occasion))
    before, after = case.last_exposure_on, naming.day_after_meeting(case, occasion.last_day)
    moved = {} if before == after else {"last_exposure_on": [before, after]}
    return {"occasion": [None, occasion.reference]} | moved


def put(case: Case, occasion: Occasion, actor: Actor) -> Place | None:
    """Put the person of `case` on the list of the locked `occasion`; None when they are on it. Raises RuleViolation."""
    if not foreseen(case, occasion):
        return None
    known = case.person
    person = NamedPerson(given_name=known.given_name, family_name=known.family_name)
    guest = new_guest(person, occasion, actor, Source.PHONE)
    db.session.add(guest)
    known_day = link(guest, case, actor)
    guest.state = NamedState.ENROLLED
    db.session.flush()
    trail.record_occasion(actor, "occasion.guest_changed", occasion.office_id, occasion.reference, step="add_case")
    return Place(guest.id, known_day.id if known_day else None)


def take_off(place: Place, *, case: Case, actor: Actor) -> None:
    """Take `case` off the list on which `put` has put it; the exposure that came of it no longer counts.

    Its last contact is what it was before: a day, and no exposure, if nobody has noted one. Raises NotFound,
    InvalidTransition.
    """
    guest = db.session.scalar(select(Guest).where(Guest.id == place.guest_id, Guest.case_id == case.id))
    if guest is None:
        raise NotFound()
    occasion = guest.occasion
    for row in exposure_rows.of_case(case):
        if row.occasion_id == occasion.id:
            exposures.remove(TakeAway(), exposure_id=row.id, case=case, actor=actor)
    if place.known_day_id:
        exposure_rows.forget_known_day(place.known_day_id, case)
    db.session.delete(guest)
    db.session.flush()
    trail.record_occasion(actor, "occasion.guest_changed", occasion.office_id, occasion.reference, step="take_off")


def link(guest: Guest, case: Case, actor: Actor) -> Exposure | None:
    """Say that `guest` is the person of `case`; gives what `naming.met_again` does. Raises RuleViolation."""
    naming.refuse_other_disease(case, guest.occasion.protocol_code)
    guest.case_id = case.id
    timeline.add(case, "at_occasion", actor, occasion=guest.occasion.reference)
    return naming.met_again(case, guest.occasion.last_day, actor, **exposure_at(guest.occasion))


def new_guest(person: NamedPerson, occasion: Occasion, actor: Actor, source: Source) -> Guest:
    """A guest of `occasion` about whom nothing was decided yet, for the session."""
    said = person.model_dump(exclude={"relation", "last_contact_on"})
    return Guest(
        occasion=occasion,
        state=NamedState.NAMED,
        source=source,
        recorded_at=clock.now(),
        actor_id=actor.id,
        **said,
    )


def exposure_at(occasion: Occasion) -> dict[str, Any]:
    """What an exposure there says beside its last day; it is kept for longer than the list."""
    return {
        "from_on": occasion.held_on if occasion.held_until else None,
        "setting": occasion.setting,
        "place": ", ".join(filter(None, (occasion.name, occasion.place))),
        "occasion_id": occasion.id,
    }


def refuse_too_many(number: int) -> None:
    """Raises RuleViolation when an occasion cannot have so many guests."""
    if number > MOST_GUESTS:
        raise RuleViolation("", TOO_MANY, most=MOST_GUESTS)


def _guests_at(occasion: Occasion) -> int:
    return db.session.scalar(select(func.count()).where(Guest.occasion_id == occasion.id)) or 0
