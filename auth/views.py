"""Login and logout in the browser."""

import structlog
from flask import Blueprint, current_app, flash, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from auth import logins, oidc, own_data
from auth.logins import Completed
from auth.oidc import LoginRefused, ProviderName, ProviderUnavailable
from auth.policies import public
from auth.roles import ROLE_PERMISSIONS, Permission
from auth.sessions import HouseSession
from config.database import transaction
from config.ids import new_token
from config.security import allow_form_target, limiter

blueprint = Blueprint("auth", __name__, url_prefix="/auth", template_folder="templates")
log = structlog.get_logger(__name__)
BROWSER = "browser"
LOGINS_LIMIT = "60 per minute"
PARAMETER_LENGTH = 4096
DESKS = (
    (Permission.CASES_SEE, "care.dashboard"),
    (Permission.REQUESTS_WORK, "casework.index"),
    (Permission.SERVICES_MANAGE, "catalogue.index"),
    (Permission.AUDIT_READ, "audit.index"),
    (Permission.ADMIN_MANAGE, "admin.index"),
)


@blueprint.get("/login")
@public
@limiter.limit(LOGINS_LIMIT)
def login() -> ResponseReturnValue:
    name: ProviderName = "staff" if request.args.get("staff") == "1" else "residents"
    provider = oidc.provider(name)
    if provider is None:
        return _unavailable("not_configured")
    browser = session.get(BROWSER) or new_token()
    session[BROWSER] = browser
    try:
        provider.metadata()
        with transaction():
            begun = logins.begin(name, browser, request.args.get("next", ""))
        url = provider.authorization_url(
            state=begun.state, nonce=begun.nonce, code_verifier=begun.code_verifier, locale=str(get_locale() or "de")
        )
    except ProviderUnavailable as problem:
        return _unavailable(str(problem))
    return redirect(url)


@blueprint.get("/callback")
@public
@limiter.limit(LOGINS_LIMIT)
def callback() -> ResponseReturnValue:
    try:
        completed = _completed()
    except LoginRefused as refused:
        return _refused(str(refused))
    except ProviderUnavailable as problem:
        return _unavailable(str(problem))
    house_session().adopt(completed.token, completed.login)
    if own_data.note_notice(completed.login.user_id):
        flash(
            _("Welcome. What we do with the data of your login stands under “My account”, at “Your data, your rights”.")
        )
    return redirect(completed.next_path or _first_page(completed))


@blueprint.get("/logout")
@public
def confirm_logout() -> ResponseReturnValue:
    if house_session().login is None:
        return redirect(url_for("portal.index"))
    return render_template("auth/logout.html")


@blueprint.post("/logout")
@public
def logout() -> ResponseReturnValue:
    current = house_session()
    leaving = current.login
    if leaving is None:
        return redirect(url_for("portal.index"))
    away = logins.log_out(leaving)
    current.leave()
    if away:
        allow_form_target(away)
    return redirect(away or url_for("portal.index"), code=303)


def house_session() -> HouseSession:
    """The session of this request, with what Flask's own type does not know."""
    current = session._get_current_object()  # type: ignore[attr-defined]
    assert isinstance(current, HouseSession)
    return current


def _completed() -> Completed:
    state, code = _parameter("state"), _parameter("code")
    browser = session.get(BROWSER)
    if not state or not browser:
        raise LoginRefused("state_missing")
    with transaction():
        pending = logins.take(state, browser)
    provider = oidc.provider(pending.provider)
    if provider is None:
        raise LoginRefused("provider_gone")
    logins.check_issuer(provider, _parameter("iss"))
    if error := _parameter("error"):
        raise LoginRefused("access_denied" if error == "access_denied" else "provider_error")
    if not code:
        raise LoginRefused("code_missing")
    answer = provider.redeem(code=code, nonce=pending.nonce, code_verifier=pending.code_verifier)
    device = request.user_agent.string
    return logins.complete(pending, answer, device=device, earlier=house_session().login)


def _parameter(name: str) -> str | None:
    values = request.args.getlist(name)
    if len(values) > 1 or any(len(value) > PARAMETER_LENGTH for value in values):
        raise LoginRefused("parameter_repeated")
    return values[0] if values else None


def _refused(reason: str) -> ResponseReturnValue:
    log.warning("login_refused", reason=reason)
    logins.note_refusal(reason)
    page = render_template("auth/refused.html", cancelled=reason == "access_denied", stale=reason.startswith("state_"))
    return make_response(page, 400)


def _unavailable(reason: str) -> ResponseReturnValue:
    log.error("login_provider_unavailable", reason=reason)
    logins.note_refusal("provider_unavailable")
    response = make_response(render_template("auth/unavailable.html", again=_again()), 503)
    response.headers["Retry-After"] = "30"
    return response


def _again() -> str:
    staff = 1 if request.args.get("staff") == "1" else None
    return url_for("auth.login", staff=staff, next=logins.local_path(request.args.get("next")) or None)


def _first_page(completed: Completed) -> str:
    permissions = {one for role in completed.roles for one in ROLE_PERMISSIONS[role]}
    for permission, endpoint in DESKS:
        if permission in permissions and endpoint in current_app.view_functions:
            return url_for(endpoint)
    return url_for("portal.index")
