"""Which names this house answers to, and whose word counts for a visitor's address."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Flask, current_app, request
from werkzeug.exceptions import BadRequest
from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from config.setting_checks import Network
    from config.settings import Settings

LOCAL = ("127.0.0.1", "localhost")
PROBES = ("/healthz", "/readyz", "/metrics")
SANDBOX = "/sandbox/"  # which is stricter by itself, and says that it is not there
FORWARDED_FOR, FORWARDED_PROTO = "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO"
EXTENSION = "obhut.hosts"


def init_app(app: Flask, settings: "Settings") -> None:
    """Let `app` answer to its own names alone, and believe its own proxies alone."""
    names = {urlsplit(settings.base_url).hostname or "", *settings.allowed_hosts, *LOCAL}
    app.extensions[EXTENSION] = (frozenset(names), settings.is_production)
    app.before_request(_check_host)
    trusted = settings.trusted_proxies
    if isinstance(trusted, int):
        if trusted:
            app.wsgi_app = ProxyFix(app.wsgi_app, x_for=trusted, x_proto=trusted, x_host=0)  # type: ignore[method-assign]
    else:
        app.wsgi_app = BehindNetworks(app.wsgi_app, trusted)  # type: ignore[method-assign]


def _check_host() -> None:
    """Refuse other names: a page of elsewhere whose name was made to lead here must not speak with us as its own.

    Outside production an address in numbers is no name that anybody could bend, so it is let through. Probes ask by
    whatever name the machines among themselves have, and what is signed is signed for our own name.
    """
    names, is_production = current_app.extensions[EXTENSION]
    asked = request._get_current_object()  # type: ignore[attr-defined]  # each look through the proxy costs
    host = _name_in(asked.environ.get("HTTP_HOST") or "")
    is_probe = asked.path in PROBES or asked.path.startswith(SANDBOX)
    if host in names or is_probe or (not is_production and _is_address(host)):
        return
    access = getattr(current_app.view_functions.get(asked.endpoint or ""), "obhut_access", None)
    if access is None or access.kind != "signed":
        raise BadRequest()


@lru_cache(maxsize=32)  # those who come by ever other names only forget each other's
def _name_in(host: str) -> str:
    """The name in a Host header, without its port; "" when it is no sound header."""
    if any(sign in host for sign in "/\\@, \t?#%"):
        return ""
    try:
        parts = urlsplit(f"//{host}")
        parts.port  # noqa: B018 - read only now, and a ValueError when it is no number
    except ValueError:
        return ""
    return (parts.hostname or "").removesuffix(".")


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


class BehindNetworks:
    """WSGI middleware: the visitor is the last address of `X-Forwarded-For` that no proxy of ours has.

    Whoever reaches us past the proxies may claim what they like: their own address counts.
    """

    def __init__(self, app: "WSGIApplication", networks: Iterable["Network"]) -> None:
        self._app, self._networks = app, tuple(networks)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        address = environ.get("REMOTE_ADDR", "")
        if self._is_ours(address):
            claimed = [part.strip() for part in environ.get(FORWARDED_FOR, "").split(",") if part.strip()]
            while claimed and self._is_ours(address):
                address = claimed.pop()
            environ["REMOTE_ADDR"] = _without_port(address)
            scheme = environ.get(FORWARDED_PROTO, "").rpartition(",")[2].strip()
            if scheme in ("http", "https"):
                environ["wsgi.url_scheme"] = scheme
        return self._app(environ, start_response)

    def _is_ours(self, address: str) -> bool:
        try:
            found: Any = ip_address(_without_port(address))
        except ValueError:
            return False
        found = getattr(found, "ipv4_mapped", None) or found
        return any(found in network for network in self._networks)


def _without_port(address: str) -> str:
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address
