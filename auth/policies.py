"""Who is asking, and may they? Every view declares its access with exactly one of `require`, `public`, `signed`.

    @blueprint.get("/care/")
    @require(Permission.CASES_SEE)
    def dashboard() -> str: ...

A view that declares nothing is closed to everybody.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Literal, TypeVar, cast, overload
from uuid import UUID

import structlog
from flask import Flask, current_app, g, has_request_context, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized

from auth import idempotency, identities, tokens
from auth.actors import Actor
from auth.roles import STAFF_PERMISSIONS, Permission
from auth.sessions import HouseSession
from config.errors import Forbidden
from config.limits import spend

__all__ = ["ACCESS", "Access", "Actor", "access_of", "current_actor", "public", "require", "signed", "user_id_of"]

View = TypeVar("View", bound=Callable[..., Any])
ACCESS = "obhut_access"
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Access:
    """What a view declares. `api` views take Bearer tokens instead of cookies, and therefore no form token."""

    kind: Literal["permission", "public", "signed"]
    permission: Permission | None = None
    api: bool = False


def require(permission: Permission, *others: Permission, api: bool = False) -> Callable[[View], View]:
    """Let only actors with `permission` in, or with one of `others` (an API view that serves two sides).

    Pages send a visitor to the login and answer 403 to others. API views (`api=True`) answer 401 or 403 as
    problem+json, and honour `Idempotency-Key` on POST.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
            actor = current_actor()
            if not any(actor.may(one) for one in (permission, *others)):
                return _refuse(actor, permission, api)
            if api:
                spend("api", actor.id)
            if api and request.method == "POST":
                return idempotency.answered_once(actor.id, lambda: view(*args, **kwargs))
            return cast(ResponseReturnValue, view(*args, **kwargs))

        return _declare(cast(View, guarded), Access("permission", permission, api))

    return decorate


@overload
def public(view: View) -> View: ...
@overload
def public(*, api: bool = False) -> Callable[[View], View]: ...
def public(view: View | None = None, *, api: bool = False) -> View | Callable[[View], View]:
    """Open to everybody: `@public`, or `@public(api=True)` for programs (tokens count, no form token needed)."""
    if view is None:
        return lambda decorated: _declare(decorated, Access("public", api=api))
    return _declare(view, Access("public", api=api))


def signed(view: View) -> View:
    """For callers who prove themselves by a signature, which the view checks itself (webhooks)."""
    return _declare(view, Access("signed", api=True))


def access_of(endpoint: str | None) -> Access | None:
    """What the view of `endpoint` declares; None if nothing."""
    view = current_app.view_functions.get(endpoint or "")
    return getattr(view, ACCESS, None)


def current_actor() -> Actor:
    """The actor of this request, looked up once. Outside a request: nobody."""
    if not has_request_context():
        return Actor.anonymous()
    if "actor" not in g:
        g.actor = _actor_of_request()
    return cast(Actor, g.actor)


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


def _declare(view: View, access: Access) -> View:
    setattr(view, ACCESS, access)
    return view


def _actor_of_request() -> Actor:
    access = access_of(request.endpoint)
    if access and access.api:
        return _bearer()
    login = session.login if isinstance(session, HouseSession) else None  # the proxy gives the class of its object
    return identities.actor_of_login(login) if login else Actor.anonymous()


def _bearer() -> Actor:
    authorization = request.authorization
    if authorization is None:
        return Actor.anonymous()
    actor = tokens.actor_of(authorization.token) if authorization.type == "bearer" and authorization.token else None
    if actor is None:
        raise _unauthorized("invalid_token")
    return actor


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
