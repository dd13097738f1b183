"""Whether somebody is in care already: asked before a case is made, of one or of thousands, by the same few queries."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from uuid import UUID

from sqlalchemy import Select, select

from auth.actors import Actor
from care import name_index
from care.commands import EnrolCase
from care.duplicate_models import MeetingPoint
from care.duplicate_rules import MEETS, Because, Likeness, MeetsBy, Traits, likeness, sounds_of
from care.models import Case, Person
from care.naming_rules import AlikeBy
from care.people import external_index, phone_index
from care.queries import cases_visible_to
from config.database import db
from config.encryption import DecryptionError
from config.rowsets import among

MOST = 5
AT_ONCE = 500


@dataclass(frozen=True)
class Meant:
    """Somebody of whom we have heard. `besides`: a case that is not looked at, such as that of whoever told us."""

    traits: Traits
    besides: UUID | None = None


@dataclass(frozen=True)
class Alike:
    """A case whose person may be the one meant, and by what. `likeness`: None for whoever shares the phone alone."""

    case: Case
    by: AlikeBy
    likeness: Likeness | None

    @property
    def score(self) -> int:
        return self.likeness.score if self.likeness else 0


def alike(actor: Actor, meant: Meant) -> list[Alike]:
    """The cases that `actor` may see whose person may be the one meant, the likeliest first."""
    return alike_all(actor, [meant])[0]


def alike_all(actor: Actor, meant: Sequence[Meant]) -> list[list[Alike]]:
    """The same for each of many, in their order; by so many queries as if it were a few."""
    parts = (meant[start : start + AT_ONCE] for start in range(0, len(meant), AT_ONCE))
    return list(chain.from_iterable(_alike_all(actor, part) for part in parts))


def maybe_the_same(actor: Actor, commands: Sequence[EnrolCase]) -> list[list[Alike]]:
    """For each person who is to be enrolled, who may be the same; whoever shares a phone alone is not."""
    found = alike_all(actor, [Meant(traits_of(command)) for command in commands])
    return [[one for one in each if one.likeness] for each in found]


def traits_of(command: EnrolCase) -> Traits:
    """What is compared of somebody who is to be enrolled."""
    person = command.person
    return Traits(
        person.given_name, person.family_name, person.birth_date, person.sex, person.phone, command.external_id
    )


def _alike_all(actor: Actor, meant: Sequence[Meant]) -> list[list[Alike]]:
    by_ground: dict[str, list[tuple[Case, Traits]]] = defaultdict(list)
    for case in _near(actor, meant):
        known = _traits_of_case(case)
        for ground in _grounds(known):
            by_ground[ground].append((case, known))
    return [_ranked(one, by_ground) for one in meant]


def _near(actor: Actor, meant: Sequence[Meant]) -> Iterable[Case]:
    """The cases that share something with one of those meant: people first, by index, and then their cases."""
    phones = {one.traits.phone for one in meant if one.traits.phone}
    ids = {one.traits.external_id for one in meant if one.traits.external_id}
    people = {person_id for wanted in _meeting(meant) for person_id in db.session.scalars(wanted)}
    if phones:
        same_phone = among(Person.phone_index, map(phone_index, sorted(phones)))
        people |= set(db.session.scalars(select(Person.id).where(same_phone)))
    ways = [among(Case.person_id, sorted(people))] if people else []
    ways += [among(Case.external_index, map(external_index, sorted(ids)))] if ids else []
    standing = cases_visible_to(actor).where(Case.merged_into_id.is_(None))
    return {case.id: case for way in ways for case in db.session.scalars(standing.where(way))}.values()


def _meeting(meant: Sequence[Meant]) -> Iterator[Select[UUID]]:
    """Ids of the people who share a meeting point with one of those meant."""
    points: dict[MeetsBy, set[bytes]] = defaultdict(set)
    for by, point in chain.from_iterable(name_index.points_of(one.traits) for one in meant):
        points[MeetsBy(by)].add(point)
    for by, theirs in sorted(points.items()):
        others = MeetingPoint.meets_by.in_([each.value for each in MEETS[by]])
        yield select(MeetingPoint.person_id).where(among(MeetingPoint.point, sorted(theirs)), others)


def _traits_of_case(case: Case) -> Traits:
    try:
        return name_index.traits(case.person, case.external_id)
    except DecryptionError:
        return Traits()


def _grounds(one: Traits) -> Iterator[str]:
    """Where it is worth to look closer: whoever shares none of these is not alike."""
    if one.phone:
        yield f"phone {one.phone}"
    if one.external_id:
        yield f"id {one.external_id}"
    for sound in sounds_of(one):
        yield f"sound {sound}"


def _ranked(meant: Meant, by_ground: Mapping[str, Sequence[tuple[Case, Traits]]]) -> list[Alike]:
    near = {case.id: (case, known) for ground in _grounds(meant.traits) for case, known in by_ground.get(ground, ())}
    found = []
    for case, known in near.values():
        like = likeness(meant.traits, known)
        same_phone = bool(known.phone) and known.phone == meant.traits.phone
        if case.id != meant.besides and (like is not None or same_phone):
            found.append(Alike(case, _by(like, same_phone), like))
    return sorted(found, key=lambda one: (-one.score, one.case.reference))[:MOST]


def _by(like: Likeness | None, same_phone: bool) -> AlikeBy:
    because = like.because if like else ()
    if same_phone:
        return AlikeBy.PHONE
    if Because.EXTERNAL_ID in because:
        return AlikeBy.EXTERNAL_ID
    if Because.NAME in because and Because.BIRTH in because:
        return AlikeBy.NAME_AND_BIRTH
    if Because.NAME in because and Because.BIRTH_UNKNOWN in because:
        return AlikeBy.NAME
    return AlikeBy.SOUND
