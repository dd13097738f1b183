"""The end of monitoring: certificate, word to the person, and the link that asks for the date of birth."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from flask_babel import gettext as _

from auth.actors import Actor
from care import bulk_windows, case_management, messages, orders, trail
from care.assessments import load_facts, look_at, protocol_of, zone_of
from care.isolation import EndingAction
from care.letter_frame import frame, left_to_right, long_day, made_at
from care.link_models import AccessLink
from care.link_proofs import Opening, prove
from care.local_days import at, local_day
from care.models import Case, Document
from care.own_language import PAPER_LOCALE, in_own_language
from care.queries import to_release
from care.triage import onset
from care.vocabulary import CERTIFICATE, Kind, LinkPurpose, Status
from config import clock
from config.database import db, transaction
from config.encryption import token_hash
from config.ids import new_token
from config.localisation import speaking
from config.pdf import render_pdf
from config.settings import current_settings

log = structlog.get_logger(__name__)
BATCH = 25
RELEASER = Actor.system("care.releases")


@dataclass(frozen=True)
class Opened:
    """The outcome, and the paper if it may be seen."""

    outcome: Opening
    file_name: str = ""
    content: bytes = b""


def release_due() -> int:
    """Close the cases that the rules say are over, one transaction each. Returns how many were looked at.

    Who is released gets a certificate, by the rules or by an officer; who was given up does not. The certificate is set
    before the transaction; in it the rules are asked again, so that an answer which came in the meantime counts.
    Interrupted anywhere, the case stays due; twice at once, the second finds it closed.
    """
    case_ids = to_release(BATCH)
    db.session.rollback()
    return sum(_release(case_id) for case_id in case_ids)


def _release(case_id: UUID) -> int:
    case = db.session.get_one(Case, case_id)
    was_open = case.is_open
    is_released = not was_open or look_at(case, clock.now()).ending.action is EndingAction.RELEASE
    paper = certificate(case) if is_released else None
    with transaction():
        case = case_management.locked_case(case_id)
        now = clock.now()
        if case.is_open is not was_open or bulk_windows.is_open(case, now):
            return 0
        if not was_open:
            return _released_by_hand(case, paper, now)
        found = look_at(case, now).ending
        if found.action is EndingAction.GIVE_UP and found.close_reason is not None:
            case_management.end_by_rule(case, found.close_reason, RELEASER)
            trail.record(RELEASER, "case.given_up", case, reason=found.close_reason.value)
            log.info("case_given_up", case=case.reference)
        elif found.action is EndingAction.RELEASE and found.close_reason is not None and paper is not None:
            case_management.end_by_rule(case, found.close_reason, RELEASER)
            _hand_out(case, paper, now)
        else:  # something has come in between; if it is to be released now, the next run sets the paper first
            case_management.settled(case, RELEASER, now)
    return 1


def _released_by_hand(case: Case, paper: bytes | None, now: datetime) -> int:
    """The same papers and word for the locked `case` that an officer has completed, once; then only the paper anew."""
    if case.status is not Status.COMPLETED or case.release_due_at is None or paper is None:
        return 0
    case.release_due_at = None
    earlier = next((row for row in case.documents if row.kind == CERTIFICATE), None)
    if earlier is None:
        _hand_out(case, paper, now)
    else:
        earlier.content = paper
        log.info("certificate_set_anew", case=case.reference)
    return 1


def _hand_out(case: Case, paper: bytes, now: datetime) -> None:
    link = _deposit(case, paper, now)
    messages.tell_released(case, link, _last_day(case), _morning(case, now))
    trail.record(RELEASER, "case.released", case, reason=case.close_reason.value if case.close_reason else None)
    log.info("case_released", case=case.reference)


def _last_day(case: Case) -> date | None:
    """The last day of monitoring as planned, or that on which an officer ended it before. Local, inclusive."""
    closed_on = local_day(case.closed_at, zone_of(case.person)) if case.closed_at else None
    return min(filter(None, (case.monitoring_ends_on, closed_on)), default=None)


def _deposit(case: Case, paper: bytes, now: datetime) -> str | None:
    """Keep the certificate; the link to it, or None when there is no date of birth to ask for."""
    name = f"Bescheinigung-{case.reference}.pdf"
    document = next((row for row in case.documents if row.kind == CERTIFICATE), None)
    if document is None:
        document = Document(
            case=case,
            kind=CERTIFICATE,
            file_name=name,
            locale=case.person.locale,
            created_at=now,
            content=paper,
        )
        db.session.add(document)
    else:
        document.content = paper
    db.session.flush()
    if case.person.birth_date is None:
        return None
    token = new_token()
    days = timedelta(days=protocol_of(case).release.certificate_days)
    db.session.add(
        AccessLink(
            case=case,
            purpose=LinkPurpose.CERTIFICATE,
            document_id=document.id,
            token_hash=token_hash(token),
            created_at=now,
            expires_at=now + days,
            tries=0,
        )
    )
    return current_settings().public_url(f"/c/{token}")


def _morning(case: Case, now: datetime) -> datetime:
    """Today's hour from which people are told, in their zone; now, when that has passed."""
    zone, release = zone_of(case.person), protocol_of(case).release
    return max(now, at(local_day(now, zone), release.message_from, zone))


def certificate(case: Case) -> bytes:
    """The certificate of the period as tagged PDF (about 50 ms of CPU: not within a transaction)."""
    with speaking(PAPER_LOCALE):
        data = _certificate_data(case)
    data["translation"] = in_own_language(case.person.locale, lambda: _certified(case, case.person.locale))
    return render_pdf("care/templates/pdf/certificate.typ", data, created=made_at())


def _certificate_data(case: Case) -> dict[str, Any]:
    is_ordered = orders.standing_of(case) is not None
    subject = _("Certificate of the ordered period") if is_ordered else _("Certificate of the monitoring period")
    return {
        **frame(case, subject),
        **_certified(case, PAPER_LOCALE),
        "closing": _("This certificate was made by computer and is valid without a signature."),
    }


def _certified(case: Case, locale: str) -> dict[str, Any]:
    """The ordered days (§ 56 IfSG), both included; the period of monitoring for whom nothing was ordered."""
    person, order = case.person, orders.standing_of(case)
    sentence = _(
        "We certify that %(name)s, born on %(birth)s, was monitored by this health office because of %(disease)s.",
        name=f"{person.given_name} {person.family_name}",
        birth=long_day(person.birth_date) or "–",
        disease=protocol_of(case).name.in_(locale),
    )
    starts_on, ends_on = (order.starts_on, order.ends_on) if order else (case.monitoring_starts_on, _last_day(case))
    start, end = long_day(starts_on), long_day(ends_on)
    return {
        "body": "\n\n".join((sentence, *(_ordered(case, start, end) if order else _monitored(case, start, end)))),
        "period": [[_("First day"), start], [_("Last day"), end]],
    }


def _ordered(case: Case, start: str, end: str) -> list[str]:
    basis = orders.legal_basis_of(case)
    if not basis:
        return [
            _(
                "An order of the health office held for this person from %(start)s to %(end)s, both days included.",
                start=start,
                end=end,
            )
        ]
    return [
        _(
            "An order of the health office under %(basis)s held for this person from %(start)s to %(end)s, both days "
            "included.",
            basis=left_to_right(basis),
            start=start,
            end=end,
        )
    ]


def _monitored(case: Case, start: str, end: str) -> list[str]:
    said = [_("The period of monitoring began on %(start)s and ended on %(end)s.", start=start, end=end)]
    if case.kind is not Kind.INDEX and onset(load_facts(case), protocol_of(case)) is None:
        said.append(
            _("Until its end the person reported no signs of the disease that would make further monitoring necessary.")
        )
    return said


def open_paper(token: str, birth_date: date) -> Opened:
    """Try to open the paper behind `token`, inside the caller's transaction. Wrong dates count; then it is locked."""
    outcome, link = prove(token, birth_date, LinkPurpose.CERTIFICATE)
    if link is None:
        return Opened(outcome)
    document = db.session.get_one(Document, link.document_id)
    trail.record(Actor.link(link.case.reference), "document.opened", link.case, kind=document.kind)
    return Opened(Opening.OPENED, document.file_name, document.content or b"")
