"""Services on offer as programs read them: in one language, with the JSON Schema of the form."""

from typing import Any

from flask import url_for

from services.definitions import ServiceDefinition
from services.form.fields import FormField, Text
from services.form.json_schema import schema_of


def summary(definition: ServiceDefinition, locale: str) -> dict[str, Any]:
    """A service as a line of a list, with texts in `locale`."""
    opening = definition.opening
    return {
        "slug": definition.slug,
        "version": definition.version,
        "title": definition.title.to(locale),
        "summary": definition.summary.to(locale),
        "leika": definition.leika,
        "department": definition.department,
        "life_situations": [one.value for one in definition.life_situations],
        "fee": definition.fee.to(locale),
        "deadline": {"working_days": definition.deadline.working_days},
        "login": definition.login,
        "assurance": definition.assurance,
        "public": definition.public,
        "opening": {
            "first": opening.first.isoformat() if opening.first else None,
            "last": opening.last.isoformat() if opening.last else None,
        },
        "maintenance": _said(definition.maintenance, locale),
        "url": url_for("services.show", slug=definition.slug, _external=True),
    }


def full(definition: ServiceDefinition, locale: str) -> dict[str, Any]:
    """A service with all its texts, its form step by step, and the JSON Schema of cleaned answers."""
    return summary(definition, locale) | {
        "description": definition.description.to(locale),
        "keywords": list(definition.keywords),
        "documents": [one.to(locale) for one in definition.documents],
        "legal_basis": _said(definition.legal_basis, locale),
        "privacy": definition.retention.note.to(locale),
        "steps": [
            {
                "key": step.key,
                "title": step.title.to(locale),
                "intro": _said(step.intro, locale),
                "visible": step.visible,
                "fields": [_field(one, locale) for one in step.fields],
            }
            for step in definition.steps
        ],
        "schema": schema_of(definition.steps, locale=locale),
    }


def _field(field: FormField, locale: str) -> dict[str, Any]:
    """What a program needs to ask this question; how the answer looks says the schema."""
    said: dict[str, Any] = {
        "key": field.key,
        "type": field.type.value,
        "label": field.label.to(locale),
        "hint": _said(field.hint, locale),
        "help": _said(field.help, locale),
        "required": field.required,
        "public": field.public,
    }
    if field.fields:
        said["fields"] = [_field(one, locale) for one in field.fields]
        said["repeats"] = field.repeats.model_dump() if field.repeats else None
    return said


def _said(text: Text | None, locale: str) -> str | None:
    return text.to(locale) if text is not None else None
