"""How much a request may bring along: small by default, files only where a view says that it takes them."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, request

from config.errors import N_, FieldError, RuleViolation, TooLarge

View = TypeVar("View", bound=Callable[..., Any])
LARGE = "obhut_large_body"
SMALL_BODY = 1024 * 1024
DEEPEST = 32
LARGEST_NUMBER = 2**63 - 1
UNWANTED = frozenset({"\0", *map(chr, range(0xD800, 0xE000))})
STORABLE = N_("This has characters that cannot be stored.")
TOO_DEEP = N_("This is nested too deeply.")
NO_NUMBER = N_("This is no number that can be stored.")


def takes_files(view: View) -> View:
    """Let a view take bodies as large as `OBHUT_MAX_UPLOAD_MB` allows; all others take 1 MB."""
    setattr(view, LARGE, True)
    return view


def init_app(app: Flask) -> None:
    """Refuse bodies beyond what their view takes, before anything of them is read."""
    app.before_request(_set_limit)


def _set_limit() -> None:
    asked = request._get_current_object()  # type: ignore[attr-defined]  # each look through the proxy costs
    length = asked.content_length
    if length is None or length <= SMALL_BODY:
        return
    view = current_app.view_functions.get(asked.endpoint or "")
    if getattr(view, LARGE, False):
        return  # MAX_CONTENT_LENGTH holds
    asked.max_content_length = SMALL_BODY
    raise TooLarge(N_("That was too much at once: at most {limit_mb} MB are possible here."), limit_mb=1)


def check_json(body: Any) -> None:
    """Refuse what JSON can carry and no database, cipher or rule can: each with the path to its place.

    Raises RuleViolation for half characters, NUL, numbers beyond 64 bits or infinite, and for nesting beyond 32 levels.
    """
    waiting: list[tuple[Any, tuple[str, ...]]] = [(body, ())]
    while waiting:
        value, path = waiting.pop()
        if isinstance(value, dict | list):
            if len(path) >= DEEPEST:
                raise _refused(path[:3], TOO_DEEP)
            pairs = value.items() if isinstance(value, dict) else enumerate(value)
            waiting += [(inner, (*path, str(name))) for name, inner in pairs]
            if isinstance(value, dict) and not all(_is_storable(name) for name in value):
                raise _refused(path, STORABLE)
        elif isinstance(value, str):
            if not _is_storable(value):
                raise _refused(path, STORABLE)
        elif isinstance(value, float):
            if value != value or value in (float("inf"), float("-inf")):
                raise _refused(path, NO_NUMBER)
        elif isinstance(value, int) and abs(value) > LARGEST_NUMBER:
            raise _refused(path, NO_NUMBER)


def _is_storable(text: str) -> bool:
    return (text.isascii() and "\0" not in text) or UNWANTED.isdisjoint(text)


def _refused(path: tuple[str, ...], message: str) -> RuleViolation:
    field = ".".join(path).encode("utf-8", "replace").decode().replace("\0", "?")
    return RuleViolation.of([FieldError(field[:200], message)])
