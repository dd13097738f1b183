"""Asking everybody who is due how they are: thousands at once in the morning, with a handful of statements.

Asking changes nothing in an assessment but when the person is asked next (`line_list.after_asking`), so that what the
reports say is not even opened, except where it matters.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select

from auth.actors import Actor
from auth.models import Office
from care import fact_rows, messages, phones
from care.assessment_models import CheckIn, HouseholdRound
from care.assessments import load_facts, protocol_of
from care.case_sets import CaseSet, at_once
from care.facts import CaseFacts, CheckInFact
from care.household_rows import in_households
from care.line_list import RULES_VERSION, after_asking, depends_on_reports
from care.models import Case
from care.monitoring import CheckInDue, next_check_in
from care.people import initials
from care.phones import OnPhone
from config import clock
from config.database import claimable, db, transaction
from config.encryption import token_hash
from config.ids import new_id, new_token
from config.rowsets import insert_many, update_many
from config.settings import current_settings
from notifications.outbox import NewMessage, enqueue_many

log = structlog.get_logger(__name__)
ASKING = Actor.system("care.check_ins")


def send_due() -> int:
    """Create the check-ins that are due and write to the people, one batch in one transaction. Returns how many cases.

    Two workers at once take different cases and households; a case, slot and local day is asked once, whatever happens.
    """
    now = clock.now()
    if db.session.scalar(select(Case.id).where(Case.next_check_in_at <= now).limit(1)) is None:
        return 0
    with transaction():
        households = _claimed(now)
        round_ = Round(now, households)
        for household in households:
            round_.ask(household)
        return round_.write()


def _claimed(now: datetime) -> list[list[Case]]:
    """Households in which somebody is due, all of each with their locks; those that somebody else is at are left out.

    Who lives alone is a household of one. Nobody is waited for, so that taking locks in no order does no harm: the next
    sweep finds who was left out.
    """
    due = select(Case.id, Case.household_head_id).where(Case.next_check_in_at <= now).order_by(Case.next_check_in_at)
    mine = {row[0]: row[1] or row[0] for row in db.session.execute(claimable(due.limit(at_once())))}
    everybody = select(Case.id, Case.household_head_id).where(in_households(set(mine.values())))
    members: dict[UUID, set[UUID]] = defaultdict(set)
    for case_id, head_id in db.session.execute(everybody):
        members[head_id or case_id].add(case_id)
    others = set().union(*members.values()) - mine.keys()
    if others:
        mine |= dict.fromkeys(db.session.scalars(claimable(select(Case.id).where(Case.id.in_(others)))))
    whole = {head_id: ids for head_id, ids in members.items() if ids <= mine.keys()}
    cases = {case.id: case for case in fact_rows.load(set().union(*whole.values()), contents=False)}
    return [[cases[one] for one in sorted(ids)] for _, ids in sorted(whole.items())]


class Round:
    """One batch of people who are asked: rows gathered here, written together."""

    def __init__(self, now: datetime, households: Sequence[Sequence[Case]]) -> None:
        self.now = now
        self._cases = CaseSet(now)
        self._offices = db.session.scalars(select(Office)).all()  # held, so that the session does not read them again
        self._there = phones.everybody_at({index for one in households for index in _phones_of(one)})
        self._facts: dict[UUID, CaseFacts] = {}
        self._messages: list[NewMessage | None] = []
        self._rounds: list[dict[str, Any]] = []
        self._check_ins: list[dict[str, Any]] = []
        self._asked: list[dict[str, Any]] = []
        self._thorough: dict[UUID, Case] = {}  # what has to be assessed with what the reports say

    def ask(self, household: Sequence[Case]) -> None:
        """Ask the head for all of this locked household who are due now; only for themselves: them."""
        due: dict[UUID, CheckInDue] = {}
        for case in household:
            facts = load_facts(case)
            found = next_check_in(facts, protocol_of(case), self.now)
            if found is not None and found.due_at <= self.now:
                due[case.id], self._facts[case.id] = found, facts
            elif (wanted_at := case.next_check_in_at) is not None and wanted_at <= self.now:
                self._thorough[case.id] = case  # it was answered, or its window has passed
        asked = [case for case in household if case.id in due]
        head = next((case for case in household if case.household_head_id is None), None)
        if head is None or asked == [head]:
            for case in asked:
                self._ask_alone(case, due[case.id])
        elif asked:
            self._ask_head(head, {case.id: (case, due[case.id]) for case in asked})

    def _ask_alone(self, case: Case, due: CheckInDue) -> None:
        token, there = new_token(), self._at(case)
        number, shared = phones.number_to_say(case.person, there), phones.is_shared(case.person, there)
        self._messages.append(messages.check_in(case, due, _link(token), number, by_reply=not shared))
        self._note(case, due, token_hash(token))

    def _ask_head(self, head: Case, due: Mapping[UUID, tuple[Case, CheckInDue]]) -> None:
        token, round_id = new_token(), new_id()
        self._rounds.append(
            {
                "id": round_id,
                "head_id": head.id,
                "token_hash": token_hash(token),
                "created_at": self.now,
                "expires_at": max(found.expires_at for _, found in due.values()),
            }
        )
        numbers = phones.numbers_to_say([case for case, _ in due.values()], head, self._at(head))
        people = ", ".join(called(case, numbers.get(case.id)) for case, _ in due.values())
        until = max(found.window_ends_at for _, found in due.values())
        self._messages.append(messages.household_check_in(head, round_id, people, _link(token), until))
        for case, found in due.values():
            # Nobody has this token: the household's link is the one that was sent.
            self._note(case, found, token_hash(new_token()), round_id)

    def _at(self, case: Case) -> Sequence[OnPhone]:
        index = case.person.phone_index
        return self._there.get(index, ()) if index is not None else ()

    def _note(self, case: Case, due: CheckInDue, hashed: bytes, round_id: UUID | None = None) -> None:
        check_in = {
            "id": new_id(),
            "case_id": case.id,
            "local_date": due.local_date,
            "slot": due.slot,
            "token_hash": hashed,
            "due_at": due.due_at,
            "expires_at": due.expires_at,
            "created_at": self.now,
            "round_id": round_id,
        }
        self._check_ins.append(check_in)
        self._cases.lines.add(case, "asked", ASKING, self.now, {"on": due.local_date, "slot": due.slot})
        if not self._holds(case):
            fact_rows.add_check_in(case, check_in)
            self._thorough[case.id] = case
            return
        facts, asked = self._facts[case.id], CheckInFact(due.local_date, due.slot, due.due_at, due.expires_at)
        known = replace(facts, check_ins=tuple(sorted((*facts.check_ins, asked), key=lambda one: one.due_at)))
        following = after_asking(known, protocol_of(case), self.now)
        next_at = following.next_check_in.due_at if following.next_check_in else None
        self._asked.append({"id": case.id, "next_check_in_at": next_at, "reassess_at": following.reassess_at})

    def _holds(self, case: Case) -> bool:
        """Whether the stored assessment is that of this moment, and the new one follows from it without the reports."""
        if case.assessed_revision != case.facts_revision or case.rules_version != RULES_VERSION:
            return False
        if case.reassess_at is not None and case.reassess_at <= self.now:
            return False
        return not depends_on_reports(case.kind, {found["code"] for found in case.findings or ()})

    def write(self) -> int:
        """Write all of it; how many cases."""
        insert_many(HouseholdRound, self._rounds)
        insert_many(CheckIn, self._check_ins)
        update_many(Case, sorted(self._asked, key=lambda row: row["id"]))
        fact_rows.complete(self._thorough.values())
        for case in self._thorough.values():
            self._cases.reassess(case)
        self._cases.write()
        enqueue_many([message for message in self._messages if message is not None])
        if self._check_ins:
            log.info("check_ins_created", cases=len(self._check_ins), households=len(self._rounds))
        return len(self._asked) + len(self._thorough)


def _phones_of(household: Sequence[Case]) -> set[bytes]:
    """The phones at which this household may be asked: that of the head."""
    asked = [case for case in household if case.household_head_id is None] or household
    return {case.person.phone_index for case in asked if case.person.phone_index is not None}


def _link(token: str) -> str:
    return current_settings().public_url(f"/c/{token}")


def called(case: Case, number: int | None) -> str:
    """How a message says whom it means: the number to answer with, if there is one, and initials."""
    return f"{number}: {initials(case.person)}" if number is not None else initials(case.person)
