"""The JSON API's catalogue: what services there are, and what their forms ask. Open to everybody, as the pages are."""

from flask import Blueprint, jsonify
from pydantic import BaseModel

from auth.policies import public
from config.api_document import PAGE, Shape, answers
from config.errors import N_, RuleViolation
from config.localisation import is_locale
from config.openapi import Answer, api
from services import offers, versions
from services.definitions import catalogue

blueprint = Blueprint("api_catalogue", __name__)
SERVICE = Shape(
    "Service", ("slug", "version", "title", "summary", "fee", "deadline", "login", "public", "steps", "schema")
)


class TextsQuery(BaseModel):
    """Query: the language of the texts. A text that has no translation is German."""

    locale: str = "de"


@blueprint.get("/api/v1/services")
@public(api=True)
@answers(200, shape=PAGE)
@api.validate(tags=["services"])
def index(query: TextsQuery) -> Answer:
    """The services on offer, by slug."""
    locale = _known(query.locale)
    offered = sorted(catalogue().values(), key=lambda one: one.slug)
    return jsonify({"items": [offers.summary(one, locale) for one in offered], "next": None})


@blueprint.get("/api/v1/services/<slug>")
@public(api=True)
@answers(200, shape=SERVICE)
@api.validate(tags=["services"])
def show(slug: str, query: TextsQuery) -> Answer:
    """One service with its texts, its form step by step, and the JSON Schema of its answers."""
    return jsonify(offers.full(versions.on_offer(slug), _known(query.locale)))


def _known(locale: str) -> str:
    if not is_locale(locale):
        raise RuleViolation("locale", N_("We do not know this language."))
    return locale
