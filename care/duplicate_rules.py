"""Whether two people in care may be one, how likely, and because of what. Pure.

Source: SORMAS asks for similar names, the same or an unknown sex, no part of the birth dates that differs, the same
disease and reports within thirty days; an external id names one person. A day and a month that have changed places are
the most frequent mistake in a date of birth.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum, StrEnum

from care.names import without_accents
from care.sounds import are_alike, keys

NEAR = timedelta(days=30)  # two enrolments that are about one illness or exposure


class MeetsBy(IntEnum):
    """What people share who are compared; names that sound alike belong to each of them."""

    BIRTH = 1  # the date of birth, day and month in any order
    PHONE = 2
    NAME = 3  # the names alone, of somebody whose date of birth is known
    NAME_ONLY = 4  # of somebody whose date of birth is not known


class PairState(StrEnum):
    OPEN = "open"
    NOT_THE_SAME = "not_the_same"


class Because(StrEnum):
    """Why two people may be one, or what speaks against it."""

    EXTERNAL_ID = "external_id"
    PHONE = "phone"
    NAME = "name"  # spelt the same
    SOUND = "sound"
    BIRTH = "birth"
    BIRTH_SWAPPED = "birth_swapped"
    BIRTH_UNKNOWN = "birth_unknown"
    SEX = "sex"
    BIRTH_DIFFERS = "birth_differs"
    SEX_DIFFERS = "sex_differs"


@dataclass(frozen=True)
class Traits:
    """What is known of somebody. `phone` is E.164; `external_id` is that of their case."""

    given_name: str = ""
    family_name: str = ""
    birth_date: date | None = None
    sex: str | None = None
    phone: str | None = None
    external_id: str | None = None


@dataclass(frozen=True)
class Likeness:
    """How likely two are one: from 0 to 100, and because of what, the strongest first."""

    score: int
    because: tuple[Because, ...]


SCORES = {
    Because.EXTERNAL_ID: 95,
    Because.PHONE: 85,
    Because.BIRTH: 80,
    Because.BIRTH_SWAPPED: 60,
    Because.BIRTH_UNKNOWN: 40,
}
MORE = {Because.NAME: 10, Because.SEX: 5}
LESS = {Because.BIRTH_DIFFERS: 40, Because.SEX_DIFFERS: 20}  # of what is sure otherwise: twins, father and son
KNOWN_SEX = frozenset({"female", "male", "diverse"})


def likeness(one: Traits, other: Traits) -> Likeness | None:
    """How likely two people are one; None when nothing speaks for it, or something against it.

    An external id suffices alone. Else their names have to sound alike, and the phone be the same, or the date of birth
    (if it is known of both) and not another sex.
    """
    same_id = bool(one.external_id) and one.external_id == other.external_id
    name = _names(one, other)
    if not same_id and name is None:
        return None
    same_phone = bool(one.phone) and one.phone == other.phone
    birth, sex = _births(one.birth_date, other.birth_date), _sexes(one.sex, other.sex)
    is_sure = same_id or same_phone
    if not is_sure and (birth is Because.BIRTH_DIFFERS or sex is Because.SEX_DIFFERS):
        return None
    grounds = {Because.EXTERNAL_ID: same_id, Because.PHONE: same_phone}
    found = [*(ground for ground, holds in grounds.items() if holds), birth, *filter(None, (name, sex))]
    best = max(SCORES.get(ground, 0) for ground in found)
    score = best + sum(MORE.get(ground, 0) for ground in found) - sum(LESS.get(ground, 0) for ground in found)
    return Likeness(max(1, min(100, score)), tuple(found))


def _names(one: Traits, other: Traits) -> Because | None:
    if _spelt(one) and _spelt(one) == _spelt(other):
        return Because.NAME
    return Because.SOUND if are_alike(sounds_of(one), sounds_of(other)) else None


def _spelt(one: Traits) -> tuple[str, ...]:
    if not (one.given_name.strip("? ") and one.family_name.strip("? ")):
        return ()
    return tuple(sorted(without_accents(f"{one.given_name} {one.family_name}").split()))


def sounds_of(one: Traits) -> tuple[str, ...]:
    """Under what somebody meets others whose names sound alike."""
    return keys(one.given_name, one.family_name)


def _births(one: date | None, other: date | None) -> Because:
    if one is None or other is None:
        return Because.BIRTH_UNKNOWN
    if one == other:
        return Because.BIRTH
    swapped = (one.year, one.day, one.month) == (other.year, other.month, other.day)
    return Because.BIRTH_SWAPPED if swapped else Because.BIRTH_DIFFERS


def _sexes(one: str | None, other: str | None) -> Because | None:
    if one not in KNOWN_SEX or other not in KNOWN_SEX:
        return None
    return Because.SEX if one == other else Because.SEX_DIFFERS


def meeting_points(one: Traits) -> set[tuple[MeetsBy, str]]:
    """Under what somebody is compared with others: whoever shares one of these (`meet`) may be the same."""
    found: set[tuple[MeetsBy, str]] = set()
    for sound in sounds_of(one):
        if one.birth_date is not None:
            born = one.birth_date
            first, last = sorted((born.day, born.month))
            found.add((MeetsBy.BIRTH, f"{sound}|{born.year}-{first}-{last}"))
        if one.phone:
            found.add((MeetsBy.PHONE, f"{sound}|{one.phone}"))
        found.add((MeetsBy.NAME if one.birth_date else MeetsBy.NAME_ONLY, sound))
    return found


# Two who know their dates of birth do not meet by their names alone: of those there are too many.
MEETS: dict[MeetsBy, tuple[MeetsBy, ...]] = {
    MeetsBy.BIRTH: (MeetsBy.BIRTH,),
    MeetsBy.PHONE: (MeetsBy.PHONE,),
    MeetsBy.NAME: (MeetsBy.NAME_ONLY,),
    MeetsBy.NAME_ONLY: (MeetsBy.NAME, MeetsBy.NAME_ONLY),
}


@dataclass(frozen=True)
class Matter:
    """What a case is about: its disease (`protocol.disease_of`), since when, and whether somebody looks after it."""

    disease: str
    since: datetime
    is_open: bool


def same_matter(one: Matter, other: Matter) -> bool:
    """Whether two cases can be about one illness or exposure; one of them at least is still worked on."""
    if one.disease != other.disease or not (one.is_open or other.is_open):
        return False
    return (one.is_open and other.is_open) or abs(one.since - other.since) <= NEAR
