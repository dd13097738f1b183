"""The paper of a decision: rendered before the transaction that decides, attached within it.

The paper is in German, the official language (§ 23 (1) VwVfG); whoever chose another language gets its gist in that
language beneath, marked as not binding.
"""

from dataclasses import dataclass
from datetime import date

from auth.actors import Actor
from config import clock, papers
from config.encryption import blind_index
from config.papers import Paper
from config.pdf import render_pdf
from config.settings import current_settings
from services import queries, rights, submission, versions
from services.attachments import CleanFile
from services.commands import Act
from services.definition_parts import Decision
from services.definitions import ServiceDefinition
from services.form.fields import Text
from services.form.reading import readable
from services.lifecycle import DECISIONS, Action
from services.models import AttachmentKind, ServiceRequest

TEMPLATE = "services/templates/pdf/decision.typ"
LANGUAGE = "de"
MONTHS = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
COURTESY = {
    "en": ("In English (not legally binding)", "Instructions on legal remedies"),
}


@dataclass(frozen=True)
class Prepared:
    """A decision that has been rendered but not taken. It fits the request at `revision` only."""

    revision: int
    document: bytes
    code: str


def prepare(reference: str, command: Act, actor: Actor) -> Prepared | None:
    """Render the paper if `command` is a decision, else None. Not inside `transaction()`: it takes CPU.

    Raises what the action itself would raise, so that nothing is rendered for an act that cannot be.
    """
    if command.action not in DECISIONS:
        return None
    request = queries.get(actor, reference)
    rights.check(request, command, actor)
    if versions.of(request).decision is None:
        return None
    code = papers.new_code()
    document = render_pdf(TEMPLATE, _content(request, command, code), created=clock.now())
    return Prepared(request.revision, document, code)


def attach(request: ServiceRequest, prepared: Prepared) -> None:
    """Put the paper to the request. Call inside `transaction()`."""
    file = CleanFile("", f"Bescheid-{request.reference}.pdf", "application/pdf", prepared.document)
    attachment = submission.add_file(request, file, AttachmentKind.DECISION)
    attachment.verification_hash = blind_index("paper", prepared.code)


def find_paper(code: str, locale: str) -> Paper | None:
    """What anybody may know about the decision with this code; for config.papers."""
    attachment = queries.paper(code)
    if attachment is None:
        return None
    settings = current_settings()
    title = versions.of(attachment.request).title.to(locale)
    return Paper(title, attachment.created_at.astimezone(settings.zone).date(), f"Stadt {settings.city_name}")


def _content(request: ServiceRequest, command: Act, code: str) -> dict[str, object]:
    definition = versions.of(request)
    settings = current_settings()
    department = queries.department(request.department_code)
    city = f"Stadt {settings.city_name}"
    submitted_on = (request.submitted_at or request.created_at).astimezone(settings.zone).date()
    office = department.name if department else ""
    reachable = [value for value in (department.email, department.phone) if value] if department else []
    return {
        "title": f"{definition.title.de}: Bescheid {request.reference}",
        "lang": LANGUAGE,
        "sender": {"name": city, "department": office, "line": " · ".join(filter(None, (city, office)))},
        "recipient": recipient_of(request),
        "facts": [
            ["Aktenzeichen", request.reference],
            ["Datum", day_in_words(clock.today(settings.zone))],
            *([["Auskunft", reachable[0]]] if reachable else []),
        ],
        "subject": f"{definition.title.de}: Bescheid",
        "footer": " · ".join([city, *reachable]),
        "words": {
            "page": "Seite",
            "entry": "Angabe",
            "value": "Inhalt",
            "reason": "Begründung",
            "legal_remedy": "Rechtsbehelfsbelehrung",
        },
        "salutation": "Guten Tag,",
        "opening": f"auf Ihren Antrag vom {day_in_words(submitted_on)} ergeht folgende Entscheidung:",
        "outcome": _outcome(definition, command).to(LANGUAGE),
        "facts_table": _granted(definition, request) if command.action is Action.APPROVE else [],
        "reason": command.message,
        "legal_remedy": _texts(definition).legal_remedy.de,
        "closing": "Dieser Bescheid wurde elektronisch erlassen und ist ohne Unterschrift gültig (§ 37 Abs. 5 VwVfG).",
        "courtesy": _courtesy(definition, command, request.locale),
        "check": {
            "label": "Ob dieses Schreiben echt ist, lässt sich hier prüfen:",
            "url": settings.public_url(f"/verify/{code}"),
            "code": code,
        },
    }


def _outcome(definition: ServiceDefinition, command: Act) -> Text:
    texts = _texts(definition)
    return texts.approved if command.action is Action.APPROVE else texts.rejected


def _texts(definition: ServiceDefinition) -> Decision:
    if definition.decision is None:
        raise ValueError("this service is answered without a paper")
    return definition.decision


def recipient_of(request: ServiceRequest) -> list[str]:
    """Name and address of the applicant, as lines of a letter."""
    contact = request.contact or {}
    name = f"{contact.get('given_name', '')} {contact.get('family_name', '')}".strip()
    address = contact.get("address")
    if not address:
        return [name]
    return [name, f"{address['street']} {address['house_number']}", f"{address['postal_code']} {address['city']}"]


def _granted(definition: ServiceDefinition, request: ServiceRequest) -> list[list[str]]:
    answers = request.answers or {}
    return [
        [field.label.de, readable(field, answers.get(field.key), LANGUAGE, yes="ja", no="nein")]
        for field in definition.fields
        if field.decision and answers.get(field.key) is not None
    ]


def _courtesy(definition: ServiceDefinition, command: Act, locale: str) -> dict[str, str] | None:
    if locale not in COURTESY:
        return None
    title, remedy = COURTESY[locale]
    return {
        "lang": locale,
        "title": title,
        "outcome": _outcome(definition, command).to(locale),
        "remedy_title": remedy,
        "remedy": _texts(definition).legal_remedy.to(locale),
    }


def day_in_words(day: date) -> str:
    """A day as letters write it: 3. November 2026."""
    return f"{day.day}. {MONTHS.split()[day.month - 1]} {day.year}"
