"""Where the answers of a request come from, for those who read it: in words, and for programs."""

from typing import Any

from flask_babel import gettext as _

from auth.assurance import LEVELS
from services.definitions import ServiceDefinition
from services.models import ServiceRequest
from services.provenance import LOGIN, TYPED
from services.typed import paths
from services.widgets import source_words


def of_entries(request: ServiceRequest, definition: ServiceDefinition, locale: str) -> list[tuple[str, str, str]]:
    """Label, where the answer comes from, and the tone of a badge; for answers that the form began with."""
    kept = (request.provenance or {}).get("answers", {})
    found = []
    for path, field in paths(definition.fields, {}):
        if one := kept.get(path):
            tone = "neutral" if one["source"] == TYPED else "success"
            found.append((field.label.to(locale), _words(one["source"], one.get("trust", "")), tone))
    return found


def _words(source: str, trust: str) -> str:
    if source == TYPED:
        return str(_("changed by the applicant"))
    words = _("from the login") if source == LOGIN else source_words(source)
    levels = dict(zip(LEVELS, (_("basic"), _("substantial"), _("high")), strict=True))
    return f"{words} ({levels[trust]})" if trust in levels else str(words)


def as_json(request: ServiceRequest) -> dict[str, Any]:
    """By path: `source` ("login", a register, "typed"), `claim`, `trust`; what nobody knew beforehand is not named."""
    return dict((request.provenance or {}).get("answers", {}))
