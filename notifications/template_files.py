"""Where the texts of messages lie: each wing registers its folder, and its files are read once.

Outside production a changed file is noticed within a second; in production files change with the process.
"""

import hashlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import has_app_context

from config.errors import N_, RuleViolation
from config.settings import current_settings
from config.yaml_lines import load
from notifications.statuses import Channel, Priority, Purpose

# The languages to try after the wanted one. What is not listed tries English, then German.
NEXT_LOCALES: dict[str, tuple[str, ...]] = {"de": (), "de-simple": ("de",), "en": ("de",)}
OTHERWISE = ("en", "de")
TRAITS, SAMPLES = "template.yaml", "samples.yaml"
LOOK_EVERY_S = 1.0
NEVER = float("inf")
_directories: dict[str, Path] = {}


@dataclass(frozen=True)
class Traits:
    """What a template's `template.yaml` says of all its messages.

    `next_rung_after`: how long after sending without a receipt of delivery the next rung of the ladder begins.
    """

    priority: Priority = Priority.NORMAL
    purpose: Purpose = Purpose.GENERAL
    resend_when_unknown: bool = False
    next_rung_after: timedelta | None = None


@dataclass(frozen=True)
class Source:
    """The files of a template for one channel and language. `html` is "" when there is none; `version` a digest."""

    template: str
    channel: Channel
    locale: str
    text: str
    html: str
    version: str

    @property
    def whole(self) -> str:
        """Everything that a message is made from, for the record."""
        return f"{self.text}\n\n<!-- HTML -->\n{self.html}" if self.html else self.text


class _Shelf:
    """Counts the states that the files were in, so that caches can tell an old state from the present one."""

    def __init__(self) -> None:
        self.generation = 0
        self._seen: tuple[tuple[str, int, int], ...] = ()
        self.look_again_at = 0.0

    def look(self) -> None:
        """See whether a file has changed. Two threads that look at once find the same."""
        if has_app_context() and current_settings().is_production:
            self.look_again_at = NEVER
            return
        self.look_again_at = time.monotonic() + LOOK_EVERY_S
        found = tuple(sorted(file for root in _directories.values() for file in _states(str(root))))
        if found != self._seen:
            self._seen, self.generation = found, self.generation + 1


def _states(folder: str) -> Iterator[tuple[str, int, int]]:
    """The files in `folder` and below, with time and size: by `os.scandir`, since it is done every second."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _states(entry.path)
            elif "." in entry.name:
                status = entry.stat()
                yield entry.path, status.st_mtime_ns, status.st_size


_shelf = _Shelf()


def generation() -> int:
    """A number that is another one whenever a folder was registered or a file has changed."""
    if time.monotonic() >= _shelf.look_again_at:
        _shelf.look()
    return _shelf.generation


def register_templates(prefix: str, directory: Path) -> None:
    """Make `<directory>/<name>/{sms,email}.<locale>.txt` known as template `<prefix>.<name>`."""
    if _directories.get(prefix) != directory:
        _directories[prefix] = directory
        _shelf.generation += 1
    _shelf.look_again_at = 0.0


def template_names() -> list[str]:
    """All template names, sorted."""
    return sorted(
        f"{prefix}.{found.name}" for prefix, root in _directories.items() for found in root.iterdir() if found.is_dir()
    )


def template_files(template: str) -> list[tuple[Channel, str]]:
    """The channels and locales in which `template` exists. Raises RuleViolation when there is no such template."""
    return list(_files(template, generation()))


def locales_to_try(locale: str) -> tuple[str, ...]:
    """The wanted locale first, then what to fall back to: Leichte Sprache to German, others to English, then German."""
    return (locale, *NEXT_LOCALES.get(locale, OTHERWISE))


def found_locale(template: str, channel: Channel, locale: str) -> str | None:
    """The locale in which somebody with `locale` gets `template` by `channel`; None when there is no text at all.

    Raises RuleViolation when there is no such template.
    """
    there = set(template_files(template))
    return next((code for code in locales_to_try(locale) if (channel, code) in there), None)


def traits_of(template: str) -> Traits:
    """What `template.yaml` says of the template. Raises RuleViolation: no such template, or a wrong value."""
    return _traits(template, generation())


def samples_of(template: str) -> dict[str, Any]:
    """Invented values for the template's variables: those of the wing, and over them those of the template."""
    root, folder = _directories.get(template.partition(".")[0]), _folder(template)
    of_wing = _yaml(root / SAMPLES) if root else {}
    return of_wing | (_yaml(folder / TRAITS).get("samples") or {})


def read_source(template: str, channel: Channel, locale: str) -> Source:
    """The files of `template` in exactly this locale, which must be one that `template_files` names."""
    folder = _folder(template)
    text, html = folder / f"{channel}.{locale}.txt", folder / f"{channel}.{locale}.html"
    parts = [text.read_bytes(), html.read_bytes() if html.is_file() else b"\0"]
    version = hashlib.sha256(b"".join(parts)).hexdigest()[:12]
    page = parts[1].decode() if html.is_file() else ""
    return Source(template, channel, locale, parts[0].decode(), page, version)


@lru_cache(maxsize=512)
def _files(template: str, _generation: int) -> tuple[tuple[Channel, str], ...]:
    parts = sorted(path.name.split(".") for path in _folder(template).glob("*.*.txt"))
    return tuple((Channel(channel), locale) for channel, locale, _ in parts)


@lru_cache(maxsize=512)
def _traits(template: str, _generation: int) -> Traits:
    given = _yaml(_folder(template) / TRAITS)
    minutes = given.get("next_rung_after_minutes")
    try:
        return Traits(
            priority=Priority[str(given.get("priority", "normal")).upper()],
            purpose=Purpose(given.get("purpose", "general")),
            resend_when_unknown=bool(given.get("resend_when_unknown", False)),
            next_rung_after=timedelta(minutes=minutes) if minutes is not None else None,
        )
    except (KeyError, ValueError, TypeError) as error:
        raise RuleViolation(
            "template", N_("The template “{template}” is faulty: {reason}."), template=template, reason=error
        ) from None


def _folder(template: str) -> Path:
    prefix, _, name = template.partition(".")
    root = _directories.get(prefix)
    # The name may come from an API client: it must be a folder's own name, never a path.
    if root is None or not name.replace("_", "").replace("-", "").isalnum() or not (root / name).is_dir():
        raise RuleViolation("template", N_("There is no template “{template}”."), template=template)
    return root / name


def _yaml(file: Path) -> dict[str, Any]:
    return (load(file.read_text(encoding="utf-8")) or {}) if file.is_file() else {}
