"""Two cases of one person become one. What was only ever added goes along, what differs is chosen field by field.

The other case stays as a row that is closed as a duplicate and leads to the one that goes on: links, references and
answers by SMS that people have from before go on working. Functions run inside the caller's `transaction()`.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import structlog

from auth import holds
from auth.actors import Actor
from auth.roles import Permission
from care import (
    case_management,
    duplicates,
    exposure_rows,
    household_heads,
    household_rows,
    merge_rows,
    name_index,
    orders,
    people,
    seen,
    timeline,
    trail,
    transfer_rows,
)
from care.assessments import address_of, counting, reassess
from care.duplicate_models import CaseMerge
from care.lifecycle import Action, after
from care.merge_rules import FIELDS, Difference, MergeCases, Side, Values, chosen, contradicted, differences, undecided
from care.models import Case, Person
from care.protocol import disease_of
from care.queries import case_for
from care.vocabulary import CloseReason, Status
from config import clock, scopes
from config.database import db
from config.errors import N_, FieldError, Forbidden, RuleViolation

log = structlog.get_logger(__name__)
MERGING = scopes.system("care.merging")  # files and messages of other offices may know the case, too


def both(actor: Actor, reference: str, other: str) -> tuple[Case, Case]:
    """The case that is to go on, and the one that is to go into it. Raises NotFound, Forbidden, RuleViolation."""
    kept, ending = case_for(actor, reference), case_for(actor, other)
    if not actor.is_system and kept.office_id not in actor.offices_for(Permission.CASES_CLOSE):
        raise Forbidden()
    _check(kept, ending)
    return kept, ending


def _check(kept: Case, ending: Case) -> None:
    if kept.id == ending.id:
        raise RuleViolation("other", N_("This is the case itself."))
    if kept.merged_into_id or ending.merged_into_id:
        raise RuleViolation("other", N_("One of the cases has gone into another one already."))
    if kept.office_id != ending.office_id:
        raise RuleViolation("other", N_("The cases are looked after by two health offices."))
    if disease_of(kept.protocol_code) != disease_of(ending.protocol_code):
        raise RuleViolation("other", N_("The cases are about two diseases. Each of them needs a case of its own."))
    if not kept.is_open:
        raise RuleViolation("other", N_("The case that goes on has to be open."))
    if ending.status is Status.DECEASED:
        raise RuleViolation("other", N_("In the other case the person has died. Please find out first what is right."))
    held = holds.held([f"case:{kept.reference}", f"case:{ending.reference}"])
    if f"case:{ending.reference}" in held and f"case:{kept.reference}" not in held:
        raise RuleViolation("other", N_("A legal hold stands on the other case. Let that one go on."))
    if kept.person.is_erased or ending.person.is_erased:
        raise RuleViolation("other", N_("Of one of the cases nothing is known any more."))


def values_of(case: Case) -> dict[str, Any]:
    """What is compared of a case, by the names of `merge_rules.FIELDS`."""
    found = {part: getattr(case.person if field.of_person else case, part) for field in FIELDS for part in field.parts}
    if found["public_health_action"] == "none":
        found["public_health_action"] = None
    if not case.is_open:
        found["status"] = None  # what was closed says nothing of how the person is looked after
    return found


def compare(kept: Case, ending: Case) -> list[Difference]:
    """In what two cases differ. With exposures, the last contact is the latest of both, as everywhere."""
    following = {"last_exposure_on"} if exposure_rows.are_known(kept, ending) else ()
    return differences(values_of(kept), values_of(ending), following)


def merge(command: MergeCases, *, reference: str, actor: Actor, marks: Sequence[str] = ()) -> None:
    """Let the case `command.other` go into `reference`. Locks the households of all cases of both persons.

    `marks`: what the reader of the page had seen of each (`seen.mark`). Raises NotFound, Forbidden, ChangedMeanwhile,
    and RuleViolation, on `choices.<field>` for what has to be decided and was not, or follows and was chosen otherwise.
    """
    ids = [case.id for case in both(actor, reference, command.other)]
    with scopes.within(MERGING):
        merge_rows.lock_all_of(ids)
        kept, ending = (case_management.loaded(one) for one in ids)
        for case, mark in zip((kept, ending), marks, strict=False):
            seen.refuse_if_changed(case, mark)
        _check(kept, ending)
        found = compare(kept, ending)
        if against := contradicted(found, command.choices):
            raise RuleViolation.of(FieldError(f"choices.{name}", exposure_rows.FOLLOWS) for name in against)
        sides = chosen(found, command.choices)
        missing = undecided(found, sides)
        if missing:
            message = N_("Please decide which of the two counts.")
            raise RuleViolation.of(FieldError(f"choices.{name}", message) for name in missing)
        _merge(kept, ending, found, sides, actor)


def _merge(kept: Case, ending: Case, found: Sequence[Difference], sides: Mapping[str, Side], actor: Actor) -> None:
    now = clock.now()
    taken = {part: value for one in found if sides[one.field.name] is Side.OTHER for part, value in one.other.items()}
    record = _record(kept, ending, found, sides)
    if "phone" in taken:
        taken["phone_number_of"] = ending.person.phone_number_of  # which messages have said already
    opted_out_at = min(filter(None, (kept.person.opted_out_at, ending.person.opted_out_at)), default=None)
    unreachable = _unreachable(kept.person, ending.person)
    _join_households(kept, ending)
    transfer_rows.withdraw(ending, actor)
    if "order" in sides:
        orders.end_unchosen(ending if sides["order"] is Side.KEPT else kept, actor)
    merge_rows.settle_what_is_there_twice(kept, ending, actor)
    _end(ending, kept, now)
    db.session.flush()
    before = ending.person
    if before.id != kept.person_id:
        merge_rows.give_person(before, kept.person)
    merge_rows.move(ending, kept)
    db.session.expire_all()
    kept, ending = case_management.loaded(kept.id), case_management.loaded(ending.id)
    _take(kept, taken)
    exposure_rows.count(kept)
    kept.person.unreachable_since = unreachable.get(address_of(kept.person))
    kept.person.opted_out_at = opted_out_at  # nobody is written to again because of a merge
    household_rows.look_again_at(kept)
    db.session.add(CaseMerge(case=kept, merged_case_id=ending.id, at=now, actor_id=actor.id[:80], **record))
    _say(kept, ending, sides, actor)
    duplicates.carry_over(ending, kept)
    duplicates.forget([ending.id], person_ids=[kept.person_id])
    reassess(ending, now)
    case_management.settled(kept, actor, now)
    db.session.flush()
    log.info("cases_merged", case=kept.reference, other=ending.reference)


def _unreachable(*people: Person) -> dict[Any, datetime | None]:
    """Since when nothing arrives, by where people are written to: it is told of an address, and goes with it."""
    since: dict[Any, datetime | None] = {}
    for person in people:
        address = address_of(person)
        since[address] = since.get(address) or person.unreachable_since
    return since


def _record(kept: Case, ending: Case, found: Sequence[Difference], sides: Mapping[str, Side]) -> dict[str, Any]:
    """What is kept of the merge: both values of all that differed; the phone, and the number there, that goes."""
    fields = {
        one.field.name: {"kept": _plain(one.kept), "other": _plain(one.other), "chosen": sides[one.field.name].value}
        for one in found
    }
    leaving = kept.person if sides.get("phone") is Side.OTHER else ending.person
    return {
        "merged_person_id": ending.person_id,
        "phone_index": leaving.phone_index,
        "phone_number_of": leaving.phone_number_of,
        "fields": fields,
    }


def _plain(values: Values) -> dict[str, Any]:
    return {part: value.isoformat() if isinstance(value, date) else value for part, value in values.items()}


def _join_households(kept: Case, ending: Case) -> None:
    """Whoever was answered for by either is answered for by the household of the case that goes on."""
    members = [one for one in household_rows.members_of(ending) if one.id != kept.id]
    former = ending.head if ending.head is not None and ending.head.id != kept.id else None
    household_rows.point(ending, None)
    ending.number_at_head = None
    if kept.household_head_id == ending.id:
        household_heads.put_under(kept, [kept, *members])
        return
    head = kept.head or kept
    if kept.head is None and former is not None and not household_rows.members_of(kept) and not members:
        household_heads.answer_through(kept, former)
        return
    for member in members:
        household_heads.answer_through(member, head)
        member.assessed_revision = 0


def _end(ending: Case, kept: Case, now: datetime) -> None:
    """Close the other case. Its links stay good: they lead to the case that goes on."""
    if ending.is_open:
        ending.status, ending.closed_at = after(ending.status, Action.CLOSE), now
    ending.close_reason, ending.merged_into_id = CloseReason.DUPLICATE, kept.id
    ending.facts_revision += 1
    ending.touched_at = now


def _take(kept: Case, taken: Mapping[str, Any]) -> None:
    """Put the chosen values into the case that goes on, and let its person be found by them."""
    person = kept.person
    for field in FIELDS:
        for part in (part for part in field.parts if part in taken):
            setattr(person if field.of_person else kept, part, taken[part])
    person.phone_number_of = taken.get("phone_number_of", person.phone_number_of)
    people.index(person)
    name_index.index_anew(person)
    kept.marks_version = 0  # year of birth and postal code may be others: assessing the case marks them anew
    kept.external_index = people.external_index(kept.external_id) if kept.external_id else None
    kept.last_report_at = max((row.reported_at for row in counting(kept.reports)), default=None)


def _say(kept: Case, ending: Case, sides: Mapping[str, Side], actor: Actor) -> None:
    timeline.add(kept, "merged", actor, with_case=ending.reference)
    timeline.add(ending, "merged_into", actor, with_case=kept.reference)
    taken = sum(side is Side.OTHER for side in sides.values())  # which they are would say something of health
    trail.record(actor, "case.merged", kept, other=ending.reference, taken=taken)
    trail.record(actor, "case.merged_into", ending, other=kept.reference)
