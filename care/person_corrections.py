"""What is known of a person is put right: who they are, and how they are reached.

Whoever has another phone or address is told there who is going to write, and what went to the old one opens nothing any
more: a wrong number may be a stranger's. Functions run inside the caller's `transaction()`.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from auth.actors import Actor
from care import case_management, household_rows, links, messages, name_index, people, phones, timeline, trail
from care.assessments import Change, address_of, zone_of
from care.lifecycle import Action, after
from care.local_days import local_day
from care.models import Case
from care.person_commands import ALWAYS_KNOWN, IDENTITY, WAYS, CorrectPerson
from care.vocabulary import Status
from config import clock
from config.errors import N_, FieldError, RuleViolation
from notifications.preferences import Basis

FOUND_BY = {*IDENTITY, "phone", "email"}
ASKED = {Status.ENROLLED, Status.INVITED, Status.MONITORING}


def correct(command: CorrectPerson, *, case: Case, actor: Actor) -> Change | None:
    """Correct the person of the locked `case`, closed ones too; the timeline keeps what stood there.

    None when nothing changes, or the case is closed. Raises RuleViolation.
    """
    person, now = case.person, clock.now()
    if person.is_erased:
        raise RuleViolation("", N_("Of this person nothing is known any more."))
    given = {name: getattr(command, name) for name in (*IDENTITY, *WAYS) if name in command.model_fields_set}
    _check(given, local_day(now, zone_of(person)))
    if "address" in given:
        given["address"] = people.stored_address(command.address)
    changed = {name: value for name, value in given.items() if _plain(value) != _plain(getattr(person, name))}
    if not changed:
        return None
    told = {name: [_told(getattr(person, name)), _told(value)] for name, value in changed.items()}
    before = address_of(person)
    for name, value in changed.items():
        setattr(person, name, value)
    _let_be_found(case, changed.keys() & FOUND_BY)
    if "channel" in changed:
        person.opted_out_at = None  # somebody has talked to them about how they wish to be reached
    timeline.add(case, "person_corrected", actor, changes=told, note=command.note or None)
    trail.record(actor, "case.person_corrected", case, fields=",".join(sorted(changed)))
    if address_of(person) != before:
        _move(case)
    if changed.keys() & {*WAYS}:
        messages.note_basis([case], Basis.MONITORING)
        household_rows.look_again_at(case)
    if case.is_open:
        return case_management.settled(case, actor, now)
    case_management.noted(case)
    return None


def _check(given: Mapping[str, Any], today: date) -> None:
    """Whether what everybody has is there, and nobody is born tomorrow. Raises RuleViolation."""
    wrong = [
        FieldError(name, N_("Please fill in this field."))
        for name in ALWAYS_KNOWN
        if name in given and given[name] is None
    ]
    born = given.get("birth_date")
    if born is not None and born > today:
        wrong.append(FieldError("birth_date", N_("This date is in the future.")))
    if wrong:
        raise RuleViolation.of(wrong)


def _let_be_found(case: Case, changed: set[str]) -> None:
    """By what they are called now, and at their phone by a number of their own."""
    person = case.person
    if not changed:
        return
    people.index(person)
    if "phone" in changed:
        person.phone_number_of = None
        phones.numbered(person, phones.Numbers([person.phone_index]))
    name_index.index_anew(person)
    case.marks_version = 0  # year of birth and postal code may be others: assessing the case marks them anew


def _move(case: Case) -> None:
    """The person is reached elsewhere: nothing is known yet of how messages arrive there, or are wanted there."""
    person = case.person
    person.unreachable_since = person.opted_out_at = None
    for answered_for in (case, *household_rows.members_of(case)):
        links.revoke_check_ins(answered_for)
        messages.withdraw(answered_for)
    links.revoke_rounds(case)
    messages.withdraw(case, messages.FOR_HOUSEHOLD)
    if case.status in ASKED and case.head is None and messages.introduce(case) and case.status is Status.ENROLLED:
        case.status = after(case.status, Action.INVITE)


def _plain(value: Any) -> Any:
    """As it is compared: what is empty in an address is not there."""
    return {name: text for name, text in value.items() if text} or None if isinstance(value, dict) else value


def _told(value: Any) -> str | None:
    if isinstance(value, dict):
        return people.address_line(value) or None
    return value.isoformat() if isinstance(value, date) else value
