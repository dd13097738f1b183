"""The paper of a decision: rendered before the transaction that decides, attached within it.

The paper is in German, the official language (§ 23 (1) VwVfG); whoever chose another language gets its gist in that
language beneath, marked as not binding.
"""

from dataclasses import dataclass

from flask_babel import gettext as _

from auth.actors import Actor
from config import clock, papers
from config.encryption import blind_index
from config.papers import Paper
from config.pdf import render_pdf
from config.settings import current_settings
from services import announcement_texts, announcements, files, letters, proposals, queries, rights, versions
from services.attachments import CleanFile
from services.commands import Act
from services.definition_parts import Decision
from services.definitions import ServiceDefinition
from services.form.fields import Text
from services.form.reading import readable
from services.lifecycle import DECISIONS, Action
from services.models import Attachment, AttachmentKind, ServiceRequest

TEMPLATE = "services/templates/pdf/decision.typ"
LANGUAGE = "de"
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
    command = proposals.completed(request, command)
    rights.check(request, command, actor)
    if versions.of(request).decision is None:
        return None
    code = papers.new_code()
    document = render_pdf(TEMPLATE, _content(request, command, code), created=clock.now())
    return Prepared(request.revision, document, code)


def attach(request: ServiceRequest, prepared: Prepared) -> Attachment:
    """Put the paper to the request. Call inside `transaction()`."""
    file = CleanFile("", f"Bescheid-{request.reference}.pdf", "application/pdf", prepared.document)
    attachment = files.add(request, file, AttachmentKind.DECISION)
    attachment.verification_hash = blind_index("paper", prepared.code)
    return attachment


def find_paper(code: str, locale: str) -> Paper | None:
    """What anybody may know about the decision or receipt with this code; for config.papers."""
    attachment = queries.paper(code)
    if attachment is None:
        return None
    settings = current_settings()
    title = versions.of(attachment.request).title.to(locale)
    if attachment.kind is AttachmentKind.RECEIPT:
        title = f"{_('Receipt')}: {title}"
    return Paper(title, attachment.created_at.astimezone(settings.zone).date(), f"Stadt {settings.city_name}")


def _content(request: ServiceRequest, command: Act, code: str) -> dict[str, object]:
    definition, law = versions.of(request), announcements.procedure_of(request)
    title = definition.title.de
    submitted_on = (request.submitted_at or request.created_at).astimezone(current_settings().zone).date()
    return letters.frame(request, f"{title}: Bescheid {request.reference}", f"{title}: Bescheid") | {
        "words": {
            "page": "Seite",
            "entry": "Angabe",
            "value": "Inhalt",
            "reason": "Begründung",
            "legal_remedy": "Rechtsbehelfsbelehrung",
        },
        "salutation": "Guten Tag,",
        "opening": f"auf Ihren Antrag vom {letters.day(submitted_on)} ergeht folgende Entscheidung:",
        "outcome": _outcome(definition, command).to(LANGUAGE),
        "facts_table": _granted(definition, request) if command.action is Action.APPROVE else [],
        "reason": command.message,
        "replaces": _replaces(request),
        "legal_remedy": _texts(definition).legal_remedy.de,
        "announcement": announcement_texts.sentence(
            announcements.way_of(request, command), clock.today(current_settings().zone), law
        ),
        "closing": announcement_texts.UNSIGNED.format(law=announcement_texts.NO_SIGNATURE[law]),
        "courtesy": _courtesy(definition, command, request.locale),
        "check": {
            "label": "Ob dieses Schreiben echt ist, lässt sich hier prüfen:",
            "url": current_settings().public_url(f"/verify/{code}"),
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


def _replaces(request: ServiceRequest) -> str:
    """What a paper says of the one before it, which stays in the file; "" when there is none."""
    older = [one for one in announcements.decisions_of(request) if one.decided_at and one.attachment_id]
    if not older or older[-1].decided_at is None:
        return ""
    day = older[-1].decided_at.astimezone(current_settings().zone).date()
    return announcement_texts.REPLACES.format(day=letters.day(day))


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
