"""How much is too much: limits by who asks and by what they ask for, counted where `OBHUT_LIMITER_URL` says.

    @blueprint.post("/status")
    @public
    @limit_failures("lookups_by_address")
    @limit_failures("lookups", key=lambda: request.form.get("reference", ""))
    def look_up() -> …

A limit is a setting: `limited("logins")` counts against `OBHUT_LIMIT_LOGINS`. People who share an address (an office, a
mobile network) do not lock each other out: who has logged in is counted by account, and where guessing is the danger,
only what failed counts. When the shared store cannot be reached, each process counts for itself: no request fails
because nobody could count it.
"""

import hashlib
import ipaddress
import time
from collections.abc import Callable
from functools import lru_cache, wraps
from operator import methodcaller
from typing import Any, TypeVar, cast

import structlog
from flask import Flask, current_app, make_response, request
from flask_limiter import Limiter
from limits import RateLimitItem, parse_many
from limits.strategies import FixedWindowRateLimiter, RateLimiter
from werkzeug.exceptions import HTTPException, TooManyRequests

from config.errors import DomainError
from config.limit_store import SCHEME, ProcessStore
from config.settings import Settings, current_settings

View = TypeVar("View", bound=Callable[..., Any])
Found = TypeVar("Found")
Key = Callable[..., str]
OFF = "off"
IN_MEMORY = "memory:"
EXTENSION = "obhut.limits"
STORE_TIMEOUT_S = 0.5
STORE_REST_S = 10.0
ONE_NETWORK = 64  # bits: what one customer gets of IPv6
log = structlog.get_logger(__name__)


def client_address() -> str:
    """The address that asks; what proxies say counts only as far as `TRUSTED_PROXIES` says."""
    return request.remote_addr or "unknown"


def by_address(**_: Any) -> str:
    """Key: the address that asks; of IPv6 the network, since one customer has 2^64 addresses."""
    address = client_address()
    if ":" not in address:
        return address
    try:
        return str(ipaddress.ip_network((address.partition("%")[0], ONE_NETWORK), strict=False))
    except ValueError:
        return address


limiter = Limiter(key_func=by_address)


class Counters:
    """The shared counters, and counters of this process for when those cannot be reached."""

    def __init__(self, shared: RateLimiter, secret: bytes) -> None:
        self._shared, self._own = shared, FixedWindowRateLimiter(ProcessStore())
        self._secret = hashlib.sha256(secret).digest()
        self._resting_until = 0.0

    def asked(self, question: Callable[[RateLimiter], Found]) -> Found:
        """The answer of the shared counters, else of our own; a store that failed is left alone for a while."""
        if time.monotonic() >= self._resting_until:
            try:
                return question(self._shared)
            except Exception as error:  # whatever the store's client makes of it
                self._resting_until = time.monotonic() + STORE_REST_S
                log.error("limit_store_unavailable", error=type(error).__name__)
        return question(self._own)

    def mark(self, key: str) -> str:
        """What stands for `key` in the store: no address, number or reference can be read there."""
        return hashlib.blake2b(key.encode("utf-8", "replace"), key=self._secret, digest_size=16).hexdigest()


def init_app(app: Flask, settings: Settings) -> None:
    """Make the counters of `app`. All limits stand at single views and are counted here: the extension has no hooks."""
    options: dict[str, Any] = {}
    if settings.limiter_url.startswith(("redis", "valkey")):
        options = {"socket_connect_timeout": STORE_TIMEOUT_S, "socket_timeout": STORE_TIMEOUT_S}
    app.config |= {
        "RATELIMIT_STORAGE_URI": f"{SCHEME}://" if settings.limiter_url.startswith(IN_MEMORY) else settings.limiter_url,
        "RATELIMIT_STORAGE_OPTIONS": options,
        "RATELIMIT_STRATEGY": "fixed-window",
    }
    hooks: tuple[Any, ...] = (app.before_request_funcs, app.after_request_funcs, app.teardown_request_funcs)
    kept = [list(functions.get(None, ())) for functions in hooks]
    limiter.init_app(app)
    for functions, before in zip(hooks, kept, strict=True):
        functions[None] = before
    app.extensions[EXTENSION] = Counters(limiter.limiter, settings.secret_key.get_secret_value().encode())


def spend(name: str, *key: str) -> None:
    """Count one use of the limit `name` by `key`. Raises TooManyRequests when it was used up before."""
    if not note(name, *key):
        raise _too_many(name, key)


def check(name: str, *key: str) -> None:
    """Raise TooManyRequests when the limit `name` is used up for `key`; counts nothing."""
    counters, mark = _counters(key)
    if not all(counters.asked(methodcaller("test", one, name, mark)) for one in of(name)):
        raise _too_many(name, key)


def note(name: str, *key: str) -> bool:
    """Count one use of the limit `name` by `key`; False when it was used up before."""
    counters, mark = _counters(key)
    hits = [counters.asked(methodcaller("hit", one, name, mark)) for one in of(name)]  # every one is counted
    return all(hits)


def note_failure(name: str) -> None:
    """Count a failure of who asks; raises TooManyRequests beyond the limit. What succeeds never comes here."""
    spend(name, by_address())


def of(name: str) -> tuple[RateLimitItem, ...]:
    """The limits of this name as the settings have them; none when switched off."""
    return parsed(str(getattr(current_settings(), f"limit_{name}")))


@lru_cache(maxsize=64)
def parsed(text: str) -> tuple[RateLimitItem, ...]:
    """`text` such as "10 per minute; 100 per day" as limits; none for "off". Raises ValueError."""
    return () if text == OFF else tuple(parse_many(text))


def limited(name: str, key: Key = by_address) -> Callable[[View], View]:
    """Let a view be called only so often by the same `key`, a function of the view's arguments."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            spend(name, key(**kwargs))
            return view(*args, **kwargs)

        return cast(View, guarded)

    return decorate


def limit_failures(name: str, key: Key = by_address) -> Callable[[View], View]:
    """Let a view fail only so often for the same `key`, and then not be asked at all; what succeeds is not counted."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            asker = key(**kwargs)
            check(name, asker)
            try:
                response = make_response(view(*args, **kwargs))
            except (HTTPException, DomainError):
                note(name, asker)
                raise
            if 400 <= response.status_code < 500:
                note(name, asker)
            return response

        return cast(View, guarded)

    return decorate


def _counters(key: tuple[str, ...]) -> tuple[Counters, str]:
    counters: Counters = current_app.extensions[EXTENSION]
    return counters, counters.mark("\0".join(key))


def _too_many(name: str, key: tuple[str, ...]) -> TooManyRequests:
    """The error, with the seconds until the last of the limits that are used up begins anew."""
    counters, mark = _counters(key)
    stats = [counters.asked(methodcaller("get_window_stats", one, name, mark)) for one in of(name)]
    waits = [one.reset_time - time.time() for one in stats if one.remaining == 0]
    log.warning("limit_reached", limit=name)
    return TooManyRequests(retry_after=max(1, round(max(waits, default=1)) + 1))
