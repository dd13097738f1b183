"""A request under FIM's ids, for the staff of its department and for programs."""

from flask import Blueprint, Response

from auth.policies import current_actor, require
from auth.roles import Permission
from config.api_document import Shape, answers
from config.downloads import download
from config.openapi import Answer, api
from services import queries
from services.fim import exporting

pages = Blueprint("fim", __name__)
programs = Blueprint("api_fim", __name__)
blueprints = (pages, programs)
DATA = Shape("FimData", ("schema", "data"))


@pages.get("/staff/requests/<reference>/fim.<any(json,xml):form>")
@require(Permission.REQUESTS_WORK)
def save(reference: str, form: str) -> Response:
    content = exporting.exported(current_actor(), reference, form, among=queries.work_of)
    return _file(content, reference, form)


@programs.get("/api/v1/requests/<reference>/fim.json")
@require(Permission.REQUESTS_OWN, Permission.REQUESTS_WORK, api=True)
@answers(200, shape=DATA)
@api.validate(tags=["services"])
def as_json(reference: str) -> Answer:
    """One request under the ids of its FIM schema."""
    return _file(exporting.exported(current_actor(), reference, "json"), reference, "json")


@programs.get("/api/v1/requests/<reference>/fim.xml")
@require(Permission.REQUESTS_OWN, Permission.REQUESTS_WORK, api=True)
@answers(200, shape=DATA, media_type="application/xml")
@api.validate(tags=["services"])
def as_xml(reference: str) -> Answer:
    """The same as XML."""
    return _file(exporting.exported(current_actor(), reference, "xml"), reference, "xml")


def _file(content: bytes, reference: str, form: str) -> Response:
    return download(content, exporting.MEDIA_TYPES[form], f"{reference.upper()}-fim.{form}")
