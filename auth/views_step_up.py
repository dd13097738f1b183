"""Confirming a login: the way to the provider when something needs a fresher or surer one, and back.

What was asked for with GET goes on by itself afterwards. Of a form the person first sees what is to come; what they
typed is kept and can be sent afterwards, and what was a mere button is pressed again on the page it stands on.
"""

from urllib.parse import urlsplit

from flask import Blueprint, current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from auth import kept_forms
from auth.assurance import LEVELS, Demand, acr_values, at_least
from auth.house_session import current_session
from auth.logins import local_path
from auth.oidc import ProviderName
from auth.policies import StepUpNeeded, public
from auth.sessions import Login
from auth.views import to_provider
from config import clock, scopes
from config.database import transaction
from config.limits import limited
from config.settings import current_settings

blueprint = Blueprint("step_up", __name__, url_prefix="/auth", template_folder="templates")


@blueprint.get("/step-up")
@public(acts_as="login")
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
    if request.method in ("GET", "HEAD"):
        return redirect(_way(demand, request.full_path.rstrip("?")))
    login, back = current_session().login, _page_with_the_form()
    kept = _keep_form(login) if login else None
    page = render_template(
        "auth/step_up.html",
        confirm_url=_way(demand, url_for("login_state.kept_form", confirmed=1) if kept else back),
        back=local_path(back) or url_for("portal.index"),
        is_kept=kept is not None,
        weak=login is not None and not at_least(login.assurance, demand.assurance),
        level=_level_names().get(demand.assurance, ""),
    )
    response = make_response(page, 403)
    if kept:
        kept_forms.remember(response, kept)
    return response


def _way(demand: Demand, next_path: str) -> str:
    """The address of the way to the provider, and from there to `next_path`."""
    fresh = None if demand.max_age is None else 1
    return url_for("step_up.begin", next=local_path(next_path) or None, level=demand.assurance or None, fresh=fresh)


def _keep_form(login: Login) -> str | None:
    """Keep what was sent, so that nobody types it twice; the token for this browser. None if it is too much."""
    entries = kept_forms.entries_of(request)
    if entries is None or not entries.fields:
        return None
    with scopes.within(scopes.people(user_id=login.user_id)), transaction():
        return kept_forms.keep(entries, login.user_id)


def _level_names() -> dict[str, str]:
    return {"basic": _("basic"), "substantial": _("substantial"), "high": _("high")}


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
