"""The people of the outbreak: what each of them does with the messages of the health office. Decided by order alone."""

import re
from dataclasses import dataclass, field
from enum import Enum

LINK = re.compile(r"http://[^\s]+/c/[\w-]+")
ILL_EVERY, ILL_AT = 20, 3
SILENT_EVERY, SILENT_AT = 20, 7
LINK_EVERY = 4
FIRST_TURN, TURNS = 2, 5
ASKING_ON, STOPPING_ON = 2, 3


class Deed(Enum):
    """What somebody does with a question about their health."""

    SMS_WELL = "sms_well"
    SMS_ILL = "sms_ill"
    LINK_WELL = "link_well"
    LINK_ILL = "link_ill"
    NOTHING = "nothing"


WORDS = {Deed.SMS_WELL: ("NEIN 36,7", "Nein", "nein, 36.5 Grad"), Deed.SMS_ILL: ("JA Husten 38,6", "Ja, Fieber 38,4")}


@dataclass
class Person:
    """Somebody with an address; `number` is the place in the order in which the office first wrote to them."""

    address: str
    number: int
    by_sms: bool
    links: list[str] = field(default_factory=list)

    @property
    def turns_on(self) -> int:
        """The day from which this person is ill or silent, if ever."""
        return FIRST_TURN + self.number // ILL_EVERY % TURNS

    def is_ill(self, day: int) -> bool:
        return self.number % ILL_EVERY == ILL_AT and day >= self.turns_on

    def is_silent(self, day: int) -> bool:
        return self.number % SILENT_EVERY == SILENT_AT and day >= self.turns_on

    def deed(self, day: int) -> Deed:
        """What this person does on that day."""
        if self.is_silent(day):
            return Deed.NOTHING
        by_link = not self.by_sms or self.number % LINK_EVERY == 0
        if self.is_ill(day):
            return Deed.LINK_ILL if by_link else Deed.SMS_ILL
        return Deed.LINK_WELL if by_link else Deed.SMS_WELL

    def words(self, deed: Deed, day: int) -> str:
        """The text of a reply by SMS."""
        choices = WORDS[deed]
        return choices[(self.number + day) % len(choices)]


class Cast:
    """Everybody who was written to so far."""

    def __init__(self) -> None:
        self.people: dict[str, Person] = {}

    def hear(self, address: str, text: str, *, by_sms: bool) -> None:
        """A message arrived at `address`; keep its link."""
        person = self.people.setdefault(address, Person(address, len(self.people), by_sms))
        person.links += LINK.findall(text)

    def asked(self) -> list[tuple[Person, list[str]]]:
        """Whoever holds unanswered links, with them; they are taken."""
        found = [(person, person.links) for person in self.people.values() if person.links]
        for person, _links in found:
            person.links = []
        return found
