"""What somebody who is linked to a case sees of it, and does: their own, or that of a person for whom they act.

The link decides, and is looked at each time: it ends by the person, by staff, or when the child is of age. Beneath it
the house reads the case in a scope of its own, for people who log in belong to no health office.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import select

from auth import identities
from auth.actors import Actor
from auth.assurance import at_least
from auth.models import User
from auth.policies import user_id_of
from care import (
    case_management,
    check_ins,
    household_answers,
    naming_queries,
    own_orders,
    queries,
    representations,
    support_queries,
    timeline,
    trail,
)
from care.assessments import protocol_of, zone_of
from care.commands import RecordReport
from care.guardianship import LinkBasis, counts
from care.household_answers import Answers, Asked
from care.link_models import CaseLink, LinkCode
from care.local_days import local_day
from care.models import Case
from care.protocol import Protocol
from care.vocabulary import ReportChannel, Reporter
from config import clock, scopes
from config.database import db
from config.errors import N_, NotFound, RuleViolation

OWN_CASE = scopes.system("own case")
ASSURANCE = "substantial"
"""Health data are shown, and a case linked, only to a login that proves this much (eIDAS)."""


def mine(actor: Actor) -> list[dict[str, Any]]:
    """The cases that this login is linked to, as rows for its account page, the latest first.

    Whose they are is told only to somebody who is surely known.
    """
    is_known = at_least(actor.assurance, ASSURANCE)
    with scopes.within(OWN_CASE):
        return [
            {
                "reference": link.case.reference,
                "basis": link.basis.value,
                "name": _name(link) if is_known else "",
                "since": link.since,
            }
            for link in standing(user_id_of(actor))
        ]


def look(actor: Actor, reference: str) -> dict[str, Any]:
    """Everything that the page of one's own case shows. That it was looked at is recorded. Raises NotFound."""
    with scopes.within(OWN_CASE):
        case, link = _own(actor, reference)
        shown = _page_values(case, link)
        trail.looked(actor, "own_case.viewed", [case], basis=link.basis.value)
        return shown


def asked(actor: Actor, reference: str) -> Protocol:
    """Which symptoms the form of this case asks for. Raises NotFound."""
    with scopes.within(OWN_CASE):
        return protocol_of(_own(actor, reference)[0])


def answer(command: RecordReport, reference: str, actor: Actor, notice_version: int | None = None) -> None:
    """Take down how the person is: as an answer to the open question if there is one. Raises NotFound, RuleViolation.

    `notice_version`: of the privacy notice that stood on the page. Call inside `transaction()`.
    """
    with scopes.within(OWN_CASE):
        case, link = _own(actor, reference)
        case = case_management.locked_case(case.id)
        if not case.is_open:
            raise RuleViolation("", N_("Your time with the health office is over; nothing is asked any more."))
        by = Reporter.SELF if link.basis is LinkBasis.SELF else Reporter.PROXY
        check_ins.record(
            command.model_copy(update={"by": by}),
            case=case,
            actor=actor,
            channel=ReportChannel.ACCOUNT,
            check_in=check_ins.newest_open(case),
            notice_version=notice_version,
        )
        db.session.flush()  # in this scope: it is the one that may write these rows


def household(actor: Actor, reference: str) -> list[Asked]:
    """Everybody for whom the person of this case answers, they themselves first; nobody if alone. Raises NotFound."""
    with scopes.within(OWN_CASE):
        return household_answers.household_of(_own(actor, reference)[0])


def answer_for_household(answers: Answers, reference: str, actor: Actor, notice_version: int | None = None) -> None:
    """Take down how the people of the household are. Raises NotFound, RuleViolation. Call inside `transaction()`."""
    with scopes.within(OWN_CASE):
        case, link = _own(actor, reference)
        by = None if link.basis is LinkBasis.SELF else Reporter.PROXY
        household_answers.record_each(
            answers, head_id=case.id, actor=actor, channel=ReportChannel.ACCOUNT, by=by, notice_version=notice_version
        )
        db.session.flush()  # in this scope: it is the one that may write these rows


@contextmanager
def opened(actor: Actor, reference: str, *, even_closed: bool = False) -> Iterator[Case]:
    """The open case that this login is linked to, locked, for one act. Raises NotFound, RuleViolation.

    `even_closed`: for what can be done when the time with the health office is over. Call inside `transaction()`; what
    the block adds is written in the scope of one's own case.
    """
    with scopes.within(OWN_CASE):
        case = case_management.locked_case(_own(actor, reference)[0].id)
        if not (case.is_open or even_closed):
            raise RuleViolation("", N_("Your time with the health office is over; nothing is asked any more."))
        yield case
        db.session.flush()


def paper(actor: Actor, reference: str, document_id: UUID) -> tuple[str, bytes]:
    """File name and PDF of a paper of one's own case. Raises NotFound. Call inside `transaction()`."""
    with scopes.within(OWN_CASE):
        case, _ = _own(actor, reference)
        for document in case.documents:
            if document.id == document_id and document.content is not None:
                trail.looked(actor, "document.opened", [case], document=document.id)
                return document.file_name, document.content
    raise NotFound()


def unlink(actor: Actor, reference: str) -> None:
    """End one's own link. Raises NotFound. Call inside `transaction()`."""
    with scopes.within(OWN_CASE):
        case, link = _own(actor, reference)
        end_link(link, case, actor)


def unlink_by_staff(link_id: UUID, *, case: Case, actor: Actor) -> None:
    """End a link to the locked `case`. Ended already: nothing happens. Raises NotFound. Call inside `transaction()`."""
    link = db.session.scalar(select(CaseLink).where(CaseLink.id == link_id, CaseLink.case_id == case.id))
    if link is None:
        raise NotFound()
    if link.until is None:
        end_link(link, case, actor)


def accounts(case: Case) -> dict[str, Any]:
    """For staff: the links of a case that stand, and the codes that could be used."""
    unused = select(LinkCode).where(LinkCode.case_id == case.id, LinkCode.used_at.is_(None))
    codes = db.session.scalars(unused.where(LinkCode.revoked_at.is_(None), LinkCode.expires_at > clock.wall()))
    with scopes.within(OWN_CASE):  # the linked logins belong to no office
        links = _links_of(case)
    return {
        "links": [
            {"id": str(link.id), "basis": link.basis.value, "since": link.since, "name": name} for link, name in links
        ],
        "codes": [
            {
                "basis": row.basis.value,
                "way": row.way.value,
                "expires_at": row.expires_at,
                "is_locked": bool(row.locked_at),
            }
            for row in codes
        ],
    }


def end_link(link: CaseLink, case: Case, actor: Actor) -> None:
    """End a link to the locked `case`. Call inside `transaction()`."""
    link.until, link.ended_by = clock.wall(), actor.id
    timeline.add(case, "unlinked", actor, basis=link.basis.value)
    trail.record(actor, "case.unlinked", case, basis=link.basis.value, link=link.id)
    db.session.flush()


def standing(user_id: UUID) -> list[CaseLink]:
    """The links of a login that count today, the latest first. Call in the scope of one's own case."""
    mine = select(CaseLink).where(CaseLink.user_id == user_id, CaseLink.until.is_(None))
    return [link for link in db.session.scalars(mine.order_by(CaseLink.since.desc())) if _holds(link)]


def _holds(link: CaseLink) -> bool:
    person = link.case.person
    today = local_day(clock.now(), zone_of(person))
    return not person.is_erased and counts(link.basis, person.birth_date, today)


def _own(actor: Actor, reference: str) -> tuple[Case, CaseLink]:
    found = (link for link in standing(user_id_of(actor)) if link.case.reference == reference.strip().upper())
    link = next(found, None)
    if link is None:
        raise NotFound()
    return link.case, link


def _correctable(case: Case) -> dict[str, Any] | None:
    """What was said last, as the form takes it, while it can be corrected."""
    report = check_ins.correctable_by_person(case)
    if report is None:
        return None
    vitals, present = report.vitals or {}, [key for key, answer in (report.symptoms or {}).items() if answer]
    temperature = vitals.get("temperature_c")
    return {
        "said_at": report.reported_at,
        "form": {
            "feeling": "yes" if present else "no",
            "symptoms": present,
            "temperature_c": "" if temperature is None else f"{temperature:.1f}".replace(".", ","),
            "fever_reducer": bool(vitals.get("fever_reducer")),
            "note": report.note or "",
        },
    }


def _links_of(case: Case) -> list[tuple[CaseLink, str]]:
    rows = select(CaseLink, User).join(User, User.id == CaseLink.user_id)
    wanted = rows.where(CaseLink.case_id == case.id, CaseLink.until.is_(None)).order_by(CaseLink.since)
    return [(link, identities.display_name(user)) for link, user in db.session.execute(wanted) if _holds(link)]


def _name(link: CaseLink) -> str:
    person = link.case.person
    return " ".join(filter(None, (person.given_name, person.family_name)))


def _page_values(case: Case, link: CaseLink) -> dict[str, Any]:
    question = check_ins.newest_open(case)
    others = [(one, name) for one, name in _links_of(case) if one.id != link.id]
    return {
        "reference": case.reference,
        "name": _name(link),
        "basis": link.basis.value,
        "since": link.since,
        "status": case.status.value,
        "is_open": case.is_open,
        "monitoring": representations.monitoring_json(case),
        "starts_on": case.monitoring_starts_on,
        "ends_on": case.monitoring_ends_on,
        "order": representations.order_json(case),
        "order_starts_on": case.order_starts_on,
        "order_ends_on": case.order_ends_on,
        "order_read": own_orders.standing_of(case),
        "last_report_at": case.last_report_at,
        "next_check_in_at": case.next_check_in_at,
        "is_asked": case.is_open and question is not None,
        "correctable": _correctable(case),
        "papers": queries.papers(case),
        # Who acts for me is told to me; guardians learn of each other what they need, not who they are.
        "others": [
            {"basis": one.basis.value, "since": one.since, "name": name if link.basis is LinkBasis.SELF else ""}
            for one, name in others
        ],
        **naming_queries.own_page_values(case),
        "support": [support_queries.own_values(one) for one in support_queries.of_case(case)],
        "protocol": protocol_of(case),
    }
