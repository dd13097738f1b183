"""The second step behind a link that shows something: the date of birth. Too many wrong ones lock it."""

from datetime import date
from enum import StrEnum

import structlog
from sqlalchemy import select

from care import case_management, follow_up, links
from care.assessments import protocol_of
from care.link_models import AccessLink
from care.vocabulary import LinkPurpose, TaskKind
from config import clock
from config.database import db, locked
from config.encryption import token_hash

log = structlog.get_logger(__name__)


class Opening(StrEnum):
    """What became of a try to open what is behind a link."""

    OPENED = "opened"
    WRONG = "wrong"
    LOCKED = "locked"
    GONE = "gone"


def prove(token: str, birth_date: date, purpose: LinkPurpose) -> tuple[Opening, AccessLink | None]:
    """Whether `token` leads to something of this purpose and the date is right; then with the locked link.

    Inside the caller's `transaction()`: wrong dates count.
    """
    statement = select(AccessLink).where(AccessLink.token_hash == token_hash(token), AccessLink.purpose == purpose)
    case_id = db.session.scalar(statement.with_only_columns(AccessLink.case_id))
    if case_id is not None:
        case_management.locked_case(case_id)  # first the case, then what belongs to it, as everywhere
    link = db.session.scalar(locked(statement).execution_options(populate_existing=True))
    if link is None or not links.can_be_opened(link):
        return Opening.GONE, None
    if link.case.person.birth_date != birth_date:
        return _count_wrong_try(link), None
    link.tries = 0
    return Opening.OPENED, link


def _count_wrong_try(link: AccessLink) -> Opening:
    link.tries += 1
    if link.tries < protocol_of(link.case).release.birth_date_tries:
        return Opening.WRONG
    link.locked_at = clock.now()
    follow_up.open_task(case_management.locked_case(link.case_id), TaskKind.LINK_LOCKED)
    log.warning("link_locked", case=link.case.reference)
    return Opening.LOCKED
