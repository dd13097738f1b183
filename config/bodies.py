"""How much a request may bring along: small by default, files only where a view says that it takes them."""

import math
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, request

from config.errors import N_, FieldError, RuleViolation, TooLarge
from config.settings import current_settings

View = TypeVar("View", bound=Callable[..., Any])
LARGE = "obhut_large_body"
SEVERAL = 5
SMALL_BODY = 1024 * 1024
DEEPEST = 32
LARGEST_NUMBER = 2**63 - 1
UNWANTED = frozenset({"\0", *map(chr, range(0xD800, 0xE000))})
STORABLE = N_("This has characters that cannot be stored.")
TOO_DEEP = N_("This is nested too deeply.")
NO_NUMBER = N_("This is no number that can be stored.")


def takes_files(view: View) -> View:
    """Let a view take bodies with one file of `OBHUT_MAX_UPLOAD_MB`, also as base64; all others take 1 MB."""
    setattr(view, LARGE, 1)
    return view


def takes_several_files(view: View) -> View:
    """Let a view take bodies with five files of that size."""
    setattr(view, LARGE, SEVERAL)
    return view


def largest(max_upload_mb: int, files: int = SEVERAL) -> int:
    """How many bytes a body with so many files may have, and what is typed beside them."""
    return (files * max_upload_mb + 2) * 1024 * 1024


def init_app(app: Flask) -> None:
    """Refuse bodies beyond what their view takes, before anything of them is read."""
    app.before_request(_set_limit)


def _set_limit() -> None:
    asked = request._get_current_object()  # type: ignore[attr-defined]  # each look through the proxy costs
    length = asked.content_length
    if length is None or length <= SMALL_BODY:
        return
    view = current_app.view_functions.get(asked.endpoint or "")
    files = getattr(view, LARGE, 0)
    if files == 1:
        return  # MAX_CONTENT_LENGTH holds
    if files:
        asked.max_content_length = largest(current_settings().max_upload_mb, files)
        return
    asked.max_content_length = SMALL_BODY
    raise TooLarge(N_("That was too much at once: at most {limit_mb} MB are possible here."), limit_mb=1)


def check_json(body: Any) -> None:
    """Refuse what JSON can carry and no database, cipher or rule can: each with the path to its place.

    Raises RuleViolation for half characters, NUL, numbers beyond 64 bits or infinite, and for nesting beyond 32 levels.
    """
    if not _is_sound(body):
        _name_the_fault(body)


def _is_sound(body: Any) -> bool:
    """Level by level, which is fast: a call for ten thousand people has a hundred thousand values."""
    level = [body]
    for _ in range(DEEPEST + 1):
        if not level:
            return True
        texts: list[str] = []
        deeper: list[Any] = []
        for value in level:
            if isinstance(value, str):
                texts.append(value)
            elif isinstance(value, dict):
                texts += value
                deeper += value.values()
            elif isinstance(value, list):
                deeper += value
            elif not _is_number(value):
                return False
        if not (_are_plain(texts) or all(map(_is_storable, texts))):
            return False
        level = deeper
    return False


def _name_the_fault(body: Any) -> None:
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
        elif not _is_number(value):
            raise _refused(path, NO_NUMBER)


def _is_number(value: Any) -> bool:
    """Whether this scalar (a number, true, false or null) can be stored."""
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, int) or abs(value) <= LARGEST_NUMBER


def _is_storable(text: str) -> bool:
    return (text.isascii() and "\0" not in text) or UNWANTED.isdisjoint(text)


def _are_plain(texts: list[str]) -> bool:
    """Looked at in one go, unless they are large: a second copy of a file is not worth it."""
    return sum(map(len, texts)) < SMALL_BODY and _is_storable("".join(texts))


def _refused(path: tuple[str, ...], message: str) -> RuleViolation:
    field = ".".join(path).encode("utf-8", "replace").decode().replace("\0", "?")
    return RuleViolation.of([FieldError(field[:200], message)])
