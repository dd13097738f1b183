"""The audit trail for the auditor: events, pseudonyms and codes; no personal data."""

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from auth import queries
from auth.policies import require
from auth.queries import EventFilter
from auth.roles import Permission

blueprint = Blueprint("audit", __name__, url_prefix="/audit", template_folder="templates")
FILTER_LENGTH = 100


@blueprint.get("/")
@require(Permission.AUDIT_READ)
def index() -> ResponseReturnValue:
    texts = {name: request.args.get(name, "")[:FILTER_LENGTH] for name in ("action", "actor", "subject")}
    found, following = queries.events(EventFilter(**texts, before=_id(request.args.get("before"))))
    shown: dict[str, Any] = texts | {"before": following}
    next_url = url_for("audit.index", **shown) if following else None
    return render_template("auth/audit.html", events=found, wanted=texts, next_url=next_url)


def _id(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
