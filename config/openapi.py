"""The JSON API's description, made from the commands that its views accept (OpenAPI 3.1).

@blueprint.post("/api/v1/…")
@require(Permission.…, api=True)
@api.validate(json=Command, tags=["…"])
def create(json: Command) -> ResponseReturnValue: ...
"""

import copy
import threading
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, render_template
from flask.typing import ResponseReturnValue
from spectree import SecurityScheme, SpecTree
from spectree.models import SecureType, SecuritySchemeData
from spectree.plugins.base import Context
from spectree.plugins.flask_plugin import FlaskPlugin
from spectree.utils import get_multidict_items

from auth.policies import public
from config.api_document import complete

API_VERSION = "1"
Answer = Response | tuple[Response, int] | tuple[Response, int, dict[str, str]]
"""What API views return. Flask's own ResponseReturnValue cannot be resolved at run time, and SpecTree resolves it."""
METHODS = ("get", "post", "put", "patch", "delete")


def _raise_invalid(request: Any, response: Any, error: Exception | None, instance: Any, adapter: Any) -> None:
    """Let the house's handler make the answer, so that all errors look alike (RFC 9457)."""
    if error is not None:
        raise error


class Edge(FlaskPlugin):
    """Reads what a view declares, and nothing else: query and JSON. Its answer is the view's, as Flask makes it.

    The library reads all headers and cookies of each call besides, and makes each answer once more.
    """

    def request_validation(self, request: Any, query: Any, json: Any, form: Any, headers: Any, cookies: Any) -> None:
        asked, read = request._get_current_object(), self.model_adapter.validate_obj
        asked.context = Context(
            read(query, get_multidict_items(asked.args, query)) if query else None,
            read(json, asked.get_json(silent=True) or {}) if json else None,
            None,
            None,
            None,
        )

    def validate_response(self, resp: Any, *_: Any) -> tuple[Any, None]:
        return resp, None


api = SpecTree(
    backend=Edge,
    title="Obhut",
    version=API_VERSION,
    description="Citizen services and quarantine care. Errors are RFC 9457 problem+json.",
    mode="strict",
    annotations=True,
    before=_raise_invalid,
    naming_strategy=lambda model: str(model.__name__),
    security_schemes=[SecurityScheme(name="token", data=SecuritySchemeData(type=SecureType.HTTP, scheme="bearer"))],
    security={"token": []},
)
blueprint = Blueprint("description", __name__)
_one_at_a_time = threading.Lock()


@blueprint.get("/api/v1/openapi.json")
@public
def document() -> Response:
    """The description for programs."""
    return jsonify(description())


@blueprint.get("/api/docs")
@public
def docs() -> ResponseReturnValue:
    """The description for people."""
    return render_template("api_docs.html", document=description(), methods=METHODS)


def description() -> dict[str, Any]:
    """The OpenAPI document, made at first use, when every route is known."""
    with _one_at_a_time:  # the models are the house's own, and are taken apart for the document
        found = current_app.extensions.get("obhut.openapi")
        if found is None:
            found = current_app.extensions["obhut.openapi"] = _made()
    assert isinstance(found, dict)
    return found


def _made() -> dict[str, Any]:
    api.app = current_app
    models = copy.deepcopy(api.models)
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    try:
        return complete(dict(api._generate_spec()), app)
    finally:
        api.models = models
