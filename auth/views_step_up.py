"""Confirming a login: the way to the provider when something needs a fresher or surer one, and back.

What was asked for with GET goes on by itself afterwards. Of a form the person first sees what is to come, and is then
back on the page with the form.
"""

from urllib.parse import urlsplit

from flask import Blueprint, current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from auth.assurance import LEVELS, Demand, acr_values
from auth.house_session import current_session
from auth.logins import local_path
from auth.oidc import ProviderName
from auth.policies import StepUpNeeded, public
from auth.views import to_provider
from config import clock
from config.limits import limited
from config.settings import current_settings

blueprint = Blueprint("step_up", __name__, url_prefix="/auth", template_folder="templates")


@blueprint.get("/step-up")
@public
@limited("logins")
def begin() -> ResponseReturnValue:
    """Send the person of this login to the provider again. What the address asks for is only ever more than needed:
    the view behind `next` looks for itself.
    """
    settings, next_path, login = current_settings(), local_path(request.args.get("next")), current_session().login
    if login is None:
        return redirect(url_for("auth.login", next=next_path or None))
    level = request.args.get("level", "")
    fresh = request.args.get("fresh") == "1"
    demand = Demand(level if level in LEVELS else "", settings.oidc_step_up_max_age if fresh else None)
    if demand.is_met(login.assurance, login.auth_time, clock.wall()):
        return redirect(next_path or url_for("portal.index"))
    name: ProviderName = "staff" if login.provider == "staff" else "residents"
    return to_provider(name, next_path, demand, login.user_id, **_asked(demand))


@blueprint.app_errorhandler(StepUpNeeded)
def ask(needed: StepUpNeeded) -> ResponseReturnValue:
    """The answer to whoever may, but must confirm first."""
    demand = needed.demand
    reads = request.method in ("GET", "HEAD")
    back = request.full_path.rstrip("?") if reads else _page_with_the_form()
    confirm_url = url_for(
        "step_up.begin",
        next=local_path(back) or None,
        level=demand.assurance or None,
        fresh=None if demand.max_age is None else 1,
    )
    if reads:
        return redirect(confirm_url)
    login = current_session().login
    weak = login is not None and not Demand(demand.assurance).is_met(login.assurance, None, clock.wall())
    names = {"basic": _("basic"), "substantial": _("substantial"), "high": _("high")}
    page = render_template(
        "auth/step_up.html",
        confirm_url=confirm_url,
        back=local_path(back) or url_for("portal.index"),
        weak=weak,
        level=names.get(demand.assurance, ""),
    )
    return make_response(page, 403)


def _asked(demand: Demand) -> dict[str, str]:
    """The parameters of the demand. Whether the provider did as asked is seen from what comes back."""
    # A provider may take acr_values for a mere wish, and answer from the login that it remembers, unless it must ask.
    asked = {"prompt": "login"}
    if demand.max_age is not None:
        asked["max_age"] = str(demand.max_age)
    if words := acr_values(demand.assurance, current_settings().oidc_assurance_map):
        asked["acr_values"] = words
    return asked


def _page_with_the_form() -> str:
    """Where the form that was sent stands: the page it was sent from, else the one at its own address."""
    parts = urlsplit(request.referrer or "")
    if parts.netloc == request.host and parts.path:
        return parts.path + (f"?{parts.query}" if parts.query else "")
    try:
        current_app.url_map.bind("").match(request.path, method="GET")
    except (RequestRedirect, HTTPException):
        return ""
    return request.full_path.rstrip("?")
