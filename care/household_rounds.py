"""Asking a household: one message to its head, with one link, for everybody who is due. See `check_ins.send_due`."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import aliased

from auth.actors import Actor
from care import messages, phones, timeline
from care.assessment_models import WITH_FACTS, CheckIn, HouseholdRound
from care.assessments import load_facts, protocol_of, reassess
from care.household_rows import in_households
from care.models import Case
from care.monitoring import CheckInDue, next_check_in
from care.people import initials
from config.database import claimable, db
from config.encryption import token_hash
from config.ids import new_token
from config.settings import current_settings

log = structlog.get_logger(__name__)
ASKING = Actor.system("care.check_ins")


def lives_alone() -> ColumnElement[bool]:
    """Whether a case neither answers for others nor is answered for."""
    member = aliased(Case)
    return Case.household_head_id.is_(None) & ~exists().where(member.household_head_id == Case.id)


def claim_due(now: datetime, limit: int) -> list[list[Case]]:
    """Households in which somebody is due, all of each with their locks; those that somebody else is at are left out.

    Nobody is waited for, so that taking locks in no order does no harm: the next sweep finds who was left out.
    """
    member = aliased(Case)
    in_one = or_(Case.household_head_id.is_not(None), exists().where(member.household_head_id == Case.id))
    head_id = func.coalesce(Case.household_head_id, Case.id)
    due = select(head_id).where(Case.next_check_in_at <= now, in_one).distinct().limit(limit)
    head_ids = list(db.session.scalars(due))
    if not head_ids:
        return []
    counted = select(head_id, func.count()).where(in_households(head_ids)).group_by(head_id)
    sizes = {row[0]: row[1] for row in db.session.execute(counted).all()}
    wanted = select(Case).options(*WITH_FACTS).where(in_households(head_ids)).order_by(Case.id)
    households: dict[UUID, list[Case]] = defaultdict(list)
    for case in db.session.scalars(claimable(wanted).execution_options(populate_existing=True)):
        households[case.household_head_id or case.id].append(case)
    return [cases for one, cases in sorted(households.items()) if len(cases) == sizes.get(one)]


def ask(household: Sequence[Case], now: datetime, alone: Callable[[Case, datetime], None]) -> None:
    """Ask the head for all of this locked household who are due now; only for themselves: as `alone` does."""
    due: list[tuple[Case, CheckInDue]] = []
    for case in household:
        found = next_check_in(load_facts(case), protocol_of(case), now)
        if found is not None and found.due_at <= now:
            due.append((case, found))
    head = next((case for case in household if case.household_head_id is None), None)
    if head is None or [case for case, _ in due] == [head]:
        for case, _ in due:
            alone(case, now)
    elif due:
        _ask_head(head, due, now)
    for case in household:
        reassess(case, now)


def _ask_head(head: Case, due: Sequence[tuple[Case, CheckInDue]], now: datetime) -> None:
    token = new_token()
    expires_at = max(found.expires_at for _, found in due)
    asked = HouseholdRound(head=head, token_hash=token_hash(token), created_at=now, expires_at=expires_at)
    db.session.add(asked)
    for case, found in due:
        check_in = CheckIn(
            case=case,
            local_date=found.local_date,
            slot=found.slot,
            token_hash=token_hash(new_token()),  # nobody has it: the household's link is the one that was sent
            due_at=found.due_at,
            expires_at=found.expires_at,
            created_at=now,
            round_id=asked.id,
        )
        db.session.add(check_in)
        timeline.add(case, "asked", ASKING, on=found.local_date, slot=found.slot)
    db.session.flush()
    numbers = phones.numbers_to_say([case for case, _ in due], head)
    people = ", ".join(called(case, numbers.get(case.id)) for case, _ in due)
    link = current_settings().public_url(f"/c/{token}")
    messages.ask_household(head, asked.id, people, link, max(found.window_ends_at for _, found in due))
    log.info("household_asked", case=head.reference, people=len(due))


def called(case: Case, number: int | None) -> str:
    """How a message says whom it means: the number to answer with, if there is one, and initials."""
    return f"{number}: {initials(case.person)}" if number is not None else initials(case.person)
