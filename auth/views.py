"""Login and logout in the browser."""

import hmac
from uuid import UUID

import structlog
from flask import Blueprint, current_app, flash, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from auth import logins, logouts, oidc, own_data
from auth.assurance import ANY_LOGIN, Demand
from auth.house_session import current_session
from auth.logins import Completed, Pending
from auth.oidc import LoginRefused, ProviderName, ProviderUnavailable
from auth.policies import public
from auth.roles import ROLE_PERMISSIONS, Permission
from auth.sessions import FORM_TOKEN
from config.database import transaction
from config.ids import new_token
from config.limits import limited, note_failure
from config.localisation import language_tag, spoken_locale
from config.security import allow_form_target
from config.settings import current_settings

blueprint = Blueprint("auth", __name__, url_prefix="/auth", template_folder="templates")
log = structlog.get_logger(__name__)
PARAMETER_LENGTH = 4096
LOGOUT = "logout_state"
# Refusals that a person can do something about, by what the page says of them.
WHY = {
    "access_denied": "cancelled",
    "step_up_other_person": "other",
    "step_up_assurance": "weak",
    "id_token_login_time": "old",
    "id_token_login_too_old": "old",
}
DESKS = (
    (Permission.CASES_SEE, "care.dashboard"),
    (Permission.REQUESTS_WORK, "casework.index"),
    (Permission.SERVICES_MANAGE, "catalogue.index"),
    (Permission.AUDIT_READ, "audit.index"),
    (Permission.ADMIN_MANAGE, "admin.index"),
)


@blueprint.get("/login")
@public(acts_as="login")
@limited("logins")
def login() -> ResponseReturnValue:
    name: ProviderName = "staff" if request.args.get("staff") == "1" else "residents"
    return to_provider(name, request.args.get("next", ""))


def to_provider(
    name: ProviderName, next_path: str, demand: Demand = ANY_LOGIN, user_id: UUID | None = None, **extra: str
) -> ResponseReturnValue:
    """Begin a login of this browser, or a step-up of `user_id`; `extra` are parameters for the provider."""
    provider = oidc.provider(name)
    if provider is None:
        return _unavailable("not_configured")
    browser = request.cookies.get(_browser_cookie()) or new_token()
    try:
        provider.metadata()
        with transaction():
            begun = logins.begin(name, browser, next_path, demand, user_id)
        url = provider.authorization_url(
            state=begun.state,
            nonce=begun.nonce,
            code_verifier=begun.code_verifier,
            locale=language_tag(spoken_locale()),
            **extra,
        )
    except ProviderUnavailable as problem:
        return _unavailable(str(problem))
    response = redirect(url)
    response.set_cookie(
        _browser_cookie(), browser, max_age=logins.PENDING_LASTS, httponly=True, samesite="Lax", secure=_is_secure()
    )
    return response


@blueprint.get("/callback")
@public(acts_as="login")
@limited("logins")
def callback() -> ResponseReturnValue:
    pending = None
    try:
        pending = _taken()
        completed = _completed(pending)
    except LoginRefused as refused:
        return _refused(str(refused), pending)
    except ProviderUnavailable as problem:
        return _unavailable(str(problem))
    current_session().adopt(completed.token, completed.login)
    if own_data.note_notice(completed.login.user_id):
        flash(
            _("Welcome. What we do with the data of your login stands under “My account”, at “Your data, your rights”.")
        )
    return redirect(completed.next_path or _first_page(completed))


@blueprint.get("/logout")
@public
def confirm_logout() -> ResponseReturnValue:
    if current_session().login is None:
        return redirect(url_for("portal.index"))
    return render_template("auth/logout.html")


@blueprint.post("/logout")
@public(acts_as="login")
def logout() -> ResponseReturnValue:
    current = current_session()
    leaving = current.login
    if leaving is None:
        return redirect(url_for("portal.index"))
    state = new_token()
    away = logouts.log_out(leaving, state)
    current.leave()
    if away:
        session[LOGOUT] = state
        allow_form_target(away)
    return redirect(away or url_for("portal.index"), code=303)


def came_back_from_logout() -> bool:
    """Whether this browser has just been logged out at the provider, too, and was sent back. True once."""
    state, kept = request.args.get("state"), session.get(LOGOUT)
    if not state or not isinstance(kept, str):
        return False
    del session[LOGOUT]
    return hmac.compare_digest(state.encode(), kept.encode())


def _taken() -> Pending:
    state = _parameter("state")
    browser = request.cookies.get(_browser_cookie())
    if not state or not browser:
        raise LoginRefused("state_missing")
    with transaction():
        return logins.take(state, browser)


def _completed(pending: Pending) -> Completed:
    provider = oidc.provider(pending.provider)
    if provider is None:
        raise LoginRefused("provider_gone")
    logins.check_issuer(provider, _parameter("iss"))
    if error := _parameter("error"):
        raise LoginRefused("access_denied" if error == "access_denied" else "provider_error")
    if not (code := _parameter("code")):
        raise LoginRefused("code_missing")
    answer = provider.redeem(
        code=code, nonce=pending.nonce, code_verifier=pending.code_verifier, max_age=pending.demand.max_age
    )
    device = request.user_agent.string
    held = current_session()
    token = held.get(FORM_TOKEN, "")
    return logins.complete(pending, answer, device=device, earlier=held.login, form_token=token)


def _browser_cookie() -> str:
    """The cookie by which a browser is known again. Not in the session: that may end while somebody is away."""
    return f"{'__Host-' if _is_secure() else ''}obhut_browser"


def _is_secure() -> bool:
    return current_settings().secure_cookies


def _parameter(name: str) -> str | None:
    values = request.args.getlist(name)
    if len(values) > 1 or any(len(value) > PARAMETER_LENGTH for value in values):
        raise LoginRefused("parameter_repeated")
    return values[0] if values else None


def _refused(reason: str, pending: Pending | None) -> ResponseReturnValue:
    note_failure("failed_logins")
    log.warning("login_refused", reason=reason)
    logins.note_refusal(reason)
    again = _back_to(pending) if pending else url_for("auth.login")
    why = WHY.get(reason, "stale" if reason.startswith("state_") else "")
    page = render_template("auth/refused.html", again=again, why=why)
    return make_response(page, 400)


def _back_to(pending: Pending) -> str:
    """Where trying once more leads on to what somebody was at: a page that wants a surer login asks for it itself."""
    if pending.is_step_up and pending.next_path:
        return pending.next_path
    staff = 1 if pending.provider == "staff" else None
    return url_for("auth.login", staff=staff, next=pending.next_path or None)


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
