"""The edge: headers, content security policy, form tokens, hosts. Limits: config.limits; sizes: config.bodies."""

import secrets
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import BadRequest

from config import bodies, hosts, limits
from config.errors import N_, RuleViolation

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from config.settings import Settings

FORM_ORIGINS = "obhut.form_origins"
STATIC_LASTS_S = 3600
HSTS_S = 2 * 365 * 24 * 3600
FORM_MEMORY_BYTES = 2 * 1024 * 1024
FORM_PARTS = 2000
API_PREFIX = "/api/"
SECRET_LINK_PREFIXES = ("/c/", "/continue/", "/o/", "/verify/")
PERMISSIONS_POLICY = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()"
WITH_LOCATION = PERMISSIONS_POLICY.replace("geolocation=()", "geolocation=(self)")
NOTHING_INSIDE = "default-src 'none'; frame-ancestors 'none'; sandbox"
ALWAYS = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)


class Answer(Response):
    """A response with the headers of the edge, which are put on as it is written out.

    The same few for nearly all answers: as a ready list they cost one addition, not a dozen searches and copies.
    """

    edge: tuple[tuple[str, str], ...] = ()

    def get_wsgi_response(self, environ: "WSGIEnvironment") -> tuple[Iterable[bytes], str, list[tuple[str, str]]]:
        body, status, headers = super().get_wsgi_response(environ)
        return body, status, [*headers, *self.edge]


csrf = CSRFProtect()


def init_app(app: Flask, settings: "Settings") -> None:
    """Put the edge around `app`."""
    app.config |= {
        "MAX_FORM_MEMORY_SIZE": FORM_MEMORY_BYTES,
        "MAX_FORM_PARTS": FORM_PARTS,
        "SEND_FILE_MAX_AGE_DEFAULT": STATIC_LASTS_S,
        "WTF_CSRF_CHECK_DEFAULT": False,  # _check_form_token decides, by what the view declares
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session: a form may stay open for an hour
        "WTF_CSRF_SSL_STRICT": False,  # would need a Referer, which pages with secret links do not send
    }
    hosts.init_app(app, settings)
    app.extensions[FORM_ORIGINS] = {_origin(url) for url in (settings.oidc_issuer, settings.oidc_staff_issuer) if url}
    csrf.init_app(app)
    limits.init_app(app, settings)
    app.jinja_env.globals["csp_nonce"] = csp_nonce
    bodies.init_app(app)
    app.before_request(_check_form_token)
    app.before_request(_check_json_body)
    app.after_request(_add_headers)


def csp_nonce() -> str:
    """The nonce that a script or style in this answer must carry."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return cast(str, g.csp_nonce)


def allow_location() -> None:
    """Let this answer's page ask the device where it is, once the person wants that."""
    g.may_locate = True


def allow_images_of(url: str) -> None:
    """Let this answer's page show pictures of the origin of `url`."""
    g.image_origin = _origin(url)


def allow_form_target(url: str) -> None:
    """Let forms end at the origin of `url`: browsers hold redirects after a form to the policy, too (login, logout)."""
    current_app.extensions[FORM_ORIGINS].add(_origin(url))


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _check_form_token() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None:
        return  # no such address, and the answer will say so
    access: Any = getattr(view, "obhut_access", None)
    if access is not None and access.api:
        return  # no cookie counts there, so nobody can be tricked into sending one
    if current_app.config["WTF_CSRF_ENABLED"]:
        csrf.protect()  # passes over methods that change nothing


def _check_json_body() -> None:
    """A body of the API that cannot be read is refused: validation would take it for an empty one.

    What is sent to no address, or by a method that it does not have, is answered so.
    """
    asked = request._get_current_object()  # type: ignore[attr-defined]  # each look through the proxy costs
    if not asked.endpoint or not asked.path.startswith(API_PREFIX) or not asked.get_data():
        return
    try:
        body = asked.get_json(force=True) if asked.is_json else None
    except (BadRequest, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise RuleViolation("", N_("The body must be one JSON object, sent as application/json."))
    bodies.check_json(body)


@lru_cache(maxsize=4)  # most answers have no nonce
def _policy(nonce: str, origins: frozenset[str], images: str = "") -> str:
    targets = " ".join(sorted(origins))
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' {nonce}".rstrip(),
            f"style-src 'self' {nonce}".rstrip(),
            f"img-src 'self' data: {images}".rstrip(),
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            f"form-action 'self' {targets}".rstrip(),
        )
    )


@lru_cache(maxsize=32)
def _edge(
    policy: str, secret_link: bool, kept: bool, secure: bool, locating: bool = False
) -> tuple[tuple[str, str], ...]:
    """The headers of the edge. `policy`: "" where the view has one; `kept`: whether the view says for how long;
    `locating`: whether the page may ask the device where it is.
    """
    headers = [*ALWAYS, ("Permissions-Policy", WITH_LOCATION if locating else PERMISSIONS_POLICY)]
    headers.append(("Referrer-Policy", "no-referrer" if secret_link else "same-origin"))
    if policy:
        headers.append(("Content-Security-Policy", policy))
    if not kept:
        headers.append(("Cache-Control", "no-store"))
    if secure:
        headers.append(("Strict-Transport-Security", f"max-age={HSTS_S}; includeSubDomains"))
    return tuple(headers)


def outside_of_pages(secure: bool) -> list[tuple[str, str]]:
    """The headers of what is no page of ours: files, and what the server says before the application hears of it."""
    return list(_edge(NOTHING_INSIDE, secret_link=True, kept=False, secure=secure))


def _add_headers(response: Answer) -> Answer:
    headers, extensions = response.headers, current_app.extensions
    asked = request._get_current_object()  # type: ignore[attr-defined]
    policy = ""
    if "Content-Security-Policy" not in headers:
        nonce = f"'nonce-{g.csp_nonce}'" if "csp_nonce" in g else ""
        policy = _policy(nonce, frozenset(extensions[FORM_ORIGINS]), g.get("image_origin", ""))
    response.edge = _edge(
        policy,
        asked.path.startswith(SECRET_LINK_PREFIXES),
        asked.endpoint == "static" or "Cache-Control" in headers,
        extensions["obhut.settings"].secure_cookies,
        bool(g.get("may_locate")),
    )
    return response
