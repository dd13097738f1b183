"""Whether somebody is in care already: asked before a case is made of a name that somebody else has given."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import or_, select

from auth.actors import Actor
from care.models import Case, Person
from care.naming_rules import AlikeBy
from care.people import name_index, phone_index
from care.queries import cases_visible_to
from config.database import db

MOST = 5


@dataclass(frozen=True)
class Alike:
    """A case whose person may be the one meant, and by what."""

    case: Case
    by: AlikeBy


def alike(
    actor: Actor,
    *,
    given_name: str | None,
    family_name: str | None,
    birth_date: date | None,
    phone: str | None,
    besides: UUID | None = None,
) -> list[Alike]:
    """The cases that `actor` may see whose person has this phone (E.164), or this name and date of birth.

    `besides`: a case that is not looked at, since it is the one of whoever gave the name.
    """
    ways = [Person.phone_index == phone_index(phone)] if phone else []
    if given_name and family_name:
        ways.append(Person.name_index == name_index(given_name, family_name))
    if not ways:
        return []
    people = select(Person.id).where(or_(*ways))
    wanted = cases_visible_to(actor).where(Case.person_id.in_(people)).order_by(Case.recorded_at.desc(), Case.id)
    if besides is not None:
        wanted = wanted.where(Case.id != besides)
    found = []
    for case in db.session.scalars(wanted.limit(4 * MOST)):
        by = _by(case.person, birth_date, phone)
        if by is not None:
            found.append(Alike(case, by))
    return found[:MOST]


def _by(person: Person, birth_date: date | None, phone: str | None) -> AlikeBy | None:
    if phone and person.phone_index == phone_index(phone):
        return AlikeBy.PHONE
    if birth_date is None or person.birth_date is None:
        return AlikeBy.NAME
    return AlikeBy.NAME_AND_BIRTH if person.birth_date == birth_date else None
