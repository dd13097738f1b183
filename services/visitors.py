"""Who is applying: somebody with a login, or a visitor whom a cookie of their browser tells from others.

The cookie holds a random token beside the session, since a login begins a new session; drafts carry a mark made of it.
"""

from collections.abc import Callable
from typing import Any

from flask import Response, after_this_request, g, request

from auth.actors import Actor
from auth.policies import act_as, current_actor
from config.encryption import blind_index
from config.ids import new_token
from config.limits import by_address
from config.localisation import page_locale
from config.settings import current_settings
from services.definitions import catalogue

COOKIE = "obhut_applying"
MARK_LENGTH = 32


def come_in(slug: str, **_: Any) -> bool:
    """For `policies.require`: whether this service is for visitors, too."""
    definition = catalogue().get(slug)
    return definition is not None and not definition.login


def applicant() -> Actor:
    """Who is asking; a visitor without a cookie yet is anonymous."""
    actor = current_actor()
    if not actor.is_known and (visitor := in_this_browser()):
        act_as(visitor)
        return visitor
    return actor


def in_this_browser() -> Actor | None:
    """The visitor of this browser, if it has begun something without a login."""
    token = str(g.get("visitor_token") or request.cookies.get(_cookie(), ""))
    return Actor.visitor(_mark(token), page_locale()) if len(token) >= MARK_LENGTH else None


def known_applicant() -> Actor:
    """The same, with a cookie given to whoever has none."""
    actor = applicant()
    if not actor.is_known and actor.kind != "visitor":
        newcomer()
    return applicant()


def newcomer() -> Actor:
    """The visitor of this browser, with a cookie from now on if there was none. The scope stays as it is."""
    if in_this_browser() is None:
        g.visitor_token = token = new_token() + new_token()
        after_this_request(_with_cookie(token))
    visitor = in_this_browser()
    assert visitor is not None
    return visitor


def limit_key(**_: Any) -> str:
    """Whose limit counts: the account's, or the address's of a visitor."""
    actor = current_actor()
    return actor.id if actor.is_known else by_address()


def _mark(token: str) -> str:
    return blind_index("visitor", token).hex()[:MARK_LENGTH]


def _with_cookie(token: str) -> Callable[[Response], Response]:
    def add(response: Response) -> Response:
        secure = current_settings().secure_cookies
        response.set_cookie(_cookie(), token, httponly=True, samesite="Lax", secure=secure, path="/")
        return response

    return add


def _cookie() -> str:
    return f"__Host-{COOKIE}" if current_settings().secure_cookies else COOKIE
