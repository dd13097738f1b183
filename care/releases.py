"""The end of monitoring: certificate, word to the person, and the link that asks for the date of birth."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from flask_babel import force_locale, format_date
from flask_babel import gettext as _

from auth.actors import Actor
from auth.models import Office
from care import case_management, messages, trail
from care.assessments import look_at, protocol_of, zone_of
from care.isolation import EndingAction
from care.link_proofs import Opening, prove
from care.models import AccessLink, Case, Document
from care.monitoring import at, local_day
from care.queries import to_release
from care.vocabulary import LinkPurpose
from config import clock
from config.database import db, transaction
from config.encryption import token_hash
from config.ids import new_token
from config.pdf import render_pdf
from config.settings import current_settings

log = structlog.get_logger(__name__)
BATCH = 25
RELEASER = Actor.system("care.releases")
CERTIFICATE = "certificate"
PAPER_LOCALES = ("de", "en")


@dataclass(frozen=True)
class Opened:
    """The outcome, and the paper if it may be seen."""

    outcome: Opening
    file_name: str = ""
    content: bytes = b""


def release_due() -> int:
    """Release the people whose monitoring is over, one transaction each. Returns how many were looked at.

    The certificate is set before the transaction; in it the rules are asked again, so that an answer which came in the
    meantime counts. Interrupted anywhere, the case stays due; twice at once, the second finds it closed.
    """
    case_ids = to_release(BATCH)
    db.session.rollback()
    return sum(_release(case_id) for case_id in case_ids)


def _release(case_id: UUID) -> int:
    case = db.session.get_one(Case, case_id)
    paper = certificate(case)
    with transaction():
        case = case_management.locked_case(case_id)
        if not case.is_open:
            return 0
        now = clock.now()
        found = look_at(case, now).ending
        if found.action is not EndingAction.RELEASE or found.close_reason is None:
            case_management.settled(case, RELEASER, now)
            return 1
        case_management.complete(case, found.close_reason, RELEASER)
        link = _deposit(case, paper, now)
        messages.tell_released(case, link, _morning(case, now))
        trail.record(RELEASER, "case.released", case, reason=found.close_reason.value)
        log.info("case_released", case=case.reference)
    return 1


def _deposit(case: Case, paper: bytes, now: datetime) -> str | None:
    """Keep the certificate; the link to it, or None when there is no date of birth to ask for."""
    name = f"Bescheinigung-{case.reference}.pdf"
    document = next((row for row in case.documents if row.kind == CERTIFICATE), None)
    if document is None:
        document = Document(
            case=case,
            kind=CERTIFICATE,
            file_name=name,
            locale=paper_locale(case),
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


def paper_locale(case: Case) -> str:
    """The language in which we write on paper to the person of this case."""
    return "de" if case.person.locale.startswith("de") or case.person.locale not in PAPER_LOCALES else "en"


def certificate(case: Case) -> bytes:
    """The certificate of the period as tagged PDF (about 50 ms of CPU: not within a transaction)."""
    locale = paper_locale(case)
    today = local_day(clock.now(), current_settings().zone)
    with force_locale(locale):
        data = _certificate_data(case, locale, today)
    created = datetime(today.year, today.month, today.day, tzinfo=UTC)
    return render_pdf("care/templates/pdf/certificate.typ", data, created=created)


def _certificate_data(case: Case, locale: str, today: date) -> dict[str, Any]:
    person, office = case.person, db.session.get(Office, case.office_id)
    name = f"{person.given_name} {person.family_name}"
    address = person.address or {}
    street = " ".join(filter(None, (address.get("street"), address.get("house_number"))))
    town = " ".join(filter(None, (address.get("postal_code"), address.get("city"))))
    starts_on, ends_on = case.monitoring_starts_on, case.monitoring_ends_on

    def shown(day: date | None) -> str:
        return format_date(day, "long", rebase=False) if day else ""

    return {
        "title": _("Certificate of the monitoring period"),
        "subject": _("Certificate of the monitoring period"),
        "lang": locale,
        "sender": {
            "name": office.name if office else current_settings().city_name,
            "department": _("Public health"),
            "line": office.name if office else current_settings().city_name,
        },
        "recipient": [part for part in (name, street, town) if part],
        "facts": [[_("Reference"), case.reference], [_("Date"), shown(today)]],
        "words": {"page": _("Page")},
        "footer": office.name if office else "",
        "body": _(
            "We certify that %(name)s, born on %(birth)s, was monitored by this health office because of %(disease)s.",
            name=name,
            birth=shown(person.birth_date) or "–",
            disease=protocol_of(case).name.in_(locale),
        )
        + "\n\n"
        + _("The period began on %(start)s and ended on %(end)s.", start=shown(starts_on), end=shown(ends_on))
        + "\n\n"
        + _("Until its end the person reported no signs of the disease that would make further monitoring necessary."),
        "period": [[_("First day"), shown(starts_on)], [_("Last day"), shown(ends_on)]],
        "closing": _("This certificate was made by computer and is valid without a signature."),
    }


def open_paper(token: str, birth_date: date) -> Opened:
    """Try to open the paper behind `token`, inside the caller's transaction. Wrong dates count; then it is locked."""
    outcome, link = prove(token, birth_date, LinkPurpose.CERTIFICATE)
    if link is None:
        return Opened(outcome)
    document = db.session.get_one(Document, link.document_id)
    trail.record(Actor.link(link.case.reference), "document.opened", link.case, kind=document.kind)
    return Opened(Opening.OPENED, document.file_name, document.content or b"")
