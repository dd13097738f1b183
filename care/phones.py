"""Several persons on one phone: their numbers there, and whose answer a reply is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import aliased

from care.duplicate_models import CaseMerge
from care.models import Case, Person
from care.numbered import HIGHEST, answers_by_number
from care.vocabulary import OPEN_STATUSES
from config import scopes
from config.database import db

EVERYWHERE = scopes.system("phones")  # one phone may serve people of two offices


@dataclass(frozen=True)
class OnPhone:
    """One person at a phone, with their case."""

    case_id: UUID
    person_id: UUID
    number: int | None
    name_index: bytes | None
    is_open: bool


def numbered(person: Person) -> Person:
    """Give a new person the next number at their phone, if they have one.

    A number is never given away again, for the others at the phone may still answer for whoever had it. Two people who
    are enrolled in the same instant may get the same one: `number_to_say` parts them before it is said to anybody, and
    until then nobody is answered for.
    """
    if person.phone_index is not None:
        person.phone_number_of = _next_number(person.phone_index)
    return person


def number_to_say(person: Person) -> int | None:
    """The number by which this person answers; None where they are alone at their phone. Call inside a transaction."""
    others = _others_open(person)
    if not others or person.phone_index is None:
        return None
    taken = {one.number for one in others if one.person_id < person.id}
    if person.phone_number_of is None or person.phone_number_of in taken:
        person.phone_number_of = _next_number(person.phone_index)
    return person.phone_number_of if person.phone_number_of <= HIGHEST else None


def shown_number(person: Person) -> int | None:
    """The same for a page, which changes nothing: None as long as the number has not been settled."""
    others = [one.number for one in _others_open(person)]
    number = person.phone_number_of
    return number if others and number is not None and number not in others and number <= HIGHEST else None


def shown_at(head: Case, member: Case) -> int | None:
    """By which number the head of a household answers for this member by SMS, for a page, which changes nothing."""
    has_it_there = member.person.phone_index == head.person.phone_index
    return member.person.phone_number_of if has_it_there else member.number_at_head


def is_shared(person: Person) -> bool:
    """Whether a reply by SMS could be anybody's: other open cases have this phone."""
    return bool(_others_open(person))


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


@scopes.within(EVERYWHERE)
def on_phone(index: bytes) -> Sequence[OnPhone]:
    """For the house itself, not for staff: who has, or had, a case at this phone, or is answered for there."""
    columns = (Case.id, Person.id, Person.phone_number_of, Person.name_index, Case.status.in_(OPEN_STATUSES))
    own = select(*columns).join(Case.person).where(Person.phone_index == index, Case.merged_into_id.is_(None))
    rows = [*db.session.execute(own), *db.session.execute(_merged_at(index))]
    columns = (Case.id, Person.id, Case.number_at_head, Person.name_index, Case.status.in_(OPEN_STATUSES))
    answered_for = db.session.execute(_members_at(index).with_only_columns(*columns))
    return [OnPhone(*row) for row in (*rows, *answered_for)]


def _merged_at(index: bytes) -> Select[UUID, UUID, int | None, bytes | None, bool]:
    """Whoever was known at this phone by another number, or had this phone, before two cases of theirs became one."""
    columns = (Case.id, Person.id, CaseMerge.phone_number_of, Person.name_index, Case.status.in_(OPEN_STATUSES))
    merged = select(*columns).join(CaseMerge, CaseMerge.case_id == Case.id).join(Case.person)
    return merged.where(CaseMerge.phone_index == index)


def _members_at(index: bytes) -> Select[Case]:
    """Cases for which somebody at this phone answers, and whose persons have another phone or none."""
    head, asked = aliased(Case), aliased(Person)
    theirs = (
        select(Case).join(Case.person).join(head, Case.household_head_id == head.id).join(head.person.of_type(asked))
    )
    elsewhere = or_(Person.phone_index.is_(None), Person.phone_index != index)
    return theirs.where(asked.phone_index == index, elsewhere)


def number_at_head(member: Case, head: Case) -> int | None:
    """The number by which the head of a household answers for this member; None where they have one there anyway."""
    index = head.person.phone_index
    if index is None or member.person.phone_index == index:
        return None
    return _next_number(index)


def numbers_to_say(household: Sequence[Case], head: Case) -> dict[UUID, int]:
    """The numbers by which the head answers for these cases by SMS, settled so that no two people have the same one.

    Call inside a transaction that holds the household's locks. Without a phone of the head there are none.
    """
    index = head.person.phone_index
    if index is None:
        return {}
    mine = {case.id for case in household}
    taken = {one.number for one in on_phone(index) if one.case_id not in mine}
    said: dict[UUID, int] = {}
    for case in household:
        has_it_there = case.person.phone_index == index
        number = case.person.phone_number_of if has_it_there else case.number_at_head
        if number is None or number in taken:
            number = _next_number(index)
            if has_it_there:
                case.person.phone_number_of = number
            else:
                case.number_at_head = number
            db.session.flush()
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


def _others_open(person: Person) -> list[OnPhone]:
    if person.phone_index is None:
        return []
    return [one for one in on_phone(person.phone_index) if one.is_open and one.person_id != person.id]


@scopes.within(EVERYWHERE)
def _next_number(index: bytes) -> int:
    own = db.session.scalar(select(func.max(Person.phone_number_of)).where(Person.phone_index == index))
    others = db.session.scalar(_members_at(index).with_only_columns(func.max(Case.number_at_head)))
    merged = db.session.scalar(_merged_at(index).with_only_columns(func.max(CaseMerge.phone_number_of)))
    return max(own or 0, others or 0, merged or 0) + 1
