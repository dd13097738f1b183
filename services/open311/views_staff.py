"""The public side of a request, for those who work on it: what anybody reads, what came in, and a note to add."""

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from auth.policies import current_actor, require
from auth.roles import Permission
from config.database import transaction
from config.error_pages import translated
from config.errors import RuleViolation
from services.open311 import publishing, queries, representations
from services.open311.queries import StaffSide

blueprint = Blueprint("open311_staff", __name__)


@blueprint.post("/staff/requests/<reference>/public-note")
@require(Permission.REQUESTS_WORK)
def note(reference: str) -> ResponseReturnValue:
    try:
        with transaction():
            publishing.add_note(current_actor(), reference, request.form.get("note", ""))
    except RuleViolation as violation:
        flash(translated(violation), "danger")
    else:
        flash(_("The note is public now."), "success")
    return redirect(url_for("casework.show", reference=reference) + "#public", 303)


@blueprint.app_context_processor
def _for_templates() -> dict[str, object]:
    return {"open311_side": _side, "open311_status_text": representations.status_text}


def _side(reference: str) -> StaffSide:
    """For the page of a request, which asks for it when it is rendered."""
    return queries.staff_side(current_actor(), reference)
