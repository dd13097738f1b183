"""Hand-overs for staff: what failed, and trying once more."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext as _

from auth.policies import current_actor, require
from auth.roles import Permission
from config.database import transaction
from config.error_pages import translated
from config.errors import DomainError, NotFound
from services import trail, unscanned
from services.handover import following, queries

blueprint = Blueprint("handovers", __name__, template_folder="../templates")


def page_locale() -> str:
    return str(get_locale() or "de")


@blueprint.app_context_processor
def helpers() -> dict[str, Any]:
    """For the page of a request: its hand-overs, by its reference."""
    return {"handovers_of": lambda reference: queries.of_request(current_actor(), reference)}


@blueprint.get("/staff/services/handovers")
@require(Permission.REQUESTS_WORK, Permission.SERVICES_MANAGE)
def index() -> ResponseReturnValue:
    actor = current_actor()
    requests = queries.troubled(actor)
    rows = [queries.shown(one, page_locale()) for one in requests]
    waiting = [queries.shown(one, page_locale()) for one in queries.waiting(actor)]
    unlooked = unscanned.of_departments(actor)
    held_back = [unscanned.shown(request, since, page_locale()) for request, since in unlooked]
    trail.looked(actor, "handovers.listed", [*(one.request for one in requests), *(one for one, _ in unlooked)])
    return render_template("services/handovers.html", rows=rows, waiting=waiting, held_back=held_back)


@blueprint.post("/staff/services/handovers/<uuid:row_id>")
@require(Permission.REQUESTS_WORK, Permission.SERVICES_MANAGE)
def act(row_id: UUID) -> ResponseReturnValue:
    """Try once more, or note that the receiver has it in another way."""
    actor = current_actor()
    try:
        with transaction():
            if request.form.get("action") == "settle":
                following.settle(row_id, request.form.get("reason", "")[:500], actor)
            else:
                following.try_again(row_id, actor)
    except NotFound:
        raise
    except DomainError as error:
        flash(translated(error), "warning")
    else:
        flash(_("Saved."), "success")
    return redirect(url_for(".index"), 303)
