"""Codes that link a login to a case: issued by staff, used once by whoever also knows the date of birth.

Never by matching names: two people may have the same, and a name is no secret. Times are of the wall clock.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Select, select

from auth.actors import Actor
from auth.policies import user_id_of
from care import case_management, follow_up, messages, timeline, trail
from care.assessments import zone_of
from care.guardianship import CodeWay, IssueCode, LinkBasis, RedeemCode, counts
from care.link_models import CaseLink, LinkCode
from care.local_days import local_day
from care.models import Case
from care.vocabulary import TaskKind
from config import clock, papers, scopes
from config.database import db, locked
from config.encryption import blind_index
from config.errors import N_, RuleViolation

MOST_TRIES = 5
LASTS: dict[CodeWay, timedelta] = {CodeWay.LETTER: timedelta(days=14), CodeWay.MESSAGE: timedelta(hours=24)}
REDEEMING = scopes.system("link code")
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Issued:
    """Until when (aware) the code can be used."""

    expires_at: datetime


def new_code() -> str:
    """Twelve letters and digits in groups, such as K7NP-X3RB-WD5T: 58 bits, none of them misread on paper."""
    return papers.new_code()


def check(command: IssueCode, case: Case) -> None:
    """Whether a code for this basis can be issued. Raises RuleViolation."""
    person = case.person
    if person.birth_date is None:
        raise RuleViolation("basis", N_("Without a date of birth there can be no code: nothing could be asked for."))
    today = local_day(clock.now(), zone_of(person))
    if not counts(command.basis, person.birth_date, today):
        raise RuleViolation("basis", N_("The person is of age; parents cannot act for them any more."))


def issue(command: IssueCode, code: str, *, case: Case, actor: Actor) -> Issued:
    """Let `code` link a login to the locked `case`; earlier codes for the same basis are worth nothing from now on.

    By message it is sent here; a letter is made by `link_letters`. Raises RuleViolation.
    """
    check(command, case)
    now = clock.wall()
    expires_at = now + LASTS[command.way]
    for earlier in db.session.scalars(_waiting(case, command.basis)):
        earlier.revoked_at = now
    row = LinkCode(
        case=case,
        basis=command.basis,
        way=command.way,
        code_hash=_hash(code),
        issued_by=actor.id,
        issued_at=now,
        expires_at=expires_at,
    )
    db.session.add(row)
    db.session.flush()
    if command.way is CodeWay.MESSAGE and not messages.send_link_code(case, code, str(row.id), LASTS[command.way]):
        raise RuleViolation("way", N_("There is no address to write to. Please choose the letter."))
    timeline.add(case, "link_code_issued", actor, basis=command.basis.value, way=command.way.value)
    trail.record(actor, "case.link_code_issued", case, basis=command.basis.value, way=command.way.value)
    return Issued(expires_at)


def redeem(command: RedeemCode, *, actor: Actor) -> str | None:
    """Link the login of `actor` to the case of this code; the case's reference, or None.

    A wrong code, a wrong date, a code that is used, expired, revoked or locked: all are None, so that nobody learns
    which. Wrong dates count; after five the code is locked and the office is told. Call inside `transaction()`.
    """
    user_id = user_id_of(actor)
    with scopes.within(REDEEMING):
        wanted = select(LinkCode).where(LinkCode.code_hash == _hash(command.code))
        found = db.session.scalar(wanted)
        if found is None:
            return None
        case = case_management.locked_case(found.case_id)
        code = db.session.scalars(locked(wanted).execution_options(populate_existing=True)).one()
        if not _is_alive(code, case):
            return None
        if case.person.birth_date != command.birth_date:
            _count_wrong_try(code, case)
            db.session.flush()
            return None
        code.used_at = clock.wall()
        standing = select(CaseLink).where(CaseLink.case_id == case.id, CaseLink.user_id == user_id)
        link = db.session.scalar(standing.where(CaseLink.until.is_(None)))
        if link is None:
            link = CaseLink(case=case, user_id=user_id, basis=code.basis, granted_by=code.issued_by, since=code.used_at)
            db.session.add(link)
        link.basis, link.granted_by = code.basis, code.issued_by
        timeline.add(case, "linked", actor, basis=code.basis.value)
        trail.record(actor, "case.linked", case, basis=code.basis.value)
        db.session.flush()  # in this scope: it is the one that may write these rows
        log.info("case_linked", case=case.reference, basis=code.basis)
        return case.reference


def _waiting(case: Case, basis: LinkBasis) -> Select[LinkCode]:
    unused = select(LinkCode).where(LinkCode.case_id == case.id, LinkCode.basis == basis, LinkCode.used_at.is_(None))
    return locked(unused.where(LinkCode.revoked_at.is_(None)))


def _is_alive(code: LinkCode, case: Case) -> bool:
    if code.used_at or code.revoked_at or code.locked_at or clock.wall() >= code.expires_at or case.person.is_erased:
        return False
    return counts(code.basis, case.person.birth_date, local_day(clock.now(), zone_of(case.person)))


def _count_wrong_try(code: LinkCode, case: Case) -> None:
    code.tries += 1
    if code.tries < MOST_TRIES:
        return
    code.locked_at = clock.wall()
    follow_up.open_task(case, TaskKind.CODE_LOCKED)
    trail.record(Actor.system("care.link_codes"), "case.link_code_locked", case)
    log.warning("link_code_locked", case=case.reference)


def _hash(code: str) -> bytes:
    """Keyed, since a code is short enough to be tried out by whoever has the database alone."""
    return blind_index("link code", papers.normalised(code) or "")
