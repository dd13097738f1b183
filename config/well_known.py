"""What programs look for at fixed addresses: whom to tell about a weakness (RFC 9116), and what not to index."""

from datetime import UTC, datetime, time, timedelta

from flask import Blueprint, Response, abort, url_for

from auth.policies import public
from config import clock
from config.settings import current_settings

blueprint = Blueprint("well_known", __name__)
A_DAY_S = 24 * 3600
LASTS = timedelta(days=180)  # RFC 9116 recommends less than a year
PRIVATE = (
    "/account/", "/admin/", "/api/", "/audit/", "/auth/", "/c/", "/care/", "/continue/", "/metrics", "/o/",
    "/requests/", "/sandbox/", "/staff/", "/status", "/verify/", "/webhooks/",
)  # fmt: skip


@blueprint.get("/.well-known/security.txt")
@public
def security_txt() -> Response:
    """RFC 9116; 404 while the operator names no contact, or when what they wrote has expired."""
    settings = current_settings()
    expires = _expires()
    if not settings.security_contact or expires <= clock.wall():
        abort(404)
    lines = [f"Contact: {contact}" for contact in settings.security_contact]
    lines += [
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        f"Preferred-Languages: {settings.security_languages}",
        f"Canonical: {settings.public_url(url_for('well_known.security_txt'))}",
    ]
    return _text(lines)


@blueprint.get("/robots.txt")
@public
def robots_txt() -> Response:
    """The catalogue may be found; nothing of a person may. What is secret does not rest on this."""
    return _text(["User-agent: *", *(f"Disallow: {path}" for path in PRIVATE)])


def _expires() -> datetime:
    """The beginning of the day from which the file counts no more, in UTC; without a setting half a year from today."""
    until = current_settings().security_expires or (clock.wall() + LASTS).date()
    return datetime.combine(until, time.min, UTC)


def _text(lines: list[str]) -> Response:
    response = Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
    response.headers["Cache-Control"] = f"public, max-age={A_DAY_S}"
    return response
