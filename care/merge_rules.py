"""What is compared when two cases of one person become one, and what is proposed. Pure."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from care.commands import Command
from care.vocabulary import RUNNING_ORDERS, Kind, Status


class Side(StrEnum):
    """From which of the two cases a value is taken: the one that goes on, or the one that ends."""

    KEPT = "kept"
    OTHER = "other"


class MergeCases(Command):
    """Let the case `other` go into the case that is asked for. `choices`: for each field that differs, from which."""

    other: str
    choices: Mapping[str, Side] = {}


Values = Mapping[str, Any]
"""The parts of a field: an order has three, most have one."""


@dataclass(frozen=True)
class Field:
    """Something of which one value has to be chosen. What belongs together is chosen together."""

    name: str
    parts: tuple[str, ...]
    of_person: bool = False
    better: Callable[[Values, Values], bool] | None = None  # whether the other one's value is the better one
    needed: bool = False  # no case is without it: where only one says something, there is nothing to choose

    def is_empty(self, values: Values) -> bool:
        return all(values[part] in (None, "", {}, False) for part in self.parts)


def _part(name: str, **more: Any) -> Field:
    return Field(name, (name,), **more)


def _person(name: str) -> Field:
    return _part(name, of_person=True)


def _earlier(name: str) -> Callable[[Values, Values], bool]:
    return lambda kept, other: bool(other[name] < kept[name])


def _later(name: str) -> Callable[[Values, Values], bool]:
    return lambda kept, other: bool(other[name] > kept[name])


STATE = "order_state"
ORDER = (STATE, "order_starts_on", "order_ends_on")
_WEIGHT = {Status.HOSPITALISED: 2, Status.PAUSED: 1}


def _more_is_known(kept: Values, other: Values) -> bool:
    return _WEIGHT.get(other["status"], 0) > _WEIGHT.get(kept["status"], 0)


FIELDS: tuple[Field, ...] = (
    _person("given_name"),
    _person("family_name"),
    _person("birth_date"),
    _person("sex"),
    _person("phone"),
    _person("email"),
    _person("address"),
    _person("locale"),
    _person("channel"),
    _person("contact_window"),
    _person("timezone"),
    # An infection is what has to be looked after, whatever was first thought.
    _part("kind", better=lambda kept, other: other["kind"] == Kind.INDEX),
    _part("status", better=_more_is_known, needed=True),
    _part("external_id"),
    _part("last_exposure_on", better=_later("last_exposure_on")),  # for a contact the latest day counts
    _part("entered_on", better=_later("entered_on")),
    _part("symptom_onset_on", better=_earlier("symptom_onset_on")),
    _part("first_positive_on", better=_earlier("first_positive_on")),
    _part("reported_on", better=_earlier("reported_on")),
    _part("continuous_exposure", better=lambda kept, other: bool(other["continuous_exposure"])),
    _part("extended_until", better=_later("extended_until")),
    Field("shortening", ("shortened_until", "shortened_by")),
    _part("public_health_action"),
    # Only one that runs says where the person has to be; two of them have to be decided about.
    Field(
        "order", ORDER, better=lambda kept, other: kept[STATE] not in RUNNING_ORDERS and other[STATE] in RUNNING_ORDERS
    ),
    _part("risk_level"),
    _part("monitoring_plan"),
    Field("assigned", ("assigned_to", "assigned_name")),
    Field("follow_up", ("follow_up_on", "follow_up_note")),
)
NAMED = {field.name: field for field in FIELDS}


@dataclass(frozen=True)
class Difference:
    """A field in which two cases differ, and what is proposed. None: it has to be decided by whoever merges them.

    `follows`: what is proposed follows from other facts of the two, and nobody is asked.
    """

    field: Field
    kept: Values
    other: Values
    proposed: Side | None
    follows: bool = False

    def side(self, choices: Mapping[str, Side]) -> Side | None:
        """What was chosen, else what is proposed."""
        return self.proposed if self.follows else choices.get(self.field.name, self.proposed)


def differences(kept: Values, other: Values, following: Collection[str] = ()) -> list[Difference]:
    """What differs between two cases; `following`: the names of fields that nobody is asked about.

    `public_health_action`: none is the same as nothing.
    """
    found = []
    for field in FIELDS:
        mine, theirs = ({part: values[part] for part in field.parts} for values in (kept, other))
        known = [not field.is_empty(values) for values in (mine, theirs)]
        if mine != theirs and (all(known) if field.needed else any(known)):
            found.append(Difference(field, mine, theirs, _proposed(field, mine, theirs), field.name in following))
    return found


def _proposed(field: Field, kept: Values, other: Values) -> Side | None:
    if field.is_empty(other):
        return Side.KEPT
    if field.is_empty(kept):
        return Side.OTHER
    if field.name == "order" and {kept[STATE], other[STATE]} <= RUNNING_ORDERS:
        return None  # two orders run: which one counts is a decision in law
    return Side.OTHER if field.better is not None and field.better(kept, other) else Side.KEPT


def chosen(found: list[Difference], choices: Mapping[str, Side]) -> dict[str, Side]:
    """For each difference the side that was chosen, else the proposed one; without those nobody has decided."""
    sides = {one.field.name: one.side(choices) for one in found}
    return {name: side for name, side in sides.items() if side is not None}


def undecided(found: list[Difference], sides: Mapping[str, Side]) -> list[str]:
    """The fields that nobody has decided about."""
    return [one.field.name for one in found if one.field.name not in sides]


def contradicted(found: list[Difference], choices: Mapping[str, Side]) -> list[str]:
    """The fields for which something else was chosen than follows from the facts."""
    names = ((one.field.name, one.proposed) for one in found if one.follows)
    return [name for name, follows in names if choices.get(name, follows) is not follows]
