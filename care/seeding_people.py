"""Invented households with somebody in isolation or quarantine: who they are, and how they are going to behave. Pure.

The same dice give the same people. Their mail goes to example.org. There are far too few numbers kept for films: theirs
are from the beginning of a range of mobile numbers, and nobody is to be written to (see `obhut seed`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from care.commands import PersonData
from care.imports.samples import FAMILY_NAMES, GIVEN_NAMES, PLACES, STREETS
from care.vocabulary import CloseReason, Kind, Status
from config.ids import REFERENCE_ALPHABET, REFERENCE_LENGTH

# As in any large German town: size of a household, and its share (in percent).
SIZES = ((1, 41), (2, 33), (3, 12), (4, 10), (5, 4))
LANGUAGES = (
    *(("de", 68), ("tr", 6), ("uk", 6), ("ar", 5), ("ru", 4), ("en", 4), ("pl", 3), ("de-simple", 3), ("fr", 1)),
)
WINDOWS = (("unset", 45), ("morning", 25), ("evening", 12), ("afternoon", 12), ("7", 2), ("18", 3), ("23", 1))
ZONES = ((None, 97), ("Europe/London", 1), ("Europe/Istanbul", 1), ("America/New_York", 1))
PROTOCOLS = {
    Kind.CONTACT: (("covid-19", 86), ("measles", 6), ("generic", 3), ("meningococcal", 3), ("mpox", 2)),
    Kind.INDEX: (("covid-19", 92), ("measles", 4), ("mpox", 4)),
    Kind.TRAVELLER: (("covid-19", 90), ("ebola", 10)),
}
KINDS = ((Kind.CONTACT, 62), (Kind.INDEX, 28), (Kind.TRAVELLER, 10))
NOT_ASKED = ((None, 95), (Status.PAUSED, 3), (Status.HOSPITALISED, 2))
ENDS = (
    *((CloseReason.COMPLETED_MONITORING, 70), (CloseReason.NOT_A_CASE, 12), (CloseReason.OTHER, 10)),
    *((CloseReason.DUPLICATE, 5), (CloseReason.DECEASED, 3)),
)
CLOSED_SHARE = 0.12


@dataclass(frozen=True)
class Sketch:
    """One invented case: who, since when, and how they behave. `days_ago` counts to their enrolment.

    `answers`: how often they answer. `falls_ill_on`: from which day of monitoring they have symptoms, None: never.
    """

    reference: str
    person: PersonData
    kind: Kind
    protocol: str
    days_ago: int
    exposed_before: int
    answers: float
    falls_ill_on: int | None
    stays: Status | None
    ends_as: CloseReason | None
    continuous: bool
    action: str
    tested: bool
    ordered: bool
    bounced: bool
    dice: Random


def households(dice: Random, first: int, number: int, today: date) -> Iterator[list[Sketch]]:
    """`number` people in households; the first of each answers for all. `first`: the number of the first of them."""
    left = number
    while left:
        size = min(left, _one_of(dice, SIZES))
        yield _household(dice, first + number - left, size, today)
        left -= size


def _household(dice: Random, first: int, size: int, today: date) -> list[Sketch]:
    name, home = dice.choice(FAMILY_NAMES), _home(dice)
    common = {
        "locale": _one_of(dice, LANGUAGES),
        "contact_window": _one_of(dice, WINDOWS),
        "timezone": _one_of(dice, ZONES),
        "address": home,
    }
    days_ago, exposed_before = dice.randrange(0, 10), dice.randrange(0, 3)
    ends_as = _one_of(dice, ENDS) if dice.random() < CLOSED_SHARE else None
    answers = dice.choice((0.0, 0.6, 0.9, 0.95, 1.0, 1.0))
    made = []
    for place in range(size):
        kind = _one_of(dice, KINDS)
        made.append(
            Sketch(
                reference="".join(dice.choices(REFERENCE_ALPHABET, k=REFERENCE_LENGTH)),
                person=_person(dice, first + place, place, name, common, today),
                kind=kind,
                protocol=_one_of(dice, PROTOCOLS[kind]),
                days_ago=days_ago if ends_as is None else days_ago + 16,
                exposed_before=exposed_before,
                answers=answers,
                falls_ill_on=dice.randrange(0, 9) if dice.random() < (0.7 if kind is Kind.INDEX else 0.07) else None,
                stays=_one_of(dice, NOT_ASKED) if ends_as is None else None,
                ends_as=ends_as,
                continuous=kind is Kind.CONTACT and dice.random() < 0.02,
                action="recommended_testing" if kind is not Kind.INDEX and dice.random() < 0.01 else "none",
                tested=kind is Kind.INDEX or dice.random() < 0.15,
                ordered=dice.random() < 0.6,
                bounced=size == 1 and answers == 0.0 and dice.random() < 0.2,
                dice=Random(dice.random()),
            )
        )
    return made


def _home(dice: Random) -> dict[str, str]:
    postal_code, city = dice.choice(PLACES)
    number = str(dice.randrange(1, 180))
    return {"street": dice.choice(STREETS), "house_number": number, "postal_code": postal_code, "city": city}


def _person(dice: Random, number: int, place: int, name: str, common: dict[str, Any], today: date) -> PersonData:
    sex, age = dice.choice(("female", "male")), dice.randrange(18, 92) if place < 2 else dice.randrange(0, 18)
    way = dice.random()
    has_phone, has_mail = (way < 0.75, way > 0.6) if place == 0 else (place == 1 and way < 0.5, False)
    return PersonData.model_validate(
        common
        | {
            "given_name": dice.choice(GIVEN_NAMES["FEMALE" if sex == "female" else "MALE"]),
            "family_name": name,
            "birth_date": today - timedelta(days=365 * age + dice.randrange(1, 365)) if dice.random() < 0.97 else None,
            "sex": sex,
            "phone": f"+4915100{number % 1_000_000:06}" if has_phone else None,
            "email": f"person{number}@example.org" if has_mail else None,
            "channel": "email" if has_mail and not has_phone else "sms" if place or dice.random() < 0.99 else "none",
        }
    )


def _one_of(dice: Random, shares: tuple[tuple[Any, int], ...]) -> Any:
    return dice.choices([value for value, _ in shares], [share for _, share in shares])[0]
