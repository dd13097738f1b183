"""A request for those who take it over: read with the right to read it, noted in the audit trail, under FIM's ids."""

import json

from auth.actors import Actor
from config.errors import NotFound
from services import queries, trail, versions
from services.fim import export
from services.models import AttachmentKind, ServiceRequest

MEDIA_TYPES = {"json": "application/json", "xml": "application/xml"}


def exported(actor: Actor, reference: str, form: str, *, among: queries.Among = queries.requests_visible_to) -> bytes:
    """The request as `form`: "json" or "xml". Raises NotFound, also when its service has no schema of FIM."""
    request = queries.get(actor, reference, among=among)
    definition = versions.of(request)
    if definition.fim is None or form not in MEDIA_TYPES:
        raise NotFound()
    answers, files = request.answers or {}, _files(request)
    if form == "xml":
        content = export.as_xml(definition, answers, files)
    else:
        content = json.dumps(export.as_json(definition, answers, files), ensure_ascii=False, indent=1).encode()
    trail.looked(actor, "request.exported_fim", [request], form=form)
    return content


def _files(request: ServiceRequest) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in request.attachments:
        if one.kind is AttachmentKind.UPLOAD:
            found.setdefault(one.field, []).append(str(one.id))
    return found
