"""Several persons on one phone: their numbers there, and whose answer a reply is."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute

from care.duplicate_models import CaseMerge
from care.models import Case, Person
from care.numbered import HIGHEST, answers_by_number
from care.vocabulary import OPEN_STATUSES
from config import scopes
from config.database import another, db
from config.rowsets import among

EVERYWHERE = scopes.system("phones")  # one phone may serve people of two offices


@dataclass(frozen=True)
class OnPhone:
    """One person at a phone, with their case."""

    case_id: UUID
    person_id: UUID
    number: int | None
    name_index: bytes | None
    is_open: bool


class Numbers:
    """The next numbers at some phones, asked of the database once. Call inside a transaction."""

    def __init__(self, indexes: Iterable[bytes | None]) -> None:
        self._highest = _highest_numbers({index for index in indexes if index is not None})

    def next(self, index: bytes) -> int:
        """The number that nobody has had at this phone."""
        self._highest[index] += 1
        return self._highest[index]


def numbered(person: Person, numbers: Numbers) -> Person:
    """Give a new person the next number at their phone, if they have one.

    A number is never given away again, for the others at the phone may still answer for whoever had it. Two people who
    are enrolled in the same instant may get the same one: `number_to_say` parts them before it is said to anybody, and
    until then nobody is answered for.
    """
    if person.phone_index is not None:
        person.phone_number_of = numbers.next(person.phone_index)
    return person


def number_to_say(person: Person, there: Sequence[OnPhone]) -> int | None:
    """The number by which this person answers; None where they are alone at their phone. Call inside a transaction.

    `person` is a model or a row of `fact_rows`; `there`: everybody at their phone (`everybody_at`).
    """
    others = _others_open(person, there)
    if not others or person.phone_index is None:
        return None
    taken = {one.number for one in others if one.person_id < person.id}
    if person.phone_number_of is None or person.phone_number_of in taken:
        _give_number(person, person.phone_index)
    number = person.phone_number_of
    return number if number is not None and number <= HIGHEST else None


def _give_number(person: Person, index: bytes) -> None:
    person.phone_number_of = _next_number(index)
    given = update(Person).where(Person.id == person.id).values(phone_number_of=person.phone_number_of)
    db.session.execute(given, execution_options={"synchronize_session": False})


def shown_number(person: Person) -> int | None:
    """The same for a page, which changes nothing: None as long as the number has not been settled."""
    if person.phone_index is None:
        return None
    others = [one.number for one in _others_open(person, on_phone(person.phone_index))]
    number = person.phone_number_of
    return number if others and number is not None and number not in others and number <= HIGHEST else None


def shown_at(head: Case, member: Case) -> int | None:
    """By which number the head of a household answers for this member by SMS, for a page, which changes nothing."""
    has_it_there = member.person.phone_index == head.person.phone_index
    return member.person.phone_number_of if has_it_there else member.number_at_head


def is_shared(person: Person, there: Sequence[OnPhone]) -> bool:
    """Whether a reply by SMS could be anybody's: of those `there`, at this person's phone, others have open cases."""
    return bool(_others_open(person, there))


def whose(text: str, index: bytes) -> Mapping[UUID, str] | None:
    """What `text`, sent from the phone with this index, says for which open case; None when it does not say plainly.

    Alone at the phone, nobody needs a number. Where others are, or were, only who is named is answered for.
    """
    there = on_phone(index)
    waiting = {one.case_id for one in there if one.is_open}
    if not was_shared(there):
        return dict.fromkeys(waiting, text) if len(waiting) == 1 else None
    named = answers_by_number(text, {one.number for one in there if one.number is not None})
    if named is None:
        return dict.fromkeys(waiting, text) if len(waiting) == 1 else None
    found: dict[UUID, str] = {}
    for number, answer in named.items():
        meant = {(one.case_id, one.is_open) for one in there if one.number == number}
        if len(meant) != 1:
            return None
        case_id, is_open = meant.pop()
        if not is_open or found.setdefault(case_id, answer) != answer:  # one person, named twice and otherwise
            return None
    return found


def on_phone(index: bytes) -> Sequence[OnPhone]:
    """For the house itself, not for staff: who has, or had, a case at this phone, or is answered for there."""
    return everybody_at([index]).get(index, [])


@scopes.within(EVERYWHERE)
def everybody_at(indexes: Collection[bytes]) -> Mapping[bytes, Sequence[OnPhone]]:
    """The same for many phones, by their indexes, with three statements."""
    found: dict[bytes, list[OnPhone]] = defaultdict(list)
    if not indexes:
        return found
    columns = (Case.id, Person.id, Person.phone_number_of, Person.name_index, Case.status.in_(OPEN_STATUSES))
    own = select(Person.phone_index, *columns).join(Case.person)
    own = own.where(among(Person.phone_index, indexes), Case.merged_into_id.is_(None))
    columns = (Case.id, Person.id, Case.number_at_head, Person.name_index, Case.status.in_(OPEN_STATUSES))
    answered_for, phone = _members_at(indexes)
    for index, *row in (
        *db.session.execute(own),
        *db.session.execute(_merged_at(indexes)),
        *db.session.execute(answered_for.with_only_columns(phone, *columns)),
    ):
        found[index].append(OnPhone(*row))
    return found


def _merged_at(indexes: Collection[bytes]) -> Select[bytes | None, UUID, UUID, int | None, bytes | None, bool]:
    """Whoever was known at these phones by another number, or had them, before two cases of theirs became one."""
    columns = (Case.id, Person.id, CaseMerge.phone_number_of, Person.name_index, Case.status.in_(OPEN_STATUSES))
    merged = select(CaseMerge.phone_index, *columns).join(CaseMerge, CaseMerge.case_id == Case.id).join(Case.person)
    return merged.where(among(CaseMerge.phone_index, indexes))


def _members_at(indexes: Collection[bytes]) -> tuple[Select[Case], InstrumentedAttribute[bytes | None]]:
    """Cases for which somebody at these phones answers, and whose persons have another phone or none; and the column
    of the phone at which they are answered for."""
    head, asked = another(Case, "head"), another(Person, "asked")
    theirs = (
        select(Case).join(Case.person).join(head, Case.household_head_id == head.id).join(head.person.of_type(asked))
    )
    elsewhere = or_(Person.phone_index.is_(None), Person.phone_index != asked.phone_index)
    return theirs.where(among(asked.phone_index, indexes), elsewhere), asked.phone_index


def number_at_head(member: Case, head: Case, numbers: Numbers | None = None) -> int | None:
    """The number by which the head of a household answers for this member; None where they have one there anyway."""
    index = head.person.phone_index
    if index is None or member.person.phone_index == index:
        return None
    return numbers.next(index) if numbers else _next_number(index)


def numbers_to_say(household: Sequence[Case], head: Case, there: Sequence[OnPhone]) -> dict[UUID, int]:
    """The numbers by which the head answers for these cases by SMS, settled so that no two people have the same one.

    Call inside a transaction that holds the household's locks; the cases are models or rows of `fact_rows`, `there` is
    everybody at the head's phone. Without a phone of the head there are no numbers.
    """
    index = head.person.phone_index
    if index is None:
        return {}
    mine = {case.id for case in household}
    taken = {one.number for one in there if one.case_id not in mine}
    said: dict[UUID, int] = {}
    for case in household:
        has_it_there = case.person.phone_index == index
        number = case.person.phone_number_of if has_it_there else case.number_at_head
        if number is None or number in taken:
            if has_it_there:
                _give_number(case.person, index)
                number = case.person.phone_number_of
            else:
                number = case.number_at_head = _next_number(index)
                given = update(Case).where(Case.id == case.id).values(number_at_head=number)
                db.session.execute(given, execution_options={"synchronize_session": False})
        if number is not None:
            taken.add(number)
            said[case.id] = number
    return {case_id: number for case_id, number in said.items() if number <= HIGHEST}


def was_shared(there: Sequence[OnPhone]) -> bool:
    """Whether several people use or used the phone, so that a number in a reply may stand for a person.

    One and the same person may come back with a second case when the first is closed.
    """
    waiting = [one for one in there if one.is_open]
    numbers = {one.number for one in waiting if one.number is not None}  # several of one person: two cases were merged
    return len({one.name_index for one in there}) > 1 or len({one.case_id for one in waiting}) > 1 or len(numbers) > 1


def _others_open(person: Person, there: Sequence[OnPhone]) -> list[OnPhone]:
    return [one for one in there if one.is_open and one.person_id != person.id]


def _next_number(index: bytes) -> int:
    return Numbers([index]).next(index)


@scopes.within(EVERYWHERE)
def _highest_numbers(indexes: Collection[bytes]) -> dict[bytes, int]:
    """The highest number that anybody has at each of these phones, of those who answer there for others, too."""
    highest = dict.fromkeys(indexes, 0)
    if not indexes:
        return highest
    own = select(Person.phone_index, func.max(Person.phone_number_of)).where(among(Person.phone_index, indexes))
    head, asked = another(Case, "head"), another(Person, "asked")
    at_heads = (
        select(asked.phone_index, func.max(Case.number_at_head))
        .join(head, Case.household_head_id == head.id)
        .join(asked, head.person_id == asked.id)
        .where(among(asked.phone_index, indexes))
    )
    merged = select(CaseMerge.phone_index, func.max(CaseMerge.phone_number_of))
    merged = merged.where(among(CaseMerge.phone_index, indexes)).group_by(CaseMerge.phone_index)
    for wanted in (own.group_by(Person.phone_index), at_heads.group_by(asked.phone_index), merged):
        for index, number in db.session.execute(wanted):
            if index is not None:
                highest[index] = max(highest[index], number or 0)
    return highest
