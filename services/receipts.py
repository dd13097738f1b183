"""The receipt: a signed PDF that says what was handed in and when. Made when somebody first asks for it, then kept.

It takes 150 ms of CPU, and few people fetch it: so the request that hands in does not make it, and no job does.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from flask_babel import gettext as _

from auth.actors import Actor
from config import clock, papers, signing
from config.database import db, transaction
from config.encryption import blind_index
from config.errors import Conflict, NotFound
from config.localisation import PAGE_LOCALES, local_date, local_datetime, speaking
from config.pdf import render_pdf
from config.settings import current_settings
from services import files, letters, next_steps, queries, versions
from services.attachments import CleanFile
from services.definitions import ServiceDefinition
from services.form import reading
from services.form.reading import Line
from services.lifecycle import RequestStatus
from services.models import Attachment, AttachmentKind, ServiceRequest

TEMPLATE = "services/templates/pdf/receipt.typ"


def of_applicant(actor: Actor, reference: str) -> Attachment:
    """The receipt of one's own request. Not inside `transaction()`. Raises NotFound; Conflict for a draft."""
    return _kept_or_made(queries.get(actor, reference, among=queries.own_requests))


def of_nobody(request: ServiceRequest) -> Attachment:
    """The same for whoever has shown reference and PIN of a request that belongs to no account. Raises NotFound."""
    if request.applicant_id is not None:
        raise NotFound()
    return _kept_or_made(request)


def find(request: ServiceRequest) -> Attachment | None:
    """The receipt that was made already."""
    return next((one for one in request.attachments if one.kind is AttachmentKind.RECEIPT), None)


def _kept_or_made(request: ServiceRequest) -> Attachment:
    if request.status is RequestStatus.DRAFT or request.submitted_at is None:
        raise Conflict()
    kept = find(request)
    if kept is not None:
        return kept
    code = papers.new_code()
    locale = request.locale if request.locale in PAGE_LOCALES else "de"
    with speaking(locale):
        content = _content(request, request.submitted_at, code, locale)
    settings = current_settings()
    document = render_pdf(TEMPLATE, content, created=clock.now())
    document = signing.sign_pdf(document, settings, reason=str(content["title"]))
    request_id = request.id
    db.session.rollback()
    with transaction():
        return _keep(queries.locked_request(request_id), document, code)


def _keep(request: ServiceRequest | None, document: bytes, code: str) -> Attachment:
    if request is None:
        raise NotFound()
    kept = find(request)
    if kept is not None:  # two had asked at once
        return kept
    name = _("Receipt")
    file = CleanFile("", f"{name}-{request.reference}.pdf", "application/pdf", document)
    attachment = files.add(request, file, AttachmentKind.RECEIPT)
    attachment.verification_hash = blind_index("paper", code)
    db.session.flush()
    return attachment


def _content(request: ServiceRequest, at: datetime, code: str, locale: str) -> dict[str, object]:
    definition, settings = versions.of(request), current_settings()
    department = queries.department(request.department_code)
    city = f"Stadt {settings.city_name}"
    office = department.name if department else ""
    reachable = [value for value in (department.email, department.phone) if value] if department else []
    title = definition.title.to(locale)
    return {
        "title": f"{_('Receipt')}: {title} ({request.reference})",
        "lang": locale,
        "sender": {"name": city, "department": office, "line": " · ".join(filter(None, (city, office)))},
        "recipient": letters.recipient(request),
        "facts": [
            [_("Reference"), request.reference],
            [_("Received"), local_datetime(at)],
            *([[_("Information"), reachable[0]]] if reachable else []),
        ],
        "subject": f"{_('Receipt')}: {title}",
        "footer": " · ".join([city, *reachable]),
        "words": _words(),
        "salutation": _("Hello,"),
        "opening": (
            _("we received your report on %(at)s. This is what you sent us.", at=local_datetime(at))
            if definition.is_report
            else _("we received your application on %(at)s. This is what you sent us.", at=local_datetime(at))
        ),
        "sections": _sections(request, definition, locale),
        "files": [_file_line(one) for one in request.attachments if _came_with_it(one)],
        "next": _next(request, definition, locale),
        "signed": _(
            "This receipt is signed electronically. Any PDF reader shows whether it was changed since; the city's"
            " certificate is at %(url)s.",
            url=settings.public_url("/.well-known/obhut-signing.pem"),
        ),
        "check": {
            "label": _("Here anybody can check that this paper is genuine:"),
            "url": settings.public_url(f"/verify/{code}"),
            "code": code,
        },
    }


def _words() -> dict[str, str]:
    return {
        "page": _("Page"),
        "entry": _("Entry"),
        "value": _("Content"),
        "files": _("Files"),
        "next": _("What happens next"),
    }


def _came_with_it(attachment: Attachment) -> bool:
    return attachment.kind is AttachmentKind.UPLOAD and attachment.event_id is None


def _sections(request: ServiceRequest, definition: ServiceDefinition, locale: str) -> list[dict[str, object]]:
    parts = reading.lines(definition.steps, request.answers or {}, locale, yes=_("Yes"), no=_("No"))
    shown = [{"title": part.title, "rows": list(_rows(part.lines))} for part in parts]
    fee = [_("Fee"), definition.fee.to(locale)]
    return [*(one for one in shown if one["rows"]), {"title": _("Costs"), "rows": [fee]}]


def _rows(lines: Iterable[Line], before: str = "") -> Iterator[list[str]]:
    """Question and answer; what stands in a group carries the group's name and, where it repeats, the number."""
    for line in lines:
        if line.text:
            yield [f"{before}{line.label}", line.text]
        for number, entry in enumerate(line.entries, 1):
            counted = f" {number}" if len(line.entries) > 1 else ""
            yield from _rows(entry, f"{before}{line.entry_label}{counted}: ")


def _next(request: ServiceRequest, definition: ServiceDefinition, locale: str) -> str:
    lines = [
        _("A caseworker looks at your report. You can follow it with the reference on our website.")
        if definition.is_report
        else _("A caseworker looks at your application. You can follow it with the reference on our website.")
    ]
    if request.due_on:
        lines.append(_(next_steps.promise(is_report=definition.is_report), day=local_date(request.due_on)))
    return " ".join(lines)


def _file_line(attachment: Attachment) -> str:
    size = max(1, round(attachment.size / 1024))
    return f"{attachment.file_name or ''} ({size} kB)"
