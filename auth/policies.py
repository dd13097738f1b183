"""Who is asking, and may they? Every view declares its access with exactly one of `require`, `public`, `signed`.

    @blueprint.get("/care/")
    @require(Permission.CASES_SEE)
    def dashboard() -> str: ...

A view that declares nothing is closed to everybody.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast, overload
from uuid import UUID

import structlog
from flask import Flask, g, has_request_context, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import ServiceUnavailable, Unauthorized

from auth import idempotency, identities, machines, tokens
from auth.access import ACCESS, Access, FirstQuestions, access_of, declare, first_questions
from auth.actors import Actor
from auth.assurance import Demand
from auth.house_session import HouseSession
from auth.oidc import ProviderUnavailable
from auth.roles import STAFF_PERMISSIONS, Permission, needs_step_up
from auth.sessions import Login
from config import clock, scopes
from config.errors import Forbidden
from config.limits import spend
from config.settings import current_settings

__all__ = [
    "ACCESS",
    "Access",
    "Actor",
    "StepUpNeeded",
    "access_of",
    "current_actor",
    "demand_fresh_login",
    "demand_login",
    "public",
    "require",
    "signed",
    "user_id_of",
]

View = TypeVar("View", bound=Callable[..., Any])
log = structlog.get_logger(__name__)


class StepUpNeeded(Exception):
    """Somebody who may do this must first confirm their login; `demand` says how."""

    def __init__(self, demand: Demand) -> None:
        super().__init__("step-up needed")
        self.demand = demand


def require(
    permission: Permission,
    *others: Permission,
    api: bool = False,
    step_up: bool = False,
    visitors: Callable[..., bool] | None = None,
    asks_first: FirstQuestions | None = None,
) -> Callable[[View], View]:
    """Let only actors with `permission` in, or with one of `others` (an API view that serves two sides).

    Where `visitors` says so of the view's arguments, people without a login come in as well; what they then have is
    the view's business.

    Whether the login must have been confirmed freshly is said by the table of permissions (`roles.needs_step_up`);
    `step_up` demands it for a view whose permission does not, whatever the method. Programs have no login to confirm.
    `asks_first`: what the view asks the database first, by its arguments; the look for the login or the token brings
    the answers along.

    Pages send a visitor to the login and answer 403 to others. API views (`api=True`) answer 401 or 403 as
    problem+json, and honour `Idempotency-Key` on POST.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
            actor = current_actor()
            if not any(actor.may(one) for one in (permission, *others)):
                if visitors is not None and not actor.is_known and visitors(**kwargs):
                    return cast(ResponseReturnValue, view(*args, **kwargs))
                return _refuse(actor, permission, api)
            act_as(actor.where_they_may((permission, *others)))
            if api:
                spend("api", actor.id)
            elif step_up or any(needs_step_up(one, request.method) for one in (permission, *others)):
                demand_fresh_login()
            if api and request.method == "POST":
                return idempotency.answered_once(actor.id, lambda: view(*args, **kwargs))
            return cast(ResponseReturnValue, view(*args, **kwargs))

        return declare(cast(View, guarded), Access("permission", permission, api, step_up, others, asks_first))

    return decorate


def demand_fresh_login() -> None:
    """Go on only if whoever is logged in has just proved who they are. Raises StepUpNeeded.

    The level that is set counts for staff: nobody has to own an ID card with a chip to get a copy of their own data.
    """
    settings = current_settings()
    level = settings.oidc_step_up_assurance if current_actor().is_staff else ""
    demand_login(Demand(level, settings.oidc_step_up_max_age))


def demand_login(demand: Demand) -> None:
    """Go on only if the login of this request meets `demand`. Raises StepUpNeeded, which becomes a way to the provider.

    Programs and links have no login and are not asked.
    """
    login = _login_of_request()
    if login and not demand.is_met(login.assurance, login.auth_time, clock.wall()):
        raise StepUpNeeded(demand)


@overload
def public(view: View) -> View: ...
@overload
def public(*, api: bool = False, acts_as: str = "") -> Callable[[View], View]: ...
def public(view: View | None = None, *, api: bool = False, acts_as: str = "") -> View | Callable[[View], View]:
    """Open to everybody: `@public`, or `@public(api=True)` for programs (tokens count, no form token needed).

    `acts_as`: the part of the house whose scope the view needs, since its callers prove themselves by something else
    than a login: a link, a reference and its PIN.
    """

    def decorate(decorated: View) -> View:
        acting = _acting(decorated, acts_as) if acts_as else decorated
        return declare(acting, Access("public", api=api))

    return decorate if view is None else decorate(view)


def signed(view: View) -> View:
    """For callers who prove themselves by a signature, which the view checks itself (webhooks)."""
    return declare(_acting(view, "webhook"), Access("signed", api=True))


def _acting(view: View, name: str) -> View:
    @wraps(view)
    def in_scope(*args: Any, **kwargs: Any) -> Any:
        with scopes.within(scopes.system(name)):
            return view(*args, **kwargs)

    return cast(View, in_scope)


def current_actor() -> Actor:
    """The actor of this request, looked up once; from then on the request is in their scope. Outside: nobody."""
    if not has_request_context():
        return Actor.anonymous()
    here = g._get_current_object()  # once: each look through the proxy is six calls
    if "actor" not in here:
        with scopes.within(scopes.system("who-is-asking")):
            here.actor = _actor_of_request()
        here.scope = here.actor.scope
    scopes.become(here.scope)  # also where a context outlives the request, as in tests
    return cast(Actor, here.actor)


def act_as(actor: Actor) -> None:
    """From here on, `actor` is the actor of this request, and it is in their scope."""
    scope = actor.scope
    here = g._get_current_object()
    here.actor, here.scope = actor, scope
    scopes.become(scope)


def user_id_of(actor: Actor) -> UUID:
    """The user behind an actor who has logged in with a browser. Raises Forbidden for all others."""
    if actor.user_id is None:
        raise Forbidden()
    return actor.user_id


def init_app(app: Flask) -> None:
    """Close views that declare no access; files of the front end are open."""

    @app.before_request
    def closed_by_default() -> None:
        endpoint = request.endpoint
        if endpoint is None or endpoint == "static" or endpoint.endswith(".static") or access_of(endpoint):
            return
        log.error("view_without_access", endpoint=endpoint)
        raise Forbidden()


def _actor_of_request() -> Actor:
    access = access_of(request.endpoint)
    if access and access.api:
        return _bearer()
    held = _house_session()
    if held is None or held.login is None:
        return Actor.anonymous()
    actor = identities.actor_of_login(held.login, held.who)
    if actor.is_staff:
        held.has_role_of_staff()
    return actor


def _house_session() -> HouseSession | None:
    held = session._get_current_object()  # type: ignore[attr-defined]
    return held if isinstance(held, HouseSession) else None


def _login_of_request() -> Login | None:
    held = _house_session()
    return None if held is None else held.login


def _bearer() -> Actor:
    authorization = request.authorization
    if authorization is None:
        return Actor.anonymous()
    token = authorization.token if authorization.type == "bearer" else None
    actor = _program(token) if token else None
    if actor is None:
        raise _unauthorized("invalid_token")
    return actor


def _program(token: str) -> Actor | None:
    if token.startswith(tokens.PREFIX):
        return tokens.actor_of(token, first_questions())
    try:
        return machines.actor_of(token)
    except ProviderUnavailable:
        raise ServiceUnavailable() from None


def _refuse(actor: Actor, permission: Permission, api: bool) -> ResponseReturnValue:
    if actor.is_known:
        raise Forbidden()
    if api:
        raise _unauthorized(None)
    here = request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else None
    staff = 1 if permission in STAFF_PERMISSIONS else None
    return redirect(url_for("auth.login", next=here, staff=staff))


def _unauthorized(error: str | None) -> Unauthorized:
    values: dict[str, str | None] = {"realm": "obhut"}
    if error:
        values["error"] = error
    return Unauthorized(www_authenticate=WWWAuthenticate("bearer", values))
