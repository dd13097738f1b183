"""Small forms for tests, written as in a file."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import yaml

from services.form import checks
from services.form.fields import Step
from services.form.state import FormState, state

TODAY = date(2026, 11, 27)


def steps(text: str) -> tuple[Step, ...]:
    """Steps from YAML. Labels may be left out; a list are the fields of one step."""
    content = yaml.safe_load(text)
    written = [{"key": "only", "fields": content}] if isinstance(content, list) else content["steps"]
    return tuple(Step.model_validate(_titled(one)) for one in written)


def _titled(step: Mapping[str, Any]) -> dict[str, Any]:
    return {"title": {"de": step["key"]}} | step | {"fields": [_labelled(one) for one in step["fields"]]}


def _labelled(field: Mapping[str, Any]) -> dict[str, Any]:
    found = {"label": {"de": field["key"]}, "type": "text"} | field
    if "fields" in field:
        found |= {"type": "group", "fields": [_labelled(one) for one in field["fields"]]}
    return found


def looked(text: str, answers: Mapping[str, Any]) -> FormState:
    return state(steps(text), answers, today=TODAY)


def cleaned(text: str, answers: Mapping[str, Any], uploaded: Mapping[str, int] | None = None) -> dict[str, Any]:
    return checks.validate(steps(text), answers, uploaded or {}, today=TODAY)
