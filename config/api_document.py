"""What the API's description says beyond what commands tell of themselves: answers, errors, parameters, headers.

@require(Permission.…, api=True)
@answers(201, 200, shape=CASE)
@api.validate(tags=["…"])
def create(json: Command) -> Answer: ...
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeVar

from flask import Flask
from pydantic import BaseModel
from werkzeug.routing import Rule

from auth.idempotency import HEADER, KEY_LENGTH
from auth.policies import ACCESS, Access

View = TypeVar("View", bound=Callable[..., Any])
Schema = dict[str, Any]
ANSWERS = "obhut_answers"
PREFIX = "/api/v1/"
REF = "#/components/schemas/"
CONVERTED = re.compile(r"<(?:(\w+)(?:\(([^)]*)\))?:)?(\w+)>")
PROBLEM: Schema = {
    "type": "object",
    "description": "RFC 9457",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
ALWAYS = (400, 401, 403, 404, 422, 429, 500, 503)
WITH_BODY = (409, 413)


@dataclass(frozen=True)
class Shape:
    """An object of an answer: its name in the description, and what is always in it."""

    name: str
    required: tuple[str, ...] = ()

    @property
    def schema(self) -> Schema:
        return {"type": "object", "required": list(self.required), "properties": {name: {} for name in self.required}}


PAGE = Shape("Page", ("items", "next"))


@dataclass(frozen=True)
class Answers:
    """How a view answers when all is well, and what it takes where it validates by itself."""

    statuses: tuple[int, ...]
    shape: Shape
    media_type: str
    json: type[BaseModel] | None = None
    query: dict[str, Schema] = field(default_factory=dict)
    tag: str = ""


def answers(
    *statuses: int,
    shape: Shape,
    media_type: str = "application/json",
    json: type[BaseModel] | None = None,
    query: dict[str, Schema] | None = None,
    tag: str = "",
) -> Callable[[View], View]:
    """Describe a view of the API. `json` and `query`: for views that are not validated by SpecTree."""

    def describe(view: View) -> View:
        setattr(view, ANSWERS, Answers(statuses, shape, media_type, json, query or {}, tag))
        return view

    return describe


def complete(document: Schema, app: Flask) -> Schema:
    """`document` with every operation of the API, its parameters and all its answers."""
    schemas = document["components"]["schemas"]
    schemas["Problem"] = PROBLEM
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        described: Answers | None = getattr(view, ANSWERS, None)
        access: Access | None = getattr(view, ACCESS, None)
        if not rule.rule.startswith(PREFIX) or access is None or not access.api:
            continue
        for method in sorted((rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"}):
            path = document["paths"].setdefault(CONVERTED.sub(r"{\3}", rule.rule), {})
            operation = path.setdefault(method.lower(), _bare(view, rule, method))
            operation["parameters"] = _parameters(operation, rule, method, described)
            operation["responses"] = _responses(method, described, schemas)
            if access.kind == "public":
                operation["security"] = []  # whoever has a token may send it all the same
            if described and described.json:
                operation["requestBody"] = _body(described.json, schemas)
    return document


def _bare(view: Callable[..., Any], rule: Rule, method: str) -> Schema:
    summary, _, rest = (view.__doc__ or rule.endpoint).partition("\n")
    described: Answers | None = getattr(view, ANSWERS, None)
    return {
        "operationId": f"{method.lower()}_{rule.endpoint.replace('.', '_')}",
        "summary": summary,
        "description": rest.strip(),
        "tags": [described.tag] if described and described.tag else [],
        "parameters": [],
    }


def _parameters(operation: Schema, rule: Rule, method: str, described: Answers | None) -> list[Schema]:
    found = [one for one in operation["parameters"] if one["in"] != "path"]
    for converter, arguments, name in CONVERTED.findall(rule.rule):
        found.append({"name": name, "in": "path", "required": True, "schema": _of_converter(converter, arguments)})
    for name, schema in (described.query if described else {}).items():
        found.append({"name": name, "in": "query", "required": False, "schema": schema})
    if method == "POST":
        key = {"type": "string", "maxLength": KEY_LENGTH}
        note = "The same key again gives the same answer and acts once."
        found.append({"name": HEADER, "in": "header", "required": False, "schema": key, "description": note})
    return found


def _of_converter(converter: str, arguments: str) -> Schema:
    if converter == "uuid":
        return {"type": "string", "format": "uuid"}
    if converter == "any":
        return {"type": "string", "enum": [one.strip() for one in arguments.split(",")]}
    return {"type": "string"}


def _responses(method: str, described: Answers | None, schemas: Schema) -> Schema:
    found: Schema = {}
    for status in described.statuses if described else (200,):
        content: Schema = {"schema": {}}
        if described and described.media_type == "application/json":
            schemas[described.shape.name] = described.shape.schema
            content = {"schema": {"$ref": REF + described.shape.name}}
        media_type = described.media_type if described else "application/json"
        found[str(status)] = {"description": HTTPStatus(status).phrase, "content": {media_type: content}}
    for status in sorted((*ALWAYS, *(WITH_BODY if method != "GET" else ()))):
        problem = {"application/problem+json": {"schema": {"$ref": REF + "Problem"}}}
        found[str(status)] = {"description": HTTPStatus(status).phrase, "content": problem}
    return found


def _body(model: type[BaseModel], schemas: Schema) -> Schema:
    made = model.model_json_schema(ref_template=f"{REF}{model.__name__}.{{model}}")
    for name, nested in made.pop("$defs", {}).items():
        schemas[f"{model.__name__}.{name}"] = nested
    schemas[model.__name__] = made
    return {"required": True, "content": {"application/json": {"schema": {"$ref": REF + model.__name__}}}}
