"""The portal: start page, choice of language, and the texts every public website owes its readers."""

from urllib.parse import urlsplit

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from auth.policies import public
from auth.views import came_back_from_logout
from config import local_paths
from config.clock import wall
from config.localisation import LOCALE_COOKIE, in_every_language, is_locale
from config.navigation import Page
from config.settings import current_settings
from services import offering, search
from services.life_situations import SITUATIONS
from services.popular import most_wanted

blueprint = Blueprint("portal", __name__)
A_YEAR = 365 * 24 * 3600
SHOWN_SERVICES = 6


@blueprint.app_context_processor
def frame() -> dict[str, object]:
    """For every template of every room: `page`, and the building blocks as `ui`, also within macros of its own."""
    return {"page": Page(), "ui": current_app.jinja_env.get_template("ui.html").module}


@blueprint.get("/")
@public
def index() -> ResponseReturnValue:
    if came_back_from_logout():
        flash(_("You have logged out here and at the identity provider."), "success")
    groups = search.by_life_situation(offering.on_offer())
    situations = [(one.value, SITUATIONS[one], len(members)) for one, members in groups.items()]
    return render_template("portal/index.html", services=most_wanted(SHOWN_SERVICES), situations=situations)


@blueprint.get("/quarantine")
@in_every_language
@public
def quarantine() -> ResponseReturnValue:
    """For those who got a message from the health office and want to know whether it is real."""
    return render_template("portal/quarantine.html", host=urlsplit(current_settings().base_url).netloc)


@blueprint.get("/language/<code>")
@public
def language(code: str) -> ResponseReturnValue:
    """Remember the language in a cookie and go back; a link and no form, for it changes nothing but the reading."""
    if not is_locale(code):
        abort(404)
    response = redirect(local_path(request.args.get("next")) or url_for("portal.index"), 303)
    secure = current_settings().secure_cookies
    response.set_cookie(LOCALE_COOKIE, code, max_age=A_YEAR, samesite="Lax", httponly=True, secure=secure)
    return response


@blueprint.get("/imprint")
@public
def imprint() -> ResponseReturnValue:
    return render_template("portal/imprint.html")


@blueprint.get("/privacy")
@public
def privacy() -> ResponseReturnValue:
    return render_template("portal/privacy.html")


@blueprint.get("/accessibility")
@public
def accessibility() -> ResponseReturnValue:
    return render_template("portal/accessibility.html", year=wall().year)


def local_path(address: str | None) -> str | None:
    """`address` if it leads to a page of this house, else None: links from elsewhere must not send people away."""
    found = local_paths.local_path(address)
    # The choice in the address would outweigh the one just made.
    return (urlsplit(found).path if "lang=" in urlsplit(found).query else found) or None
