"""The secret links in our messages: looked up in one way whatever they are, and taken back when the case is closed.

A link opens one thing. Whether it is unknown, answered, expired, revoked or locked, looking it up does the same work
and gives the same nothing, so that a stranger learns neither from the page nor from the time it takes.
"""

import secrets
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from care.assessment_models import CheckIn, HouseholdRound
from care.link_models import AccessLink
from care.models import Case
from care.vocabulary import LinkPurpose
from config import clock
from config.database import db
from config.encryption import token_hash

HASH_BYTES = 32
CHECK_INS = select(CheckIn).options(joinedload(CheckIn.case))
ROUNDS = select(HouseholdRound).options(
    joinedload(HouseholdRound.head), joinedload(HouseholdRound.check_ins).joinedload(CheckIn.case)
)
PAPERS = select(AccessLink).options(joinedload(AccessLink.case))


@dataclass(frozen=True)
class Behind:
    """What a link opens at this moment: a question, several for a household, a paper, people met, or nothing."""

    check_in: CheckIn | None = None
    round: HouseholdRound | None = None
    paper: AccessLink | None = None
    naming: AccessLink | None = None


def look(token: str) -> Behind:
    """What is behind `token` now. Always the same three statements; changes nothing."""
    wanted = token_hash(token)
    check_in = db.session.scalar(CHECK_INS.where(CheckIn.token_hash == wanted))
    asked = db.session.scalars(ROUNDS.where(HouseholdRound.token_hash == wanted)).unique().one_or_none()
    paper = db.session.scalar(PAPERS.where(AccessLink.token_hash == wanted))
    opens = paper is not None and can_be_opened(paper)
    is_naming = paper is not None and paper.purpose is LinkPurpose.CONTACTS
    return Behind(
        check_in if check_in is not None and takes_answer(check_in) else None,
        asked if asked is not None and waiting_in(asked) else None,
        paper if opens and not is_naming else None,
        paper if opens and is_naming else None,
    )


def case_of(check_in: CheckIn) -> Case:
    """For whom the question counts: the case that its own has gone into, if it has."""
    return standing(check_in.case)


def standing(case: Case) -> Case:
    """The case itself, or the one that it has gone into (which never goes into another: then both point at that)."""
    return case.merged_into or case


def takes_answer(check_in: CheckIn) -> bool:
    """Whether the question behind this link still waits for its answer."""
    return check_in.answered_at is None and clock.now() < check_in.expires_at and case_of(check_in).is_open


def waiting_in(asked: HouseholdRound) -> list[CheckIn]:
    """The questions of a round that still wait, of those for whom its head still answers."""
    if clock.now() >= asked.expires_at:
        return []
    return [
        check_in
        for check_in in asked.check_ins
        if takes_answer(check_in) and asked.head_id in (case_of(check_in).id, case_of(check_in).household_head_id)
    ]


def can_be_opened(link: AccessLink) -> bool:
    """Whether somebody who knows the date of birth can still open the paper, or the list of people met."""
    if link.purpose is LinkPurpose.CONTACTS and not link.case.is_open:
        return False
    alive = link.locked_at is None and clock.now() < link.expires_at
    return alive and not link.case.person.is_erased


def revoke_rounds(head: Case) -> None:
    """The same for the links by which the case answers for others."""
    asked = select(HouseholdRound).where(HouseholdRound.head_id == head.id, HouseholdRound.expires_at > clock.now())
    for one in db.session.scalars(asked):
        one.token_hash = secrets.token_bytes(HASH_BYTES)


def revoke_check_ins(case: Case) -> None:
    """Make all check-in links of the case worthless, for good: nobody has a token for what stands there now."""
    for check_in in case.check_ins:
        if check_in.answered_at is None:
            check_in.token_hash = secrets.token_bytes(HASH_BYTES)
