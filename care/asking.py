"""Asking everybody who is due how they are: thousands at once in the morning, with a handful of statements.

Asking changes nothing in an assessment but when the person is asked next (`line_list.after_asking`), so that of all
that is known only the newest is read, and what reports say is not even opened.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select

from auth.models import Office
from care import fact_rows, messages, phones
from care.assessment_models import CheckIn, HouseholdRound
from care.assessments import facts_for_asking, load_facts, protocol_of
from care.case_sets import CaseSet, at_once
from care.facts import CaseFacts, CheckInFact
from care.line_list import RULES_VERSION, after_asking
from care.models import Case, Schedule
from care.monitoring import CheckInDue, next_check_in, next_check_in_until
from care.people import initials
from care.phones import OnPhone
from config import clock
from config.database import claimable, db, transaction
from config.encryption import hash_of_no_token, token_hash
from config.ids import new_id, new_token
from config.rowsets import among, insert_many, update_many
from config.settings import current_settings
from notifications.outbox import NewMessage, enqueue_many

log = structlog.get_logger(__name__)


def send_due() -> int:
    """Create the check-ins that are due and write to the people, one batch in one transaction. Returns how many cases.

    Two workers at once take different cases and households; a case, slot and local day is asked once, whatever happens.
    """
    now = clock.now()
    if db.engine.dialect.name == "sqlite" and not _is_anybody_due(now):
        return 0  # without a transaction, which would keep other writers out there
    with transaction():
        households = _claimed(now)
        if not households:
            return 0
        round_ = Round(now, households)
        for household in households:
            round_.ask(household)
        return round_.write()


def _is_anybody_due(now: datetime) -> bool:
    return db.session.scalar(select(Schedule.id).where(Schedule.next_check_in_at <= now).limit(1)) is not None


def _claimed(now: datetime) -> list[list[Case]]:
    """Households in which somebody is due, all of each with their locks; those that somebody else is at are left out.

    Who lives alone is a household of one. Nobody is waited for, so that taking locks in no order does no harm: the next
    sweep finds who was left out.
    """
    due = select(Case.id, Case.household_head_id).join(Schedule, Schedule.id == Case.id)
    due = due.where(Schedule.next_check_in_at <= now).order_by(Schedule.next_check_in_at).limit(at_once())
    mine = {row[0]: row[1] or row[0] for row in db.session.execute(claimable(due, of=Case))}
    if not mine:
        return []
    heads = set(mine.values())
    members = {head_id: {head_id} for head_id in heads}
    answered_for = select(Case.id, Case.household_head_id).where(among(Case.household_head_id, heads))
    for case_id, head_id in db.session.execute(answered_for):
        members[head_id or case_id].add(case_id)
    others = set().union(*members.values()) - mine.keys()
    if others:
        mine |= dict.fromkeys(db.session.scalars(claimable(select(Case.id).where(among(Case.id, others)))))
    whole = {head_id: ids for head_id, ids in members.items() if ids <= mine.keys()}
    cases = fact_rows.load_to_ask(set().union(*whole.values()))
    stale = {case_id for case_id, case in cases.items() if not _holds(case, now)}
    cases |= {case.id: case for case in fact_rows.load_bare(stale)}  # they are assessed, which looks at everything
    return [[cases[one] for one in sorted(ids)] for _, ids in sorted(whole.items())]


class Round:
    """One batch of people who are asked: rows gathered here, written together."""

    def __init__(self, now: datetime, households: Sequence[Sequence[Case]]) -> None:
        self.now = now
        self._cases = CaseSet(now)
        self._offices = {office.id: office for office in db.session.scalars(select(Office))}
        self._there = phones.everybody_at({index for one in households for index in _phones_of(one)})
        self._facts: dict[UUID, CaseFacts] = {}
        self._messages: list[NewMessage | None] = []
        self._rounds: list[dict[str, Any]] = []
        self._check_ins: list[dict[str, Any]] = []
        self._asked: list[dict[str, Any]] = []
        self._links = current_settings().public_url("/c/")
        self._thorough: set[UUID] = set()  # what has to be assessed anew
        self._candidates = self._with_facts([case for one in households for case in one])

    def _with_facts(self, cases: Iterable[Case]) -> set[UUID]:
        """Read what asking these cases depends on; the ids of those that may be due."""
        stale: list[Case] = []
        wanted: list[Case] = []
        for case in cases:
            if not _holds(case, self.now):
                stale.append(case)
            elif case.next_check_in_at is not None and case.next_check_in_at <= self.now:
                wanted.append(case)
        fact_rows.fill(stale)
        fact_rows.fill_newest(wanted, self.now)
        return {case.id for case in (*stale, *wanted)}

    def ask(self, household: Sequence[Case]) -> None:
        """Ask the head for all of this locked household who are due now; only for themselves: them."""
        due: dict[UUID, CheckInDue] = {}
        for case in household:
            if case.id not in self._candidates:
                continue
            found = self._due(case)
            if found is not None and found.due_at <= self.now:
                due[case.id] = found
            elif (wanted_at := case.next_check_in_at) is not None and wanted_at <= self.now:
                self._thorough.add(case.id)  # it was answered, or its window has passed
        asked = [case for case in household if case.id in due]
        head = next((case for case in household if case.household_head_id is None), None)
        if head is None or asked == [head]:
            for case in asked:
                self._ask_alone(case, due[case.id])
        elif asked:
            self._ask_head(head, {case.id: (case, due[case.id]) for case in asked})

    def _due(self, case: Case) -> CheckInDue | None:
        if not _holds(case, self.now):
            return next_check_in(load_facts(case), protocol_of(case), self.now)
        facts = self._facts[case.id] = facts_for_asking(case)
        return next_check_in_until(facts, protocol_of(case), self.now, case.monitoring_ends_on)

    def _ask_alone(self, case: Case, due: CheckInDue) -> None:
        token, there = new_token(), self._at(case)
        number, shared = phones.number_to_say(case.person, there), phones.is_shared(case.person, there)
        office, link = self._offices.get(case.office_id), self._links + token
        self._messages.append(messages.check_in(case, office, due, link, number, by_reply=not shared))
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
        office, link = self._offices.get(head.office_id), self._links + token
        self._messages.append(messages.household_check_in(head, office, round_id, people, link, until))
        for case, found in due.values():
            # Nobody has a token for this: the household's link is the one that was sent.
            self._note(case, found, hash_of_no_token(), round_id)

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
        if not _holds(case, self.now):
            self._thorough.add(case.id)
            return
        asked = CheckInFact(due.local_date, due.slot, due.due_at, due.expires_at)
        known, last_day = self._facts[case.id].asked(asked), case.monitoring_ends_on
        following = after_asking(known, protocol_of(case), self.now, last_day, case.stands_until)
        changed = {"next_check_in_at": following.next_check_in_at, "reassess_at": following.reassess_at}
        self._asked.append({"id": case.id, **changed})

    def write(self) -> int:
        """Write all of it; how many cases."""
        insert_many(HouseholdRound, self._rounds)
        insert_many(CheckIn, self._check_ins)
        update_many(Schedule, sorted(self._asked, key=lambda row: row["id"]))
        for case in fact_rows.load(self._thorough):  # with the check-ins that were just made
            self._cases.reassess(case)
        self._cases.write()
        enqueue_many([message for message in self._messages if message is not None])
        if self._check_ins:
            log.info("check_ins_created", cases=len(self._check_ins), households=len(self._rounds))
        return len(self._asked) + len(self._thorough)


def _holds(case: Case, now: datetime) -> bool:
    """Whether the stored assessment is that of this moment."""
    if case.assessed_revision != case.facts_revision or case.rules_version != RULES_VERSION:
        return False
    return case.reassess_at is None or case.reassess_at > now


def _phones_of(household: Sequence[Case]) -> set[bytes]:
    """The phones at which this household may be asked: that of the head."""
    asked = [case for case in household if case.household_head_id is None] or household
    return {case.person.phone_index for case in asked if case.person.phone_index is not None}


def called(case: Case, number: int | None) -> str:
    """How a message says whom it means: the number to answer with, if there is one, and initials."""
    return f"{number}: {initials(case.person)}" if number is not None else initials(case.person)
