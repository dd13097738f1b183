"""While a login lasts: the page asks how long, stays logged in, and finds what was typed when it ran out."""

from flask import Blueprint, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError, generate_csrf

from auth import house_session, kept_forms
from auth.house_session import current_session, owner_mark
from auth.policies import access_of, current_actor, public, require, user_id_of
from auth.roles import Permission
from auth.sessions import Login
from config import clock, error_pages, scopes
from config.database import transaction

blueprint = Blueprint("login_state", __name__, template_folder="templates")
NEVER_KEPT = ("auth.", "login_state.", "account.end_", "services.state")


@blueprint.get("/auth/session")
@public
def state() -> ResponseReturnValue:
    """How long the login lasts, for a page that waits. Asking does not make it last longer."""
    current_session().is_quiet = True
    return _state()


@blueprint.post("/auth/session")
@public
def stay() -> ResponseReturnValue:
    """A click like any other: the login lasts from here on."""
    return _state()


@blueprint.get("/account/back")
@require(Permission.ACCOUNT_OWN)
def back() -> ResponseReturnValue:
    """Where a login in a second tab ends: the page with the form is in the first one."""
    return render_template("auth/back.html")


@blueprint.get("/account/kept-form")
@require(Permission.ACCOUNT_OWN)
def kept_form() -> ResponseReturnValue:
    """What was typed when the login had run out, to be sent again or thrown away."""
    entries = kept_forms.find(_token(), user_id_of(current_actor()))
    confirmed = request.args.get("confirmed") == "1"
    return render_template("auth/kept_form.html", entries=entries, confirmed=confirmed), 200 if entries else 404


@blueprint.post("/account/kept-form")
@require(Permission.ACCOUNT_OWN)
def send_kept_form() -> ResponseReturnValue:
    """Send it where it was meant for: 307 lets the browser repeat this very body there."""
    with transaction():
        path = kept_forms.take(_token(), user_id_of(current_actor()))
    if path is None:
        return redirect(url_for("login_state.kept_form"), 303)
    response = make_response(redirect(path, 307))
    kept_forms.forget(response)
    return response


@blueprint.post("/account/kept-form/discard")
@require(Permission.ACCOUNT_OWN)
def discard_kept_form() -> ResponseReturnValue:
    with transaction():
        kept_forms.take(_token(), user_id_of(current_actor()))
    response = make_response(redirect(url_for("portal.index"), 303))
    kept_forms.forget(response)
    return response


@blueprint.app_errorhandler(CSRFError)
def sent_too_late(error: CSRFError) -> ResponseReturnValue:
    """A form whose login has run out is kept, and the person led through the login; any other is refused as ever."""
    login = _login_of_form()
    entries = kept_forms.entries_of(request) if login else None
    if login is None or entries is None:
        return error_pages.http_error(error)
    with scopes.within(scopes.people(user_id=login.user_id)), transaction():
        token = kept_forms.keep(entries, login.user_id)
    here = url_for("login_state.kept_form")
    staff = 1 if login.is_staff else None
    is_back = current_session().login is not None
    response = make_response(redirect(here if is_back else url_for("auth.login", next=here, staff=staff), 303))
    kept_forms.remember(response, token)
    return response


def _login_of_form() -> Login | None:
    """The login with which this form was opened, if it ran out a short while ago: this browser's or this user's."""
    access, endpoint = access_of(request.endpoint), request.endpoint or ""
    if access is None or access.kind != "permission" or access.api or endpoint.startswith(NEVER_KEPT):
        return None
    held = current_session()
    if held.login:
        candidates = house_session.ran_out_of(held.login.user_id)
    else:
        one = house_session.ran_out(held.cookie)
        candidates = [one] if one else []
    return next((login for login, values in candidates if kept_forms.carries_token_of(request, values)), None)


def _state() -> ResponseReturnValue:
    held = current_session()
    ends_at = held.idle_ends_at()
    if ends_at is None or held.login is None:
        return jsonify({"ends_in_s": 0})
    left = max(0, int((ends_at - clock.wall()).total_seconds()))
    return jsonify({"ends_in_s": left, "of": owner_mark(held.login), "form_token": generate_csrf()})


def _token() -> str | None:
    return request.cookies.get(kept_forms.cookie_name())
